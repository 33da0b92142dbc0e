"""The one place that changes text: edits, applied, undone and put one after another.

An *edit* replaces a range of the raw text. A list of edits is always sorted and disjoint, so that
applying it and undoing it are each one walk, and so that the edited text can be mapped back to the
raw text position by position. Detectors never edit; they only say where.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cleaner.span import Span, subtract, touching


class Edit(NamedTuple):
    """``raw[start:end]`` becomes ``text``."""

    start: int
    end: int
    text: str = ""


def apply(raw: str, edits: Sequence[Edit]) -> str:
    """The edited text.

    >>> apply("one  two", [Edit(3, 5, " ")])
    'one two'
    """
    if not edits:
        return raw
    parts: list[str] = []
    position = 0
    for edit in edits:
        parts += (raw[position : edit.start], edit.text)
        position = edit.end
    parts.append(raw[position:])
    return "".join(parts)


class Undo(NamedTuple):
    """What :func:`undo` needs to know of one edit: where, what stood there, how long its text is now."""

    start: int
    text: str
    kept: int


def undo(edited: str, undos: Sequence[Undo]) -> str:
    """The raw text again, from the edited text and the sorted ``undos``.

    >>> undo("one two", [Undo(3, "  ", 1)])
    'one  two'
    """
    parts: list[str] = []
    raw_position = position = 0
    for start, text, kept in undos:
        step = start - raw_position
        parts += (edited[position : position + step], text)
        position += step + kept
        raw_position = start + len(text)
    parts.append(edited[position:])
    return "".join(parts)


class Track:
    """Follows positions from an edited text back to the raw text it came from."""

    def __init__(self, edits: Sequence[Edit]) -> None:
        self.edits = edits
        self.starts: list[int] = []  # where each edit's text begins, in the edited text
        shift = 0
        for edit in edits:
            self.starts.append(edit.start + shift)
            shift += len(edit.text) - (edit.end - edit.start)

    def raw_start(self, position: int) -> int:
        """Where the character at ``position`` of the edited text begins in the raw text."""
        index = bisect_right(self.starts, position) - 1
        if index < 0:
            return position
        edit, offset = self.edits[index], position - self.starts[index]
        return edit.start if offset < len(edit.text) else edit.end + offset - len(edit.text)

    def raw_end(self, position: int) -> int:
        """Where the character before ``position`` of the edited text ends in the raw text."""
        index = bisect_right(self.starts, position - 1) - 1
        if index < 0:
            return position
        edit, offset = self.edits[index], position - self.starts[index]
        return edit.end if offset <= len(edit.text) else edit.end + offset - len(edit.text)

    def raw_span(self, span: Span) -> Span:
        return Span(self.raw_start(span.start), self.raw_end(span.end))

    def snap(self, span: Span) -> Span:
        """``span``, shrunk so that neither end falls inside the text of one edit."""
        start, end = span
        index = bisect_right(self.starts, start) - 1
        if index >= 0 and self.starts[index] < start < (last := self._ends(index)):
            start = last
        index = bisect_right(self.starts, end) - 1
        if index >= 0 and self.starts[index] < end < self._ends(index):
            end = self.starts[index]
        return Span(start, max(start, end))

    def _ends(self, index: int) -> int:
        return self.starts[index] + len(self.edits[index].text)


def then_delete(edits: Sequence[Edit], deletions: Sequence[Span]) -> list[Edit]:
    """``edits`` followed by the ``deletions`` (sorted, disjoint, in the edited text), as edits of the raw text.

    >>> then_delete([Edit(1, 3, "\\n")], [Span(0, 1)])
    [Edit(start=0, end=1, text=''), Edit(start=1, end=3, text='\\n')]
    >>> then_delete([Edit(1, 3, "\\n")], [Span(1, 2)])
    [Edit(start=1, end=3, text='')]
    """
    if not deletions:
        return list(edits)
    if not edits:
        return [Edit(*span) for span in deletions]
    track, result = Track(edits), []
    for edit, start in zip(edits, track.starts, strict=True):
        span = Span(start, start + len(edit.text))
        rest = subtract(span, touching(deletions, span)) if edit.text else ()
        result.append(Edit(edit.start, edit.end, "".join(edit.text[a - start : b - start] for a, b in rest)))
    covered = [Span(edit.start, edit.end) for edit in result]
    for deletion in deletions:
        span = track.raw_span(deletion)
        result += (Edit(*piece) for piece in subtract(span, touching(covered, span)))
    return sorted(result)


def beyond(edits: Iterable[Edit], spans: Sequence[Span]) -> list[Edit]:
    """What ``edits`` do outside the sorted, disjoint ``spans`` (which go whole)."""
    rest = []
    for edit in edits:
        span, text = Span(edit.start, edit.end), edit.text
        for piece in subtract(span, touching(spans, span)):
            rest.append(Edit(piece.start, piece.end, text))
            text = ""
    return rest
