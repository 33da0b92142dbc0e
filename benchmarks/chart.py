"""Bars on a logarithmic axis, as SVG that can be read on light and dark pages."""

import math
from collections.abc import Sequence
from html import escape

_LEFT, _WIDTH, _ROW, _TOP, _RIGHT = 400, 400, 26, 44, 70
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f; }
.small { font-size: 11px; fill: #57606a; }
.axis { stroke: #8c959f; stroke-opacity: .45; }
.own { fill: #2f81f7; }
.other { fill: #8c959f; }
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
