"""What a line shares with the page: how many of its words the story uses, the title, and the other lines.

Teasers and blurbs speak of other things than the story does; a deck, a caption or a last factual line does not.
"""

from collections import Counter
from collections.abc import Iterable
from itertools import compress

import numpy as np
import regex

from cleaner.measures import Measures, Numbers

#: Words of four letters and more, by their first six; where words are not spaced, pairs of characters.
_WORD = regex.compile(r"[^\W\d_]{4,}")
_STEM = 6
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]")
_PAIR = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]{2}")
#: A capital after a small letter or a comma begins a name (in German any noun).
_NAME = regex.compile(r"(?<=[\p{Ll},] )\p{Lu}[^\W\d_]{3,}")
#: A kicker ends within so many characters: "Iran war: what we know".
_KICKER = 40
#: What stands for a share of nothing.
_NONE = -1.0

KINSHIP = ("kin to story", "kin to title", "kin to page", "known names", "new words", "names", "kicker")


def kinship(page: Measures) -> dict[str, Numbers]:
    """An array for each of ``KINSHIP``, with a number for every paragraph."""
    words = [stems(text) for text in page.texts]
    story = _counted(compress(words, page.prose))
    everywhere = _counted(words)
    title = words[0] if words else set()
    rows = np.zeros((len(words), len(KINSHIP)))
    for place, (text, those, own) in enumerate(zip(page.texts, words, page.prose.tolist(), strict=True)):
        names = [name[:_STEM].lower() for name in _NAME.findall(text)]
        known = sum(story[word] > own for word in those)
        rows[place] = (
            _share(known, those),
            _share(len(those & title) if place else len(those), those),
            _share(sum(everywhere[word] > 1 for word in those), those),
            _share(sum(story[name] > own for name in names), names),
            len(those) - known,
            len(names) / max(len(those), 1),
            0 < text.find(": ") < _KICKER,
        )
    return dict(zip(KINSHIP, rows.T, strict=True))


def stems(text: str) -> set[str]:
    """The content words of a text, cut to what inflection leaves alike."""
    found = {word[:_STEM].lower() for word in _WORD.findall(text)}
    if _UNSPACED.search(text):
        found = {word for word in found if not _UNSPACED.match(word)}
        found.update(_PAIR.findall(text, overlapped=True))
    return found


def _counted(texts: Iterable[set[str]]) -> Counter[str]:
    """In how many texts each word stands."""
    return Counter(word for words in texts for word in words)


def _share(number: int, those: set[str] | list[str]) -> float:
    return number / len(those) if those else _NONE
