"""Stories on another subject that endless scroll or an embed ran into the article.

The story is that of the first paragraphs; runs of paragraphs that do not belong to it are proposed whole
(see :mod:`cleaner.stories`). Text clean of other junk is judged best, so this detector goes last. Where there
is a survey of the batch, what other pages hold speaks too (see :mod:`cleaner.corroboration`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np

from cleaner.annotation import Proposal
from cleaner.corroboration import Support, absences, repeats, support
from cleaner.span import Span, merge
from cleaner.stories.judge import Judge, Run
from cleaner.stories.measures import Measured
from cleaner.stories.model import Model
from cleaner.stories.outline import Outline, digest, outline
from cleaner.stories.passages import PARAGRAPH, WEB
from cleaner.stories.reasons import reason
from cleaner.survey import Survey
from cleaner.view import View

#: Shorter texts have no room for two stories; longer ones are books, threads and dumps.
MIN_CHARS, MAX_CHARS, MAX_LINES = 900, 200_000, 600
#: Share of lines that are prose; dumps of whole pages have less.
MIN_PROSE = 0.25
#: Share of terms that the model knows; in other languages it is less, and runs are only flagged.
MIN_KNOWN = 0.6
#: Texts of more paragraphs are round-ups, transcripts and essays in parts more often than spliced.
LONG = 60
#: From this confidence on a run goes.
SURE = 0.75
#: From this one on it goes with a part of it that is sure.
HOLDS_SURE = 0.6
#: A run found on other pages is cut from this score on, lower if it opens one of them.
REPEATED, LEADING = -1.0, -3.0
#: A run that pages with the same story do without is cut from this score on: if the text speaks rather for than against
#: it. All but one in a hundred articles of which another page has the beginning alone score less.
ABSENT = 0.0
#: A run that other pages on the event hardly know is cut from this score on: of its terms, and of its names, they must
#: know no more than such a part of what they know of the rest. Where the run is flagged by itself, of its terms alone.
UNKNOWN, OF_TERMS, OF_NAMES, OF_FLAGGED = 0.9, 0.65, 0.6, 0.8
CORROBORATED = 0.85


@dataclass(frozen=True)
class _Finding:
    run: Run
    confidence: float
    rule: str
    also: str = ""


class SpliceDetector:
    """Proposes runs of paragraphs that tell another story than the first."""

    def __init__(self, model: Model, survey: Survey | None = None) -> None:
        self._model, self._survey = model, survey

    def __call__(self, view: View) -> Iterator[Proposal]:
        if not MIN_CHARS <= len(view.text) <= MAX_CHARS or len(view.filled) > MAX_LINES:
            return
        if len(view.prose) < MIN_PROSE * len(view.filled):
            return
        text = Measured(self._model.passages(view.lines), self._model.openings)
        judge = Judge(text, self._model)
        strict = len(text) > LONG
        found = [_Finding(run, self._confidence(run.score, strict=strict), "splice") for run in judge.likely()]
        if self._survey and len(text):
            found = list(self._corroborated(view, judge, found, self._survey))
        # In a whole page, menus and all, what comes first is no more likely the page's own story than what follows.
        alone_is_unsure = view.first.page == "dump"
        for one in _told(list(_grown(found))):
            unsure = text.passages.known < MIN_KNOWN or (alone_is_unsure and one.rule == "splice")
            yield _proposal(view, text, one, "flag" if unsure else "remove")

    def _confidence(self, score: float, *, strict: bool) -> float:
        """0.5, 0.75 and 0.95 at the model's levels, straight lines between; ``strict`` takes the next level."""
        low, middle, high = self._model.levels
        if score < low:
            return 0.0
        if strict:
            low, middle, high = middle, high, 2 * high - middle
        return round(float(np.interp(score, (low, middle, high), (0.5, 0.75, 0.95))), 2)

    def _corroborated(self, view: View, judge: Judge, found: Sequence[_Finding], survey: Survey) -> Iterator[_Finding]:
        own, but = outline(judge.text.passages), digest(view.document.raw)
        doubtful = [one for one in found if one.run.score >= UNKNOWN]
        peers = support(judge.text, own, survey, but) if doubtful else None
        unknown = _unknown(doubtful, peers) if peers else {}
        for one in found:
            if one.run in unknown:
                yield replace(one, confidence=max(one.confidence, CORROBORATED), also=unknown[one.run])
            else:
                yield one
        said = list(_said(judge.text, own, survey.pages(own.paragraphs, but)))
        for run, what in zip(judge.scored([what.place for what in said]), said, strict=True):
            if run.score >= what.least:
                yield _Finding(run, CORROBORATED, what.rule, what.words)


