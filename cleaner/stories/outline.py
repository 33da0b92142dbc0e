"""What a batch remembers of a document: enough to see its paragraphs again, and to know others on the same event."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from cleaner.stories.passages import Passages, choose

#: Paragraphs and terms of the beginning, which say what a page is about, even if foreign stories follow.
OPENING_PARAGRAPHS, OPENING_TERMS = 6, 48
#: The weightiest of them, by which pages on the same event find each other.
KEYS = 12
_MASKED = re.compile(r"[\W\d_]+")


@dataclass(frozen=True)
class Outline:
    """``digest`` stands for the document, by its text alone; equal texts are one document.

    ``paragraphs`` are hashes in the order of the text, ``opening`` term numbers, weightiest first;
    ``terms`` and ``names`` (a part of the terms) are those of the whole text, in rising order.
    """

    digest: int
    paragraphs: np.ndarray  # uint64
    opening: np.ndarray  # uint32
    terms: np.ndarray  # uint32
    names: np.ndarray  # uint32


def outline(passages: Passages) -> Outline:
    hashes = _hashes(passages.texts)
    first = passages.presence[:OPENING_PARAGRAPHS]
    weight = np.log1p(first.sum(0)) * passages.idf * (1 + passages.is_name)
    order = np.lexsort((passages.terms, -np.round(weight, 4)))[:OPENING_TERMS]
    opening = passages.terms[order[weight[order] > 0]]
    terms = passages.terms.astype(np.uint32)
    return Outline(_digest(hashes), hashes, opening.astype(np.uint32), terms, terms[passages.is_name])


def digest(text: str) -> int:
    """The digest of a document, found without a look at its words."""
    lines = text.split("\n")
    return _digest(_hashes([lines[number] for number in choose(lines).lines]))


def _digest(hashes: np.ndarray) -> int:
    return int.from_bytes(blake2b(hashes.tobytes(), digest_size=8).digest()) >> 1


def _hashes(texts: Sequence[str]) -> np.ndarray:
    return np.array([paragraph_hash(text) for text in texts], dtype=np.uint64)


def paragraph_hash(text: str) -> int:
    """The same for texts that differ in digits, spacing, case and punctuation alone."""
    return int.from_bytes(blake2b(_MASKED.sub(" ", text.casefold()).strip().encode(), digest_size=8).digest())
