"""Lines that a learned model takes for junk, where rules found some (see :mod:`cleaner.lines`).

It weighs what the other detectors found, so it is asked after them: single lines, each sure enough by itself, and the
ending of the page, sure as a whole. Prose is looked at only near what a rule wants and at the edges of the text; what
has an author's form, a list, a table, a dialogue, a recipe, is left alone, and so are bylines and dates.
"""

from collections.abc import Iterator, Sequence
from math import exp, log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cleaner.annotation import Proposal
from cleaner.categories import THRESHOLDS
from cleaner.context import announced, reserved, sure_junk
from cleaner.forms import Forms
from cleaner.lines.ending import Places, asked, ending
from cleaner.lines.kinship import kinship
from cleaner.lines.model import LineModel
from cleaner.lines.reasons import told
from cleaner.lines.signs import SIGNS, proposed, signs
from cleaner.measures import LOOKED_AT, Measures, Numbers
from cleaner.trees import Trees
from cleaner.view import View

#: Prose is looked at so many lines from what a rule wants, and in these first and last parts of the lines.
_NEAR, _HEAD, _TAIL = 4, 0.03, 0.85
#: Pages with less prose have no body that lines could be held against; no ending begins before so much of it.
_MIN_PROSE, _STORY = 200, 300
#: A page with fewer lines of junk is no proof that there is more amid the text.
_MIN_JUNK = 3
#: A line below the title that is no shorter is its deck.
_DECK = 25
#: So many characters has a sentence, the shortest that may end a story, and a long paragraph.
_SENTENCE, _CLAUSE, _LONG = 50, 30, 200
_CARE_FOR_SENTENCES = {"text": 2.0, "dump": 1.0}
#: A line shares this much of its longer words with the story, and has so many words at least.
_AKIN = 0.65, 6
#: So many signs are named as reasons.
_TOLD = 4
#: The log-odds of a proposal that the profile ``article`` just carries out; a line at the level's threshold has them.
_ARTICLE = log(THRESHOLDS["article"] / (1 - THRESHOLDS["article"]))
#: The category is that of the junk so near, if it is all of one: right for 94 of 100 lines whose category is known.
_BESIDE = 3


class Looked(NamedTuple):
    """Where the model looks: at lines by themselves, and at those that may be the ending."""

    singles: Places
    last: Places
    forms: Forms


class LineDetector:
    """Proposes what the model is sure of, at a level of ``thoroughness`` (see ``LEVELS``)."""

    def __init__(self, model: LineModel, thoroughness: float) -> None:
        self._model, self._thoroughness = model, thoroughness

    def __call__(self, view: View, found: Sequence[Proposal]) -> Iterator[Proposal]:
        view = view.joined
        page = Measures(view, sure_junk(found))
        wanted = proposed(page, found)
        at = looked_at(page, wanted, found)
        if not (len(at.singles) or len(at.last)):
            return
        rows = signs(page, wanted)
        trees = self._model.trees[view.page]
        threshold = self._model.threshold(view.page, self._thoroughness)
        passed: dict[int, tuple[float, str]] = {}
        places, odds = asked(at.last, lambda those: trees(rows[those]), at.forms.authors)
        if end := ending(odds, page.own["chars"][places], threshold):
            begins = f"the {end.lines} last lines that no rule takes look like junk together"
            passed = dict.fromkeys(places[-end.lines :].tolist(), (end.margin, f"{begins}, this one: "))
        margins = trees(rows[at.singles]) - doubts(page)[at.singles] - threshold
        for place, margin in zip(at.singles.tolist(), margins.tolist(), strict=True):
            if margin >= passed.get(place, (0.0, ""))[0]:
                passed[place] = margin, "looks like junk: "
        usual = np.median(rows[page.prose], axis=0) if passed and page.prose.any() else np.zeros(rows.shape[1])
        for place, (margin, why) in sorted(passed.items()):
            confidence = round(1 / (1 + exp(-margin - _ARTICLE)), 4)
            around = page.categories_near(place, _BESIDE)
            category = around.pop() if len(around) == 1 else "other"
            reasons = ", ".join(_signs_of(trees, rows[place], usual))
            yield Proposal(view.span(page.paragraphs[place]), "line-model", category, confidence, why + reasons)


def doubts(page: Measures) -> Numbers:
    """What is taken off the log-odds of each paragraph: losing a sentence is worse than leaving a line.

    For a sentence most, once more for a long one, once for what speaks of the same as the story, and once for what
    follows prose as a sentence: often it is the last of the story.
    """
    own = page.own
    long = own["chars"] >= _LONG
    sentence = long | (own["chars"] >= _SENTENCE) & (own["final_stop"] > 0)
    akin = (kinship(page)["kin to story"] >= _AKIN[0]) & (own["words"] >= _AKIN[1])
    follows = (own["chars"] >= _CLAUSE) & (own["final_stop"] > 0) & (page.since(page.prose) <= 1)
    return np.sum([_CARE_FOR_SENTENCES[page.view.page] * sentence, long, akin, follows], axis=0, dtype=float)


def looked_at(page: Measures, wanted: Numbers, found: Sequence[Proposal]) -> Looked:
    """The places of the paragraphs that the model is asked about. ``wanted`` is what ``proposed`` gives."""
    nothing = np.zeros(0, dtype=np.intp)
    if not page.junk.any() or page.prose_chars.sum() < _MIN_PROSE:
        return Looked(nothing, nothing, Forms(page, ()))
    forms = Forms(page, announced(page.view, found))
    free = (page.junk == 0) & ~np.isin(page.paragraphs, list(reserved(page.view, found))) & ~_titles(page)
    last = np.flatnonzero(free & (page["prose-above"] >= _STORY))
    if page.junk.sum() < _MIN_JUNK:
        return Looked(nothing, last, forms)
    hit = (wanted > 0) | (page.junk > 0)
    near = hit | (page.since(hit) <= _NEAR) | (page.until(hit) <= _NEAR)
    edge = (page["place"] < _HEAD) | (page["place"] > _TAIL)
    short = page.own["chars"] <= LOOKED_AT
    singles = np.flatnonzero(free & short & (~page.prose | near | edge))
    return Looked(singles[[not forms.authors(place) for place in singles.tolist()]], last, forms)


def _titles(page: Measures) -> NDArray[np.bool_]:
    """The first line, the headline, the first line that is no sentence nor junk for sure, and the decks below them."""
    unsure = (page.junk == 0) & (page.own["final_stop"] == 0)
    titles = np.zeros(len(page) + 1, dtype=bool)
    titles[[0, max(page.headline, 0), int(unsure.argmax())]] = True
    return titles[:-1] | np.roll(titles, 1)[:-1] & (page.own["chars"] >= _DECK)


def _signs_of(trees: Trees, row: np.ndarray, usual: np.ndarray) -> Iterator[str]:
    """The signs without which the line would have looked most like the page's own prose, in words."""
    weight = trees(row[None, :])[0] - trees.exchanged(row, usual)
    most = [SIGNS[place] for place in np.argsort(-weight, kind="stable") if weight[place] > 0]
    return told(most, dict(zip(SIGNS, row.tolist(), strict=True)), _TOLD)