class _Said(NamedTuple):
    """What other pages say of a place, and from which score on it goes for that."""

    place: Span
    least: float
    rule: str
    words: str


def _said(text: Measured, own: Outline, pages: Mapping[int, np.ndarray]) -> Iterator[_Said]:
    for repeat in repeats(text, own, pages):
        words = f"stands on {_pages(repeat.pages)}" + (", and opens one" if repeat.leads else "")
        yield _Said(repeat.place, LEADING if repeat.leads else REPEATED, "splice-repeated", words)
    for absence in absences(text, own, pages):
        words = f"{_pages(absence.pages)} with the same story lack{'s' * (absence.pages == 1)} it"
        yield _Said(absence.place, ABSENT, "splice-absent", words)


def _pages(count: int) -> str:
    return f"{count} other page{'s' * (count > 1)}"


def _unknown(doubtful: Sequence[_Finding], peers: Support) -> dict[Run, str]:
    """The runs of which the peers know too little, with what to say of them: the surest, and what joins on to it.

    Others wait for the next pass, where they are held against a purer rest.
    """
    found = {one.run: said for one in doubtful if (said := _less_known(one, peers))}
    if not found:
        return found
    surest = max(found, key=lambda run: run.score).place
    (whole,) = (span for span in merge(run.place for run in found) if span.holds(surest))
    return {run: said for run, said in found.items() if whole.holds(run.place)}


def _less_known(one: _Finding, peers: Support) -> str:
    terms, names = peers.of(one.run.place)
    other_terms, other_names = peers.beyond(one.run.place)
    hardly = terms <= OF_TERMS * other_terms and names <= OF_NAMES * other_names
    if not hardly and not (one.confidence and terms <= OF_FLAGGED * other_terms):
        return ""
    return f"{peers.peers} pages on the same event know {names:.0%} of its names, of the rest's {other_names:.0%}"


def _grown(found: Sequence[_Finding]) -> Iterator[_Finding]:
    """What is likely, and holds one sure run, goes with it. Between two sure runs the story may go on."""
    sure = [one.run.place for one in found if one.confidence >= SURE]
    for one in found:
        likely = HOLDS_SURE <= one.confidence < SURE
        if likely and len(merge(place for place in sure if one.run.place.holds(place))) == 1:
            yield replace(one, confidence=SURE, also="a part of it is sure by itself")
        else:
            yield one


def _told(found: Sequence[_Finding]) -> Iterator[_Finding]:
    """The runs that may go, without parts of others; of those that are only shown the likeliest that meet no other."""
    sure = [one for one in found if one.confidence >= SURE]
    places = {one.run.place for one in sure}
    yield from (one for one in sure if not any(place.holds(one.run.place) for place in places - {one.run.place}))
    taken = list(sure)
    for one in sorted(found, key=lambda one: (-one.confidence, -one.run.score, one.run.place)):
        if 0 < one.confidence < SURE and not any(one.run.place.overlaps(other.run.place) for other in taken):
            taken.append(one)
            yield one


def _proposal(view: View, text: Measured, one: _Finding, action: Literal["remove", "flag"]) -> Proposal:
    lines, run = text.passages.lines, one.run
    first = _headline(view, lines[run.place.start])
    last = view.filled[-1] if run.place.end == len(text) else lines[run.place.end - 1]
    return Proposal(
        view.span(first, last),
        one.rule,
        "spliced-story",
        one.confidence,
        "; ".join(filter(None, (reason(text, run), one.also))),
        action=action,
    )


def _headline(view: View, line: int) -> int:
    """The line of the headline right above ``line``, else ``line``."""
    above = next(view.before(line), line)
    text = view.lines[above]
    return above if 15 <= len(text) < PARAGRAPH and text[-1].isalnum() and not WEB.search(text) else line
