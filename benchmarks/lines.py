"""Trains the model of lines on labelled records: ``python -m benchmarks.lines``.

    python -m benchmarks.lines --curve dev.jsonl.gz train.jsonl.gz     # folds by site: junk against loss
    python -m benchmarks.lines --picture docs/line-model.svg dev.jsonl.gz train.jsonl.gz
    python -m benchmarks.lines --write dev.jsonl.gz train.jsonl.gz     # new weights into the package

One model for whole pages, one for the output of extractors: gradient-boosted trees over the signs of lines that no rule
takes. What stands in a fold is scored by trees that never saw its sites, and from these scores come the thresholds.
Seeds are fixed; the same records give the same weights. Needs LightGBM.
"""

import argparse
from collections.abc import Iterable, Sequence
from hashlib import sha256
from io import BytesIO
from multiprocessing import Pool
from pathlib import Path
from typing import Any, NamedTuple

import lightgbm
import numpy as np

from benchmarks.chart import curves
from benchmarks.scorecards import CARE, FOLDS, LONGEST, fold, labelled, records
from benchmarks.trees import as_arrays
from cleaner.context import sure_junk
from cleaner.detectors import Detector
from cleaner.detectors.lines import doubts, looked_at
from cleaner.detectors.registry import detectors_for
from cleaner.lines.ending import asked, ending
from cleaner.lines.model import LEVELS, SHAPES, THOROUGHNESS, LineModel
from cleaner.lines.signs import SIGNS, proposed, signs
from cleaner.matcher import matcher_for
from cleaner.measures import Measures
from cleaner.rulefiles import load_packs
from cleaner.rulefiles.cache import DISK_SHELF
from cleaner.rulefiles.check import Record
from cleaner.weights import CHECKSUM, WEIGHTS

TREES = 300
SETTINGS: dict[str, Any] = {
    "objective": "binary",
    "verbose": -1,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "num_leaves": 15,
    "max_depth": 8,
    "max_bin": 127,
    "learning_rate": 0.05,
    "min_data_in_leaf": 40,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "feature_fraction": 0.5,
    "lambda_l2": 5,
}
#: Texts that are labelled by hand: their loss is that of the authors, not of the labels.
BY_HAND = "wild"
WHOLE_PAGES = "whole pages"
#: The model's share of the loss that a level of thoroughness allows. There is more to win on whole pages.
SHARE = {"text": 0.3, "dump": 0.5}


class Page(NamedTuple):
    """One record as the model sees it: a row of signs for every paragraph."""

    site: str
    maker: str
    shape: str
    signs: np.ndarray  # (paragraphs, signs)
    asked: np.ndarray  # which of them the model is asked about by themselves
    last: np.ndarray  # which may belong to the ending
    authors: np.ndarray  # which of these have an author's form
    doubts: np.ndarray  # what is taken off their log-odds
    taken: np.ndarray  # which of them other rules took
    junk: np.ndarray  # characters of junk in each paragraph
    article: np.ndarray


_DETECTORS: list[Detector] = []


def read(paths: Iterable[Path]) -> list[Page]:
    with Pool(initializer=_start) as pool:
        return [page for page in pool.imap(_page, records(paths), chunksize=16) if page]


def _start() -> None:
    _DETECTORS[:] = detectors_for(matcher_for(load_packs().rules, shelf=DISK_SHELF))


def _page(record: Record) -> Page | None:
    if (labels := labelled(record)) is None:
        return None
    view, junk, article = labels
    found = [proposal for detector in _DETECTORS for proposal in detector(view)]
    page = Measures(view, sure_junk(found))
    wanted = proposed(page, found)
    at = looked_at(page, wanted, found)
    asked, last, authors = (np.zeros(len(page), dtype=bool) for _ in range(3))
    asked[at.singles] = last[at.last] = True
    authors[at.last] = [at.forms.authors(place) for place in at.last.tolist()]
    rows = signs(page, wanted).astype(np.float32)
    taken = page.junk > 0
    return Page(record.domain, record.maker, view.page, rows, asked, last, authors, doubts(page), taken, junk, article)


def grown(pages: Sequence[Page]) -> lightgbm.Booster:
    """Trees over the paragraphs that no rule takes. Those the model will not be asked about teach it too."""
    left = [~page.taken & (page.junk + page.article > 0) for page in pages]
    rows = np.concatenate([page.signs[those] for page, those in zip(pages, left, strict=True)])
    junk, article = (
        np.concatenate([getattr(page, kind)[those] for page, those in zip(pages, left, strict=True)])
        for kind in ("junk", "article")
    )
    is_junk = junk > article
    weight = np.minimum(junk + article, LONGEST) ** 0.7 * np.where(is_junk, 1, CARE)
    return lightgbm.train(SETTINGS, lightgbm.Dataset(rows, is_junk, weight=weight), TREES)


class Scored(NamedTuple):
    """A page, and the log-odds of its paragraphs, of trees that never saw its site."""

    page: Page
    odds: np.ndarray

    def goes(self, threshold: float) -> np.ndarray:
        """Which paragraphs go, as the detector has it."""
        page = self.page
        goes = page.taken | page.asked & (self.odds - page.doubts >= threshold)
        places, odds = asked(np.flatnonzero(page.last), self.odds.__getitem__, page.authors.__getitem__)
        if end := ending(odds, page.signs[places, SIGNS.index("chars")], threshold):
            goes[places[-end.lines :]] = True
        return goes


