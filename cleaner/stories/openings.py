"""How much a paragraph looks like the first, or the last, of a story."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np


def signs(tokens: Sequence[str], text: str) -> Iterator[str]:
    """The signs a paragraph shows: its first words, their shape, its last words, its length; and every word."""
    return chain(_marks(tokens, text), dict.fromkeys(tokens))


def _marks(tokens: Sequence[str], text: str) -> Iterator[str]:
    lower = [token.lower() for token in tokens[:4]]
    for place, token in enumerate(lower[:3]):
        yield f"{place}={token}"
    if len(lower) > 1:
        yield f"01={lower[0]} {lower[1]}"
    yield "s=" + "".join(_shape(token) for token in tokens[:4])
    yield f"f={text[:1] if not text[:1].isalnum() else 'a'}"
    yield f"e={text[-2:] if not text[-2:].isalpha() else 'a'}"
    for token in tokens[-2:]:
        yield f"l={token.lower()}"
    yield f"n={min(len(text) // 60, 9)}"


def _shape(token: str) -> str:
    """``X`` for capitals, ``x`` for one capital, ``9`` for a number, ``.`` for all else."""
    if token.isupper() and len(token) > 1:
        return "X"
    return "x" if token[0].isupper() else "9" if token[0].isdigit() else "."


@dataclass(frozen=True)
class Openings:
    """Logistic weights of signs, for first and for last paragraphs."""

    weights: dict[str, tuple[float, float]]
    bias: tuple[float, float]

    def likeness(self, tokens: Sequence[Sequence[str]], texts: Sequence[str]) -> np.ndarray:
        """P × 2: log-odds of standing first, and of standing last."""
        return np.array([self._odds(*one) for one in zip(tokens, texts, strict=True)]).reshape(-1, 2)

    def _odds(self, tokens: Sequence[str], text: str) -> tuple[float, float]:
        first = last = 0.0
        for one, other in filter(None, map(self.weights.get, signs(tokens, text))):
            first += one
            last += other
        return first + self.bias[0], last + self.bias[1]
