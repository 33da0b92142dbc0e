"""What the model finds in documents it has not seen, at several rates of false cuts."""

from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.stories.articles import Story
from benchmarks.stories.trees import Runs

Judged = Sequence[tuple[Story, Runs | None, np.ndarray | None]]
#: Shares of genuine documents touched that stand for a confidence of 0.5, 0.75 and 0.95.
LEVELS = (0.01, 0.002, 0.0005)
SHOWN = (0.0005, 0.001, 0.0015, 0.002, 0.003, 0.005, 0.01)
#: Texts of more paragraphs are counted on their own, too.
LONG = 60


def levels(judged: Judged) -> tuple[float, float, float]:
    best = _best(judged)
    low, middle, high = (threshold(best, share) for share in LEVELS)
    return low, middle, high


def threshold(best: np.ndarray, share: float) -> float:
    """The score that no more than this share of genuine documents pass."""
    return float(np.sort(best)[::-1][int(share * len(best))]) + 1e-6


def _best(judged: Judged) -> np.ndarray:
    return np.array([-99.0 if scores is None else scores.max() for one, _, scores in judged if one.genuine])


def table(judged: Judged) -> Iterator[str]:
    best = _best(judged)
    long = np.array([one.genuine and runs is not None and len(runs.chars) > LONG for one, runs, _ in judged])
    genuine = sum(one.genuine for one, _, _ in judged)
    yield f"{genuine} genuine ({int(long.sum())} of more than {LONG} paragraphs), {len(judged) - genuine} spliced"
    for share in SHOWN:
        least = threshold(best, share)
        touched = sum(scores.max() >= least for (_, _, scores), of in zip(judged, long, strict=True) if of)
        parts = [f"touched {share:.2%} (score {least:.2f}; {touched} long)"]
        for name, hard in (("easy", False), ("hard", True)):
            found, lost = _found([row for row in judged if not row[0].genuine and row[0].hard == hard], least)
            parts.append(f"{name} {found:.1%}, main story lost {lost:.2%}")
        yield "; ".join(parts)


def _found(judged: Judged, least: float) -> tuple[float, float]:
    """Shares of foreign and of the main story's characters in runs of at least this score."""
    foreign = gone = main = lost = 0.0
    for _, runs, scores in judged:
        if runs is None or scores is None:
            continue
        cut = np.zeros(len(runs.chars), dtype=bool)
        for (start, end), score in zip(runs.pairs, scores, strict=True):
            if score >= least:
                cut[start:end] = True
        foreign += runs.chars[runs.story > 0].sum()
        gone += runs.chars[(runs.story > 0) & cut].sum()
        main += runs.chars[runs.story == 0].sum()
        lost += runs.chars[(runs.story == 0) & cut].sum()
    return gone / max(1, foreign), lost / max(1, main)
