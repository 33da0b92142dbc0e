"""A removal in its surroundings, short enough for a page: text before, what went, text after."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

#: Characters around a removal, and of its own text, unless told otherwise.
AROUND, LONGEST = 160, 700
#: Lines of its text, and of what stands before and after it; texts that are little longer than asked for stay whole.
LINES, _LINES_AROUND, _SLACK = 12, 3, 1.3


class Piece(NamedTuple):
    """A stretch of an excerpt. ``main`` is the removal itself, the others ``removed flagged`` are its neighbours."""

    kind: str
    text: str
    main: bool = False


def excerpt(
    removal: Mapping[str, Any], around: int = AROUND, longest: int = LONGEST, lines: int = LINES
) -> list[Piece]:
    """The pieces of a removal with ``context`` (see :mod:`cleaner.review.queries`), what is too long left out.

    Without a context, as where the article was changed, it is the removed text alone.
    """
    segments = removal["context"]["segments"]
    main = [one for one in segments if one.get("id") == removal["id"]]
    kind = "removed" if removal["action"] == "removed" else "flagged"
    if not main:
        return [Piece(kind, shortened(removal["text"], removal["chars"], longest, lines), True)]
    start, end = main[0]["start"], main[-1]["end"]
    text = "".join(one["text"] for one in main)
    return [
        *_before([one for one in segments if one["end"] <= start], around),
        Piece(kind, shortened(text, removal["chars"], longest, lines), True),
        *_after([one for one in segments if one["start"] >= end], around),
    ]


def shortened(text: str, chars: int, longest: int, lines: int = LINES) -> str:
    """A text of ``chars`` characters, of which ``text`` is all or the ends, with the middle left out if it is too long.

    >>> shortened("ab " * 30, 90, 20)
    'ab ab ab a … 70 more characters …  ab ab ab '
    """
    if len(text) <= longest * _SLACK and text.count("\n") <= lines * _SLACK:
        return text
    head = "\n".join(text[: longest // 2].split("\n")[: lines // 2])
    tail = "\n".join(text[-(longest // 2) :].split("\n")[-(lines // 2) :])
    return f"{head} … {chars - len(head) - len(tail):,} more characters … {tail}"


def _before(segments: Iterable[Mapping[str, Any]], most: int) -> list[Piece]:
    pieces: list[Piece] = []
    lines = _LINES_AROUND
    for one in reversed(list(segments)):
        text = "\n".join(one["text"][-most:].split("\n")[-lines:])
        whole = len(text) == len(one["text"])
        if not whole and not text.strip():
            break
        pieces.append(Piece(one["kind"], text if whole else "…" + _from_word(text)))
        most, lines = most - len(text), lines - text.count("\n")
        if most <= 0 or lines <= 0 or not whole:
            break
    return pieces[::-1]


def _after(segments: Iterable[Mapping[str, Any]], most: int) -> list[Piece]:
    pieces: list[Piece] = []
    lines = _LINES_AROUND
    for one in segments:
        text = "\n".join(one["text"][:most].split("\n")[:lines])
        whole = len(text) == len(one["text"])
        if not whole and not text.strip():
            break
        pieces.append(Piece(one["kind"], text if whole else _to_word(text) + "…"))
        most, lines = most - len(text), lines - text.count("\n")
        if most <= 0 or lines <= 0 or not whole:
            break
    return pieces


def _from_word(text: str) -> str:
    """Without the half of a word at its beginning, if the next is near."""
    place = text.find(" ")
    return text[place + 1 :] if 0 <= place < 20 else text


def _to_word(text: str) -> str:
    place = text.rfind(" ")
    return text[:place] if place > len(text) - 20 and place > 0 else text
