"""Line templates: what stays the same in lines that differ only in numbers, dates, names and addresses."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import regex

from cleaner.view import SHORT, bare

#: Characters of the longest line that is looked at, as in rules that do not say otherwise.
LONGEST = 400

_MONTH = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
#: Capitalised words that begin a sentence or a label far more often than a name.
_NO_NAME = (
    r"a|about|all|also|an|and|at|by|click|courtesy|credit|follow|for|from|get|how|if|image|in|it|join|latest|listen|"
    r"more|new|news|no|of|on|or|our|photos?|posted|published|read|see|share|sign|story|tap|the|this|to|updated|via|"
    r"video|watch|we|what|when|where|who|why|with|written|you|your"
)
_NAME_WORD = rf"(?!(?i:{_NO_NAME})\b)\p{{Lu}}(?:[\p{{L}}\p{{M}}'-]+|\.)"
_NAME = rf"(?<![\p{{L}}\d]){_NAME_WORD}(?: (?:(?:de|la|van|von|bin|al) )?{_NAME_WORD})+"
_FIXED = rf"""
    (?P<email>(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+)
  | (?P<url>\b(?:https?://|www\.)\S+|(?<![\w.-])[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|edu|gov|info|co\.uk)\b(?:/\S*)?)
  | (?P<handle>(?<!\w)@\w+)
  | (?P<weekday>\b(?i:(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b
      | \b(?i:mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)\b\.?(?=,?[ ](?i:\d|(?:{_MONTH})\b)))
  | (?P<month>\b(?i:january|february|april|june|july|august|september|october|november|december)\b
      | \b(?i:{_MONTH})\b\.?(?=,?[ -]?\d) | (?<=\d[ -]|\d(?:st|nd|rd|th)[ ])(?i:{_MONTH})\b\.?)
  | (?P<ordinal>\d+(?:st|nd|rd|th)\b)
  | (?P<number>\d+)
"""
_WITHOUT_NAMES = regex.compile(_FIXED, regex.VERBOSE)
_WITH_NAMES = regex.compile(_FIXED + "  | (?P<name>" + _NAME.replace(" ", "[ ]") + ")", regex.VERBOSE)
#: Lines that may hold names. In others capitals are the style of a headline or menu, where only small words are small.
_MAY_HOLD_NAMES = regex.compile(
    r"(?<!\S)(?!(?:and|at|by|de|for|from|in|into|of|on|or|the|to|vs|with)\b)\p{Ll}{2,}"
    r"|^(?i:by|from|photos?|image|credit|courtesy|follow|more|via)\b"
)

#: Kind of mask -> how it is written in templates, and the pattern for it in rules.
MASKS = {
    "number": ("0", r"\d+"),
    "ordinal": ("0th", r"\d+(?:st|nd|rd|th)"),
    "month": ("⟨month⟩", r"\p{L}{3,9}\.?"),
    "weekday": ("⟨weekday⟩", r"\p{L}{3,9}\.?"),
    "email": ("⟨e-mail⟩", r"\S+@\S+"),
    "url": ("⟨url⟩", r"\S+"),
    "handle": ("⟨handle⟩", r"@\w+"),
    "name": ("⟨name⟩", r"(?-i:\p{Lu})[\p{L}\p{M}' .-]{1,60}"),
}
_QUOTES = str.maketrans("’‘ʼ“”„‟", '\'\'\'""""')
_WORD = regex.compile(r"[\p{L}\p{M}]+")
_SMALL = r"am|an|and|at|by|for|from|in|is|it|of|on|or|pm|the|this|to|via|vs|was|with"
_TELLING = regex.compile(rf"\b(?!(?:{_SMALL})\b)[\p{{L}}\p{{M}}]{{2,}}|\p{{Han}}|\p{{Hangul}}")


class _Piece(NamedTuple):
    """Part of a line: its text, and the kind of mask over it, if any."""

    text: str
    mask: str = ""


def template_of(line: str) -> str:
    """The line without decoration and case, with masks over what varies; empty if nothing telling is left.

    A line of nothing but masks and words like *by* or *the* recurs everywhere and says nothing.

    >>> template_of("» Tap here on Tuesday, 3 May 2024 at 12:30!")
    'tap here on ⟨weekday⟩, 0 ⟨month⟩ 0 at 0:0'
    >>> template_of("More from Orla Venn at the Courier"), template_of("12:30"), template_of("By Orla Venn")
    ('more from ⟨name⟩ at the courier', '', '')
    """
    if len(line) > LONGEST:
        return ""
    return _short_template(line) if len(line) <= SHORT else _template(line)


def _template(line: str) -> str:
    pieces = list(_pieces(line))
    literal = " ".join(piece.text for piece in pieces if not piece.mask).lower()
    if not _TELLING.search(literal):
        return ""
    return "".join(MASKS[piece.mask][0] if piece.mask else piece.text.lower() for piece in pieces)


_short_template = lru_cache(20_000)(_template)


def pattern_of(line: str) -> str:
    """A whole-line pattern for the lines that have the template of ``line``.

    >>> pattern_of("Tap here (12:30)")
    'tap here \\\\(\\\\d+:\\\\d+\\\\)'
    """
    return "".join(
        MASKS[piece.mask][1] if piece.mask else regex.escape(piece.text.lower(), literal_spaces=True)
        for piece in _pieces(line)
    )


def words_of(line: str) -> list[str]:
    """The words between the masks, in small letters.

    >>> words_of("Tap here, Orla Venn, at 12:30")
    ['tap', 'here', 'at']
    """
    return [word for piece in _pieces(line) if not piece.mask for word in _WORD.findall(piece.text.lower())]


def _pieces(line: str) -> Iterator[_Piece]:
    line = bare(line).strip().translate(_QUOTES)
    names = not line.isupper() and _MAY_HOLD_NAMES.search(line)
    position = 0
    for match in (_WITH_NAMES if names else _WITHOUT_NAMES).finditer(line):
        if match.start() > position:
            yield _Piece(line[position : match.start()])
        yield _Piece(match.group(), match.lastgroup or "")
        position = match.end()
    if position < len(line):
        yield _Piece(line[position:])
