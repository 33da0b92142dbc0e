"""Articles to learn from: genuine ones, the parts of spliced ones, and the gold of labelled pages.

Articles are split into folds by their own text, so that a spliced document can be judged by a model that
saw none of its stories.
"""

import gzip
import json
import lzma
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import md5
from multiprocessing import Pool
from pathlib import Path
from typing import Any, NamedTuple

from cleaner.pipeline import Cleaner
from cleaner.stories.passages import PARAGRAPH

FOLDS = 3
#: Shorter stories are parts; longer paragraphs tell an article from every other.
WHOLE, LONG = 1_800, 80
#: Makers whose records have no gold article of their own, or the same as another's.
HAND = ("seed", "wild-random", "wild-junky")


@dataclass(frozen=True)
class Article:
    """``source`` is the publisher; stories are spliced within one."""

    source: str
    lines: Sequence[str]

    @property
    def fold(self) -> int:
        first = next((line for line in self.lines if len(line) > LONG), self.lines[0])
        return int(md5(first.encode()).hexdigest(), 16) % FOLDS


class Line(NamedTuple):
    """``story`` is 0 for the main story; ``junk`` lines belong to none."""

    text: str
    story: int = 0
    junk: bool = False


@dataclass(frozen=True)
class Story:
    """A document whose stories are known. ``parents`` are the folds of its articles."""

    lines: Sequence[Line]
    source: str
    hard: bool = False
    parents: frozenset[int] = frozenset()

    @property
    def genuine(self) -> bool:
        return not any(line.story for line in self.lines)


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    with lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else gzip.open(path, "rt") as stream:
        yield from map(json.loads, stream)


def stories(path: Path) -> Iterator[Story]:
    """The documents of ``dev_genuine.jsonl.xz`` or ``dev_spliced.jsonl.xz``."""
    for row in read_rows(path):
        lines = [Line(x["text"].replace("\n", " "), x.get("story", 0), bool(x.get("junk"))) for x in row["lines"]]
        yield Story(lines, row["src"], bool(row.get("hard")))


def articles(genuine: Iterable[Story], spliced: Iterable[Story], records: Iterable[Path] = ()) -> list[Article]:
    """Each article once."""
    found: list[Article] = []
    seen: set[str] = set()
    candidates = [Article(one.source, [x.text for x in one.lines if not x.junk]) for one in genuine]
    for one in spliced:
        for story in sorted({line.story for line in one.lines}):
            lines = [x.text for x in one.lines if x.story == story and not x.junk]
            if sum(map(len, lines)) >= WHOLE:
                candidates.append(Article(one.source, lines))
    for path in records:
        candidates += _gold(path)
    for article in candidates:
        long = [line for line in article.lines if len(line) > LONG]
        if long and sum(line in seen for line in long) <= 0.2 * len(long):
            seen.update(long)
            found.append(article)
    return found


def _gold(path: Path) -> Iterator[Article]:
    for row in read_rows(path):
        if row["maker"] not in HAND and row.get("gold") and row.get("lang", "en") == "en":
            lines = [line.strip() for line in row["gold"].split("\n") if line.strip()]
            if sum(map(len, lines)) >= WHOLE:
                yield Article("web", lines)


def with_parents(documents: Iterable[Story], known: Iterable[Article]) -> Iterator[Story]:
    """Each document with the folds of the articles that its stories come from."""
    folds = {line: article.fold for article in known for line in article.lines if len(line) > LONG}
    for one in documents:
        parents = frozenset(folds[line.text] for line in one.lines if line.text in folds)
        yield Story(one.lines, one.source, one.hard, parents)


def cleaned(documents: Sequence[Story], jobs: int) -> list[Story]:
    """The documents without the lines that rules remove, as the detector will see them."""
    with Pool(jobs) as pool:
        return pool.map(_cleaned, documents, chunksize=50)


@cache
def _cleaner() -> Cleaner:
    one = Cleaner.from_packs()
    return Cleaner(one.detectors, (), one.policy, one.normalizer)


def _cleaned(one: Story) -> Story:
    text = "\n".join(line.text for line in one.lines)
    gone = [removal.span for removal in _cleaner().clean(text).removed]
    kept, start = [], 0
    for line in one.lines:
        end = start + len(line.text)
        cut = sum(max(0, min(end, span.end) - max(start, span.start)) for span in gone)
        if 2 * cut < end - start:
            kept.append(line)
        start = end + 1
    return Story(kept or one.lines[:1], one.source, one.hard, one.parents)


def paragraphs(article: Article) -> list[str]:
    return [line for line in article.lines if len(line) >= PARAGRAPH]
