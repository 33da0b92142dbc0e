"""Lines that recur over the pages of a site: menus, boxes and footers that no rule knows.

A first pass has counted them (see :mod:`cleaner.recurrence`). Authors recur too: columns have standing
intros, reviews crossheads, recipes labels, churches prayers, agencies paragraphs on many sites. So a line
goes only where the site's furniture stands: in a run of such lines, outside of the page's own prose; inside
of it only what most pages have.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median
from typing import NamedTuple

import regex

from cleaner.annotation import Proposal
from cleaner.recurrence import RecurrenceTable, line_hashes
from cleaner.view import View, ends_sentence

#: A run goes if it begins and ends with lines of this share; outside of the body, and inside.
OUTSIDE, INSIDE = 0.3, 0.6
#: Lines that make a run by themselves, and at the edge of the text.
RUN, EDGE_RUN = 3, 2
#: A line that stands alone goes if it is so long, of such a share, and on so many pages.
LONG, ALONE, ALONE_PAGES = 60, 0.5, 12
#: Prose that stands on so many sites is an agency's, or quoted.
SEVERAL = 3
#: A line with digits is a label of values, a row or a score, unless it has so many words.
WORDS = 5
#: Of the prose so much may recur; else the page is another's copy.
COPIED = 0.5
#: A title has so many words, is no longer than this, and stands among so many lines above the body.
HEADLINE_WORDS, TITLE, HEAD = 4, 200, 5
#: A headline or paragraph that stands on fewer pages than the run around it is no part of it.
ODD = 0.9
#: From so many pages on a share is surer.
MANY = 30

_BYLINE = regex.compile(
    r"(?i)\W*(?:(?:reporting |written |posted |words )?by|von|par|por|di|da|af|av|door|autor(?:in)?|text)\b.{2,60}"
)
_QUOTE = regex.compile(r"""[-–—]?\s*["“„«‘‚]""")
_TABLE = regex.compile(r"\t|\|.*\d|\d.*\||\d\s+\d")
_DIGIT = regex.compile(r"\d")
_WORD = regex.compile(r"\p{L}[\p{L}\p{M}'’-]*")
_COPYRIGHT = regex.compile(r"(?i)©|\(c\)|\bcopyright\b")


class _Line(NamedTuple):
    """A line that is not blank. ``documents`` and ``sites`` are 0 for lines that do not recur."""

    number: int
    text: str
    telling: bool
    documents: int
    sites: int


@dataclass(frozen=True)
class _Page:
    """The lines of a page, and the first and last of its own prose."""

    view: View
    site: str
    pages: int
    lines: Sequence[_Line]
    first: int
    last: int

    def share(self, line: _Line) -> float:
        return line.documents / self.pages


class RecurringDetector:
    """Proposes the lines that the page shares with others of its site, where they are furniture."""

    def __init__(self, table: RecurrenceTable) -> None:
        self._table = table

    def __call__(self, view: View) -> Iterator[Proposal]:
        if not (pages := self._table.pages(view.document.site)):
            return
        lines = self._counted(view)
        if not any(line.documents for line in lines):
            return
        lines = _authors_aside(view, lines)
        own = [line.number for line in lines if not line.documents and view.is_prose(line.number)]
        if not own:
            return
        page = _Page(view, view.document.site, pages, lines, own[0], own[-1])
        taken = [run for run in _runs(page) if _is_furniture(page, run)]
        for run in _titles_aside(page, taken):
            yield from _proposals(page, run)

    def _counted(self, view: View) -> list[_Line]:
        """The lines with their counts; those of an earlier view of the document are known."""
        known = view.memo.setdefault(RecurringDetector, {})
        if fresh := list({view.lines[number] for number in view.filled} - known.keys()):
            hashes, site = line_hashes("\n".join(fresh)), view.document.site
            counts, sites = self._table.counts(site, hashes), self._table.sites(site, hashes)
            known.update(zip(fresh, zip(hashes != 0, counts.tolist(), sites.tolist(), strict=True), strict=True))
        return [_Line(number, view.lines[number], *known[view.lines[number]]) for number in view.filled]


def _authors_aside(view: View, lines: Sequence[_Line]) -> list[_Line]:
    """The same lines; those that are an author's wherever they stand count as if they did not recur."""
    prose = [line for line in lines if view.is_prose(line.number)]
    recurring = sum(len(line.text) for line in prose if line.documents)
    copied = recurring > COPIED * sum(len(line.text) for line in prose)
    stay = _numbered(lines) | _told_again(lines)
    return [
        line._replace(documents=0)
        if line.documents and (line.number in stay or _is_authors(view, line, copied=copied))
        else line
        for line in lines
    ]


