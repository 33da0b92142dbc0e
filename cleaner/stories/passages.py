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


@dataclass(frozen=True)
class Passages:
    """The paragraphs of a text. P paragraphs, V terms, N people, D dimensions of word vectors.

    ``lines`` are the numbers of the paragraphs' lines in the view; ``short_above`` what short lines
    stand right above each: (all, like a headline, web junk).
    """

    lines: Sequence[int]
    texts: Sequence[str]
    tokens: Sequence[Sequence[str]]
    short_above: np.ndarray  # P × 3
    terms: np.ndarray  # V, numbers of terms in rising order
    presence: np.ndarray  # P × V float32
    idf: np.ndarray  # V
    is_name: np.ndarray  # V bool
    vectors: np.ndarray  # P × D float32, sums of the vectors of a paragraph's terms
    style: np.ndarray  # P × 3: shares of function words and of capitals among the tokens, terms a token
    known: float  # share of terms that the vocabulary knows
    full: np.ndarray  # P × N: the paragraph names the person in full
    bare: np.ndarray  # P × N: only by surname

    @cached_property
    def chars(self) -> np.ndarray:
        return np.fromiter(map(len, self.texts), dtype=np.float64)

    def __len__(self) -> int:
        return len(self.texts)


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
    texts = [lines[number] for number in chosen.lines]
    tokens = [TOKEN.findall(text) for text in texts]
    short = np.array(chosen.short_above, dtype=np.float64).reshape(-1, 3)
    return Passages(chosen.lines, texts, tokens, short, *_terms(texts, tokens, vocabulary), *_people(texts, tokens))


def _terms(
    texts: Sequence[str], tokens: Sequence[Sequence[str]], vocabulary: Vocabulary
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, float]:
    """The fields of :class:`Passages` from ``terms`` to ``known``."""
    sizes = [len(line) for line in tokens]
    flat = [token for line in tokens for token in line]
    ids = vocabulary.ids(flat)
    where = np.repeat(np.arange(len(texts)), sizes)
    kept = ids >= 0
    terms, columns = np.unique(ids[kept], return_inverse=True)
    presence = np.zeros((len(texts), len(terms)), dtype=np.float32)
    presence[where[kept], columns] = 1.0
    seen = set(flat)
    names = {name for text in texts for name in _NAME.findall(text)}
    proper = set(vocabulary.ids([name for name in names if name.lower() not in seen]).tolist())
    is_name = np.array([term in proper for term in terms.tolist()], dtype=bool)
    idf, vectors, known = vocabulary.weights(terms)
    count = np.maximum(1, np.array(sizes, dtype=np.float64))
    common = np.bincount(where, weights=~kept, minlength=len(texts)) / count
    capitals = np.bincount(where, weights=[token[0].isupper() for token in flat], minlength=len(texts)) / count
    style = np.stack([common, capitals, presence.sum(1) / count], axis=1)
    return terms, presence, idf, is_name, _summed(vectors, presence), style, known


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
