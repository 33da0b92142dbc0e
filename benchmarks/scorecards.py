"""Fits the scorecards of ``rules/mul/scorecards.toml`` to labelled records: ``python -m benchmarks.scorecards``.

    python -m benchmarks.scorecards --curve dev.jsonl.gz train.jsonl.gz     # folds by site: junk against loss
    python -m benchmarks.scorecards --write dev.jsonl.gz train.jsonl.gz     # new weights into the rule file

One card for whole pages, one for the output of extractors. A card is a logistic regression over steps
of measures (a generalized additive model), fitted to what the other rules leave; steps that hardly
matter are dropped and weights rounded, so that a person can read it. Needs scikit-learn. No seeds: the
fit is deterministic.
"""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import md5
from math import log
from multiprocessing import Pool
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from cleaner.context import sure_junk
from cleaner.detectors.rules import RulesDetector
from cleaner.edit import apply
from cleaner.formats import compression
from cleaner.matcher import matcher_for
from cleaner.measures import FAR, MEASURES, Measures
from cleaner.normalizer import Normalizer
from cleaner.rulefiles import load_packs
from cleaner.rulefiles.cache import DISK_SHELF
from cleaner.rulefiles.check import ARTICLE, HALVES, JUNK, Record, half, marked, read_record
from cleaner.view import View

FILE = Path(__file__).resolve().parent.parent / "rules" / "mul" / "scorecards.toml"
#: Makers whose texts are one line a page, or too few to learn from.
UNFIT = ("html2txt", "seed")
FOLDS = 5
#: Article characters weigh so many times as much as junk: losing a sentence is worse than leaving a line.
CARE = 3.0
#: A paragraph counts by its length, long ones a little less, up to this.
LONGEST = 400
SHARE = (0.1, 0.25, 0.5)
NEAR = (2, 4, 8, 16, FAR)
YES = (1,)
#: Where each measure takes a step.
STEPS: dict[str, Sequence[float]] = {
    "chars": (8, 15, 30, 60, 80, 120, 200, 400),
    "words": (1, 2, 4, 8, 12, 20),
    "final-stop": YES,
    "colon": YES,
    "question": YES,
    "exclamation": YES,
    "lower-start": YES,
    "glue": (0.01, 0.15, 0.3, 0.4),
    "capitals": (0.1, 0.3, 0.6, 0.95),
    "all-capitals": YES,
    "digits": (0.01, 0.15, 0.5),
    "sentences": (1, 2, 4),
    "quote": YES,
    "commas": (0.01, 0.08),
    "addressed": YES,
    "address": YES,
    "bullet": YES,
    "separator": YES,
    "year": YES,
    "call": YES,
    "cut-off": YES,
    "repeats": YES,
    "previous-chars": (0, 20, 80, 200),
    "next-chars": (0, 20, 80, 200),
    "previous-colon": YES,
    "previous-final-stop": YES,
    "next-final-stop": YES,
    "previous-digits": (0.15,),
    "next-digits": (0.15,),
    "run": (1, 2, 4, 8, 20),
    "before-prose": YES,
    "after-prose": YES,
    "prose-above": (1, 200, 800, 2000),
    "prose-below": (1, 200, 800, 2000),
    "share-above": (0.05, 0.3),
    "share-below": (0.05, 0.3),
    "to-prose-above": (2, 3, 6, 12),
    "to-prose-below": (2, 3, 6, 12),
    "before-body": (1, 3, 10, 30),
    "after-body": (1, 3, 10, 30),
    "before-headline": YES,
    "no-headline": YES,
    "after-headline": (2, 4, 8, FAR),
    "place": (0.03, 0.1, 0.5, 0.85, 0.95),
    "junk-before": (2, 4, 10),
    "junk-after": (2, 4, 10),
    "junk-within-1": (0.3, 0.8),
    "junk-within-2": (0.2, 0.45, 0.7),
    "junk-within-5": (0.1, 0.3, 0.6),
    "junk-within-10": SHARE,
    "prose-within-2": (0.2, 0.45, 0.7),
    "prose-within-5": (0.1, 0.3, 0.6),
    "short-within-5": (0.2, 0.5, 0.8),
    **{name: NEAR for name in MEASURES if name.startswith("below-")},
    "page-prose": (0.1, 0.3),
    "page-junk": (0.02, 0.1, 0.25),
}


