"""How alike the paragraphs of a text are across seams, and inside runs of paragraphs and across their edges."""

import numpy as np

from cleaner.stories.measured import Measured

#: So many paragraphs are the beginning of a run.
_BEGINNING = 3
#: Lets a spread of nothing divide.
_SPREAD = 0.02


def contrast(text: Measured, at: np.ndarray) -> list[np.ndarray]:
    """How alike paragraphs are across each seam, and how much less than on either side of it."""
    size = len(text)
    above = text.block(0, at, 0, at) / at**2
    below = text.block(at, size, at, size) / (size - at) ** 2
    across = text.block(0, at, at, size) / (at * (size - at))
    return [across, across - (above + below) / 2, below]


def inside_and_across(text: Measured, start: np.ndarray, end: np.ndarray) -> list[np.ndarray]:
    """How alike paragraphs are inside a run, outside, and across; and how close the run comes to the rest."""
    size = len(text)
    length, others = end - start, size - (end - start)
    block, across = text.block(start, end, start, end), text.block(start, end, 0, size)
    cross = (across - block) / (length * others)
    inside = (block - length) / np.maximum(1, length * (length - 1))
    outside = text.block(0, size, 0, size) - 2 * across + block - others
    around = outside / np.maximum(1, others * (others - 1))
    return [cross, inside, around, cross - around, cross - (inside + around) / 2, _closest(text.alike, start, end)]


def _closest(alike: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """How close the paragraphs of each run come to any of the rest."""
    none = np.full((len(alike), 1), -np.inf, dtype=alike.dtype)
    left = np.maximum.accumulate(np.hstack([none, alike]), axis=1)
    right = np.maximum.accumulate(np.hstack([none, alike[:, ::-1]]), axis=1)[:, ::-1]
    return np.array([_close(alike, left, right, *one) for one in zip(start.tolist(), end.tolist(), strict=True)])


def _close(alike: np.ndarray, left: np.ndarray, right: np.ndarray, start: int, end: int) -> tuple[np.floating, ...]:
    """``left`` and ``right`` are the greatest of each row before a column, and from it on."""
    best = np.maximum(left[start:end, start], right[start:end, end])
    rows = alike[start:end]
    first = np.concatenate([rows[:_BEGINNING, :start], rows[:_BEGINNING, end:]], axis=1)
    taken = np.maximum.reduce(rows, axis=0)
    taken = np.concatenate([taken[:start], taken[end:]])
    return _mean(best), best.max(), best.min(), best[0], _mean(first.ravel()), _mean(taken)


def _mean(values: np.ndarray) -> np.floating:
    """What ``values.mean()`` is, in a third of the time."""
    return np.add.reduce(values) / values.dtype.type(len(values))


def unusual(text: Measured, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """How far from the rest runs are, held against all of their length in the text: mean, least, rank, spread."""
    size = len(text)
    length = (end - start)[:, None]
    low = np.arange(size + 1)[None, :]
    high = np.minimum(low + length, size)
    inside = text.block(low, high, low, high)
    others = (text.block(low, high, 0, size) - inside) / (length * (size - length))
    fits = low + length <= size
    here = others[np.arange(len(start)), start][:, None]
    rank = ((others < here) & fits).sum(1) / fits.sum(1)
    away = fits & ((high <= start[:, None]) | (low >= end[:, None]))
    count = away.sum(1)
    mean = np.where(away, others, 0).sum(1) / np.maximum(1, count)
    spread = np.sqrt(np.where(away, (others - mean[:, None]) ** 2, 0).sum(1) / np.maximum(1, count))
    least = np.where(away, others, np.inf).min(1, initial=np.inf)
    below = here[:, 0] - mean
    alone = count == 0
    least[alone] = here[alone, 0]
    below[alone] = 0
    return np.stack([below, here[:, 0] - least, rank, below / (spread + _SPREAD)], axis=1)
