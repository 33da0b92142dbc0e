"""The signs of a line: its measures, those of the lines around it, what it shares with the story, what rules say."""

from collections.abc import Iterable

import numpy as np

from cleaner.annotation import Proposal
from cleaner.lines.kinship import KINSHIP, kinship
from cleaner.measures import MEASURES, Measures, Numbers

#: Measures that are told of the second line above, the line above, the line below and the one after it.
_NEAR = ("chars", "final-stop", "glue", "capitals", "digits", "lower-start", "call", "addressed", "words")
_KIN_NEAR = ("kin to story", "kin to page")
_STEPS = {-2: "second line above", -1: "line above", 1: "line below", 2: "second line below"}
#: What stands for a line that is not there.
_NOWHERE = -1.0

#: The columns of :func:`signs`.
SIGNS = (
    *MEASURES,
    "proposed",
    "junk",
    *KINSHIP,
    *(f"{name}, {where}" for name in (*_NEAR, "proposed", *_KIN_NEAR) for where in _STEPS.values()),
)


def proposed(page: Measures, proposals: Iterable[Proposal]) -> Numbers:
    """The confidence of the surest rule that wants each paragraph, if only to flag it; 0 where none does."""
    lines = np.zeros(len(page.view.lines))
    for proposal in proposals:
        if proposal.action != "keep" and proposal.span:
            first, last = page.view.line_at(proposal.span.start), page.view.line_at(proposal.span.end - 1)
            lines[first : last + 1] = np.maximum(lines[first : last + 1], proposal.confidence)
    return lines[page.paragraphs]


def signs(page: Measures, wanted: Numbers) -> np.ndarray:
    """A row for every paragraph, a column for each of ``SIGNS``. ``wanted`` is what :func:`proposed` gives."""
    kin = kinship(page)
    columns = [*(page[name] for name in MEASURES), wanted, page.junk, *kin.values()]
    for numbers in (*(page[name] for name in _NEAR), wanted, *(kin[name] for name in _KIN_NEAR)):
        columns += (_moved(numbers, by) for by in _STEPS)
    return np.stack(columns, axis=1)


def _moved(numbers: Numbers, by: int) -> Numbers:
    """The number of the line so many lines below."""
    size = len(numbers)
    moved = np.full(size, _NOWHERE)
    if by > 0:
        moved[: max(0, size - by)] = numbers[by:]
    else:
        moved[-by:] = numbers[: max(0, size + by)]
    return moved
