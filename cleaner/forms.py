"""What has an author's form, however it looks besides: tables, recipes, dialogues, interviews, references, dates.

Asked of single paragraphs of a page; what it takes to know of the whole page is worked out once.
"""

from collections.abc import Iterable

import numpy as np
import regex
from numpy.typing import NDArray

from cleaner.lazy import cached_property
from cleaner.measures import LOOKED_AT, Measures

_QUESTION = regex.compile(r"(?i)(?:q|a|f|question|answer|frage|antwort|réponse|pregunta|respuesta)\s?\d{0,2}\s?[:.]\s")
_SPEAKER = regex.compile(r"\p{Lu}[\p{L}.'’ -]{1,30}:\s")
_REFERENCE = regex.compile(r"\p{Lu}[\p{L}'’-]+, \p{Lu}[^.]{0,60}\. [“\"‘]")
_NUMBERED = regex.compile(r"\d{1,2}[.)]\s")
#: When a page was published or updated is its own to say; other dates rules know.
_DATED = regex.compile(
    r"(?i)(?:last |zuletzt |dernière )?(?:updated|published|posted|aktualisiert|veröffentlicht|mise? à jour|publiée?|"
    r"actualizado|publicado|atualizado|aggiornato|pubblicato|bijgewerkt|gepubliceerd|uppdaterad|publicerad)\b.{0,40}\d"
)
_SAYS = regex.compile(r"[\p{L}\p{N}]")
_TABLE = regex.compile(r"\t|\|.*\d|\d.*\||\d\s+\d")
_AMOUNT = regex.compile(
    r"[\d½¼¾⅓⅔][\d/.,½¼¾ –-]*\s?"
    r"(?:g|kg|mg|ml|cl|dl|l|oz|lbs?|cups?|tbsp|tsp|teaspoons?|tablespoons?|pounds?|ounces?|EL|TL|Prise)\b"
)
#: Lines of one of these forms are a series if there are several: years of a history, results, letters to the editor.
_SERIES = (
    regex.compile(r"(?:\p{L}+ )?(?:1[89]|20)\d\d: "),
    regex.compile(r"\p{Lu}[\p{L}.'’ -]{2,30} \d{1,3}$"),
    regex.compile(r"(?:Sir|Madam|Dear Editor)\b[ ,–—-]"),
)
#: So many lines make a dialogue, an interview, a recipe or a series; parts of sentences are longer than ``_PART``.
_SEVERAL, _PART = 3, 20
#: What stands so near to an amount is of the recipe. Longer lines are no question of an interview.
_BY_AMOUNT, _ASKED = 3, 200


class Forms:
    """The author's forms on a page. ``listed`` are the lines of the view that a sentence of the author's announces.

    >>> from cleaner.view import View
    >>> forms = Forms(Measures(View("1. Fill the pan.\\nShare"), []), set())
    >>> forms.authors(0), forms.authors(1)
    (True, False)
    """

    def __init__(self, page: Measures, listed: Iterable[int]) -> None:
        self._page, self._listed = page, set(listed)

    def authors(self, place: int) -> bool:
        """Whether the paragraph has a form that junk hardly has."""
        text, own = self._page.texts[place], self._page.own
        if self._page.paragraphs[place] in self._listed or not _SAYS.search(text):
            return True
        if len(text) > LOOKED_AT:
            return False
        if any(form.match(text) for form in (_QUESTION, _AMOUNT, _REFERENCE, _DATED)) or _TABLE.search(text):
            return True
        if own["final_stop"][place] and (own["quote"][place] or _NUMBERED.match(text)):
            return True
        return bool(self._in_series[place]) or self._goes_on(place - 1) or self._goes_on(place)

    def _goes_on(self, place: int) -> bool:
        """Whether the sentence of a paragraph goes on in the next: a link broke it in two."""
        page = self._page
        if not 0 <= place < len(page) - 1 or page.junk[place] or page.junk[place + 1]:
            return False
        text, following = page.texts[place], page.texts[place + 1]
        return len(text) > _PART and not page.own["final_stop"][place] and following[:1].islower()

    @cached_property
    def _in_series(self) -> NDArray[np.bool_]:
        """Lines of dialogues, interviews, recipes and other series."""
        found = self._interview | self._recipe
        for form in (_SPEAKER, *_SERIES):
            found |= _several(self._those(form))
        return found

    def _those(self, form: regex.Pattern[str]) -> NDArray[np.bool_]:
        return np.array([bool(form.match(text)) for text in self._page.texts]) & (self._page.junk == 0)

    @property
    def _interview(self) -> NDArray[np.bool_]:
        """Questions and the lines below them."""
        own = self._page.own
        asks = _several((own["question"] > 0) & (own["chars"] < _ASKED) & (self._page.junk == 0))
        return asks | np.concatenate([[False], asks[:-1]])

    @property
    def _recipe(self) -> NDArray[np.bool_]:
        """What stands by the amounts, and every sentence."""
        page = self._page
        amounts = _several(self._those(_AMOUNT))
        if not amounts.any():
            return amounts
        near = (page.since(amounts) <= _BY_AMOUNT) | (page.until(amounts) <= _BY_AMOUNT)
        return near | (page.own["final_stop"] > 0)


def _several(marks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return marks if marks.sum() >= _SEVERAL else np.zeros_like(marks)
