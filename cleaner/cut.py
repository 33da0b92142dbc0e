"""Takes resolved spans out of a view, and the white space that belonged to them."""

import re
from collections.abc import Iterable, Iterator, Sequence

from cleaner.edit import Edit, apply, then_delete
from cleaner.span import Span, merge

_EMPTY_LINES = re.compile(r"\n\n\n+")
_BLANKS = re.compile(r"[ \t]+(?=\n)")


def cut(raw: str, text: str, edits: Sequence[Edit], spans: Sequence[Span]) -> list[Edit]:
    """``edits`` (which made ``text`` of ``raw``) followed by the removal of ``spans`` from ``text``.

    A line that goes whole takes its line end with it, so that neighbours keep the distance they had.
    """
    if not spans:
        return list(edits)
    edits = then_delete(edits, merge(_with_space(text, merge(spans))))
    return then_delete(edits, merge(_loose(apply(raw, edits))))


def _loose(text: str) -> Iterator[Span]:
    """What may be left where something was cut: blanks at line ends, more than one empty line, blank edges."""
    if lead := len(text) - len(text.lstrip()):
        yield Span(0, lead)
    if len(kept := text.rstrip()) < len(text):
        yield Span(len(kept), len(text))
    for match in _EMPTY_LINES.finditer(text):
        yield Span(match.start() + 2, match.end())
    if " \n" in text or "\t\n" in text:
        yield from (Span(*match.span()) for match in _BLANKS.finditer(text))


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
