"""Numbers about the paragraphs of a page: how they look, what stands around them, where they stand.

Scorecards weigh them. A paragraph is a filled line of the view; each measure is an array with a number
for every paragraph. What surer rules found counts as junk here. The places of the
body are found as in Pasternack and Roth, *Extracting article text from the web with maximum
subsequence segmentation* (WWW 2009).
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import regex
from numpy.typing import NDArray

from cleaner.lazy import cached_property
from cleaner.span import Span
from cleaner.view import SHORT, View, ends_sentence, is_cut_off

Numbers = NDArray[np.float64]

#: A paragraph of at least this length that ends like a sentence is prose; one of LONG always is.
PROSE, LONG = 80, 250
#: What a paragraph that is no prose takes from a run of them, in characters.
_TOLL = 45
#: Of longer paragraphs only length and ending are measured: they are prose, or at least no lines to weigh.
LOOKED_AT = 400
#: Distances are not told apart beyond this many paragraphs.
FAR = 40

_WORD = regex.compile(r"[\p{L}\p{M}]+(?:['’-]\p{L}+)*")
_SENTENCE = regex.compile(r"[.!?。！？।]['\"“”’)]?(?:\s|(?<=[。！？]))")
_QUOTE = regex.compile(r"[\"“”„«»「『]")
_ADDRESS = regex.compile(r"https?:|www\.|@|\.com\b", regex.I)
_SEPARATOR = regex.compile(r"[|·•»›]")
_YEAR = regex.compile(r"\b(?:19|20)\d\d\b")
_ADDRESSED = regex.compile(
    r"\b(?:you|your|us|our|we|sie|ihre?n?|uns|unsere?[rnm]?|wir|vous|vos|votre|nous|nos|notre|tus?|usted|su|"
    r"nuestr[oa]s?|você|seu|sua|nosso|nossa|tuo|tua|nostr[oaei]|je|jouw|uw|ons|onze)\b",
    regex.I,
)
_CALL = regex.compile(
    r"(?:read|see|watch|get|sign|subscribe|follow|share|click|join|check|visit|learn|find|download|try|shop|listen|"
    r"view|discover|explore|contact|support|donate|browse|search|log|register|buy|order|"
    r"lesen|jetzt|hier|mehr|zum|zur|abonnieren|teilen|folgen|anmelden|alle|lire|voir|découvr\w+|abonne\w*|partage\w*|"
    r"suive\w*|leer|ver|más|suscr\w+|compart\w+|síguenos|leggi|scopri|condividi|iscriviti|segui\w*|leia|veja|assine|"
    r"saiba|siga|lees|bekijk|meld|volg|deel)\b",
    regex.I,
)
#: Short words that sentences of many languages are held together by.
_GLUE = frozenset(
    """
    the a an of in on at to by for with and or from that is was are were be been it he she they his her its their as
    has had have will would this not but who which when de la le les der die das und et el en y du des que un una une
    los las del dem den ein eine ist il lo gli e di da per con do dos o os em um uma na no para com het een van dat i
    och att som det på är og til av er nie się że jest w z do и в на не что с по из к
    """.split()  # noqa: SIM905
)


class _Own(NamedTuple):
    """What a paragraph shows by itself."""

    chars: float
    words: float
    final_stop: float
    colon: float
    question: float
    exclamation: float
    lower_start: float
    glue: float
    capitals: float
    all_capitals: float
    digits: float
    sentences: float
    quote: float
    commas: float
    addressed: float
    address: float
    bullet: float
    separator: float
    year: float
    call: float
    cut_off: float


_NOTHING = _Own(*[0.0] * len(_Own._fields))


def _own(text: str) -> _Own:
    if len(text) > LOOKED_AT:
        return _NOTHING._replace(
            chars=min(len(text), 1000), words=len(text) // 6, final_stop=ends_sentence(text), cut_off=is_cut_off(text)
        )
    words = _WORD.findall(text)
    many = max(len(words), 1)
    last = text[-1:]
    return _Own(
        chars=min(len(text), 1000),
        words=min(len(words), 150),
        final_stop=ends_sentence(text),
        colon=last == ":",
        question=last in "?？؟",
        exclamation="!" in text,
        lower_start=bool(words) and words[0][0].islower(),
        glue=sum(word.lower() in _GLUE for word in words) / many,
        capitals=sum(word[0].isupper() for word in words) / many,
        all_capitals=text.isupper(),
        digits=sum(map(str.isdigit, text)) / max(len(text), 1),
        sentences=len(_SENTENCE.findall(text)),
        quote=bool(_QUOTE.search(text)),
        commas=text.count(",") / many,
        addressed=bool(_ADDRESSED.search(text)),
        address=bool(_ADDRESS.search(text)),
        bullet=text[:1] in "-•*·–—▪»›|",
        separator=bool(_SEPARATOR.search(text)),
        year=bool(_YEAR.search(text)),
        call=bool(_CALL.match(text)),
        cut_off=is_cut_off(text),
    )


#: Short lines come again in other texts: menus, labels, buttons.
_own_of_short = lru_cache(maxsize=10_000)(_own)


class Measures:
    """All measures of a page. ``sure`` are the spans that count as junk, each with its category.

    >>> measures = Measures(View("Home\\n\\nThe dam held.\\n\\nShare"), [(Span(0, 4), "navigation")])
    >>> measures["words"], measures["junk-before"]
    (array([1., 3., 1.]), array([40.,  1.,  2.]))
    """

    def __init__(self, view: View, sure: Iterable[tuple[Span, str]]) -> None:
        self.view = view
        self.paragraphs = view.filled
        self._known: dict[str, Numbers] = {}
        #: What others worked out of this page, each under its own key, so that no one need do it twice.
        self.kept: dict[Any, Any] = {}
        covered = np.zeros(len(view.lines))
        self._categories: dict[str, set[int]] = {}
        for span, category in sure:
            for number in range(view.line_at(span.start), view.line_at(span.end - 1) + 1):
                line = view.span(number)
                covered[number] += min(span.end, line.end) - max(span.start, line.start)
                self._categories.setdefault(category, set()).add(number)
        lengths = np.array([len(view.lines[number]) for number in self.paragraphs])
        self.junk: Numbers = (covered[self.paragraphs] > 0.5 * lengths).astype(float)

    def __getitem__(self, name: str) -> Numbers:
        """The measure of that name, of every paragraph. Raises ``KeyError`` if there is none."""
        if name not in self._known:
            self._known[name] = np.asarray(MEASURES[name](self), dtype=float)
        return self._known[name]

    def __len__(self) -> int:
        return len(self.paragraphs)

    @cached_property
    def texts(self) -> list[str]:
        return [self.view.lines[number].strip() for number in self.paragraphs]

    @cached_property
    def own(self) -> dict[str, Numbers]:
        """What each paragraph shows by itself, an array for each measure."""
        memo: dict[str, _Own] = self.view.memo.setdefault(Measures, {})
        rows: list[_Own] = []
        for text in self.texts:
            if (row := memo.get(text)) is None:
                row = memo[text] = _own_of_short(text) if len(text) <= SHORT else _own(text)
            rows.append(row)
        columns = np.array(rows, dtype=float).reshape(-1, len(_Own._fields)).T
        return dict(zip(_Own._fields, columns, strict=True))

    @cached_property
    def prose(self) -> NDArray[np.bool_]:
        long = (self.own["chars"] >= PROSE) & (self.own["final_stop"] > self.own["cut_off"])
        return (long | (self.own["chars"] >= LONG)) & (self.junk == 0)

    @cached_property
    def short(self) -> NDArray[np.bool_]:
        return (self.own["chars"] < PROSE) & (self.own["final_stop"] == 0)

    @cached_property
    def body(self) -> tuple[int, int]:
        """The first and the last paragraph of the run with the most prose in it; (n, -1) if there is none."""
        gain = np.where(self.prose, np.minimum(self.own["chars"], 600), -_TOLL)
        sums = np.concatenate([[0], np.cumsum(gain)])
        low = np.minimum.accumulate(sums)
        rise = sums - low
        if not len(gain) or rise.max() <= 0:
            return len(gain), -1
        end = int(rise.argmax())
        start = int(np.flatnonzero(sums[: end + 1] == low[end])[-1])
        return start, end - 1

    @cached_property
    def headline(self) -> int:
        """The first paragraph that stands in the page's title, its first line, too; -1 if none does."""
        first = self.texts[0] if self.texts else ""
        return next(
            (
                place
                for place, text in enumerate(self.texts)
                if place and 20 <= len(text) <= 200 and text.rstrip(".") in first
            ),
            -1,
        )

    @cached_property
    def prose_chars(self) -> Numbers:
        return self.own["chars"] * self.prose

    @cached_property
    def prose_to(self) -> Numbers:
        """The characters of prose up to each paragraph, itself included."""
        return np.cumsum(self.prose_chars)

    def since(self, marks: NDArray[np.bool_]) -> Numbers:
        """How many paragraphs above the last marked one stands; FAR if none does. A mark does not see itself."""
        places = np.arange(len(marks))
        last = np.maximum.accumulate(np.where(marks, places, -FAR))
        return np.minimum(places - np.concatenate([[-FAR], last])[:-1], FAR).astype(float)

    def until(self, marks: NDArray[np.bool_]) -> Numbers:
        """The same downward."""
        return self.since(marks[::-1])[::-1]

    def share(self, marks: NDArray, reach: int) -> Numbers:
        """The share of marked ones among the paragraphs up to ``reach`` away, the one itself left out."""
        size = len(marks)
        sums = np.concatenate([[0], np.cumsum(marks)])
        places = np.arange(size)
        low, high = np.maximum(places - reach, 0), np.minimum(places + reach + 1, size)
        return (sums[high] - sums[low] - marks) / np.maximum(high - low - 1, 1)

    def below(self, category: str) -> Numbers:
        """How far above the last junk of a category stands."""
        if not (those := self._categories.get(category)):
            return np.full(len(self), float(FAR))
        return self.since((self.junk > 0) & np.array([number in those for number in self.paragraphs], dtype=bool))

    def categories_near(self, place: int, reach: int) -> set[str]:
        """The categories of the junk up to ``reach`` paragraphs away."""
        near = self.paragraphs[max(0, place - reach) : place + reach + 1]
        return {category for category, those in self._categories.items() if not those.isdisjoint(near)}


