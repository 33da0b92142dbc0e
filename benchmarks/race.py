"""Lets contenders run side by side: the same megabyte to each in turn, then the next one.

The corpus comes in parts, one for each round, and no contender sees a document twice. Who begins
changes from megabyte to megabyte. What counts is CPU time.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

from benchmarks.contenders import Contender
from benchmarks.corpus import batches

Value = TypeVar("Value")

BATCH = 1_000_000
#: Slow contenders get every so-manieth document.
SAMPLE = 20


def race(contenders: Sequence[Contender], warm_up: Path, parts: Sequence[Path]) -> dict[str, list[float]]:
    """CPU seconds per megabyte of input, for each contender and round."""
    _round(contenders, warm_up)
    return turned([_round(contenders, part) for part in parts])


def _round(contenders: Sequence[Contender], part: Path) -> dict[str, float]:
    seconds = {one.key: 0.0 for one in contenders}
    sizes = dict.fromkeys(seconds, 0)
    for turn, lines in enumerate(batches(part, BATCH)):
        sample = lines[turn % SAMPLE :: SAMPLE]
        for one in rotated(contenders, turn):
            given = sample if one.sample else lines
            seconds[one.key] += cpu_seconds(one.run, given)
            sizes[one.key] += sum(map(len, given))
    return {key: seconds[key] / sizes[key] * 1e6 for key in seconds}


def cpu_seconds(run: Callable[[Any], Any], given: Any) -> float:
    start = time.process_time()
    run(given)
    return time.process_time() - start


def rotated(values: Sequence[Value], turn: int) -> list[Value]:
    first = turn % len(values)
    return [*values[first:], *values[:first]]


def turned(rounds: Sequence[dict[Any, Value]]) -> dict[Any, list[Value]]:
    """The values of each key, round by round."""
    return {key: [one[key] for one in rounds] for key in rounds[0]}


def ratio(these: Sequence[float], those: Sequence[float]) -> float:
    """The median over rounds of how much more these cost than those."""
    return median(this / that for this, that in zip(these, those, strict=True))
