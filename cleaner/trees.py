"""Gradient-boosted decision trees as plain arrays: numpy is all it takes to ask them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


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
        node = np.broadcast_to(self.roots, (len(rows), len(self.roots)))
        place = np.arange(len(rows))[:, None]
        for _ in range(self.depth):
            goes_left = rows[place, self.feature[node]] <= self.threshold[node]
            node = np.where(goes_left, self.left[node], self.right[node])
        return self.value[node].sum(1)

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        """What :meth:`of` takes back."""
        fields = ("roots", "feature", "threshold", "left", "right", "value")
        return {f"{name}.{field}": getattr(self, field) for field in fields} | {f"{name}.depth": np.array(self.depth)}

    @classmethod
    def of(cls, arrays: Mapping[str, Any], name: str) -> "Trees":
        fields = ("roots", "feature", "threshold", "left", "right", "value")
        return cls(**{field: arrays[f"{name}.{field}"] for field in fields}, depth=int(arrays[f"{name}.depth"]))
