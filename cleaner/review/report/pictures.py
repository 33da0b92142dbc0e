"""The pictures of a report: inline SVG without text, so that they may be of any width; colours come from the style.

The numbers stand beside them, so they are hidden from screen readers, but for the histogram, which says what it shows.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from cleaner.review.report.words import percent

_STRIP, _HIGH = 20, 60


def bar(share: float) -> str:
    """A bar that fills so much of its width."""
    return (
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" width="100" height="8"/>'
        f'<rect class="fill" width="{_short(100 * share)}" height="8"/></svg>'
    )


def strip(counts: Sequence[int]) -> str:
    """Columns side by side, the highest for the most."""
    most = max(counts, default=0) or 1
    columns = "".join(
        f"M{place} {_STRIP}V{_short(_STRIP - max(1.5, _STRIP * count / most))}h.86V{_STRIP}z"
        for place, count in enumerate(counts)
        if count
    )
    return (
        f'<svg class="strip" viewBox="0 0 {len(counts)} {_STRIP}" preserveAspectRatio="none" aria-hidden="true">'
        f'<path class="fill" d="{columns}"/></svg>'
    )


def precision(judged: Mapping[str, Any]) -> str:
    """The interval as a line on the way from 0 to 1, with the share that was right as a mark."""
    low, high = 100 * judged["low"], 100 * judged["high"]
    right = 100 * judged["right"] / max(1, judged["right"] + judged["wrong"])
    kind = "sampled" if judged["basis"] == "sample" else "chosen"
    return (
        '<svg class="precision" viewBox="-3 0 106 12" aria-hidden="true">'
        '<path class="axis" d="M0 6H100M0 4v4M50 4.5v3M100 4v4"/>'
        f'<path class="interval" d="M{_short(low)} 6H{_short(max(high, low + 0.5))}"/>'
        f'<circle class="{kind}" cx="{_short(right)}" cy="6" r="2.6"/></svg>'
    )


def histogram(none: int, bins: Sequence[int], words: str) -> str:
    """Columns of counts; the first, of those that lost nothing, stands apart."""
    most = max(none, *bins, 1)
    step = 1 / len(bins)
    columns = [_column(0, none, most, "none", f"nothing: {none:,}")]
    for place, count in enumerate(bins):
        if count:
            steps = f"{percent(place * step, 0)} to {percent((place + 1) * step, 0)}"
            columns.append(_column(place + 1.5, count, most, "fill", f"{steps}: {count:,}"))
    wide = len(bins) + 1.5
    return (
        f'<svg class="histogram" viewBox="0 0 {wide:g} {_HIGH}" preserveAspectRatio="none" role="img" '
        f'aria-label="{words}">{"".join(columns)}</svg>'
    )


def _column(place: float, count: int, most: int, kind: str, words: str) -> str:
    high = max(0.6, _HIGH * count / most) if count else 0
    return (
        f'<rect class="{kind}" x="{place:g}" y="{_short(_HIGH - high)}" width=".86" height="{_short(high)}">'
        f"<title>{words}</title></rect>"
    )


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