def _shifted(numbers: Numbers, by: int) -> Numbers:
    """The neighbour's number; -1 where there is no neighbour."""
    padded = np.concatenate([[-1.0], numbers, [-1.0]])
    return padded[1 + by : len(numbers) + 1 + by]


def _everywhere(marks: NDArray) -> Numbers:
    """The share of marked paragraphs of the whole page, the same for each."""
    return np.full(len(marks), marks.mean() if len(marks) else 0.0)


def _above(page: Measures) -> Numbers:
    return page.prose_to - page.prose_chars


def _below(page: Measures) -> Numbers:
    return page.prose_chars.sum() - page.prose_to


def _runs(page: Measures) -> Numbers:
    """The length of the run of short paragraphs that each stands in."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], page.short.astype(int), [0]])))
    runs = np.zeros(len(page))
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        runs[first:end] = end - first
    return runs


def _repeats(page: Measures) -> list[int]:
    seen: dict[str, int] = {}
    counts = []
    for text in page.texts:
        counts.append(seen.get(text, 0))
        seen[text] = counts[-1] + 1
    return counts


def _before_headline(page: Measures) -> Numbers:
    return (np.arange(len(page)) < page.headline).astype(float)


def _place(page: Measures) -> Numbers:
    return np.arange(len(page)) / max(len(page) - 1, 1)


Measure = Callable[[Measures], Iterable[float] | Numbers]


def _own_measure(name: str) -> Measure:
    return lambda page: page.own[name]


def _category_measure(category: str) -> Measure:
    return lambda page: page.below(category)


#: Name in rule files -> what it measures.
MEASURES: dict[str, Measure] = {
    **{name.replace("_", "-"): _own_measure(name) for name in _Own._fields},
    "repeats": _repeats,
    "previous-chars": lambda page: _shifted(page.own["chars"], -1),
    "next-chars": lambda page: _shifted(page.own["chars"], 1),
    "previous-colon": lambda page: _shifted(page.own["colon"], -1),
    "previous-final-stop": lambda page: _shifted(page.own["final_stop"], -1),
    "next-final-stop": lambda page: _shifted(page.own["final_stop"], 1),
    "previous-digits": lambda page: _shifted(page.own["digits"], -1),
    "next-digits": lambda page: _shifted(page.own["digits"], 1),
    "run": _runs,
    "before-prose": lambda page: _above(page) == 0,
    "after-prose": lambda page: _below(page) == 0,
    "prose-above": _above,
    "prose-below": _below,
    "share-above": lambda page: _above(page) / max(page.prose_chars.sum(), 1),
    "share-below": lambda page: _below(page) / max(page.prose_chars.sum(), 1),
    "to-prose-above": lambda page: page.since(page.prose),
    "to-prose-below": lambda page: page.until(page.prose),
    "before-body": lambda page: np.maximum(page.body[0] - np.arange(len(page)), 0),
    "after-body": lambda page: np.maximum(np.arange(len(page)) - page.body[1], 0),
    "before-headline": _before_headline,
    "no-headline": lambda page: np.full(len(page), page.headline < 0),
    "after-headline": lambda page: np.where(_before_headline(page), FAR, np.arange(len(page)) - page.headline),
    "place": _place,
    "junk-before": lambda page: page.since(page.junk > 0),
    "junk-after": lambda page: page.until(page.junk > 0),
    "junk-within-1": lambda page: page.share(page.junk, 1),
    "junk-within-2": lambda page: page.share(page.junk, 2),
    "junk-within-5": lambda page: page.share(page.junk, 5),
    "junk-within-10": lambda page: page.share(page.junk, 10),
    "prose-within-2": lambda page: page.share(page.prose, 2),
    "prose-within-5": lambda page: page.share(page.prose, 5),
    "short-within-5": lambda page: page.share(page.short, 5),
    **{
        f"below-{category}": _category_measure(category)
        for category in ("related", "comments", "share", "newsletter", "copyright", "navigation", "author-bio")
    },
    "page-prose": lambda page: _everywhere(page.prose),
    "page-junk": lambda page: _everywhere(page.junk),
}
