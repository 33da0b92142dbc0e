"""Takes resolved spans out of a view, and the white space that belonged to them."""

from collections.abc import Iterable, Iterator, Sequence

import regex

from cleaner.edit import Edit, apply, then_delete
from cleaner.span import Span, merge

#: What may be left where something was cut: blanks at line ends or doubled, empty lines, blank edges.
_MARKS = ("\n\n\n", " \n", "\t\n")
_LOOSE = regex.compile(r"(?<=\n\n)\n+|\A\s+|\s+\Z|[ \t]+(?=\n)")


def cut(raw: str, text: str, edits: Sequence[Edit], spans: Sequence[Span]) -> list[Edit]:
    """``edits`` (which made ``text`` of ``raw``) followed by the removal of ``spans`` from ``text``.

    A line that goes whole takes its line end with it, so that neighbours keep the distance they had.
    """
    if not spans:
        return list(edits)
    edits = then_delete(edits, merge(_with_space(text, merge(spans))))
    left = apply(raw, edits)
    if not (left[:1].isspace() or left[-1:].isspace() or any(mark in left for mark in _MARKS)):
        return edits
    loose = merge(Span(*match.span()) for match in _LOOSE.finditer(left))
    return then_delete(edits, loose)


def _with_space(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    for start, end in _joined(text, spans):
        line_start, line_end = text.rfind("\n", 0, start) + 1, text.find("\n", end)
        line_end = len(text) if line_end < 0 else line_end
        before, after = text[line_start:start], text[end:line_end]
        if not before.strip() and not after.strip():
            yield Span(line_start, min(line_end + 1, len(text)))
        elif not before.strip():
            yield Span(start, line_end - len(after.lstrip(" \t")))
        else:
            yield Span(line_start + len(before.rstrip(" \t")), end)


def _joined(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """The spans, those with nothing but blanks between them joined."""
    spans = iter(spans)
    current = next(spans)
    for span in spans:
        if text[current.end : span.start].strip(" \t"):
            yield current
            current = span
        else:
            current = Span(current.start, span.end)
    yield current
