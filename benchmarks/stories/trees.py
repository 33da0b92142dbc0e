"""Measures of many documents, and trees grown on them."""

from collections.abc import Sequence
from functools import partial
from multiprocessing import Pool
from typing import Any, NamedTuple

import lightgbm
import numpy as np

from benchmarks.stories.articles import Story
from benchmarks.trees import as_arrays
from cleaner.stories.judge import pairs
from cleaner.stories.measures import Measured, runs, seams
from cleaner.stories.openings import Openings
from cleaner.stories.passages import read
from cleaner.stories.vocabulary import Vocabulary
from cleaner.trees import Trees

#: A run is foreign if so much of it is.
FOREIGN = 0.98
_COMMON = {
    "objective": "binary",
    "verbose": -1,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 2,
    "max_bin": 127,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
}
SEAM_TREES = (
    120,
    _COMMON
    | {"num_leaves": 24, "max_depth": 7, "learning_rate": 0.1, "min_data_in_leaf": 200, "feature_fraction": 0.5},
)
RUN_TREES = (
    300,
    _COMMON
    | {
        "num_leaves": 31,
        "max_depth": 8,
        "learning_rate": 0.08,
        "min_data_in_leaf": 150,
        "feature_fraction": 0.35,
        "lambda_l2": 5,
    },
)


class Seams(NamedTuple):
    """Every seam of a document: its measures, and whether the story changes there."""

    measures: np.ndarray
    truth: np.ndarray


class Runs(NamedTuple):
    """The likeliest runs of a document: R × 2, their measures, and the share of each that is foreign.

    ``story`` and ``chars`` are the paragraphs' own.
    """

    pairs: np.ndarray
    measures: np.ndarray
    foreign: np.ndarray
    story: np.ndarray
    chars: np.ndarray


def measured(one: Story, words: Vocabulary, openings: Openings) -> tuple[Measured, np.ndarray]:
    """The document's text and the story of each of its paragraphs."""
    lines = [line.text for line in one.lines]
    passages = read(lines, words)
    return Measured(passages, openings), np.array([one.lines[number].story for number in passages.lines])


def all_seams(documents: Sequence[Story], words: Vocabulary, openings: Openings, jobs: int) -> list[Seams | None]:
    with Pool(jobs) as pool:
        return pool.map(partial(_seams, words, openings), documents, chunksize=100)


def _seams(words: Vocabulary, openings: Openings, one: Story) -> Seams | None:
    text, story = measured(one, words, openings)
    return Seams(seams(text).astype(np.float32), story[1:] != story[:-1]) if len(text) > 3 else None


def all_runs(
    documents: Sequence[Story], odds: Sequence[np.ndarray | None], words: Vocabulary, openings: Openings, jobs: int
) -> list[Runs | None]:
    with Pool(jobs) as pool:
        return pool.starmap(partial(_runs, words, openings), zip(documents, odds, strict=True), chunksize=100)


def _runs(words: Vocabulary, openings: Openings, one: Story, odds: np.ndarray | None) -> Runs | None:
    if odds is None:
        return None
    text, story = measured(one, words, openings)
    likely = pairs(text, odds)
    if not len(likely):
        return None
    start, end = likely.T
    found = runs(text, start, end, 1 / (1 + np.exp(-odds))).astype(np.float32)
    chars = text.passages.chars
    foreign = np.concatenate([[0], np.cumsum(chars * (story > 0))])
    return Runs(likely, found, (foreign[end] - foreign[start]) / (text.chars[end] - text.chars[start]), story, chars)


def grown(kind: tuple[int, dict[str, Any]], rows: np.ndarray, truth: np.ndarray) -> Trees:
    count, settings = kind
    return as_arrays(lightgbm.train(settings, lightgbm.Dataset(rows, truth), count))


def answers(trees: Trees, measures: Sequence[np.ndarray | None]) -> list[np.ndarray | None]:
    """The trees' log-odds for each document."""
    return [None if rows is None else trees(rows.astype(np.float64)) for rows in measures]
