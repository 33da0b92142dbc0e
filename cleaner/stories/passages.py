"""A text as a reader of stories sees it: paragraphs, their words, the people they name.

lines ─> paragraphs ─> tokens ─> terms (paragraphs × terms, 0 or 1) and people (paragraphs × people)
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cleaner.lazy import cached_property
from cleaner.stories.vocabulary import Vocabulary

#: Shorter lines are labels, headlines and lone quotes; they belong to the paragraph below, or above.
PARAGRAPH = 60
#: Longer lines are no web junk.
LONGEST_JUNK = 250
_PHRASES = (
    "newsletter",
    "subscribe",
    "sign up",
    "click here",
    "privacy policy",
    "copyright",
    "rights reserved",
    "advertis",
    "read more",
    "see also",
    "story continue",
    "recommended",
    "related:",
)
#: What marks a paragraph as the web's. Such lines stand on seams, and in every other place.
WEB = re.compile(r"(?i)\bcookies?\b|\bbrowser\b|" + "|".join(_PHRASES))
#: One of these is in every match: looking for them first is ten times as fast.
_HINTS = ("cookie", "browser", *_PHRASES)
# The patterns below begin with letters, and look back after the first: such are found fast.
#: A plain word before a space or stop, which most are; and any word or number.
TOKEN = re.compile(r"[a-zA-Z]++(?=[ .,])|[^\W\d_]+(?:['’&](?!s\b)[^\W\d_]+)*|\d[\d,.]*\d|\d")
#: Capitals inside a sentence: what a lower-case letter, a comma or an initial goes before.
_NAME = re.compile(r"[A-Z](?<=[a-z,;] .)[^\W\d_]+")
#: "Jane Q. Public", "Ursula von der Leyen": a person, or a place or body that is written like one; by surname.
_FULL = re.compile(
    r"[A-Z](?<!\w.)[^\W\d_]*[a-z][^\W\d_]* (?:[A-Z]\. |(?:bin|al|van|von|der|de|la|di) |[A-Z][^\W\d_]+ ){0,2}"
    r"([A-Z][^\W\d_]*[a-z][^\W\d_]*)\b"
)


class _Terms(NamedTuple):
    """The terms of a text, and where they stand; ``row`` and ``kept`` have an entry for each token."""

    numbers: np.ndarray
    presence: np.ndarray
    row: np.ndarray
    kept: np.ndarray


@dataclass(frozen=True)
class Passages:
    """The paragraphs of a text. P paragraphs, V terms, N people, D dimensions of word vectors.

    ``lines`` are the numbers of the paragraphs' lines in the view; ``short_above`` what short lines
    stand right above each: (all, like a headline, web junk). All else is read when it is asked for: of a text
    that is plainly one story, the vectors are enough.
    """

    lines: Sequence[int]
    texts: Sequence[str]
    short_above: np.ndarray  # P × 3
    vocabulary: Vocabulary

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def chars(self) -> np.ndarray:
        return np.fromiter(map(len, self.texts), dtype=np.float64)

    @cached_property
    def tokens(self) -> Sequence[Sequence[str]]:
        return [TOKEN.findall(text) for text in self.texts]

    @property
    def terms(self) -> np.ndarray:
        """V numbers of terms in rising order."""
        return self._terms.numbers

    @property
    def presence(self) -> np.ndarray:
        """P × V, 0 or 1 as float32."""
        return self._terms.presence

    @property
    def idf(self) -> np.ndarray:
        """V."""
        return self._weights[0]

    @cached_property
    def vectors(self) -> np.ndarray:
        """P × D float32, the sums of the vectors of each paragraph's terms."""
        return _summed(self._weights[1], self.presence)

    @property
    def known(self) -> float:
        """The share of terms that the vocabulary knows."""
        return self._weights[2]

    @cached_property
    def is_name(self) -> np.ndarray:
        """V flags."""
        seen = set(self._flat)
        names = {name for text in self.texts for name in _NAME.findall(text)}
        proper = set(self.vocabulary.ids([name for name in names if name.lower() not in seen]).tolist())
        return np.array([term in proper for term in self.terms.tolist()], dtype=bool)

    @cached_property
    def style(self) -> np.ndarray:
        """P × 3: shares of function words and of capitals among the tokens, terms a token."""
        row, kept, size = self._terms.row, self._terms.kept, len(self)
        count = np.maximum(1, np.array(list(map(len, self.tokens)), dtype=np.float64))
        common = np.bincount(row, weights=~kept, minlength=size) / count
        capitals = np.bincount(row, weights=[token[0].isupper() for token in self._flat], minlength=size) / count
        return np.stack([common, capitals, self.presence.sum(1) / count], axis=1)

    @property
    def full(self) -> np.ndarray:
        """P × N: the paragraph names the person in full."""
        return self._people[0]

    @property
    def bare(self) -> np.ndarray:
        """P × N: only by surname."""
        return self._people[1]

    @cached_property
    def _flat(self) -> list[str]:
        return [token for line in self.tokens for token in line]

    @cached_property
    def _terms(self) -> _Terms:
        ids = self.vocabulary.ids(self._flat)
        row = np.repeat(np.arange(len(self)), [len(line) for line in self.tokens])
        kept = ids >= 0
        numbers, columns = np.unique(ids[kept], return_inverse=True)
        presence = np.zeros((len(self), len(numbers)), dtype=np.float32)
        presence[row[kept], columns] = 1.0
        return _Terms(numbers, presence, row, kept)

    @cached_property
    def _weights(self) -> tuple[np.ndarray, np.ndarray, float]:
        return self.vocabulary.weights(self.terms)

    @cached_property
    def _people(self) -> tuple[np.ndarray, np.ndarray]:
        return _people(self.texts, self.tokens)


