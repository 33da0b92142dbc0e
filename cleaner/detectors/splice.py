"""A story on another subject that a scraper glued below the article, until the end of the text.

Every paragraph that may open a story is a *seam*. What stands below it is held against what stands above:
a story that goes on brings back its people and its words. Linear weights add up how foreign the rest looks;
the most foreign rest is proposed if it passes a strict threshold.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from cleaner.annotation import Proposal
from cleaner.view import View

#: Shorter sides have too few names and words to be judged.
MIN_ABOVE, MIN_BELOW, MIN_BELOW_PARAGRAPHS = 800, 600, 3
MIN_CHARS, MIN_PARAGRAPHS = 2_000, 8
#: Longer texts are books, threads and dumps: the longest of the 9,557 articles the weights know has 50,506.
MAX_CHARS, MAX_PARAGRAPHS = 200_000, 400
#: Shorter lines are labels and headlines.
PARAGRAPH = 60
#: Share of lines that are prose; dumps of whole pages have less.
MIN_PROSE = 0.25
#: Share of words from the list below. Of 956 articles the least had .37, the median .56; made-up German, Dutch and
#: French, with as many words of the list as they can bear, .17 to .29.
MIN_COMMON = 0.33
#: One article in forty has more text than this, too few to know what still more above should weigh.
ENOUGH_ABOVE = 15_000

# Logistic regression, fitted on 5,702 genuine and 4,942 spliced documents of one half of the publishers,
# while "I" still counted as a name. At this threshold 3 of 5,000 genuine documents of all publishers are
# cut, and 31 % of the foreign characters of easy splices found.
THRESHOLD = 2.75
#: Added when all main names go and others come. Alone it fits 1 genuine document in 5,702 and 93 true seams.
ANOTHER_CAST = 2.5
BIAS = -12.91
# fmt: off
WEIGHTS = {
    "words return": -6.60, "main words return": -2.75, "main words gone": 0.37,
    "opening words known": -3.83, "names return": -0.40, "names alike": -0.41, "main names return": -1.39,
    "own names": 0.16, "own words": 3.71, "room above": 1.46,
    "marks": -0.45, "length": -0.36,
    "headline": 1.16, "weekday": 0.91, "dateline": 2.94,
}
# fmt: on

# Too common to tell stories apart: function words, reporting words, the names on every front page.
_COMMON_WORDS = """
a about across act added afp after again against ago all almost along already also always am america american
americans among an and another any ap april are around as asked at august away back barack be became because become
been before being better between big bill both britain but by california called came can case center city clinton cnn
come committee congress could county court day days december democrat democratic democrats department did do does
donald down dr during each early east end europe european even ever every facebook far february few find first for
former found four fox friday from general get give given go going good gop got gov government great group had has have
he help her here high hillary him himself his house how however i if in including into is it its itself january july
june just justice keep know last later leader least led left less like little london long look lot made make making
many march may me media members might million minister monday month months more most mr mrs ms much must my national
need never new news next no north not november now number obama october of off office official officials on once one
only or other our out over own part party past people per percent place point post president press prime public put
question read really recent recently rep report reported reports republican republicans reuters right russia s said
same saturday say saying says second secretary security see sen senate september set several she should show since so
some something south state statement states still story street such sunday support take tell texas than that the their
them then there these they thing things think this those though three through thursday time times to today told took
trump tuesday twitter two uk under union united university until up us use used using very want was washington way we
wednesday week weeks well went were west what when where whether which while white who whose why will with within
without work world would year years yet york you your
"""
_COMMON = frozenset(_COMMON_WORDS.split())
_TOKEN = re.compile(r"(\W{0,20})(\w+(?:['’&-](?!s\b)\w+)*)")
_SENTENCE_OPENS = frozenset('.!?:“"‘([—–|•*')
_WEB = re.compile(
    r"(?i)\bcookies?\b|\bbrowser\b|newsletter|subscribe|sign up|click here|privacy|copyright|rights reserved|advertis"
)
#: No story opens so (of spliced ones 9 % do): it answers to the sentence before, or numbers a list.
_ANSWERS = re.compile(
    r"[\"“‘'\[]|\d{1,2}[.)]|UPDATE|(?:And|But|Or|Yet|So|Still|Then|He|She|They|It|His|Her|Their|Its|This|That|These|"
    r"Those|Such|Also|However|Meanwhile|Instead|Indeed|Another|Others?|Both|Nor)\b"
)
#: Round-ups, live blogs, lists and interviews mark their parts: "2)", "POLL CHECK", "Weather: …", "___".
_MARK = re.compile(
    r"\W*(?:#?\d{1,2}(?:[.)]|:(?!\d))|[A-Z]\.|UPDATE|[A-Z][A-Z'’,& -]{5,}(?:[-–—:?!.]|\Z)"
    r"|[A-Z][\w .’'-]{2,40}(?:: (?![\"“‘])| [-–] ))|[_*\[]|\W{3,}\Z"
)
_DATELINE = re.compile(
    r"\W*(?:[A-Z][A-Z., ]{3,}[\w ,.]{0,30}(?:\([\w ]+\))? ?[—–-]|\([A-Z][\w ]{1,20}\)|[A-Z]\w+ \(\w+\))"
)
_WEEKDAY = re.compile(r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b")


class _Paragraph(NamedTuple):
    line: int
    text: str
    names: list[str]
    words: list[str]


def propose_splices(view: View) -> Iterator[Proposal]:
    """Proposes at most one rest of the text; none in the dump of a whole page, whose first story is its menu."""
    if MIN_CHARS <= len(view.text) <= MAX_CHARS and len(view.prose) >= MIN_PROSE * len(view.filled):
        score, line, reason = max(_seams(view, _paragraphs(view)), default=(0.0, 0, ""))
        if score >= THRESHOLD:
            span = view.span(_headline(view, line), view.filled[-1])
            yield Proposal(span, "splice-tail", "spliced-story", 0.9, reason)


def _paragraphs(view: View) -> list[_Paragraph]:
    """The paragraphs without web junk; none when they are too few, too many, or not English."""
    numbers = [n for n in view.filled if len(view.lines[n]) >= PARAGRAPH and not _WEB.search(view.lines[n])]
    if not MIN_PARAGRAPHS <= len(numbers) <= MAX_PARAGRAPHS:
        return []
    tokens = [_TOKEN.findall(view.lines[n]) for n in numbers]
    common = sum(token.lower() in _COMMON for line in tokens for _, token in line)
    if common < MIN_COMMON * sum(map(len, tokens)):
        return []
    names = _names(tokens)
    return [_Paragraph(n, view.lines[n], *_split(line, names)) for n, line in zip(numbers, tokens, strict=True)]


def _names(tokens: Sequence[list[tuple[str, str]]]) -> set[str]:
    """Tokens that have a capital inside a sentence, and nowhere go without."""
    seen = {token for line in tokens for _, token in line}
    inside = {t for line in tokens for gap, t in line[1:] if t[0].isupper() and _SENTENCE_OPENS.isdisjoint(gap)}
    return {t for t in inside if t.lower() not in seen and t.lower() not in _COMMON}


def _split(line: list[tuple[str, str]], names: set[str]) -> tuple[list[str], list[str]]:
    """The names of a line, and its other uncommon words: six letters of them, in place of a stemmer."""
    rest = (token.lower() for _, token in line if token not in names)
    words = [word[:6] for word in rest if len(word) > 3 and word.isalpha() and word not in _COMMON]
    return [token for _, token in line if token in names], words


@dataclass(slots=True)
class _Flow:
    """What stands above and below a seam that moves down, kept up to date token by token."""

    below: Counter[str]
    above: Counter[str] = field(default_factory=Counter)
    kinds: int = 0  # kinds below
    returning: int = 0  # of these, kinds found above too
    own: int = 0  # kinds found below only, and twice: what the rest is about
    main: int = 0  # kinds found three times above: what the story is about
    main_returning: int = 0
    dot: int = 0
    squares_above: int = 0
    squares_below: int = 0

    def __post_init__(self) -> None:
        self.kinds = len(self.below)
        self.own = sum(count > 1 for count in self.below.values())
        self.squares_below = sum(count * count for count in self.below.values())

    def move(self, tokens: Sequence[str]) -> None:
        """Moves the seam below ``tokens``."""
        for token in tokens:
            above, below = self.above[token], self.below[token]
            self.kinds -= below == 1
            self.returning += (above == 0) - (below == 1)
            self.own -= above == 0 and below > 1
            self.main += above == 2
            self.main_returning += (above == 2 and below > 1) - (above > 2 and below == 1)
            self.dot += below - above - 1
            self.squares_above += 2 * above + 1
            self.squares_below -= 2 * below - 1
            self.above[token], self.below[token] = above + 1, below - 1

    def gone(self) -> int:
        return self.main - self.main_returning

    def main_share(self) -> float:
        return (self.main_returning + 0.3) / (self.main + 1)

    def cosine(self) -> float:
        return self.dot / math.sqrt(max(1, self.squares_above * self.squares_below))


def _seams(view: View, paragraphs: Sequence[_Paragraph]) -> Iterator[tuple[float, int, str]]:
    """The score of each seam, its line, and why the story below it may be foreign."""
    names = _Flow(Counter(name for one in paragraphs for name in one.names))
    words = _Flow(Counter(word for one in paragraphs for word in one.words))
    above, below = 0, sum(len(one.text) for one in paragraphs)
    marks = math.log1p(sum(bool(_MARK.match(view.lines[n])) for n in view.filled)) if paragraphs else 0.0
    for rank, one in enumerate(paragraphs[: 1 - MIN_BELOW_PARAGRAPHS]):
        if above >= MIN_ABOVE and below >= MIN_BELOW and not _ANSWERS.match(one.text):
            opening = [word for near in paragraphs[rank : rank + 3] for word in near.words]
            evidence = _cohesion(names, words, opening) | _lead(view, one)
            evidence |= {"marks": marks, "room above": math.log(min(above, ENOUGH_ABOVE))}
            score = BIAS + ANOTHER_CAST * _another_cast(names, words)
            score += sum(WEIGHTS[key] * value for key, value in evidence.items())
            yield score, one.line, _reason(names, evidence)
        names.move(one.names)
        words.move(one.words)
        above, below = above + len(one.text), below - len(one.text)


def _another_cast(names: _Flow, words: _Flow) -> bool:
    replaced = names.gone() >= 6 and names.own >= 6
    return replaced and names.main_share() <= 0.2 and names.cosine() <= 0.03 and words.main_share() <= 0.25


def _cohesion(names: _Flow, words: _Flow, opening: Sequence[str]) -> dict[str, float]:
    """What ties the rest to the story above, and what the rest has of its own."""
    return {
        "names return": math.log1p(names.returning),
        "names alike": math.log(0.03 + names.cosine()),
        "main names return": names.main_share(),
        "words return": words.returning / (words.kinds + 1),
        "main words return": words.main_share(),
        "main words gone": math.log1p(words.gone()),
        "opening words known": sum(words.above[word] > 0 for word in opening) / (len(opening) + 1),
        "own names": math.log1p(names.own),
        "own words": math.log1p(words.own) / math.log(words.kinds + 2),
    }


def _lead(view: View, one: _Paragraph) -> dict[str, float]:
    return {
        "dateline": float(bool(_DATELINE.match(one.text))),
        "weekday": float(bool(_WEEKDAY.search(one.text))),
        "headline": float(_headline(view, one.line) < one.line),
        "length": min(len(one.text), 600) / 100,
    }


def _headline(view: View, line: int) -> int:
    """The line of the headline right above ``line``, else ``line``."""
    above = next(view.before(line), line)
    text = view.lines[above]
    return above if 15 <= len(text) < 120 and text[-1].isalnum() and not _WEB.search(text) else line


def _reason(names: _Flow, evidence: dict[str, float]) -> str:
    cues = [cue for cue in ("dateline", "weekday", "headline") if evidence[cue]]
    lead = f"starts like a lead ({', '.join(cues)})" if cues else "brings names and words of its own"
    return f"shares {names.returning} of {names.kinds} names with the story above; {lead}"