def _is_authors(view: View, line: _Line, *, copied: bool) -> bool:
    if view.is_prose(line.number) and (copied or line.sites >= SEVERAL):
        return True
    if _BYLINE.fullmatch(line.text) or _QUOTE.match(line.text) or _TABLE.search(line.text):
        return True
    words = len(_WORD.findall(line.text))
    return words < WORDS and bool(_DIGIT.search(line.text)) and not _COPYRIGHT.search(line.text)


def _numbered(lines: Sequence[_Line]) -> set[int]:
    """Lines that differ from another of the page in their digits alone: items, rounds, rows."""
    levelled = [(line, _DIGIT.sub("", line.text)) for line in lines if _DIGIT.search(line.text)]
    texts = Counter(text for text, _ in {(text, line.text) for line, text in levelled})
    return {line.number for line, text in levelled if texts[text] > 1}


def _told_again(lines: Sequence[_Line]) -> set[int]:
    """Long lines that stand twice: the title or lead, and once more in a list of the site's stories."""
    numbers: dict[str, list[int]] = {}
    for line in lines:
        if line.documents and line.text.count(" ") >= HEADLINE_WORDS - 1:
            numbers.setdefault(line.text.casefold(), []).append(line.number)
    return {number for again in numbers.values() if len(again) > 1 for number in again}


def _runs(page: _Page) -> Iterator[list[_Line]]:
    """Lines that recur one below another, outside of the body or inside; from one of a good share to the next."""

    def kind(line: _Line) -> tuple[int, bool]:
        place = -1 if line.number < page.first else int(line.number > page.last)
        return place, bool(line.documents) or not (line.telling or _DIGIT.search(line.text))

    for (place, recurs), group in groupby(page.lines, kind):
        if recurs:
            yield _trimmed(page, list(group), OUTSIDE if place else INSIDE)


def _trimmed(page: _Page, run: list[_Line], share: float) -> list[_Line]:
    good = [place for place, line in enumerate(run) if page.share(line) >= share]
    return run[good[0] : good[-1] + 1] if good else []


def _is_furniture(page: _Page, run: Sequence[_Line]) -> bool:
    counted = [line for line in run if line.documents]
    if not counted:
        return False
    inside = page.first < run[0].number < page.last
    share = median(page.share(line) for line in counted)
    if share < (INSIDE if inside else OUTSIDE):
        return False
    if len(counted) >= RUN:
        return not inside or sum(not ends_sentence(line.text) for line in counted) * 2 >= len(counted)
    if len(counted) >= EDGE_RUN and (page.lines[0] in run or page.lines[-1] in run):
        return True
    if share < ALONE or counted[0].documents < ALONE_PAGES or _is_intro(page, run):
        return False
    long = all(len(line.text) >= LONG and ends_sentence(line.text) for line in counted)
    return long or (page.lines[-1] in run and not ends_sentence(run[-1].text))


def _is_intro(page: _Page, run: Sequence[_Line]) -> bool:
    """Right above the page's own prose: what introduces a column stands there."""
    return next(page.view.after(run[-1].number), 0) == page.first


def _titles_aside(page: _Page, runs: Sequence[list[_Line]]) -> Iterator[list[_Line]]:
    """The runs without the title and the lead, which other pages have in their lists of stories."""
    above = [line for line in page.lines if line.number < page.first and line.telling]
    stay: list[_Line] = []
    while above and above[-1].documents and page.view.is_prose(above[-1].number):
        stay.append(above.pop())
    stay += (line for line in above[-HEAD:] if _is_headline(line.text))
    for run in runs:
        usual = ODD * median([page.share(line) for line in run if line.documents])
        stories = run[0].number < page.last
        yield [
            line
            for line in run
            if line not in stay and not (stories and page.share(line) < usual and _is_told(page.view, line))
        ]


def _is_told(view: View, line: _Line) -> bool:
    """Whether a line may be of a story: a headline or prose."""
    return line.telling and (_is_headline(line.text) or view.is_prose(line.number))


def _is_headline(text: str) -> bool:
    words = len(_WORD.findall(text))
    return words >= HEADLINE_WORDS and len(text) <= TITLE and text[-1] not in ".:," and not _BYLINE.fullmatch(text)


def _proposals(page: _Page, run: Sequence[_Line]) -> Iterator[Proposal]:
    share = median(page.share(line) for line in run if line.documents) if any(line.documents for line in run) else 0.0
    pages = f"the {page.pages:,} pages " + (f"of {page.site}" if page.site else "without an address")
    for line in run:
        many = 0.02 * (line.documents >= MANY)
        reason = (
            f"stands on {line.documents:,} of {pages}"
            if line.documents
            else f"stands between lines that recur on {pages}"
        )
        confidence = round(0.75 + 0.18 * min(share, page.share(line) or share) + many, 2)
        yield Proposal(page.view.span(line.number), "recurring-line", "other", confidence, reason, precedence=-1)
