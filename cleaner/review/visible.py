"""Text of articles as people may safely see it: what would hide, or command what shows it, becomes a mark.

Marked are control characters, bidi controls, separators of lines, characters without width and halves of characters;
line ends and tabs stay. The joiners and variation selectors that scripts and emoji are spelt with stay too. ``dom.js``
of the page has the same table.
"""

from collections.abc import Iterator
from typing import NamedTuple
from unicodedata import combining, east_asian_width

import regex

_EMOJI = r"\p{Extended_Pictographic}[\uFE0F\U0001F3FB-\U0001F3FF]?"
_WORD = r"(?=[\p{L}\p{M}\p{N}\p{P}\p{Extended_Pictographic}])"
#: What belongs to the spelling: joiners within a word or an emoji, and selectors of how a character is drawn.
_SPELLING = (
    rf"(?<=[^\p{{Latin}}\p{{Common}}\p{{Default_Ignorable_Code_Point}}]|{_EMOJI})[\u200C\u200D]{_WORD}"
    r"|(?<=[\p{Emoji}\p{Sm}\p{Ideographic}\p{Myanmar}\p{Phags_Pa}])[\uFE00-\uFE0F]"
    r"|(?<=\p{Ideographic})[\U000E0100-\U000E01EF]|(?<=\p{Mongolian})[\u180B-\u180D\u180F]"
)
#: Signs of numbers and verses that Unicode counts among the format characters, though they are seen.
_SEEN = r"\u0600-\u0605\u06DD\u070F\u0890\u0891\u08E2\U000110BD\U000110CD"
_HIDDEN = regex.compile(
    rf"(?:{_SPELLING})(*SKIP)(*FAIL)"
    rf"|(?![\n\t{_SEEN}])[\p{{Cc}}\p{{Cf}}\p{{Cs}}\p{{Zl}}\p{{Zp}}\p{{Default_Ignorable_Code_Point}}]"
)


class Part(NamedTuple):
    """A stretch of text, or the mark for one character that is not shown."""

    text: str
    marked: bool


def parts(text: str) -> Iterator[Part]:
    """The text as what can be shown and the marks for what cannot."""
    position = 0
    for found in _HIDDEN.finditer(text):
        if found.start() > position:
            yield Part(text[position : found.start()], False)
        yield Part(mark_of(found[0]), True)
        position = found.end()
    if position < len(text):
        yield Part(text[position:], False)


def visible(text: str) -> str:
    """The text with its marks in place, for terminals.

    >>> visible("a\\x1b[31mb \\u202egnp.exe caf\\xe9")
    'a␛[31mb U+202Egnp.exe café'
    """
    return text if text.isascii() and text.isprintable() else "".join(part.text for part in parts(text))


def mark_of(character: str) -> str:
    """What a character is called that is not shown: a control picture, or its code."""
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"U+{code:04X}"


def one_line(text: str, most: int | None = None) -> str:
    """The text with all white space as single spaces, shortened to ``most`` characters."""
    flat = " ".join(text.split())
    return flat if most is None or len(flat) <= most else flat[: most - 1].rstrip() + "…"


def width(text: str) -> int:
    """The cells of a terminal that the text takes up."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(character: str) -> int:
    if combining(character) or character in "\u200c\u200d\ufe0e\ufe0f":
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def wrapped(text: str, most: int) -> list[str]:
    """The lines of a text, none wider than ``most`` cells, broken at spaces where that can be done.

    >>> wrapped("the ferry\\nleft at dawn", 9)
    ['the ferry', 'left at', 'dawn']
    """
    return [line for paragraph in text.expandtabs(4).split("\n") for line in _broken(paragraph, max(2, most))]


def _broken(paragraph: str, most: int) -> Iterator[str]:
    line, room = "", most
    for word in regex.findall(r"\S+\s*|\s+", paragraph):
        cells = width(word.rstrip())
        if line and cells > room:
            yield line.rstrip()
            line, room = "", most
        while cells > most:
            head = _head(word, most)
            yield head
            word = word[len(head) :]
            cells = width(word.rstrip())
        line += word
        room -= width(word)
    yield line.rstrip()


def _head(word: str, most: int) -> str:
    """As much of a word as fits, at least one character."""
    taken = 0
    for place, character in enumerate(word):
        taken += _cells(character)
        if taken > most and place:
            return word[:place]
    return word
