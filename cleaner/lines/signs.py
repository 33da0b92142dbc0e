"""The signs of a line: its measures, those of the lines around it, and what rules, weak ones too, say of them."""

from collections.abc import Iterable

import numpy as np

from cleaner.annotation import Proposal
from cleaner.measures import MEASURES, Measures, Numbers

#: Measures that are told of the second line above, the line above, the line below and the one after it.
_NEAR = ("chars", "final-stop", "glue", "capitals", "digits", "lower-start", "call", "addressed", "words")
_STEPS = {-2: "second above", -1: "line above", 1: "line below", 2: "second below"}
#: What stands for a line that is not there.
_NOWHERE = -1.0

#: The columns of :func:`signs`.
SIGNS = (
    *MEASURES,
    "proposed",
    "junk",
    *(f"{name}, {where}" for name in (*_NEAR, "proposed") for where in _STEPS.values()),
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
    columns = [*(page[name] for name in MEASURES), wanted, page.junk]
    for numbers in (*(page[name] for name in _NEAR), wanted):
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
