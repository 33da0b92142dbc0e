"""The trained model of lines. It ships in the package with its checksum."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, SupportsIndex

import numpy as np

from cleaner.errors import ConfigError, ModelError
from cleaner.lines.signs import SIGNS
from cleaner.trees import Trees
from cleaner.weights import checked_trees, load_again, shipped

FORMAT = 1
SHAPES = ("text", "dump")
#: What may be asked for: the loss of the author's characters that the whole job is aimed at, in percent.
LEVELS = (0.1, 0.2, 0.5, 1.0)
THOROUGHNESS = 0.2
_AGAIN = "install cleaner again, write weights with `python -m benchmarks.lines`, or clean with --no-line-model"


def checked_level(given: object) -> float | None:
    """A thoroughness as it may be asked for, or None. Raises ``ConfigError`` for what is none of ``LEVELS``."""
    if given is None:
        return None
    if isinstance(given, int | float) and not isinstance(given, bool) and given in LEVELS:
        return float(given)
    accepted = f"{', '.join(map(str, LEVELS))}, or None for no model of lines"
    raise ConfigError(f"thoroughness: {given!r}; accepted: {accepted}")


@dataclass(frozen=True)
class LineModel:
    """``trees`` give log-odds, ``thresholds`` those from which a line goes: one of each for every shape of page."""

    trees: Mapping[str, Trees]
    thresholds: Mapping[str, tuple[float, ...]]
    digest: str

    def threshold(self, shape: str, level: float) -> float:
        return self.thresholds[shape][LEVELS.index(level)]

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        """Pickled, the model that ships is its digest; any other, all its weights."""
        if self.digest == load_lines().digest:
            return load_again, (load_lines, self.digest)
        return super().__reduce_ex__(protocol)

    def arrays(self) -> dict[str, np.ndarray]:
        """What :func:`model_of` takes back."""
        found: dict[str, np.ndarray] = {"format": np.array(FORMAT)}
        for shape in SHAPES:
            found |= self.trees[shape].arrays(shape) | {f"{shape}.thresholds": np.array(self.thresholds[shape])}
        return found


@cache
def load_lines() -> LineModel:
    """The model that ships with the package. Raises ``ModelError`` if its file is missing or damaged."""
    return shipped("cleaner.lines", FORMAT, model_of, _AGAIN)


def model_of(arrays: Mapping[str, Any], digest: str) -> LineModel:
    """Raises ``ModelError`` if the trees ask for other signs, or the thresholds are not one for each level."""
    trees = {shape: checked_trees(arrays, shape, len(SIGNS)) for shape in SHAPES}
    return LineModel(trees, {shape: _thresholds(arrays, shape) for shape in SHAPES}, digest)


def _thresholds(arrays: Mapping[str, Any], shape: str) -> tuple[float, ...]:
    found = tuple(map(float, arrays[f"{shape}.thresholds"].tolist()))
    if len(found) != len(LEVELS):
        raise ModelError(f"the array '{shape}.thresholds' has {len(found)} numbers; accepted: {len(LEVELS)}")
    return found