class Chosen(NamedTuple):
    """The lines of paragraphs, and what short lines stand right above each: all, like a headline, web junk."""

    lines: list[int]
    short_above: list[tuple[int, int, int]]


def choose(lines: Sequence[str]) -> Chosen:
    """The paragraphs among ``lines``."""
    found = Chosen([], [])
    above = headline = junk = 0
    for number, line in enumerate(lines):
        if not line or line.isspace():
            continue
        web = len(line) < LONGEST_JUNK and _is_web(line)
        if len(line) >= PARAGRAPH and not web:
            found.lines.append(number)
            found.short_above.append((above, headline, junk))
            above = headline = junk = 0
        else:
            above += 1
            junk += web
            headline = int(15 <= len(line) < 120 and not web and line[-1].isalnum())
    return found


def _is_web(line: str) -> bool:
    lower = line.lower()
    for hint in _HINTS:
        if hint in lower:
            return WEB.search(line) is not None
    return False


def read(lines: Sequence[str], vocabulary: Vocabulary) -> Passages:
    """The paragraphs among ``lines``, with their words and people."""
    chosen = choose(lines)
    short = np.array(chosen.short_above, dtype=np.float64).reshape(-1, 3)
    return Passages(chosen.lines, [lines[number] for number in chosen.lines], short, vocabulary)


def _summed(vectors: np.ndarray, presence: np.ndarray) -> np.ndarray:
    """``presence @ vectors``, in one order on every machine and without threads that get in each other's way."""
    row, column = np.nonzero(presence)
    filled = np.unique(row)
    sums = np.zeros((len(presence), vectors.shape[1]), dtype=np.float32)
    if len(filled):
        sums[filled] = np.add.reduceat(vectors[column], np.searchsorted(row, filled))
    return sums


def _people(texts: Sequence[str], tokens: Sequence[Sequence[str]]) -> tuple[np.ndarray, np.ndarray]:
    """Who is named in full, and who by surname only, in each paragraph."""
    found = [set(_FULL.findall(text)) for text in texts]
    people = set().union(*found)
    column = {name: number for number, name in enumerate(sorted(people))}
    full = np.zeros((len(texts), len(people)), dtype=np.float32)
    bare = np.zeros_like(full)
    for row, (named, line) in enumerate(zip(found, tokens, strict=True)):
        for name in people.intersection(line) | named:
            (full if name in named else bare)[row, column[name]] = 1.0
    return full, bare
