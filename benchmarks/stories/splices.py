"""Builds spliced documents from articles of one publisher, near and far in topic, whole and in parts."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from benchmarks.stories.articles import Article, Line, Story
from cleaner.rulefiles import load_packs

#: Spliced documents an article; the share of them whose stories are near in topic.
EACH, HARD = 2, 0.55
KINDS, SHARES = ("AB", "ABpart", "ABC", "ABA", "ABApart"), (0.2, 0.25, 0.2, 0.15, 0.2)
#: Near: the six closest by tf-idf, reprints left out. Far: below this cosine.
NEAREST, REPRINT, FAR = 6, 0.8, 0.25
#: The share of documents with junk lines, and how often one stands on a seam and elsewhere. Rules leave few.
WITH_JUNK, ON_SEAM, ELSEWHERE = 0.25, 0.3, 0.03
_TITLE = 130


def junk_lines() -> list[str]:
    """What the shipped English rules remove, as they say themselves."""
    found = {sample for rule in load_packs().rules for sample in rule.spec.samples.remove if rule.spec.id}
    return sorted(line for line in found if 5 < len(line) < 200 and not {"\n", "["} & set(line) and line.isascii())


def documents(articles: Sequence[Article], seed: int) -> Iterator[Story]:
    """Every article by itself, and ``EACH`` documents that begin with it."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    rng = np.random.default_rng(seed)
    junk = junk_lines()
    words = TfidfVectorizer(min_df=2, max_df=0.3, sublinear_tf=True, stop_words="english", dtype=np.float32)
    vectors = words.fit_transform(" ".join(article.lines) for article in articles)
    sources = np.array([article.source for article in articles])
    for source in sorted(set(sources)):
        members = np.flatnonzero(sources == source)
        alike = (vectors[members] @ vectors[members].T).toarray()
        np.fill_diagonal(alike, 1)
        for place, one in enumerate(members):
            yield Story(_with_junk(_genuine(articles[one].lines, rng), rng, junk), source)
            near = members[[k for k in np.argsort(-alike[place]) if alike[place, k] < REPRINT][:NEAREST]]
            far = members[alike[place] < FAR]
            if len(near) > 2 and len(far) > 2:
                for _ in range(EACH):
                    hard = bool(rng.random() < HARD)
                    others = [articles[k].lines for k in rng.choice(near if hard else far, 2, replace=False)]
                    lines = list(_spliced(articles[one].lines, others, rng))
                    yield Story(_with_junk(lines, rng, junk), source, hard)


def _genuine(lines: Sequence[str], rng: np.random.Generator) -> list[Line]:
    """The article, one in ten times without its beginning or end."""
    if rng.random() < 0.1 and len(lines) > 14:
        third = len(lines) // 3
        lines = lines[int(rng.integers(0, third)) : int(rng.integers(2 * third, len(lines)))]
    return [Line(text) for text in lines]


def _spliced(main: Sequence[str], others: Sequence[Sequence[str]], rng: np.random.Generator) -> Iterator[Line]:
    kind = rng.choice(KINDS, p=SHARES)
    if rng.random() < 0.2 and len(main) > 10:
        main = main[: int(rng.integers(6, len(main)))]
    first, second = others
    if kind == "AB":
        parts = [(main, 0), (first[1:] if rng.random() < 0.4 and len(first[0]) < _TITLE else first, 1)]
    elif kind == "ABpart":
        parts = [(main, 0), (_part(first, rng, 300, 2_600), 1)]
    elif kind == "ABC":
        parts = [(main, 0)]
        for story, lines in enumerate((first, second), 1):
            parts.append((lines if rng.random() < 0.4 else _part(lines, rng, 400, 3_500), story))
    else:
        seam = int(rng.integers(max(2, len(main) // 5), max(3, len(main) - 1)))
        inset = first if kind == "ABA" and rng.random() < 0.7 else _part(first, rng, 400, 3_500)
        parts = [(main[:seam], 0), (inset, 1), (main[seam:], 0)]
    for lines, story in parts:
        yield from (Line(text, story) for text in lines)


def _part(lines: Sequence[str], rng: np.random.Generator, low: int, high: int) -> Sequence[str]:
    """So many characters of a story: from its beginning, without its title, or from anywhere."""
    start, chance = 0, rng.random()
    if chance < 0.35 and len(lines[0]) < _TITLE:
        start = 1
    elif chance < 0.5:
        start = int(rng.integers(0, max(1, len(lines) // 2)))
    wanted, end, size = np.exp(rng.uniform(np.log(low), np.log(high))), start, 0
    while end < len(lines) and size < wanted:
        size += len(lines[end])
        end += 1
    return lines[start:end]


def _with_junk(lines: Sequence[Line], rng: np.random.Generator, junk: Sequence[str]) -> list[Line]:
    if rng.random() >= WITH_JUNK:
        return list(lines)
    found = list(lines[:1])
    for above, line in pairwise(lines):
        if rng.random() < (ON_SEAM if above.story != line.story else ELSEWHERE):
            found += [
                Line(junk[int(rng.integers(len(junk)))], line.story, junk=True) for _ in range(rng.integers(1, 4))
            ]
        found.append(line)
    return found