class Sited(Protocol):
    """A page of some site."""

    @property
    def site(self) -> str: ...


class Page(NamedTuple):
    """One record as the scorecards see it: a row of measures for every paragraph that is not junk already."""

    site: str
    maker: str
    shape: str
    measures: np.ndarray  # (paragraphs, measures)
    junk: np.ndarray  # characters of junk in each paragraph
    article: np.ndarray
    known_junk: float  # what other rules took
    known_article: float


@dataclass(frozen=True)
class Card:
    base: float
    weights: dict[tuple[str, float], float]

    def scores(self, measures: np.ndarray) -> np.ndarray:
        total = np.full(len(measures), self.base)
        for (name, at_least), weight in self.weights.items():
            total += weight * (measures[:, _COLUMN[name]] >= at_least)
        return total


_COLUMN = {name: place for place, name in enumerate(MEASURES)}
_CHOICES = [(name, float(value)) for name, values in STEPS.items() for value in values]
_DETECTOR: list[RulesDetector] = []


def read(paths: Iterable[Path]) -> list[Page]:
    with Pool(initializer=_start) as pool:
        return [page for page in pool.imap(_page, records(paths), chunksize=16) if page]


def _start() -> None:
    _DETECTOR[:] = [RulesDetector(matcher_for(load_packs().by_words().rules, shelf=DISK_SHELF))]


def records(paths: Iterable[Path]) -> Iterator[Record]:
    for path in paths:
        with path.open("rb") as stream:
            for line in compression.lines(compression.chunks(stream, compression.SUFFIXES.get(path.suffix, ""))):
                record = read_record(line)
                if record.maker not in UNFIT and not record.gold_gaps:
                    yield record


class Labelled(NamedTuple):
    """A record as cleaning sees it, with the characters of junk and of the article in each paragraph."""

    view: View
    junk: np.ndarray
    article: np.ndarray


def labelled(record: Record) -> Labelled | None:
    """None for a text without paragraphs."""
    edits = Normalizer().edits(record.raw)
    view = View(apply(record.raw, edits)).joined
    if not view.filled:
        return None
    marks = marked(record)
    for edit in reversed(edits):
        marks[edit.start : edit.end] = bytes([max(marks[edit.start : edit.end], default=0)]) * len(edit.text)
    junk, article = (
        np.array([marks[slice(*view.span(number))].count(kind) for number in view.filled], dtype=float)
        for kind in (JUNK, ARTICLE)
    )
    return Labelled(view, junk, article)


def _page(record: Record) -> Page | None:
    if (labels := labelled(record)) is None:
        return None
    view, junk, article = labels
    page = Measures(view, sure_junk(_DETECTOR[0](view)))
    table = np.stack([page[name] for name in MEASURES], axis=1).astype(np.float32)
    left = page.junk == 0
    known = junk[~left].sum(), article[~left].sum()
    return Page(record.domain, record.maker, view.page, table[left], junk[left], article[left], *known)


