"""Gradient-boosted decision trees as plain arrays: numpy is all it takes to ask them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cleaner.lazy import cached_property

#: So many rows are asked about at once: more take more memory, and longer.
_AT_ONCE = 2_000


@dataclass(frozen=True)
class Trees:
    """T trees whose nodes lie one after another; the leaves point to themselves.

    A row goes left at a node if its ``feature`` is not above the ``threshold``.
    """

    roots: np.ndarray  # T
    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray
    depth: int

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """The sum of the trees' answers (log-odds) for each of ``rows``, N × M measures."""
        pieces = [self._answers(rows[first : first + _AT_ONCE]) for first in range(0, len(rows), _AT_ONCE)]
        return np.concatenate([np.zeros(0), *pieces])

    def _answers(self, rows: np.ndarray) -> np.ndarray:
        count, width = rows.shape
        flat, start = rows.ravel(), np.repeat(np.arange(count) * width, len(self.roots))
        node = np.tile(self._roots, count)
        for _ in range(self.depth):
            goes_left = flat.take(start + self._feature.take(node)) <= self.threshold.take(node)
            node = self._children.take(2 * node + goes_left)
        return self.value.take(node).reshape(count, len(self.roots)).sum(1)

    def exchanged(self, row: np.ndarray, other: np.ndarray) -> np.ndarray:
        """What the trees answer for ``row`` with one measure of ``other``, for each measure in turn.

        Only trees that then send the row another way are asked again.
        """
        left, other_left = row.take(self._feature) <= self.threshold, other.take(self._feature) <= self.threshold
        path = [self._roots]
        for _ in range(self.depth):
            path.append(self._children.take(2 * path[-1] + left.take(path[-1])))
        nodes = np.stack(path)
        step, tree = np.nonzero((left != other_left).take(nodes))
        measure = self._feature.take(nodes[step, tree])
        node = self._roots.take(tree)
        for _ in range(self.depth):
            goes_left = np.where(self._feature.take(node) == measure, other_left.take(node), left.take(node))
            node = self._children.take(2 * node + goes_left)
        values = np.tile(self.value.take(nodes[-1]), (len(row), 1))
        values[measure, tree] = self.value.take(node)
        return values.sum(1)

    @cached_property
    def _roots(self) -> np.ndarray:
        return self.roots.astype(np.intp)

    @cached_property
    def _feature(self) -> np.ndarray:
        return self.feature.astype(np.intp)

    @cached_property
    def _children(self) -> np.ndarray:
        """Two for each node, the right one first. Numbers as wide as addresses are looked up fastest."""
        return np.stack([self.right, self.left], axis=1).ravel().astype(np.intp)

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        """What :meth:`of` takes back."""
        fields = ("roots", "feature", "threshold", "left", "right", "value")
        return {f"{name}.{field}": getattr(self, field) for field in fields} | {f"{name}.depth": np.array(self.depth)}

    @classmethod
    def of(cls, arrays: Mapping[str, Any], name: str) -> "Trees":
        fields = ("roots", "feature", "threshold", "left", "right", "value")
        return cls(**{field: arrays[f"{name}.{field}"] for field in fields}, depth=int(arrays[f"{name}.depth"]))
