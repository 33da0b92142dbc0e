"""What is measured of a seam between paragraphs, and of a run of paragraphs held against the rest.

Seams and runs are measured all at once: a column for each measure, a row for each seam or run.
The trees know the columns by their places.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cleaner.stories.closeness import contrast, inside_and_across, unusual
from cleaner.stories.measured import DATELINE, FIRST, NEAR, QUOTE, WEEKDAY, Measured, windows
from cleaner.stories.ties import Counts, Pair, cosine, dot, main, unit

__all__ = ["DATELINE", "WEEKDAY", "Measured", "runs", "seams"]

#: Columns of :func:`seams` and of :func:`runs`.
OF_SEAMS, OF_RUNS = 114, 190
#: So many paragraphs are held against as many on the other side of a seam; and all against all.
_WIDTHS = (1, 2, 5)
#: What stands right above and below a seam: so many paragraphs. The first of a text: so many for a run.
_THREE, _LEAD = 3, 4
#: Stands for the cues of a paragraph that is missing.
_NONE = -1
#: What is less than any likeness of a paragraph to the first of a story.
_UNLIKE = -9


def seams(text: Measured) -> np.ndarray:
    """Measures of each seam: row k is the seam above paragraph k + 1."""
    size, cues = len(text), text.cues
    at = np.arange(1, size)
    return _table(
        size - 1,
        [
            *(column for width in _WIDTHS for column in _facing(text, width)),
            *_all_above_and_below(text),
            *contrast(text, at),
            *_people(text, at, np.full_like(at, size)),
            cues[at],
            cues[at - 1, :NEAR],
            cues[np.minimum(at + 1, size - 1), :NEAR],
            np.log(text.chars[at]),
            np.log(text.chars[-1] - text.chars[at]),
            at / size,
            text.whole,
        ],
    )


def runs(text: Measured, start: np.ndarray, end: np.ndarray, seam_scores: np.ndarray) -> np.ndarray:
    """Measures of the runs of paragraphs from ``start`` to ``end`` (not included), held against all the rest."""
    sides = _sides(text, start, end)
    return _table(
        len(start),
        [
            *_held_against_rest(text, sides, start),
            *_edges(text, sides, start, end),
            *inside_and_across(text, start, end),
            *_people(text, start, end),
            *_cues(text, start, end),
            unusual(text, start, end),
            _most(text.cues[:, FIRST], start + 1, end, _UNLIKE),
            (text.cue_sums[end, QUOTE] - text.cue_sums[start, QUOTE]) / (end - start),
            *_scores(seam_scores, start, end),
            *_place(text, start, end),
            text.whole,
        ],
    )


def _table(count: int, columns: Sequence[np.ndarray]) -> np.ndarray:
    """One row each of ``count``; a column may be several, and ``whole``, which is the last, is the same for all."""
    *own, whole = columns
    parts = [part if part.ndim == 2 else part[:, None] for part in own]
    return np.concatenate([*parts, np.broadcast_to(whole, (count, len(whole)))], axis=1, dtype=np.float64)


def _facing(text: Measured, width: int) -> list[np.ndarray]:
    """What ``width`` paragraphs above and below each seam have in common: directions, words, names."""
    size = len(text)
    above, below = slice(1, size), slice(1 + width, size + width)
    directions = unit(windows(text.vectors, width))
    terms = text.counts(windows(text.terms, width))
    weights, names = terms.weights, terms.has_names
    return [
        dot(directions[above], directions[below]),
        dot(weights[above], weights[below]) / (terms.length[above] * terms.length[below]),
        *_names(names[above], names[below]),
    ]


def _names(above: np.ndarray, below: np.ndarray) -> list[np.ndarray]:
    """How many of the names below a seam are known from above, and what share of them."""
    known = (above & below).sum(1)
    return [known, known / (below.sum(1) + 1)]


def _all_above_and_below(text: Measured) -> list[np.ndarray]:
    """What ties all below each seam, and what stands right below it, to all above."""
    size = len(text)
    at = slice(1, size)  # the paragraphs right below seams
    above = text.counts(text.terms[at])
    below = text.counts(windows(text.terms, _THREE)[1 + _THREE : size + _THREE])
    rest = text.counts(text.terms[-1] - text.terms[at])
    near = Pair(below, above)
    next_three = text.unit_threes[1 + _THREE : size + _THREE]
    return [
        dot(text.unit_above[at], unit(text.vectors[-1] - text.vectors[at])),
        above.cosine(rest),
        *_names(above.has_names, rest.has_names),
        *near.ties(),
        *near.odds(),
        *Pair(rest, above).odds(),
        text.above.main.at(at).known(below),
        rest.main.known(above),
        dot(next_three, text.unit_above[at]),
        cosine(text.passages.vectors[1:].astype(np.float64), text.vectors[at]),
        dot(next_three, text.unit_threes[_THREE]),
    ]


def _people(text: Measured, start: np.ndarray, end: np.ndarray) -> list[np.ndarray]:
    """People of runs of paragraphs, and how they are named there and elsewhere."""
    full, bare = text.full, text.bare
    full_above, above = full[start] > 0, full[start] + bare[start] > 0
    full_inside, bare_inside = full[end] > full[start], bare[end] > bare[start]
    full_below, bare_below = full[-1] > full[end], bare[-1] > bare[end]
    inside, below = full_inside | bare_inside, full_below | bare_below
    needed = bare_inside & ~full_inside
    elsewhere = above | below
    sets = [
        full_inside & full_above,  # introduced again
        needed & above,  # known from above
        needed & ~above & full_below,  # known from below alone
        bare_below & ~full_below & ~full_above & full_inside,  # what follows needs it
        below & above & ~inside,  # the story passes over it
        full_inside & ~elsewhere,  # people of its own
        inside & elsewhere,
        inside,
        above,
    ]
    *counts, known, people, before = np.stack(sets).sum(2)
    return [*counts, known / (people + 1), people, before]


class _Sides(NamedTuple):
    """The terms and directions of runs, and of all the rest."""

    inside: Counts
    rest: Counts
    direction: np.ndarray
    rest_direction: np.ndarray


def _sides(text: Measured, start: np.ndarray, end: np.ndarray) -> _Sides:
    terms = text.terms[end] - text.terms[start]
    vectors = text.vectors[end] - text.vectors[start]
    return _Sides(
        text.counts(terms), text.counts(text.terms[-1] - terms), unit(vectors), unit(text.vectors[-1] - vectors)
    )


def _held_against_rest(text: Measured, sides: _Sides, start: np.ndarray) -> list[np.ndarray]:
    """What ties runs to all the rest, and to the beginning of the text."""
    one = text.passages
    inside, rest, direction, rest_direction = sides
    pair = Pair(inside, rest)
    name_idf = one.idf * one.is_name
    own = (inside.twice & ~rest.has).astype(np.float32)
    lacks = ((rest.rows >= 3) & ~inside.has).astype(np.float32)
    lead = min(_LEAD, len(text))
    return [
        *pair.ties(),
        *pair.odds(),
        *Pair(rest, inside).odds(),
        rest.main.known(inside),
        inside.main.known(rest),
        main(rest.rows, name_idf).known(inside),
        main(inside.rows, name_idf).known(rest),
        own @ name_idf,
        own @ one.idf,
        lacks @ name_idf,
        lacks @ one.idf,
        dot(direction, rest_direction),
        dot(direction, text.unit_above[lead]),
        dot(direction, text.unit_above[start]),
        text.above.main.at(slice(lead, lead + 1)).known(inside),
    ]


def _edges(text: Measured, sides: _Sides, start: np.ndarray, end: np.ndarray) -> list[np.ndarray]:
    """What ties the paragraphs right above, inside and right below the edges of runs to each other."""
    terms, vectors, size = text.terms, text.vectors, len(text)
    to, since = np.minimum(start + _THREE, end), np.maximum(end - _THREE, start)
    first, last = unit(vectors[to] - vectors[start]), unit(vectors[end] - vectors[since])
    before, after = text.unit_threes[start], text.unit_threes[end + _THREE]
    above = text.unit_above[start]
    terms_before = text.counts(terms[start] - terms[np.maximum(start - _THREE, 0)])
    terms_after = text.counts(terms[np.minimum(end + _THREE, size)] - terms[end])
    terms_first = text.counts(terms[to] - terms[start])
    return [
        dot(first, before),
        dot(last, after),
        dot(before, after),
        dot(after, above),
        dot(first, above),
        dot(first, sides.rest_direction),
        dot(last, sides.rest_direction),
        dot(first, last),
        terms_before.cosine(terms_after),
        terms_first.cosine(sides.rest),
        text.above.main.at(start).known(terms_after),
        *Pair(terms_first, text.counts(terms[start])).odds(),
    ]


def _cues(text: Measured, start: np.ndarray, end: np.ndarray) -> list[np.ndarray]:
    """What the paragraphs at the edges of runs look like, and those of the runs on average."""
    cues, last = text.cues, len(text) - 1
    second = cues[np.minimum(start + 1, last)]
    resumes = np.where((end <= last)[:, None], cues[np.minimum(end, last)], _NONE)
    return [
        cues[start],
        second[:, :NEAR],
        cues[np.maximum(start - 1, 0), :NEAR],
        np.maximum(cues[start, FIRST], second[:, FIRST]),
        cues[end - 1, :NEAR],
        resumes,
        (text.cue_sums[end] - text.cue_sums[start]) / (end - start)[:, None],
    ]


def _scores(scores: np.ndarray, start: np.ndarray, end: np.ndarray) -> list[np.ndarray]:
    """How likely seams are at the edges of runs, within and without; the text's ends are no seams."""
    padded = np.concatenate([[0.0], scores, [1.0]])
    most_above = np.maximum.accumulate(np.concatenate([[0.0], scores]))
    most_below = np.maximum.accumulate(np.concatenate([[0.0], scores[::-1]]))[::-1]
    return [
        padded[start],
        np.where(end <= len(scores), padded[end], _NONE),
        _most(scores, start, end - 1, 0),
        np.maximum(most_above[np.maximum(0, start - 1)], most_below[np.minimum(end, len(scores))]),
    ]


def _most(values: np.ndarray, start: np.ndarray, end: np.ndarray, least: float) -> np.ndarray:
    """The greatest of the values from ``start`` to ``end`` (not included), or ``least``."""
    return np.array([values[a:b].max(initial=least) for a, b in zip(start.tolist(), end.tolist(), strict=True)])


def _place(text: Measured, start: np.ndarray, end: np.ndarray) -> list[np.ndarray]:
    """How long runs are, and where they stand."""
    size, whole = len(text), text.chars[-1]
    chars = text.chars[end] - text.chars[start]
    return [
        np.log(chars),
        np.log(whole - chars),
        np.log(text.chars[start]),
        chars / whole,
        start / size,
        end == size,
        end - start,
    ]
