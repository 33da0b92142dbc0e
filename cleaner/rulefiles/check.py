"""Checks rules by numbers: what each takes from labelled records, junk and article text, and on how many sites.

Counted are word characters, as the bench counts them: white space and punctuation say nothing. What
is labelled ambiguous or blank counts neither way.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import md5
from random import Random
from typing import Literal, NamedTuple, get_args

import msgspec
from msgspec import Struct

from cleaner.annotation import Removal
from cleaner.errors import InputError

Label = Literal["keep", "junk", "blank", "ambiguous"]
HALVES = ("a", "b")

#: A rule seen less often than this is not judged.
FEWEST_REMOVALS = 5
JUNK, ARTICLE = 1, 2
_MARKS = {"junk": JUNK, "keep": ARTICLE}
_RESAMPLES = 1000

_WIDE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"  # Japanese and Chinese: every character is a word
_UNSEEN = "\u00ad\u200b\u200c\u200d\u2060\ufeff"  # soft hyphens and the like, inside words
_WORD = re.compile(rf"[{_WIDE}]|[{_UNSEEN}]*(?![{_WIDE}])\w(?:(?![{_WIDE}])[\w{_UNSEEN}])*")

_Piece = tuple[int, int, Label]


class Record(Struct, frozen=True):
    """A text whose lines are labelled; ``segments`` labels the parts of mixed lines, counted from 0."""

    raw: str
    labels: list[Label]
    domain: str
    segments: dict[int, list[_Piece]] = {}
    url: str | None = None
    id: str | int = ""
    maker: str = ""
    gold_gaps: bool = False

    @property
    def page(self) -> str:
        """What the records have in common that different extractors made of one page."""
        return self.url or str(self.id) or self.raw


_ACCEPTED = (
    "a record is a JSON object with raw, labels (for each line of raw one of "
    f"{', '.join(get_args(Label))}) and domain, and may have segments, url, id, maker and gold_gaps"
)


def read_record(line: bytes) -> Record:
    """The record on a line of a file. Raises ``InputError``."""
    try:
        values = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        found = line[:40].decode(errors="replace")
        raise InputError(f"not JSON: {error}; found {found!r}; {_ACCEPTED}") from None
    try:
        record = msgspec.convert(values, Record, str_keys=True)
    except msgspec.ValidationError as error:
        keys = f"the keys here are {', '.join(values) or 'none'}; " if isinstance(values, dict) else ""
        raise InputError(f"{error}; {keys}{_ACCEPTED}") from None
    if problem := _problem(record):
        raise InputError(problem)
    return record


def _problem(record: Record) -> str:
    """What does not fit the text in the labels; nothing if all does."""
    lines = record.raw.split("\n")
    if len(record.labels) != len(lines):
        return f"{len(record.labels)} labels for {len(lines)} lines; accepted: one for each line of raw"
    for number, pieces in record.segments.items():
        if not 0 <= number < len(lines):
            return f"segments: there is no line {number}; accepted: 0 to {len(lines) - 1}"
        if not pieces:
            return f"segments: line {number}: found none; accepted: one or more of [start, end, label]"
        place = 0
        for start, end, _ in pieces:
            if not place <= start < end <= len(lines[number]):
                return (
                    f"segments: line {number}: found [{start}, {end}]; accepted: [start, end, label] in order, "
                    f"apart, and within the line's {len(lines[number])} characters"
                )
            place = end
    return ""


def half(domain: str) -> str:
    """The half of all sites that a site belongs to, always the same one: to write rules by one and check by the other.

    >>> half("example.net"), half("example.org")
    ('a', 'b')
    """
    return HALVES[md5(domain.encode(), usedforsecurity=False).digest()[0] % 2]


class Hit(NamedTuple):
    """What one removal took."""

    rule: str
    page: str
    site: str
    junk: int
    article: int
    also: tuple[str, ...]


class Row(Struct, frozen=True):
    """What the removals of one rule took, all in all.

    ``precision`` is the share of junk in its characters and ``interval`` says how sure that is;
    ``site`` is the one most of them come from, with their share. ``shared`` are the characters of
    removals that each other rule had a hand in, ``alone`` those of removals that no other had.
    """

    rule: str
    hits: int
    junk: int
    article: int
    precision: float | None
    interval: tuple[float, float] | None
    pages: int
    sites: int
    site: str
    site_share: float | None
    shared: dict[str, int]
    alone: int

    @property
    def size(self) -> int:
        return self.junk + self.article


class Site(Struct, frozen=True):
    """What was taken on one site, and the rules that took article text there, worst first."""

    site: str
    hits: int
    junk: int
    article: int
    worst: dict[str, int]


@dataclass
class Check:
    """What is seen of records and of what was removed from them.

    Records whose gold has gaps do not count at all: what their gold lacks stands there as junk, and
    a rule that takes it would be praised for it.
    """

    records: int = 0
    gaps: int = 0
    junk: int = 0
    article: int = 0
    pages: set[str] = field(default_factory=set)
    sites: set[str] = field(default_factory=set)
    hits: list[Hit] = field(default_factory=list)

    @property
    def taken(self) -> tuple[int, int]:
        """Junk and article characters that all removals took."""
        return sum(hit.junk for hit in self.hits), sum(hit.article for hit in self.hits)

    def add(self, record: Record, removals: Iterable[Removal]) -> None:
        if record.gold_gaps:
            self.gaps += 1
            return
        marks = marked(record)
        self.records += 1
        self.junk += marks.count(JUNK)
        self.article += marks.count(ARTICLE)
        self.pages.add(record.page)
        self.sites.add(record.domain)
        for removal in removals:
            taken = marks[removal.span.start : removal.span.end]
            counts = taken.count(JUNK), taken.count(ARTICLE)
            self.hits.append(Hit(removal.rule, record.page, record.domain, *counts, removal.also))


def marked(record: Record) -> bytearray:
    """For each character of the raw text whether it is junk, article, or (0) not counted."""
    marks = bytearray(len(record.raw))
    start = 0
    for number, (line, label) in enumerate(zip(record.raw.split("\n"), record.labels, strict=True)):
        pieces = record.segments.get(number) or [(0, len(line), label)]
        for word in _WORD.finditer(line):
            mark = _MARKS.get(_label_at(pieces, word.start()), 0)
            marks[start + word.start() : start + word.end()] = bytes([mark]) * len(word.group())
        start += len(line) + 1
    return marks


def _label_at(pieces: Sequence[_Piece], place: int) -> Label:
    """The label of the word that begins at ``place``; between two pieces that of the second, as the bench has it."""
    return next((label for _, end, label in pieces if place < end), pieces[-1][2])


def by_rule(hits: Iterable[Hit]) -> list[Row]:
    """A row for each rule, the most harmful first: by article characters, then by junk."""
    rows = [_row(rule, own) for rule, own in _grouped(hits, lambda hit: hit.rule).items()]
    return sorted(rows, key=lambda row: (-row.article, -row.junk, -row.hits, row.rule))


def by_site(hits: Iterable[Hit]) -> list[Site]:
    """What was taken on each site, the most harmed first."""
    sites = [_site(site, own) for site, own in _grouped(hits, lambda hit: hit.site).items()]
    return sorted(sites, key=lambda site: (-site.article, -site.junk, site.site))


def on_one_site(rows: Iterable[Row]) -> list[Row]:
    """Rules that took something more than once, and always on the same site: perhaps made to measure for it."""
    return [row for row in rows if row.sites == 1 and row.hits > 1]


def below(rows: Iterable[Row], bound: float) -> list[Row]:
    """Rules seen often enough whose precision may be lower than ``bound``: they had better only flag."""
    return [row for row in rows if row.hits >= FEWEST_REMOVALS and row.interval and row.interval[0] < bound]


def _grouped(hits: Iterable[Hit], key: Callable[[Hit], str]) -> dict[str, list[Hit]]:
    groups: dict[str, list[Hit]] = defaultdict(list)
    for hit in hits:
        groups[key(hit)].append(hit)
    return groups


def _row(rule: str, hits: Sequence[Hit]) -> Row:
    pages: defaultdict[str, Counter[str]] = defaultdict(Counter)
    sites: Counter[str] = Counter()
    shared: Counter[str] = Counter()
    for hit in hits:
        pages[hit.page].update(junk=hit.junk, article=hit.article)
        sites[hit.site] += hit.junk + hit.article
        shared.update(dict.fromkeys(hit.also, hit.junk + hit.article))
    junk, article = sum(hit.junk for hit in hits), sum(hit.article for hit in hits)
    size = junk + article
    site, most = sites.most_common(1)[0]
    return Row(
        rule=rule,
        hits=len(hits),
        junk=junk,
        article=article,
        precision=junk / size if size else None,
        interval=interval([(page["junk"], page["article"]) for page in pages.values()]),
        pages=len(pages),
        sites=len(sites),
        site=site,
        site_share=most / size if size else None,
        shared=dict(shared.most_common()),
        alone=sum(hit.junk + hit.article for hit in hits if not hit.also),
    )


def _site(site: str, hits: Sequence[Hit]) -> Site:
    harm: Counter[str] = Counter()
    for hit in hits:
        harm[hit.rule] += hit.article
    worst = {rule: article for rule, article in harm.most_common() if article}
    return Site(site, len(hits), sum(hit.junk for hit in hits), sum(worst.values()), worst)


def interval(pages: Iterable[tuple[int, int]]) -> tuple[float, float] | None:
    """A 95 % interval for the share of junk, from the junk and article characters taken on each page.

    Lines of a page go right or wrong together, and several records may be made of one page; so not
    characters or removals are drawn again and again but whole pages: the percentile interval of a
    cluster bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13;
    Field and Welsh, Bootstrapping Clustered Data, 2007). What never went wrong, or was seen on one
    page, shows no spread; then both ends are the share itself. The same pages give the same interval.

    >>> interval([(90, 10), (100, 0), (100, 0), (100, 0)])
    (0.925, 1.0)
    >>> interval([(5, 0)]), interval([(0, 0)])
    ((1.0, 1.0), None)
    """
    counted = [page for page in pages if any(page)]
    if not counted:
        return None
    if len(counted) == 1 or not all(map(any, zip(*counted, strict=True))):
        return _share(counted), _share(counted)
    random = Random(1)
    shares = sorted(_share(random.choices(counted, k=len(counted))) for _ in range(_RESAMPLES))
    return shares[round(0.025 * _RESAMPLES)], shares[round(0.975 * _RESAMPLES) - 1]


def _share(pages: Iterable[tuple[int, int]]) -> float:
    junk, article = map(sum, zip(*pages, strict=True))
    return junk / (junk + article)
