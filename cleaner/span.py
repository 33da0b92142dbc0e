"""Half-open ranges of code points, and the few sums done with them."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple


class Span(NamedTuple):
    """Code points, or paragraphs, ``start`` (included) to ``end`` (excluded) of some text."""

    start: int
    end: int

    def overlaps(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end

    def touches(self, other: "Span") -> bool:
        """Whether the two overlap or stand side by side."""
        return self.start <= other.end and other.start <= self.end

    def holds(self, other: "Span") -> bool:
        return self.start <= other.start and other.end <= self.end

    def __len__(self) -> int:
        return self.end - self.start


def merge(spans: Iterable[Span]) -> list[Span]:
    """Sorted, disjoint spans that cover what ``spans`` cover; touching ones are joined.

    >>> merge([Span(5, 9), Span(0, 2), Span(2, 3), Span(8, 12)])
    [Span(start=0, end=3), Span(start=5, end=12)]
    """
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def subtract(span: Span, holes: Iterable[Span]) -> Iterator[Span]:
    """The parts of ``span`` that none of the sorted, disjoint ``holes`` covers.

    >>> list(subtract(Span(0, 10), [Span(2, 4), Span(9, 12)]))
    [Span(start=0, end=2), Span(start=4, end=9)]
    """
    start = span.start
    for hole in holes:
        if hole.end <= start or hole.start >= span.end:
            continue
        if hole.start > start:
            yield Span(start, hole.start)
        start = hole.end
    if start < span.end:
        yield Span(start, span.end)


def touching(spans: Sequence[Span], span: Span) -> Sequence[Span]:
    """Those of the sorted, disjoint ``spans`` that overlap or border on ``span``."""
    first = bisect_left(spans, span.start, key=lambda other: other.end)
    last = bisect_right(spans, span.end, key=lambda other: other.start)
    return spans[first:last]


def trimmed(text: str, span: Span) -> Span | None:
    """The span without white space at its ends; nothing if there is only white space."""
    piece = text[span.start : span.end]
    if not (stripped := piece.strip()):
        return None
    start = span.start + len(piece) - len(piece.lstrip())
    return Span(start, start + len(stripped))
