"""What ties groups of paragraphs to each other: the terms they share, and how alike their words are.

Groups are compared row by row; every measure is a column with an entry for each row.
"""

from dataclasses import dataclass

import numpy as np

from cleaner.lazy import cached_property

#: A group has so many main terms.
MAIN = 10
#: So many of the rarest shared terms are looked at.
_RAREST = 6
#: A story takes this share of the terms that it does not need along.
_CARRIED = 0.25
#: A text of so many terms would have each term as often as an article does.
_ARTICLE = 400
#: No term's chance is held to be smaller or greater.
_LEAST, _MOST = 1e-4, 0.95
#: The log-odds of a term that the other group lacks.
_LACKED = np.log(1 - _CARRIED)
#: Shorter vectors count as nothing.
_TINY = 1e-9


@dataclass(frozen=True)
class Counts:
    """How many paragraphs of each of R groups have a term, R × V; ``names`` are the columns of names."""

    rows: np.ndarray  # int32
    idf: np.ndarray
    names: np.ndarray

    @cached_property
    def has(self) -> np.ndarray:
        return np.greater(self.rows, 0)

    @cached_property
    def twice(self) -> np.ndarray:
        return np.greater_equal(self.rows, 2)

    @cached_property
    def has_names(self) -> np.ndarray:
        """R × the names alone."""
        return self.has[:, self.names]

    @cached_property
    def named(self) -> np.ndarray:
        """How many names a group has."""
        return self.has_names.sum(1)

    @cached_property
    def flags(self) -> np.ndarray:
        """What a group has as numbers, which multiply faster than flags."""
        return self.has.astype(np.float32)

    @cached_property
    def size(self) -> np.ndarray:
        """How many terms a group has."""
        return self.flags.sum(1, dtype=np.float64)

    @cached_property
    def mass(self) -> np.ndarray:
        return self.flags @ self.idf + 1

    @cached_property
    def weights(self) -> np.ndarray:
        """The tf-idf of each term. Counts are small, so that their logarithms are looked up."""
        return np.log1p(np.arange(self.rows.max(initial=0) + 1)).take(self.rows) * self.idf

    @cached_property
    def length(self) -> np.ndarray:
        return _length(self.weights)

    @cached_property
    def main(self) -> "Main":
        return main(self.rows, self.idf)

    def cosine(self, other: "Counts") -> np.ndarray:
        return dot(self.weights, other.weights) / (self.length * other.length)


@dataclass(frozen=True)
class Main:
    """The weightiest terms of each group, as columns, and their weights; both R × at most MAIN."""

    columns: np.ndarray
    weights: np.ndarray

    def at(self, rows: np.ndarray | slice) -> "Main":
        return Main(self.columns[rows], self.weights[rows])

    def known(self, by: Counts) -> np.ndarray:
        """The share of them that each group of ``by`` has."""
        has = np.take_along_axis(by.has, self.columns, 1)
        return (self.weights * has).sum(1) / (self.weights.sum(1) + _TINY)


def main(rows: np.ndarray, worth: np.ndarray) -> Main:
    """The main terms of counts; ``worth`` is what a paragraph with the term counts."""
    count = min(MAIN, rows.shape[1])
    if not count:
        return Main(np.zeros(rows.shape, dtype=np.int64), np.zeros(rows.shape))
    negative = rows * -worth
    columns = np.argpartition(negative, count - 1, axis=1)[:, :count]
    return Main(columns, -np.take_along_axis(negative, columns, 1))


@dataclass(frozen=True)
class Pair:
    """Groups of paragraphs ``a``, row by row held against groups ``b``."""

    a: Counts
    b: Counts

    @cached_property
    def both(self) -> np.ndarray:
        return self.a.has & self.b.has

    def ties(self) -> list[np.ndarray]:
        """What terms the groups share, and what share of their terms that is."""
        a, b = self.a, self.b
        shared = self.both * a.idf
        total = shared.sum(1)
        rarest = _rarest(shared)
        names = (a.has_names & b.has_names).sum(1)
        often = self.both & a.twice & b.twice
        return [
            a.cosine(b),
            cosine(a.weights[:, a.names], b.weights[:, b.names]),
            total / a.mass,
            total / b.mass,
            np.log1p(total),
            rarest[:, -1],
            rarest.mean(1),
            names / (a.named + 1),
            names / (b.named + 1),
            np.log1p(names),
            np.log1p(a.named),
            (often * a.idf).sum(1),
            often[:, a.names].sum(1),
        ]

    def odds(self) -> list[np.ndarray]:
        """How much likelier the terms of ``a`` are if ``b`` tells the same story: of all, of names, of repeated ones.

        Each in sum, and by term. A term of another story is in ``b`` by its rarity alone.
        """
        a = self.a
        place = np.flatnonzero(self.both)
        row, column = np.divmod(place, self.both.shape[1])
        gain = self._gain(row, column)
        is_name = np.zeros(len(a.idf))
        is_name[a.names] = 1
        often = a.twice.sum(1)
        of_all = _LACKED * a.size + _sum(row, gain, a)
        of_names = _LACKED * a.named + _sum(row, gain * is_name[column], a)
        of_often = _LACKED * often + _sum(row, gain * a.twice.ravel()[place], a)
        return [of_all, of_all / (a.size + 1), of_names, of_names / (a.named + 1), of_often, of_often / (often + 1)]

    def _gain(self, row: np.ndarray, column: np.ndarray) -> np.ndarray:
        """The log-odds of shared terms, over those of terms that ``b`` lacks."""
        rate = np.exp(-self.a.idf)[column] * (self.b.size / _ARTICLE)[row]
        chance = np.clip(1 - np.exp(-rate), _LEAST, _MOST)
        return np.log((_CARRIED + (1 - _CARRIED) * chance) / chance) - _LACKED


def _sum(row: np.ndarray, values: np.ndarray, groups: Counts) -> np.ndarray:
    return np.bincount(row, values, len(groups.rows))


def _rarest(shared: np.ndarray) -> np.ndarray:
    """The greatest values of each row, in rising order."""
    if shared.shape[1] < _RAREST:
        return np.zeros((len(shared), _RAREST))
    return np.sort(shared, axis=1)[:, -_RAREST:]


def cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return dot(a, b) / (_length(a) * _length(b))


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / _length(rows)[..., None]


def dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.einsum("...j,...j->...", a, b)


def _length(rows: np.ndarray) -> np.ndarray:
    return np.maximum(np.sqrt(dot(rows, rows)), _TINY)
