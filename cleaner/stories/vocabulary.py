"""Words and what is known of them: how rare they are, and where they stand among each other."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np

#: So many forms of words that are not in the vocabulary are remembered.
_MOST_STRANGE = 20_000


def normal(token: str) -> str:
    """A word without capitals and possessive.

    >>> normal("Krell's")
    'krell'
    """
    return token.lower().removesuffix("'s").removesuffix("’s")


class _Rows(dict[str, int]):
    """Row of each word form; forms not seen before are looked up in lower case, then in the singular."""

    def __init__(self, words: dict[str, int]) -> None:
        super().__init__(words)
        self._size = max(words.values(), default=-1) + 1
        self._strange: list[str] = []

    def __missing__(self, token: str) -> int:
        lower = normal(token)
        row = self.get(lower)
        if row is None and lower.endswith("s"):
            row = self.get(lower[:-1])
        if row is None:
            row = self._size + (crc32(lower.removesuffix("s").encode()) >> 4) if len(lower) > 2 else -1
            self._note(token)
        self[token] = row
        return row

    def _note(self, token: str) -> None:
        """A word not known is remembered for a while: a name comes again and again in its text."""
        if len(self._strange) >= _MOST_STRANGE:
            strange, self._strange = self._strange, []
            for other in strange:
                self.pop(other, None)
        self._strange.append(token)


@dataclass(frozen=True)
class Vocabulary:
    """``words`` give rows (-1 for those that tell nothing); the arrays have one entry a row.

    ``vectors`` (W × D, int8) times ``scales`` (W × 1) are the word vectors.
    """

    words: dict[str, int]
    idf: np.ndarray
    vectors: np.ndarray
    scales: np.ndarray
    unseen: float  # idf of words that are not in it
    _rows: _Rows = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_rows", _Rows(self.words))

    def ids(self, tokens: Sequence[str]) -> np.ndarray:
        return np.fromiter(map(self._rows.__getitem__, tokens), np.int64, len(tokens))

    def weights(self, terms: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        """The idf and vector of each of ``terms``, which are in rising order; and the share of them that is known."""
        count = int(np.searchsorted(terms, len(self.idf)))
        known = terms[:count]
        idf = np.full(len(terms), self.unseen, dtype=np.float32)
        vectors = np.zeros((len(terms), self.vectors.shape[1]), dtype=np.float32)
        idf[:count] = self.idf[known]
        np.multiply(self.vectors[known], self.scales[known], out=vectors[:count], casting="same_kind")
        return idf, vectors, count / len(terms) if count else 0.0
