"""Trains the model of ``cleaner.stories``: ``python -m benchmarks.stories [--write] SPLICE_FOLDER [RECORDS ...]``.

    python -m benchmarks.stories ../shared/splice ../shared/bench/dev.jsonl.gz ../shared/bench/train.jsonl.gz

``SPLICE_FOLDER`` holds ``dev_genuine.jsonl.xz`` and ``dev_spliced.jsonl.xz``; the gold of RECORDS adds
articles of other sites. In each of three folds of articles, word vectors and signs are fitted to the other
two, documents spliced from the fold's own articles, and measured. Trees are grown on two folds and asked
about the third: that gives the figures, and from genuine documents alone the levels of confidence. What ships
is fitted to all. Needs scikit-learn, scipy and lightgbm; takes about half an hour on two cores. Seeds are
fixed: the same data give the same weights.
"""

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # sums in one order, and much faster on a busy machine

from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np

import cleaner.stories
from benchmarks.stories import batches, openings, splices, trees, vectors
from benchmarks.stories.articles import FOLDS, Story, articles, cleaned, stories, with_parents
from benchmarks.stories.report import levels, table
from cleaner.stories.model import CHECKSUM, WEIGHTS, Model

SEED = 20


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stories", description=__doc__.split("\n")[0])
    parser.add_argument("splices", type=Path, metavar="SPLICE_FOLDER")
    parser.add_argument("records", type=Path, nargs="*", metavar="RECORDS")
    parser.add_argument("--write", action="store_true", help="write the weights into the package")
    parser.add_argument("--batches", action="store_true", help="measure what batch cues add, too")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parsed = parser.parse_args()

    genuine, spliced = (list(stories(parsed.splices / f"dev_{kind}.jsonl.xz")) for kind in ("genuine", "spliced"))
    known = articles(genuine, spliced, parsed.records)
    say(f"{len(known)} articles of {len({article.source for article in known})} publishers")
    folds = range(FOLDS)
    fitted = {}
    for fold in [*folds, None]:
        others = [article for article in known if article.fold != fold]
        fitted[fold] = vectors.train(others, SEED), openings.train(others, SEED)
        say(f"fold {fold}: {len(fitted[fold][0].idf)} words, {len(fitted[fold][1].weights)} signs")

    built = {fold: list(splices.documents([a for a in known if a.fold == fold], SEED + fold)) for fold in folds}
    built = {fold: cleaned(documents, parsed.jobs) for fold, documents in built.items()}
    tested = cleaned(list(with_parents([*genuine, *spliced], known)), parsed.jobs)
    tests = {fold: [one for one in tested if one.parents == {fold}] for fold in folds}
    say(f"{sum(map(len, built.values()))} documents to learn from, {sum(map(len, tests.values()))} to test")

    seams = {fold: trees.all_seams(built[fold], *fitted[fold], parsed.jobs) for fold in folds}
    seam_trees = {fold: trees.grown(trees.SEAM_TREES, *_rows(seams, fold, "truth")) for fold in [*folds, None]}
    say("seams done")
    runs = {}
    for fold in folds:
        odds = trees.answers(seam_trees[fold], [one and one.measures for one in seams[fold]])
        runs[fold] = trees.all_runs(built[fold], odds, *fitted[fold], parsed.jobs)
    del seams
    run_trees = {fold: trees.grown(trees.RUN_TREES, *_rows(runs, fold, "foreign")) for fold in [*folds, None]}
    say("runs done")

    judged: list[tuple[Story, trees.Runs | None, np.ndarray | None]] = []
    for fold in folds:
        found = trees.all_seams(tests[fold], *fitted[fold], parsed.jobs)
        odds = trees.answers(seam_trees[fold], [one and one.measures for one in found])
        test_runs = trees.all_runs(tests[fold], odds, *fitted[fold], parsed.jobs)
        scores = trees.answers(run_trees[fold], [one and one.measures for one in test_runs])
        judged += zip(tests[fold], test_runs, scores, strict=True)
    for line in table(judged):
        say(line)
    model = Model(*fitted[None], seam_trees[None], run_trees[None], levels(judged), "")
    say(f"levels {model.levels}")
    if parsed.batches:
        folded = {fold: Model(*fitted[fold], seam_trees[fold], run_trees[fold], model.levels, "") for fold in folds}
        for line in batches.lines(tests, folded, parsed.jobs):
            say(line)
    if parsed.write:
        _write(model)


def _rows(found, fold, truth):  # type: ignore[no-untyped-def]
    """Measures and truth of all folds but one."""
    chosen = [one for other, documents in found.items() if other != fold for one in documents if one]
    return np.vstack([one.measures for one in chosen]), np.concatenate(
        [getattr(one, truth) for one in chosen]
    ) >= trees.FOREIGN


def _write(model: Model) -> None:
    folder = Path(cleaner.stories.__file__).parent
    data = BytesIO()
    np.savez_compressed(data, **model.arrays())
    (folder / WEIGHTS).write_bytes(data.getvalue())
    (folder / CHECKSUM).write_text(f"{sha256(data.getvalue()).hexdigest()}  {WEIGHTS}\n")
    say(f"wrote {len(data.getvalue()):,} bytes to {folder / WEIGHTS}")


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
