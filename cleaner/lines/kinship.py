"""What a line shares with the page: how many of its words the story uses, the title, and the other lines.

Teasers and blurbs speak of other things than the story does; a deck, a caption or a last factual line does not.
"""

import re
from collections import Counter
from collections.abc import Iterable
from itertools import chain, compress
from typing import NamedTuple

import numpy as np
import regex

from cleaner.measures import Measures, Numbers
from cleaner.view import View

#: Words of four letters and more, by their first six; where words are not spaced, pairs of characters.
_WORD = regex.compile(r"[^\W\d_]{4,}")
_STEM = 6
#: The same in one step for lower-case ASCII, which most lines are.
_STEMS = re.compile(rf"([a-z]{{4,{_STEM}}})[a-z]*")
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]")
_PAIR = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]{2}")
#: A capital after a small letter or a comma begins a name (in German any noun).
_NAME = regex.compile(r"(?<=[\p{Ll},] )\p{Lu}[^\W\d_]{3,}")
#: A kicker ends within so many characters: "Iran war: what we know".
_KICKER = 40
#: What stands for a share of nothing.
_NONE = -1.0

KINSHIP = ("kin to story", "kin to title", "kin to page", "known names", "new words", "names", "kicker")


class _Words(NamedTuple):
    """The content words of a paragraph, and the names in it."""

    stems: set[str]
    names: list[str]


def kinship(page: Measures) -> dict[str, Numbers]:
    """An array for each of ``KINSHIP``, with a number for every paragraph. A page is asked once."""
    if (known := page.kept.get(kinship)) is None:
        known = page.kept[kinship] = _kinship(page)
    return known


def _kinship(page: Measures) -> dict[str, Numbers]:
    found = [_words(page.view, text) for text in page.texts]
    words = [one.stems for one in found]
    often = [_in_more(compress(words, page.prose), count) for count in (0, 1)]  # prose is part of the story itself
    shared = _in_more(words, 1)
    title = words[0] if words else set()
    rows = np.zeros((len(words), len(KINSHIP)))
    for place, (text, (those, names), own) in enumerate(zip(page.texts, found, page.prose.tolist(), strict=True)):
        known = len(those & often[own])
        rows[place] = (
            _share(known, those),
            _share(len(those & title) if place else len(those), those),
            _share(len(those & shared), those),
            _share(sum(map(often[own].__contains__, names)), names),
            len(those) - known,
            len(names) / max(len(those), 1),
            0 < text.find(": ") < _KICKER,
        )
    return dict(zip(KINSHIP, rows.T, strict=True))


def _words(view: View, text: str) -> _Words:
    """The words of a paragraph; a later view of the document has most paragraphs again."""
    memo: dict[str, _Words] = view.memo.setdefault(kinship, {})
    if (known := memo.get(text)) is None:
        names = [name[:_STEM].lower() for name in _NAME.findall(text)]
        known = memo[text] = _Words(stems(text), names)
    return known


def stems(text: str) -> set[str]:
    """The content words of a text, cut to what inflection leaves alike."""
    if text.isascii():
        return set(_STEMS.findall(text.lower()))
    found = {word[:_STEM].lower() for word in _WORD.findall(text)}
    if _UNSPACED.search(text):
        found = {word for word in found if not _UNSPACED.match(word)}
        found.update(_PAIR.findall(text, overlapped=True))
    return found


def _in_more(texts: Iterable[set[str]], count: int) -> set[str]:
    """The words that stand in more than ``count`` of the texts."""
    times = Counter(chain.from_iterable(texts))
    return {word for word, many in times.items() if many > count}


def _share(number: int, those: set[str] | list[str]) -> float:
    return number / len(those) if those else _NONE
