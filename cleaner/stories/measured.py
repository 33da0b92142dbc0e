"""A text with all that measures of seams and runs need of it: cumulative sums, likenesses, cues.

Of rows with one entry a paragraph, sums have one entry more: row k is the sum of the first k.
"""

import re
from dataclasses import dataclass

import numpy as np

from cleaner.lazy import cached_property
from cleaner.stories.openings import Openings
from cleaner.stories.passages import Passages
from cleaner.stories.ties import Counts, unit

DATELINE = re.compile(
    r"\W*(?:[A-Z][A-Z., ]{3,}[\w ,.]{0,30}(?:\([\w ]+\))? ?[—–-]|\([A-Z][\w ]{1,20}\)|"
    r"[A-Z]\w+(?:, \w+)? \(\w+\)|[A-Z]\w+ [—–] )"
)
# Patterns that are searched for begin with a letter or digit, and look back after it: such are found fast.
WEEKDAY = re.compile(r"[MTWFS](?<!\w.)(?:(?<=M)on|(?<=T)(?:ues|hurs)|(?<=W)ednes|(?<=F)ri|(?<=S)(?:atur|un))day\b")
_SAID = re.compile(r"[sta](?<!\w.)(?:(?<=s)(?:aid|ays)|(?<=t)old|(?<=a)(?:dded|ccording))\b")
_YEAR = re.compile(r"[12](?<!\w.)(?:(?<=1)9|(?<=2)0)\d\d\b")
_CLOCK = re.compile(r"\d(?<!\w.)\d?[:.]\d\d ?(?:[ap]\.?m|ET|GMT)\b", re.I)
_ANSWERS = re.compile(
    r"(?:And|But|Or|Yet|So|Still|Then|He|She|They|It|His|Her|Their|Its|This|That|These|Those|Such|Also|However|"
    r"Meanwhile|Instead|Indeed|Another|Others?|Both|Nor|For example|In addition)\b"
)
_NUMBERED = re.compile(r"\W*(?:#?\d{1,2}[.):]|[A-Z]\.|Q[.:]|A[.:]|UPDATE)")
_MARK = re.compile(r"\W*(?:[A-Z][A-Z'’,& -]{5,}(?:[-–—:?!.]|\Z)|[A-Z][\w .’'-]{2,40}(?:: (?![\"“‘])| [-–] ))")
_QUOTE = re.compile(r"[\"“‘']")
#: Shorter paragraphs without a final stop may be titles.
_TITLE = 130
#: Columns of the cues: how much a paragraph looks like a story's first; whether it begins with a quote, has a verb of
#: saying, begins with a number.
FIRST, QUOTE, SAID, NUMBERED = 0, 5, 6, 7
#: So many of the cues, those of the wording, are looked at in the neighbours of a seam.
NEAR = 9


@dataclass(frozen=True)
class Measured:
    """A text's passages with what every seam and run needs of them."""

    passages: Passages
    openings: Openings

    def __len__(self) -> int:
        return len(self.passages)

    @cached_property
    def terms(self) -> np.ndarray:
        return sums(self.passages.presence, np.int32)

    @cached_property
    def vectors(self) -> np.ndarray:
        return sums(self.passages.vectors)

    @cached_property
    def full(self) -> np.ndarray:
        return sums(self.passages.full, np.int32)

    @cached_property
    def bare(self) -> np.ndarray:
        return sums(self.passages.bare, np.int32)

    @cached_property
    def chars(self) -> np.ndarray:
        return sums(self.passages.chars[:, None])[:, 0]

    @cached_property
    def names(self) -> np.ndarray:
        """The columns of the terms that are names."""
        return np.flatnonzero(self.passages.is_name)

    def counts(self, rows: np.ndarray) -> Counts:
        return Counts(rows, self.passages.idf, self.names)

    @cached_property
    def above(self) -> Counts:
        """Of all that stands above each paragraph."""
        return self.counts(self.terms)

    @cached_property
    def unit_above(self) -> np.ndarray:
        """The directions of all that stands above each paragraph."""
        return unit(self.vectors)

    @cached_property
    def unit_threes(self) -> np.ndarray:
        """The directions of three paragraphs in a row, see :func:`windows`."""
        return unit(windows(self.vectors, 3))

    @cached_property
    def alike(self) -> np.ndarray:
        """How alike paragraphs are, P × P."""
        rows = self.passages.vectors
        directions = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
        return directions @ directions.T

    @cached_property
    def alike_sums(self) -> np.ndarray:
        square = np.zeros((len(self) + 1, len(self) + 1))
        square[1:, 1:] = self.alike.cumsum(0).cumsum(1)
        return square

    def block(
        self, start: np.ndarray | int, end: np.ndarray | int, left: np.ndarray | int, right: np.ndarray | int
    ) -> np.ndarray:
        """How alike the paragraphs from ``start`` to ``end`` are to those from ``left`` to ``right``, in sum."""
        sums = self.alike_sums
        return sums[end, right] - sums[start, right] - sums[end, left] + sums[start, left]

    @cached_property
    def cues(self) -> np.ndarray:
        """What each paragraph looks like by itself, P × 18."""
        texts = self.passages.texts
        looks = np.array([_look(text) for text in texts], dtype=np.float64)
        likeness = self.openings.likeness(self.passages.tokens, texts)
        chars = np.log(self.passages.chars)[:, None]
        return np.hstack([likeness, looks, self.passages.short_above, chars, self.passages.style])

    @cached_property
    def cue_sums(self) -> np.ndarray:
        return sums(self.cues)

    @cached_property
    def whole(self) -> np.ndarray:
        """What the text as a whole looks like."""
        one, cues, size, chars = self.passages, self.cues, len(self), self.chars[-1]
        shares = self.cue_sums[-1] / size
        return np.array(
            [
                np.log(size),
                np.log(chars),
                one.known,
                len(one.is_name) / chars * 100,
                *one.short_above.sum(0) / size,
                shares[NUMBERED],
                sum(_MARK.match(text) is not None for text in one.texts) / size,
                sum("?" in text for text in one.texts) / size,
                sum(_CLOCK.search(text) is not None for text in one.texts) / size,
                shares[QUOTE],
                shares[SAID],
                shares[FIRST],
                cues[:, FIRST].max(),
                np.median(one.chars),
                one.full.shape[1] / size,
            ]
        )


def _look(text: str) -> tuple[float, ...]:
    """The cues of the wording."""
    return (
        DATELINE.match(text) is not None,
        WEEKDAY.search(text) is not None,
        _ANSWERS.match(text) is not None,
        _QUOTE.match(text) is not None,
        _SAID.search(text) is not None,
        _NUMBERED.match(text) is not None,
        len(text) < _TITLE and text[-1].isalnum(),
        len(_YEAR.findall(text)),
        text.count(". ") + 1,
    )


def sums(rows: np.ndarray, kind: type = np.float64) -> np.ndarray:
    """The sums of the first k rows, for each k."""
    found: np.ndarray = np.zeros((len(rows) + 1, rows.shape[1]), dtype=kind)
    np.cumsum(rows, axis=0, dtype=kind, out=found[1:])
    return found


def windows(rows: np.ndarray, width: int) -> np.ndarray:
    """Of sums, those of ``width`` paragraphs in a row: row k of those that end with k, fewer at the text's ends.

    So k is what stands right above paragraph k, and k + width what begins with it.
    """
    end = np.arange(len(rows) + width)
    return rows[np.minimum(end, len(rows) - 1)] - rows[np.maximum(end - width, 0)]
