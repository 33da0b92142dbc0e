"""Bars on a logarithmic axis, and curves of junk against loss, as SVG that can be read on light and dark pages."""

import math
from collections.abc import Mapping, Sequence
from html import escape

_LEFT, _WIDTH, _ROW, _TOP, _RIGHT = 400, 400, 26, 44, 70
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f; }
.small { font-size: 11px; fill: #57606a; }
.axis { stroke: #8c959f; stroke-opacity: .45; }
.own { fill: #2f81f7; }
.other { fill: #8c959f; }
.curve { fill: none; stroke: #2f81f7; stroke-width: 1.6; }
.point { fill: #2f81f7; }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3; } .small { fill: #9198a1; } }
"""


def bars(title: str, values: Sequence[tuple[str, float, bool]]) -> str:
    """A bar for each name and value; those of this project stand out."""
    top = 10 ** math.ceil(math.log10(max(value for _, value, _ in values)))
    height = _TOP + _ROW * len(values) + 12
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + _RIGHT} {height}" role="img">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        f'<text x="{_LEFT}" y="16">{escape(title)}</text>',
        *(_tick(10**power, top, height) for power in range(round(math.log10(top)) + 1)),
        *(_bar(rank, *value, top=top) for rank, value in enumerate(values)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _place(value: float, top: float) -> float:
    """How far to the right a value stands; below 1 nothing is left of the bar."""
    return _WIDTH * max(0.0, math.log10(value)) / math.log10(top)


def _tick(value: int, top: float, height: int) -> str:
    x = _LEFT + _place(value, top)
    return (
        f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 6}" y2="{height - 8}"/>'
        f'<text class="small" x="{x:.1f}" y="{_TOP - 12}" text-anchor="middle">{value:,}</text>'
    )


def _bar(rank: int, name: str, value: float, own: bool, *, top: float) -> str:
    y, length = _TOP + rank * _ROW, max(2.0, _place(value, top))
    shown = f"{value:,.0f}" if value >= 10 else f"{value:.1f}"
    return (
        f'<text x="{_LEFT - 8}" y="{y + 14}" text-anchor="end">{escape(name)}</text>'
        f'<rect class="{"own" if own else "other"}" x="{_LEFT}" y="{y + 2}" width="{length:.1f}" height="16" rx="2"/>'
        f'<text class="small" x="{_LEFT + length + 6:.1f}" y="{y + 14}">{shown}</text>'
    )


_PLOT = 560, 360
#: Names do not stand closer than this.
_LABEL = 14
#: The loss and the junk at each threshold, in percent.
Curve = Sequence[tuple[float, float]]


def curves(title: str, across: str, up: str, named: Mapping[str, Curve], most: float, chosen: Mapping[str, int]) -> str:
    """A curve for each name, up to ``most`` on the axis across; on each a dot at the point that is chosen."""
    width, height = _PLOT
    left, top = 56, 34

    def at(x: float, y: float) -> str:
        return f"{left + width * min(x / most, 1):.1f},{top + height * (1 - y / 100):.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 130} {top + height + 44}" role="img">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        f'<text x="{left}" y="18">{escape(up)}</text>',
        f'<text x="{left + width}" y="{top + height + 36}" text-anchor="end">{escape(across)}</text>',
    ]
    for share in range(0, 101, 20):
        x, y = at(0, share).split(",")
        parts.append(f'<line class="axis" x1="{x}" x2="{left + width}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text class="small" x="{left - 8}" y="{float(y) + 4:.1f}" text-anchor="end">{share}</text>')
    for step in range(round(most * 10) + 1):
        x, y = at(step / 10, 0).split(",")
        parts.append(f'<text class="small" x="{x}" y="{float(y) + 16:.1f}" text-anchor="middle">{step / 10:g}</text>')
    ends: list[tuple[float, float, str]] = []
    for name, points in named.items():
        seen = [point for point in points if point[0] <= most]
        parts.append(f'<polyline class="curve" points="{" ".join(at(*point) for point in seen)}"/>')
        x, y = at(*points[chosen[name]]).split(",")
        parts.append(f'<circle class="point" cx="{x}" cy="{y}" r="4"/>')
        x, y = at(*seen[-1]).split(",")
        ends.append((float(y), float(x), name))
    lowest = 0.0
    for y, x, name in sorted(ends):
        lowest = max(lowest + _LABEL, y)
        parts.append(f'<text class="small" x="{x + 8:.1f}" y="{lowest + 4:.1f}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
