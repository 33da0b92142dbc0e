"""Why a run of paragraphs is held to be another story, in words."""

from collections.abc import Iterator

import numpy as np

from cleaner.stories.judge import Run
from cleaner.stories.measures import DATELINE, WEEKDAY, Measured

_OPENING = 60
_LIKE_A_LEAD = 0.0


def reason(text: Measured, run: Run) -> str:
    """One line: size and beginning, what ties the run to the rest, what marks its edges.

    ``12 paragraphs from “A jury in Halden has…” share 1 of 23 names and 8 % of their words with the rest;
    starts like a lead (dateline, weekday)``
    """
    return "; ".join([f"{_size(text, run)} {_ties(text, run)}", *_edges(text, run)])


def _size(text: Measured, run: Run) -> str:
    count = run.place.end - run.place.start
    first = text.passages.texts[run.place.start]
    opening = first if len(first) <= _OPENING else first[:_OPENING].rsplit(None, 1)[0] + "…"
    return f"{count} paragraphs from “{opening}”"


def _ties(text: Measured, run: Run) -> str:
    one = text.passages
    inside = text.terms[run.place.end] - text.terms[run.place.start]
    both = (inside > 0) & (text.terms[-1] > inside)
    names, shared = int(((inside > 0) & one.is_name).sum()), int((both & one.is_name).sum())
    words = float(one.idf @ both) / max(1.0, float(one.idf @ (inside > 0)))
    return f"share {shared} of {names} names and {words:.0%} of the rarer words with the rest"


def _edges(text: Measured, run: Run) -> Iterator[str]:
    first = text.passages.texts[run.place.start]
    cues = [name for name, sign in (("dateline", DATELINE.match(first)), ("weekday", WEEKDAY.search(first))) if sign]
    if text.passages.short_above[run.place.start, 1]:
        cues.append("headline")
    if cues or text.cues[run.place.start, 0] > _LIKE_A_LEAD:
        yield "starts like a lead" + (f" ({', '.join(cues)})" if cues else "")
    if run.place.end < len(text):
        yield "the story goes on below it"
    again = (text.full[run.place.end] - text.full[run.place.start] > 0) & (text.full[run.place.start] > 0)
    if count := int(np.sum(again)):
        yield f"introduces {count} of the story's people again"
