"""What is known of one template: counts, places, samples, and the score that ranks it."""

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field
from hashlib import blake2b
from heapq import nsmallest
from math import log2
from typing import Generic, TypeVar

from cleaner.mine.lines import Line, Neighbourhood

T = TypeVar("T", bound=Hashable)

#: Up to this many characters a template counts as short.
_SHORT = 60
#: Templates of fewer words stand in any prose by chance, so being found there says nothing of them.
TELLING_WORDS = 3
#: How far to trust one sign of place. Subheads stand outside the prose too; both signs together beat either.
_TRUST = 0.8
#: What is left of the score of templates that are sentences themselves.
_SENTENCE = 0.2


class Few(Generic[T]):
    """Some of many things, chosen by their hashes: the same ones in whatever order they come.

    >>> one, other = Few[str](2), Few[str](2)
    >>> for word in "abcdef": one.add(word)
    >>> for word in "fedcba": other.add(word)
    >>> one.kept() == other.kept()
    True
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._by_hash: dict[bytes, T] = {}

    def add(self, thing: T) -> None:
        self._by_hash[blake2b(repr(thing).encode("utf-8", "surrogatepass"), digest_size=8).digest()] = thing
        if len(self._by_hash) > self.most:
            del self._by_hash[max(self._by_hash)]

    def kept(self) -> list[T]:
        return [self._by_hash[key] for key in sorted(self._by_hash)]


@dataclass
class Find:
    """A template and where it was found.

    ``documents`` and ``occurrences`` count lines that stay. ``tenths`` counts occurrences by their place in
    the text. ``near`` are occurrences next to a line that was removed, ``outside`` those before or after all
    prose, ``sentences`` those that are prose themselves; ``in_prose`` counts documents with a longer line of
    prose that holds the template's words.
    """

    template: str
    documents: int = 0
    occurrences: int = 0
    sites: set[str] = field(default_factory=set)
    tenths: list[int] = field(default_factory=lambda: [0] * 10)
    near: int = 0
    outside: int = 0
    sentences: int = 0
    in_prose: int = 0
    categories: Counter[str] = field(default_factory=Counter)
    lines: Few[str] = field(default_factory=lambda: Few(5))
    contexts: Few[tuple[str, str, str]] = field(default_factory=lambda: Few(3))

    def count(self, found: Neighbourhood) -> None:
        above, line, below = found
        gone = [other for other in (above, below) if other and other.fate == "gone"]
        self.occurrences += 1
        self.tenths[min(9, int(line.place * 10))] += 1
        self.near += bool(gone)
        self.outside += line.outside
        self.sentences += line.prose
        self.categories.update({other.category for other in gone})
        self.lines.add(line.text)
        self.contexts.add((_shown(above), line.text, _shown(below)))

    @property
    def category(self) -> str:
        """The category of most of the removed neighbours, if most occurrences have one; else ``other``."""
        name, count = max(self.categories.items(), key=lambda item: (item[1], item[0]), default=("other", 0))
        return name if count * 2 > self.occurrences else "other"

    @property
    def score(self) -> float:
        """How much the template looks like junk: the product of four parts.

        - *recurs*: log2 of the documents plus log2 of the sites. Thousands of documents are not a thousand
          times better evidence than five.
        - *place*: the share of occurrences outside the prose and that near junk, joined as independent signs
          of which each is trusted to .8. A line that always stands between paragraphs that stay scores nothing.
        - *short*: 1 up to 60 characters, then less in proportion. What is long is seldom a label.
        - *guard*: the documents that hold it as a line among those that hold it at all, inside prose or
          as a line (from three words on); a fifth of that if most of its lines end like a sentence and
          have 80 characters or more.
        """
        recurs = log2(self.documents) + log2(len(self.sites))
        outside, near = self.outside / self.occurrences, self.near / self.occurrences
        place = 1 - (1 - _TRUST * outside) * (1 - _TRUST * near)
        short = min(1.0, _SHORT / len(self.template))
        guard = self.documents / (self.documents + self.in_prose)
        if self.sentences * 2 > self.occurrences:
            guard *= _SENTENCE
        return recurs * place * short * guard


def ranked(finds: list[Find], top: int) -> list[Find]:
    """The best ``top`` finds, best first."""
    return nsmallest(top, finds, key=lambda find: (-find.score, -find.documents, find.template))


def _shown(line: Line | None) -> str:
    """A neighbour as it is shown: removed lines are marked as in ``cleaner show`` without colour."""
    if line is None:
        return ""
    return f"[-{line.text}-]" if line.fate == "gone" else line.text