def scored(pages: Sequence[Page]) -> list[Scored]:
    found = []
    for shape in SHAPES:
        those = [page for page in pages if page.shape == shape]
        for number in range(FOLDS):
            trees = grown([page for page in those if fold(page) != number])
            for page in those:
                if fold(page) == number:
                    found.append(Scored(page, trees.predict(page.signs, raw_score=True)))
    return found


def lost(those: Sequence[Scored], threshold: float) -> tuple[float, float]:
    """The share of junk that goes, and that of the authors' characters, rules and model together."""
    gone = np.zeros(2)
    whole = np.zeros(2)
    for one in those:
        page, goes = one.page, one.goes(threshold)
        gone += page.junk[goes].sum(), page.article[goes].sum()
        whole += page.junk.sum(), page.article.sum()
    junk, article = gone / np.maximum(whole, 1)
    return float(junk), float(article)


def thresholds(found: Sequence[Scored], shape: str) -> tuple[float, ...]:
    """For each level the lowest threshold with which the model adds no more than its ``SHARE`` to the rules' loss.

    The rest is what the rules lose, pages that are harder than these, and labels that are wrong. It holds for all
    texts together, and for those that were labelled by hand.
    """
    those = [one for one in found if one.page.shape == shape]
    groups = [those, _by_maker(those).get(BY_HAND, those)]
    grid = np.arange(6.0, -1.01, -0.05)
    losses = np.array([[lost(group, at)[1] for group in groups] for at in (np.inf, *grid)])
    added = (losses[1:] - losses[0]).max(axis=1)
    return tuple(round(float(grid[added <= SHARE[shape] * level / 100].min()), 2) for level in LEVELS)


def _by_maker(found: Sequence[Scored]) -> dict[str, list[Scored]]:
    makers: dict[str, list[Scored]] = {}
    for one in found:
        makers.setdefault(BY_HAND if one.page.maker.startswith(BY_HAND) else one.page.maker, []).append(one)
    big = {maker: those for maker, those in makers.items() if sum(one.page.article.sum() for one in those) > 100_000}
    return big or makers


def curve(found: Sequence[Scored]) -> None:
    steps = (np.inf, 4.0, 3.0, 2.5, 2.0, 1.5, 1.0, 0.5)
    print(f"{'maker':14} {'shape':5} {'pages':>5}  " + "  ".join(f"at {at:<10g}" for at in steps))
    for shape in SHAPES:
        for maker, those in sorted(_by_maker([one for one in found if one.page.shape == shape]).items()):
            cells = ("{:.3f}/{:.4f}".format(*lost(those, at)) for at in steps)
            print(f"{maker:14} {shape:5} {len(those):5}  " + "  ".join(cells))
        print(f"{shape}: thresholds for {LEVELS}: {thresholds(found, shape)}")


def picture(found: Sequence[Scored]) -> str:
    """The curves of junk against loss, with a dot where the default level of thoroughness is."""
    grid = (np.inf, *np.arange(6.0, -1.01, -0.05))
    named: dict[str, list[tuple[float, float]]] = {}
    chosen: dict[str, int] = {}
    for shape in SHAPES:
        makers = _by_maker([one for one in found if one.page.shape == shape])
        at = thresholds(found, shape)[LEVELS.index(THOROUGHNESS)]
        for maker, those in makers.items():
            if (shape == "text" and maker != "soup") or (shape == "dump" and maker == "soup"):
                name = WHOLE_PAGES if shape == "dump" else maker
                named[name] = [(100 * loss, 100 * junk) for junk, loss in (lost(those, step) for step in grid)]
                chosen[name] = int(np.abs(np.array(grid[1:]) - at).argmin()) + 1
    title = "Junk removed against article lost, rules and model, by folds of sites"
    return curves(title, "article lost, %", "junk removed, %", named, 1.0, chosen)


def write(pages: Sequence[Page], found: Sequence[Scored], folder: Path) -> None:
    trees = {shape: as_arrays(grown([page for page in pages if page.shape == shape])) for shape in SHAPES}
    model = LineModel(trees, {shape: thresholds(found, shape) for shape in SHAPES}, "")
    data = BytesIO()
    np.savez_compressed(data, **model.arrays())
    (folder / WEIGHTS).write_bytes(data.getvalue())
    (folder / CHECKSUM).write_text(f"{sha256(data.getvalue()).hexdigest()}  {WEIGHTS}\n")
    print(f"wrote {len(data.getvalue()):,} bytes to {folder / WEIGHTS}; {len(SIGNS)} signs")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("records", nargs="+", type=Path, help="labelled records")
    parser.add_argument("--curve", action="store_true", help="print junk against loss for folds by site")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw these curves as SVG")
    parser.add_argument("--write", action="store_true", help="new weights into the package")
    parser.add_argument("--folder", type=Path, default=Path(__file__).resolve().parent.parent / "cleaner" / "lines")
    parsed = parser.parse_args()
    pages = read(parsed.records)
    found = scored(pages)
    if parsed.curve:
        curve(found)
    if parsed.picture:
        parsed.picture.write_text(picture(found), encoding="utf-8")
    if parsed.write:
        write(pages, found, parsed.folder)


if __name__ == "__main__":
    main()
