"""Which lines of a document the rules take, know of, or leave; and where the lines they leave stand."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from cleaner.annotation import Removal
from cleaner.edit import Track, apply
from cleaner.normalizer import Normalizer
from cleaner.pipeline import Cleaned
from cleaner.span import Span, merge, subtract, touching, trimmed
from cleaner.view import View

Fate = Literal["stays", "gone", "known"]


class Line(NamedTuple):
    """A filled line of the normalized text.

    ``fate`` is ``known`` for lines that are only flagged or lose a part. ``category`` is that of what
    took the line, ``place`` the share of the text above it (0 to 1); ``outside`` says whether it stands
    before the first or after the last line of prose that stays.
    """

    text: str
    fate: Fate
    category: str
    place: float
    prose: bool
    outside: bool


class Neighbourhood(NamedTuple):
    """A line with the filled lines around it, ``None`` at the ends of the text."""

    above: Line | None
    line: Line
    below: Line | None


def neighbourhoods(cleaned: Cleaned, normalizer: Normalizer) -> Iterator[Neighbourhood]:
    """Every filled line of the normalized text of ``cleaned.document``, in order."""
    around = [None, *lines(cleaned, normalizer), None]
    for (above, line), (_, below) in pairwise(pairwise(around)):
        assert line, "only the ends are missing"
        yield Neighbourhood(above, line, below)


def lines(cleaned: Cleaned, normalizer: Normalizer) -> list[Line]:
    """The filled lines of the normalized text."""
    document = cleaned.document
    edits = normalizer.edits(document.raw, keep_indent=document.markdown)
    view, track = View(apply(document.raw, edits), document), Track(edits)
    fate_of = _Fates(cleaned)
    fates = {number: fate_of(track.raw_span(view.span(number))) for number in view.filled}
    prose = [number for number in view.prose if fates[number][0] == "stays"]
    first, last = (prose[0], prose[-1]) if prose else (0, len(view.lines))
    return [
        Line(
            view.lines[number],
            *fates[number],
            view.starts[number] / len(view.text),
            view.is_prose(number),
            not first <= number <= last,
        )
        for number in view.filled
    ]


class _Fates:
    """What became of spans of the raw text."""

    def __init__(self, cleaned: Cleaned) -> None:
        self.raw = cleaned.document.raw
        self.removed = cleaned.removed
        self.gone = [removal.span for removal in self.removed]
        self.known = merge(removal.span for removal in cleaned.removals)

    def __call__(self, span: Span) -> tuple[Fate, str]:
        taking = touching(self.gone, span)
        if taking and not any(trimmed(self.raw, part) for part in subtract(span, taking)):
            return "gone", _category(self.removed, span)
        overlaps = any(known.overlaps(span) for known in touching(self.known, span))
        return ("known" if overlaps else "stays"), ""


def _category(removed: Sequence[Removal], span: Span) -> str:
    return next(removal.category for removal in removed if removal.span.overlaps(span))
