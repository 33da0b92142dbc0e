"""The trained model: word vectors, signs of openings, trees. It ships in the package with its checksum."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, SupportsIndex

import numpy as np

from cleaner.errors import ModelError
from cleaner.stories.measures import OF_RUNS, OF_SEAMS
from cleaner.stories.openings import Openings
from cleaner.stories.outline import Outline, outline
from cleaner.stories.passages import Passages, read
from cleaner.stories.vocabulary import Vocabulary
from cleaner.trees import Trees
from cleaner.weights import checked_trees, load_again, shipped

FORMAT = 1
#: Characters of the longest text that is remembered: twice what is looked at for other stories.
OUTLINED = 400_000
_TRY = "install cleaner again, or write new weights with `python -m benchmarks.stories --write`"


@dataclass(frozen=True)
class Model:
    """``seams`` scores seams, ``runs`` scores runs of paragraphs; both give log-odds.

    ``levels`` are the scores of runs that stand for a confidence of 0.5, 0.75 and 0.95.
    ``digest`` names the weights.
    """

    vocabulary: Vocabulary
    openings: Openings
    seams: Trees
    runs: Trees
    levels: tuple[float, float, float]
    digest: str

    def outline(self, text: str) -> Outline | None:
        """What a batch remembers of ``text``; nothing if it has no paragraphs, or far too many for one story."""
        if len(text) > OUTLINED:
            return None
        passages = self.passages(text.split("\n"))
        return outline(passages) if len(passages) else None

    def passages(self, lines: list[str]) -> Passages:
        return read(lines, self.vocabulary)

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        """Pickled, the model that ships is its digest; any other, all its weights."""
        if self.digest == load_model().digest:
            return load_again, (load_model, self.digest)
        return super().__reduce_ex__(protocol)

    def arrays(self) -> dict[str, np.ndarray]:
        """What :func:`model_of` takes back."""
        words = self.vocabulary
        return {
            "format": np.array(FORMAT),
            "words": _packed(words.words),
            "rows": np.array(list(words.words.values()), dtype=np.int32),
            "idf": words.idf.astype(np.float16),
            "unseen": np.array(words.unseen),
            "vectors": words.vectors,
            "scales": words.scales,
            "signs": _packed(self.openings.weights),
            "sign_weights": np.array(list(self.openings.weights.values()), dtype=np.float32),
            "sign_bias": np.array(self.openings.bias),
            "levels": np.array(self.levels),
            **self.seams.arrays("seams"),
            **self.runs.arrays("runs"),
        }


@cache
def load_model() -> Model:
    """The model that ships with the package. Raises ``ModelError`` if its file is missing or damaged."""
    return shipped("cleaner.stories", FORMAT, model_of, _TRY)


def model_of(arrays: Mapping[str, Any], digest: str) -> Model:
    """Raises ``ModelError`` if the arrays do not go together."""
    signs = dict(zip(_unpacked(arrays["signs"]), map(tuple, arrays["sign_weights"].tolist()), strict=True))
    low, middle, high = arrays["levels"].tolist()
    return Model(
        _vocabulary(arrays),
        Openings(signs, tuple(arrays["sign_bias"].tolist())),
        checked_trees(arrays, "seams", OF_SEAMS),
        checked_trees(arrays, "runs", OF_RUNS),
        (low, middle, high),
        digest,
    )


def _vocabulary(arrays: Mapping[str, Any]) -> Vocabulary:
    words = dict(zip(_unpacked(arrays["words"]), arrays["rows"].tolist(), strict=True))
    idf, vectors, scales = arrays["idf"], arrays["vectors"], arrays["scales"]
    if not max(words.values()) < len(idf) == len(vectors) == len(scales):
        raise ModelError(f"the words have {len(idf)} weights, {len(vectors)} vectors and {len(scales)} scales")
    return Vocabulary(words, idf.astype(np.float32), vectors, scales, float(arrays["unseen"]))


def _packed(strings: Mapping[str, Any]) -> np.ndarray:
    return np.frombuffer("\n".join(strings).encode(), dtype=np.uint8)


def _unpacked(packed: np.ndarray) -> list[str]:
    return packed.tobytes().decode().split("\n")
