"""Lines that a learned model takes for junk, where rules found some (see :mod:`cleaner.lines`).

It weighs what the other detectors found, so it is asked after them. Prose is looked at only near what a rule wants and
at the edges of the text; what has an author's form, a list, a table, a dialogue, a recipe, is left alone.
"""

from collections.abc import Iterator, Sequence
from math import exp

import numpy as np
import regex

from cleaner.annotation import Proposal
from cleaner.context import announced, sure_junk
from cleaner.lines.kinship import kinship
from cleaner.lines.model import LineModel
from cleaner.lines.reasons import told
from cleaner.lines.signs import SIGNS, proposed, signs
from cleaner.measures import LOOKED_AT, Measures, Numbers
from cleaner.view import View

#: Prose is looked at so many lines from what a rule wants, and in these first and last parts of the lines.
_NEAR, _HEAD, _TAIL = 4, 0.03, 0.85
#: Pages with less prose have no body that lines could be held against.
_MIN_PROSE = 200
#: So many characters has a sentence, the shortest that may end a story, and a long paragraph.
_SENTENCE, _CLAUSE, _LONG = 50, 30, 200
_CARE_FOR_SENTENCES = {"text": 2.0, "dump": 1.0}
#: A line shares this much of its longer words with the story, and has so many words at least.
_AKIN = 0.65, 6
#: So many signs are named as reasons.
_TOLD = 4
#: The log-odds that an author's characters counted more in training are given back.
_CARE = 1.1
#: The category is that of the junk so near, if it is all of one: right for 94 of 100 lines whose category is known.
_BESIDE = 3

_QUESTION = regex.compile(r"(?i)(?:q|a|f|question|answer|frage|antwort|réponse|pregunta|respuesta)\s?\d{0,2}\s?[:.]\s")
_SPEAKER = regex.compile(r"\p{Lu}[\p{L}.'’ -]{1,30}:\s")
_REFERENCE = regex.compile(r"\p{Lu}[\p{L}'’-]+, \p{Lu}[^.]{0,60}\. [“\"‘]")
_NUMBERED = regex.compile(r"\d{1,2}[.)]\s")
_SAYS = regex.compile(r"[\p{L}\p{N}]")
_TABLE = regex.compile(r"\t|\|.*\d|\d.*\||\d\s+\d")
_AMOUNT = regex.compile(
    r"[\d½¼¾⅓⅔][\d/.,½¼¾ –-]*\s?"
    r"(?:g|kg|mg|ml|cl|dl|l|oz|lbs?|cups?|tbsp|tsp|teaspoons?|tablespoons?|pounds?|ounces?|EL|TL|Prise)\b"
)
#: So many lines that name a speaker make a dialogue; parts of sentences are longer than this.
_SPEAKERS, _PART = 3, 20


class LineDetector:
    """Proposes the lines that the model is sure of, at a level of ``thoroughness`` (see ``LEVELS``)."""

    def __init__(self, model: LineModel, thoroughness: float) -> None:
        self._model, self._thoroughness = model, thoroughness

    def __call__(self, view: View, found: Sequence[Proposal]) -> Iterator[Proposal]:
        view = view.joined
        page = Measures(view, sure_junk(found))
        if not page.junk.any() or page.prose_chars.sum() < _MIN_PROSE:
            return
        wanted = proposed(page, found)
        places = looked_at(page, wanted, announced(view, found))
        if not len(places):
            return
        rows = signs(page, wanted)
        trees = self._model.trees[view.page]
        odds = trees(rows[places])
        scores = odds - doubts(page)[places]
        goes = scores >= self._model.threshold(view.page, self._thoroughness)
        if not goes.any():
            return
        usual = np.median(rows[page.prose], axis=0) if page.prose.any() else np.zeros(rows.shape[1])
        for place, score, whole in zip(places[goes], scores[goes], odds[goes], strict=True):
            confidence = 1 / (1 + exp(-float(score) - _CARE))
            why = _reasons(rows[place], whole - trees.exchanged(rows[place], usual))
            around = page.categories_near(int(place), _BESIDE)
            category = around.pop() if len(around) == 1 else "other"
            span = view.span(page.paragraphs[place])
            yield Proposal(span, "line-model", category, round(confidence, 4), f"looks like junk: {why}")


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


def looked_at(page: Measures, wanted: Numbers, listed: set[int]) -> np.ndarray:
    """The places of the paragraphs that the model is asked about."""
    hit = (wanted > 0) | (page.junk > 0)
    near = hit | (page.since(hit) <= _NEAR) | (page.until(hit) <= _NEAR)
    edge = (page["place"] < _HEAD) | (page["place"] > _TAIL)
    asked = (page.junk == 0) & (~page.prose | near | edge)
    asked[[0, _title(page), max(page.headline, 0)]] = False
    speakers = sum(bool(_SPEAKER.match(text)) for text in page.texts) >= _SPEAKERS
    places = np.flatnonzero(asked)
    return places[[not _is_authors(page, int(place), listed, speakers=speakers) for place in places]]


def _title(page: Measures) -> int:
    """The first paragraph that is no sentence, and no junk for sure."""
    return int(((page.junk == 0) & (page.own["final_stop"] == 0)).argmax())


def _is_authors(page: Measures, place: int, listed: set[int], *, speakers: bool) -> bool:
    """Whether a paragraph has a form that junk hardly has, however it looks besides."""
    text = page.texts[place]
    if page.paragraphs[place] in listed or len(text) > LOOKED_AT or not _SAYS.search(text):
        return True
    if any(form.match(text) for form in (_QUESTION, _AMOUNT, _REFERENCE)) or _TABLE.search(text):
        return True
    if page.own["final_stop"][place] and _NUMBERED.match(text):
        return True
    if speakers and _SPEAKER.match(text):
        return True
    return _goes_on(page, place - 1) or _goes_on(page, place)


def _goes_on(page: Measures, place: int) -> bool:
    """Whether the sentence of a paragraph goes on in the next: a link broke it in two."""
    if place + 1 >= len(page) or page.junk[place] or page.junk[place + 1]:
        return False
    return len(page.texts[place]) > _PART and not page.own["final_stop"][place] and page.texts[place + 1][:1].islower()


def _reasons(row: np.ndarray, weight: np.ndarray) -> str:
    """The signs without which the line would have looked most like the page's own prose, in words.

    ``weight`` is by how much.
    """
    most = [SIGNS[place] for place in np.argsort(-weight, kind="stable") if weight[place] > 0]
    return ", ".join(told(most, dict(zip(SIGNS, row.tolist(), strict=True)), _TOLD))
