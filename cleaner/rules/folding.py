"""One form for all characters that ``regex`` takes for one when it ignores case.

Patterns are searched for as strings of bytes, where upper and lower case of ASCII letters are the
scanner's business and those of all other letters are not. So texts with other letters to fold are
folded first, one character into one or more, line ends staying where they are.
"""

from collections.abc import Iterable, Iterator
from functools import cache

import regex

#: What case folding keeps apart and ``regex`` does not: Turkish i, letters composed in two ways.
_FELLOWS = {"\u0130": "i", "\u0131": "i", "\u1fd3": "\u0390", "\u1fe3": "\u03b0", "\ufb05": "\ufb06"}
#: What lower case alone does not fold.
_NOT_BY_CASE = regex.compile(
    r"[\p{Nd}\s\u00b5\u0131\u017f\u0345\u03c2\u03d0\u03d1\u03d5\u03d6\u03f0\u03f1\u03f5\u1c80-\u1c88\u1e9b"
    r"\u1fbe\u1fd3\u1fe3\u13a0-\u13fd\uab70-\uabbf\ufb05--[0-9 \n]]",
    regex.V1,
)

_NO_CAPITALS = regex.compile(r"[^A-Z]+")


def fold(text: str) -> str:
    """``text`` with all but its ASCII letters folded: case, digits of other scripts, white space.

    >>> fold("Weiß ٣, \u212bngström, İstanbul, ΣΊΣΥΦΟΣ")
    'Weiß 0, ångström, istanbul, σίσυφοσ'
    """
    return _NO_CAPITALS.sub(_fold_match, text)


def _fold_match(match: regex.Match[str]) -> str:
    text = match.group().replace("\u0130", "i").lower().replace("ς", "σ")  # only sigma looks at its neighbours
    return _NOT_BY_CASE.sub(lambda match: fold_one(match.group()), text)


@cache
def fold_one(character: str) -> str:
    """One character folded; a digit of any script is ``0``."""
    if character.isdecimal():
        return "0"
    if character.isspace() and character != "\n":
        return " "
    if character in _FELLOWS:
        return _FELLOWS[character]
    folded = character.casefold()
    if len(folded) == 1:
        return folded
    return lower if len(lower := character.lower()) == 1 else character


def unfolded() -> bytes:
    """An expression over UTF-8 bytes that is found in every text that folding changes beyond ASCII letters."""
    last: dict[bytes, set[int]] = {}
    for character in _to_fold():
        encoded = character.encode()
        last.setdefault(encoded[:-1], set()).add(encoded[-1])
    by_lead = (_escaped(lead) + b"[" + ranges(found) + b"]" for lead, found in last.items())
    return rb"[\t\r\x0b\x0c\x1c-\x1f]|" + b"|".join(by_lead)


def _escaped(text: bytes) -> bytes:
    return b"".join(b"\\x%02x" % byte for byte in text)


def _to_fold() -> Iterator[str]:
    characters = "".join(map(chr, (*range(0x80, 0xD800), *range(0xE000, 0x20000))))
    return (one for one, folded in zip(characters, fold(characters), strict=True) if one != folded)


def ranges(codes: Iterable[int]) -> bytes:
    """The inside of a class of these bytes."""
    parts: list[list[int]] = []
    for code in sorted(codes):
        if parts and code == parts[-1][1] + 1:
            parts[-1][1] = code
        else:
            parts.append([code, code])
    return b"".join(b"\\x%02x-\\x%02x" % (first, last) for first, last in parts)
