"""Lines that the extractor repeated: the title, a caption, a whole paragraph.

Authors repeat themselves too: refrains, dialogue, sound cues, table rows. So a repeat counts only
where extractors make it: right below itself, near the title, or as a long paragraph once more.
"""

from collections.abc import Iterator
from typing import NamedTuple

import regex

from cleaner.annotation import Proposal
from cleaner.span import Span
from cleaner.view import View

#: A title stands among the first lines; the page's own copy of it between there and the body.
TITLE_LINES = 3
#: Verses are shorter than this, captions longer.
CAPTION = 60
#: Shortest title that may stand twice in a line.
TITLE = 18
MIN_CHARS, MIN_WORDS = 20, 4
#: A paragraph of this length is not repeated by its author word for word.
LONG = 160

#: All bytes but ASCII letters and digits.
_NOT_PLAIN = bytes(code for code in range(256) if not (code < 0x80 and chr(code).isalnum()))
_NOISE = regex.compile(r"[^\w]+")
_TABLE = regex.compile(r"[|\t]|\d\s+\d")


class _Line(NamedTuple):
    number: int
    rank: int
    key: str


def propose_repeats(view: View) -> Iterator[Proposal]:
    """Proposes every copy but the first, and titles that stand twice in their line."""
    yield from _twice_in_line(view)
    seen: dict[str, _Line] = {}
    counts: dict[str, int] = {}
    copies: list[tuple[_Line, _Line]] = []
    for line in _doubled(view):
        counts[line.key] = counts.get(line.key, 0) + 1
        if line.key in seen:
            copies.append((seen[line.key], line))
        else:
            seen[line.key] = line
    for first, copy in copies:
        if kind := _kind(view, first, copy, counts[copy.key]):
            rule, reason = kind
            yield Proposal(view.span(copy.number), rule, "duplicate", 0.9, reason)


def _twice_in_line(view: View) -> Iterator[Proposal]:
    """A title and itself again: the text of a picture's link and of the link below it.

    Above the body it may be the article's own, and one copy stays; further down it is a teaser.
    """
    for number in view.filled:
        line = view.lines[number]
        half = len(line) // 2
        if half < TITLE or line[:half] != line[-half:] or (len(line) > 2 * half and line[half] != " "):
            continue
        title = line[:half]
        if title[-1] in ".,;:" or title[0].islower() or title.count(" ") < 2 or not view.prose:
            continue
        if number < view.prose[0]:
            start = view.starts[number] + half
            yield Proposal(
                Span(start, start + len(line) - half), "repeat-in-line", "duplicate", 0.9, "says its line again"
            )
        else:
            yield Proposal(
                view.span(number), "repeat-in-line", "related", 0.9, "a title twice in its line, as links have it"
            )


def _doubled(view: View) -> Iterator[_Line]:
    """The lines that may say what another says: those alike in their plain letters and digits, looked at closely."""
    alike: dict[bytes, list[int]] = {}
    for rank, number in enumerate(view.filled):
        if len(view.lines[number]) >= MIN_CHARS:
            plain = view.lines[number].lower().encode("utf-8", "surrogatepass").translate(None, _NOT_PLAIN)
            alike.setdefault(plain, []).append(rank)
    for rank in sorted(rank for ranks in alike.values() if len(ranks) > 1 for rank in ranks):
        number = view.filled[rank]
        key = _NOISE.sub(" ", view.lines[number]).strip().casefold()
        if key.count(" ") + 1 >= MIN_WORDS and not _TABLE.search(view.lines[number]):
            yield _Line(number, rank, key)


def _kind(view: View, first: _Line, copy: _Line, count: int) -> tuple[str, str] | None:
    if not view.prose:  # a poem, a list, a table: what repeats there is meant to
        return None
    chars, above_body = len(view.lines[copy.number]), copy.number < view.prose[0]
    if copy.rank == first.rank + 1 and count == 2 and (above_body or chars >= CAPTION):
        return "repeat-adjacent", "says the same as the line above it"
    if first.rank < TITLE_LINES and above_body and count <= 3:
        return "repeat-title", "repeats the title"
    if chars >= LONG and count <= 3 and view.is_prose(copy.number):
        return "repeat-paragraph", "repeats a paragraph that stands further up"
    return None
