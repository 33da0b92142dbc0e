"""The ending of a page that is junk as a whole: lines none of which is sure enough by itself, but all together.

What follows the last line that is the author's is weighed by each line's log-odds, and goes from where the sum
is greatest: the maximum scoring segment of Pasternack and Roth, *Extracting article text from the web with maximum
subsequence segmentation* (WWW 2009), with a trained score.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cleaner.measures import Numbers

#: A line below these log-odds is the author's: the story goes to the last such line.
AUTHORS = 0.0
#: What follows must pass more than this on average, also where single lines may go with less.
_SURE = 1.0
#: A line counts with no more than these log-odds, and a long one no more than one of so many characters.
_MOST, _LONGEST = 4.0, 300
#: So much must the lines of an ending weigh together, about as much as three sure ones, and so many must there be.
_WEIGHT, _LINES = 6.0, 2
#: So many lines are asked about at once on the way up.
_PIECE = 16

Places = NDArray[np.intp]


class Ending(NamedTuple):
    """The last ``lines`` of those asked about, and by how much they pass the threshold on average."""

    lines: int
    margin: float


def ending(odds: Numbers, chars: Numbers, threshold: float) -> Ending | None:
    """The junk at the end of lines that no rule takes and none of which is the author's, if there is any.

    ``odds`` are log-odds; ``threshold`` is what a single line must reach.
    """
    weight = np.sqrt(np.minimum(chars, _LONGEST)) / 5
    gains = np.cumsum((weight * (np.minimum(odds, _MOST) - max(threshold, _SURE)))[::-1])
    if not len(gains) or gains.max() < _WEIGHT:
        return None
    lines = int(gains.argmax()) + 1
    return Ending(lines, float(gains.max() / weight[-lines:].sum())) if lines >= _LINES else None


def asked(places: Places, odds: Callable[[Places], Numbers], authors: Callable[[int], bool]) -> tuple[Places, Numbers]:
    """Those of ``places`` below the last that is the author's, and their log-odds. Asks from the end upward."""
    answers = [np.zeros(0)]
    end = first = len(places)
    while end and first == end:
        first = max(0, end - _PIECE)
        piece = places[first:end]
        those = odds(piece)
        stops = np.flatnonzero((those < AUTHORS) | [authors(int(place)) for place in piece])
        below = int(stops[-1]) + 1 if len(stops) else 0
        answers.append(those[below:])
        end, first = first + below, first
    return places[end:], np.concatenate(answers[::-1])
