"""The trained model of lines. It ships in the package with its checksum."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, SupportsIndex

import numpy as np

from cleaner.trees import Trees
from cleaner.weights import load_again, read_weights

FORMAT = 1
SHAPES = ("text", "dump")
#: What may be asked for: the share of the author's characters, in percent, that is expected to go with the junk.
LEVELS = (0.1, 0.2, 0.5, 1.0)
THOROUGHNESS = 0.2
_AGAIN = "install cleaner again, write weights with `python -m benchmarks.lines`, or clean with --no-line-model"


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
    return model_of(*read_weights("cleaner.lines", _AGAIN))


def model_of(arrays: Mapping[str, Any], digest: str) -> LineModel:
    trees = {shape: Trees.of(arrays, shape) for shape in SHAPES}
    return LineModel(trees, {shape: tuple(arrays[f"{shape}.thresholds"].tolist()) for shape in SHAPES}, digest)