def fit(pages: Sequence[Page]) -> Card:
    """A card for pages of one shape. Steps that hardly matter are dropped, three times, and the rest refitted."""
    from sklearn.linear_model import LogisticRegression

    measures = np.concatenate([page.measures for page in pages])
    junk, article = (np.concatenate([getattr(page, kind) for page in pages]) for kind in ("junk", "article"))
    rows = junk + article > 0
    is_junk = (junk > article)[rows]
    weight = np.minimum(junk + article, LONGEST)[rows] ** 0.7 * np.where(is_junk, 1, CARE)
    chosen = list(_CHOICES)
    for least in (0.1, 0.15, 0.2, None):
        steps = np.stack([measures[rows, _COLUMN[name]] >= value for name, value in chosen], axis=1).astype(np.float32)
        model = LogisticRegression(C=0.05, max_iter=500).fit(steps, is_junk, sample_weight=weight)
        if least is not None:
            # A step counts by what it adds and by how often it tells two paragraphs apart.
            matters = np.abs(model.coef_[0]) * np.sqrt(steps.std(axis=0) / 0.5) >= least
            chosen = [step for step, counts in zip(chosen, matters, strict=True) if counts]
    weights = {step: round(float(value), 2) for step, value in zip(chosen, model.coef_[0], strict=True)}
    # What the weights of the article's characters took from the odds is given back, so that scores are honest.
    return Card(round(float(model.intercept_[0]) + log(CARE), 2), weights)


def fold(page: Sited) -> int:
    return md5(page.site.encode()).digest()[1] % FOLDS


def curve(pages: Sequence[Page]) -> None:
    """Prints, for folds by site, how much junk goes at which loss, rules and card together."""
    kept: list[tuple[Page, np.ndarray]] = []
    for shape in ("text", "dump"):
        those = [page for page in pages if page.shape == shape]
        for number in range(FOLDS):
            card = fit([page for page in those if fold(page) != number])
            kept += [(page, card.scores(page.measures)) for page in those if fold(page) == number]
    thresholds = (1.1, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 99.0)
    print(f"{'maker':14} {'shape':5} {'pages':>5}  " + "  ".join(f"at {t:<10g}" for t in thresholds))
    for maker in sorted({page.maker for page in pages}):
        for shape in ("text", "dump"):
            those_kept = [(page, scores) for page, scores in kept if (page.maker, page.shape) == (maker, shape)]
            if those_kept:
                cells = (_cell(those_kept, threshold) for threshold in thresholds)
                print(f"{maker:14} {shape:5} {len(those_kept):5}  " + "  ".join(cells))


def _cell(scored: Sequence[tuple[Page, np.ndarray]], threshold: float) -> str:
    junk, article, all_junk, all_article = np.sum(
        [
            (
                page.known_junk + page.junk[scores >= threshold].sum(),
                page.known_article + page.article[scores >= threshold].sum(),
                page.known_junk + page.junk.sum(),
                page.known_article + page.article.sum(),
            )
            for page, scores in scored
        ],
        axis=0,
    )
    return f"{junk / max(all_junk, 1):.3f}/{article / max(all_article, 1):.4f}"


def write(pages: Sequence[Page], file: Path) -> None:
    """Puts new weights into the rule file; all else in it stays."""
    text = file.read_text()
    for shape in ("text", "dump"):
        card = fit([page for page in pages if page.shape == shape])
        before, opening, rest = text.partition(f"# fitted: {shape}\n")
        _, closing, after = rest.partition("# end of fit\n")
        if not (opening and closing):
            raise SystemExit(f"{file}: found no '# fitted: {shape}' with '# end of fit' after it; put these lines back")
        text = "".join([before, opening, *_lines(card), closing, after])
    file.write_text(text)


def _lines(card: Card) -> Iterator[str]:
    yield f"base = {card.base:g}\nsteps = [\n"
    for (name, value), weight in card.weights.items():
        yield f'  {{ measure = "{name}", at_least = {value:g}, weight = {weight:g} }},\n'
    yield "]\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("records", nargs="+", type=Path, help="labelled records")
    parser.add_argument("--curve", action="store_true", help="print junk against loss for folds by site")
    parser.add_argument("--write", action="store_true", help=f"new weights into {FILE.name}")
    parser.add_argument("--file", type=Path, default=FILE)
    parser.add_argument("--half", choices=HALVES, help="only the sites of one half")
    parsed = parser.parse_args()
    pages = read(parsed.records)
    if parsed.half:
        pages = [page for page in pages if half(page.site) == parsed.half]
    if parsed.curve:
        curve(pages)
    if parsed.write:
        write(pages, parsed.file)


if __name__ == "__main__":
    main()
