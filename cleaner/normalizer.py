"""Brings raw text into one normal form, as edits that can be undone.

What changes: line ends become ``\\n``; blanks at the ends of lines go and repeated ones become one;
no-break and other exotic spaces become plain ones; zero-width characters, soft hyphens and control
characters go; characters become NFC; more than one empty line becomes one; mojibake is repaired
(ftfy) where its markers are seen. Words, quotes and dashes stay as they are unless asked.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import regex

from cleaner.edit import Edit
from cleaner.span import Span, touching

_BLANK = r" \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_BREAK = r"\n\r\x0b\x0c\x85\u2028\u2029"
# Not here: U+200C and U+200D, which Persian, Indic scripts and emoji need, and the direction marks.
_INVISIBLE = r"\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u180e\u200b\u2060\ufeff"

_SPACE = rf"[{_BLANK}{_BREAK}]"
_ANY = rf"[{_BLANK}{_BREAK}{_INVISIBLE}]"
#: White space between two words, with the invisible characters that stand in it.
_GAP = regex.compile(rf"{_SPACE}(?:{_ANY}*{_SPACE})?")
#: The same where it is not yet normal: a lone blank, line end or empty line is.
_ODD_GAP = regex.compile(rf"{_SPACE}{_ANY}*{_SPACE}|[{_BLANK}{_BREAK}--[ \n]]", regex.V1)
_LEAD = regex.compile(rf"{_ANY}*")
_TRAIL = regex.compile(rf"(?r){_ANY}*\Z")
_LINE_BREAK = regex.compile(rf"\r\n|[{_BREAK}]")
_LINE = regex.compile(rf"[^{_BREAK}]+")
#: A zero-width space between South-East Asian letters marks a word: the author's, not a scraper's.
_HIDDEN = regex.compile(rf"(?<![\p{{Thai}}\p{{Khmer}}\p{{Lao}}\p{{Myanmar}}])\u200b|[{_INVISIBLE}--\u200b]", regex.V1)
#: Two-character beginnings of UTF-8 read as Latin-1 or Windows-1252, and C1 controls.
MOJIBAKE = regex.compile(
    "[\u00c2\u00c3\u00e2\u00d0\u00d1\u00d8\u00d9\u00ef\u00f0\u00c4\u00c5]"
    "[\u0080-\u00bf\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u017d\u2018\u2019"
    "\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u017e\u0178]"
    "|[\u0080-\u0084\u0086-\u009f]"
)
#: Bytes of these in UTF-8. Each expression begins with a byte, which makes the search quick.
_CONTROLS = bytes(code for code in range(32) if code != 10) + b"\x7f"
_ODD_BYTES = tuple(
    map(
        re.compile,
        (
            rb"\xc2[\x80-\xa0\xad]",
            rb"\xc3[\x82-\x85\x90\x91\x98\x99\xa2\xaf\xb0]",
            rb"\xe1(?:\x9a\x80|\xa0\x8e)",
            rb"\xe2(?:\x80[\x80-\x8b\xa8-\xaf]|\x81[\x9f\xa0])",
            rb"\xe3\x80\x80",
            rb"\xef\xbb\xbf",
        ),
    )
)
_QUOTES = str.maketrans("‘’‚‛“”„‟", "''''\"\"\"\"")
_DASHES = str.maketrans("‐‑‒–—―", "------")


@dataclass(frozen=True)
class Normalizer:
    """The settings of the normal form: ``edits(raw)`` says how to reach it.

    >>> from cleaner.edit import apply
    >>> raw = "A\\u00a0b  c\\r\\n\\r\\n\\r\\nd "
    >>> apply(raw, Normalizer().edits(raw))
    'A b c\\n\\nd'
    """

    straight_quotes: bool = False
    plain_dashes: bool = False
    repair_mojibake: bool = True

    def edits(self, raw: str, *, keep_indent: bool = False) -> list[Edit]:
        """Sorted, disjoint edits of ``raw``; none when it is in normal form already."""
        lead, trail = _edges(raw)
        if (lead, trail) == (0, len(raw)) and not self._respells(raw) and _plainly_normal(raw):
            return []
        spelling = list(self._spelling_edits(raw, lead, trail))
        spacing = _spacing_edits(raw, lead, trail, keep_indent)
        if not spelling:
            return list(spacing)
        taken = [Span(edit.start, edit.end) for edit in spelling]
        return sorted([*spelling, *(edit for edit in spacing if not _meets(taken, edit))])

    def _spelling_edits(self, raw: str, lead: int, trail: int) -> Iterator[Edit]:
        if not self._misspelt(raw):
            return
        for line in _LINE.finditer(raw, lead, trail):
            if not self._misspelt(line.group()):
                continue
            if self._garbled(line.group()):
                yield from self._repair(line.group(), line.start())
            else:
                yield from self._respell_words(line.group(), line.start())

    def _respells(self, text: str) -> bool:
        """Whether the text has characters that are not in NFC, or of a style that is not wanted."""
        return not text.isascii() and (not unicodedata.is_normalized("NFC", text) or self._restyle(text) != text)

    def _misspelt(self, text: str) -> bool:
        return self._respells(text) or bool(_HIDDEN.search(text) or (self.repair_mojibake and MOJIBAKE.search(text)))

    def _garbled(self, text: str) -> bool:
        return self.repair_mojibake and bool(MOJIBAKE.search(text) or MOJIBAKE.search(self._respell(text)))

    def _respell(self, text: str) -> str:
        return unicodedata.normalize("NFC", self._restyle(_HIDDEN.sub("", text)))

    def _restyle(self, text: str) -> str:
        text = text.translate(_QUOTES) if self.straight_quotes else text
        return text.translate(_DASHES) if self.plain_dashes else text

    def _respell_words(self, line: str, offset: int) -> Iterator[Edit]:
        for start, word in _words(line):
            if (text := self._respell(word)) != word:
                yield Edit(offset + start, offset + start + len(word), text)

    def _repair(self, line: str, offset: int) -> Iterator[Edit]:
        """Edits of a line that holds mojibake: word by word if its gaps stay, else the whole line."""
        repaired = self._repaired(line)
        before, after = _words(line), _words(repaired)
        if len(before) == len(after):
            for (start, word), (_, new) in zip(before, after, strict=True):
                if (text := self._respell(new)) != word:
                    yield Edit(offset + start, offset + start + len(word), text)
        elif before:
            start, end = before[0][0], before[-1][0] + len(before[-1][1])
            text = " ".join(self._respell(word) for _, word in after)
            yield Edit(offset + start, offset + end, text)

    def _repaired(self, line: str) -> str:
        import ftfy  # 70 ms, and one text in a thousand needs it

        repaired = ftfy.fix_encoding(line)
        for _ in range(8):  # a hidden character that goes may leave mojibake that was not one before
            before, repaired = repaired, ftfy.fix_encoding(_GAP.sub(" ", self._respell(repaired)))
            if repaired == before:
                break
        return repaired


def _plainly_normal(text: str) -> bool:
    """Whether a look at the bytes of a text rules out odd white space, hidden characters and mojibake.

    It costs a twentieth of looking for them, and most texts that a program wrote pass.
    """
    if "  " in text or " \n" in text or "\n " in text or "\n\n\n" in text:
        return False
    data = text.encode("utf-8", "surrogatepass")
    if len(data.translate(None, _CONTROLS)) != len(data):
        return False
    return len(data) == len(text) or not any(odd.search(data) for odd in _ODD_BYTES)


def line_of(raw: str) -> Callable[[int], int]:
    """A function from offsets of ``raw`` to line numbers, counted from 1 over every kind of line end.

    >>> number = line_of("a\\r\\nb\\nc")
    >>> [number(0), number(3), number(5)]
    [1, 2, 3]
    """
    ends = [match.end() for match in _LINE_BREAK.finditer(raw)]
    return lambda offset: bisect_right(ends, offset) + 1


def _words(line: str) -> list[tuple[int, str]]:
    """Where the words of a line start, and the words, with the invisible characters in them.

    What is invisible from end to end is no word: it stands in a gap.
    """
    words, start = [], 0
    for gap in _GAP.finditer(line):
        words.append((start, line[start : gap.start()]))
        start = gap.end()
    words.append((start, line[start:]))
    return [(start, word) for start, word in words if _HIDDEN.sub("", word)]


def _meets(taken: list[Span], edit: Edit) -> bool:
    span = Span(edit.start, edit.end)
    return any(other.overlaps(span) for other in touching(taken, span))


def _edges(raw: str) -> tuple[int, int]:
    """Where the text begins and ends, white space and invisible characters left out."""
    lead, trail = _LEAD.match(raw), _TRAIL.search(raw)
    assert lead and trail, "both patterns match the empty string"
    return lead.end(), max(lead.end(), trail.start())


def _spacing_edits(raw: str, lead: int, trail: int, keep_indent: bool) -> Iterator[Edit]:
    if lead:
        indent = _indent(raw[:lead]) if keep_indent and lead < len(raw) else ""
        if indent != raw[:lead]:
            yield Edit(0, lead, indent)
    for gap in _ODD_GAP.finditer(raw, lead, trail):
        text = _space(gap.group(), keep_indent)
        if text != gap.group():
            yield Edit(gap.start(), gap.end(), text)
    if trail < len(raw):
        yield Edit(trail, len(raw), "")


def _space(gap: str, keep_indent: bool) -> str:
    """What normal form has between two words instead of ``gap``."""
    breaks = len(_LINE_BREAK.findall(gap))
    if not breaks:
        return "\t" if "\t" in gap else " "
    return "\n" * min(breaks, 2) + (_indent(gap) if keep_indent else "")


def _indent(gap: str) -> str:
    """The blanks of the last line of ``gap``, as tabs and plain spaces."""
    last_line = _HIDDEN.sub("", _LINE_BREAK.split(gap)[-1])
    return "".join("\t" if c == "\t" else " " for c in last_line)
