"""A story on another subject that a scraper glued below the article, until the end of the text.

Every paragraph that may open a story is a *seam*. For each, what stands below it is held against what
stands above: a story that is still going on brings back its people and its words. Linear weights add up
how foreign the rest looks; the most foreign rest is proposed when it passes a strict threshold.
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import regex

from cleaner.view import View

#: Below this neither side has enough names and words to judge (false cuts doubled at half the values).
MIN_ABOVE, MIN_BELOW, MIN_BELOW_PARAGRAPHS = 800, 600, 3
MIN_PARAGRAPHS, MIN_CHARS = 8, 2_000
#: Longer texts are books, threads and dumps. The longest of 9,557 articles has 292 lines, 50,506 characters.
MAX_PARAGRAPHS, MAX_CHARS = 400, 200_000
#: English prose has 40-50 % words of the list below; Dutch or German, which share a few, under 10 %.
MIN_COMMON = 0.25
PARAGRAPH = 60

# Too common to tell stories apart: function words, reporting words, and those of every political page.
_COMMON = frozenset(
    [
        "a",
        "about",
        "across",
        "added",
        "after",
        "again",
        "against",
        "ago",
        "all",
        "almost",
        "along",
        "already",
        "also",
        "always",
        "am",
        "among",
        "an",
        "and",
        "another",
        "any",
        "april",
        "are",
        "around",
        "as",
        "asked",
        "at",
        "august",
        "away",
        "back",
        "be",
        "became",
        "because",
        "become",
        "been",
        "before",
        "being",
        "better",
        "between",
        "big",
        "both",
        "but",
        "by",
        "called",
        "came",
        "can",
        "case",
        "come",
        "could",
        "day",
        "days",
        "december",
        "did",
        "do",
        "does",
        "down",
        "during",
        "each",
        "early",
        "end",
        "even",
        "ever",
        "every",
        "far",
        "february",
        "few",
        "find",
        "first",
        "for",
        "former",
        "found",
        "four",
        "friday",
        "from",
        "get",
        "give",
        "given",
        "go",
        "going",
        "good",
        "got",
        "great",
        "group",
        "had",
        "has",
        "have",
        "he",
        "help",
        "her",
        "here",
        "high",
        "him",
        "himself",
        "his",
        "house",
        "how",
        "however",
        "if",
        "in",
        "including",
        "into",
        "is",
        "it",
        "its",
        "itself",
        "january",
        "july",
        "june",
        "just",
        "keep",
        "know",
        "last",
        "later",
        "least",
        "led",
        "left",
        "less",
        "like",
        "little",
        "long",
        "look",
        "lot",
        "made",
        "make",
        "making",
        "many",
        "march",
        "may",
        "me",
        "media",
        "members",
        "might",
        "million",
        "monday",
        "month",
        "months",
        "more",
        "most",
        "much",
        "must",
        "my",
        "national",
        "need",
        "never",
        "new",
        "news",
        "next",
        "no",
        "not",
        "november",
        "now",
        "number",
        "october",
        "of",
        "off",
        "office",
        "official",
        "officials",
        "on",
        "once",
        "one",
        "only",
        "or",
        "other",
        "our",
        "out",
        "over",
        "own",
        "part",
        "past",
        "people",
        "per",
        "percent",
        "place",
        "point",
        "president",
        "press",
        "public",
        "put",
        "question",
        "read",
        "really",
        "recent",
        "recently",
        "report",
        "reported",
        "reports",
        "right",
        "said",
        "same",
        "saturday",
        "say",
        "saying",
        "says",
        "second",
        "see",
        "september",
        "set",
        "several",
        "she",
        "should",
        "show",
        "since",
        "so",
        "some",
        "something",
        "state",
        "statement",
        "states",
        "still",
        "story",
        "such",
        "sunday",
        "support",
        "take",
        "tell",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "thing",
        "things",
        "think",
        "this",
        "those",
        "though",
        "three",
        "through",
        "thursday",
        "time",
        "times",
        "to",
        "today",
        "told",
        "took",
        "tuesday",
        "twitter",
        "two",
        "under",
        "united",
        "until",
        "up",
        "us",
        "use",
        "used",
        "using",
        "very",
        "want",
        "was",
        "way",
        "we",
        "wednesday",
        "week",
        "weeks",
        "well",
        "went",
        "were",
        "what",
        "when",
        "where",
        "whether",
        "which",
        "while",
        "who",
        "whose",
        "why",
        "will",
        "with",
        "within",
        "without",
        "work",
        "world",
        "would",
        "year",
        "years",
        "yet",
        "you",
        "your",
        "american",
        "americans",
        "america",
        "washington",
        "trump",
        "obama",
        "republican",
        "republicans",
        "democrat",
        "democrats",
        "democratic",
        "congress",
        "senate",
        "york",
        "donald",
        "clinton",
        "sen",
        "gop",
        "committee",
        "university",
        "cnn",
        "hillary",
        "barack",
        "party",
        "act",
        "secretary",
        "rep",
        "california",
        "south",
        "north",
        "west",
        "east",
        "security",
        "justice",
        "fox",
        "court",
        "post",
        "general",
        "texas",
        "russia",
        "gov",
        "leader",
        "white",
        "bill",
        "union",
        "street",
        "city",
        "county",
        "minister",
        "prime",
        "government",
        "london",
        "uk",
        "britain",
        "europe",
        "european",
        "afp",
        "reuters",
        "ap",
        "mr",
        "mrs",
        "ms",
        "dr",
        "facebook",
        "department",
        "center",
    ]
)
_TOKEN = regex.compile(r"[\p{L}\p{N}]+(?:['’&-][\p{L}\p{N}]+)*")
_POSSESSIVE = regex.compile(r"['’]s\Z")
_SENTENCE_OPENS = frozenset('.!?:“"‘([—–|•*')
_WEB = regex.compile(
    r"(?i)\bcookies?\b|\bbrowser\b|newsletter|subscribe|sign up|click here|privacy|copyright|rights reserved|advertis"
)
#: No story opens with these: they answer to the sentence before.
_ANSWERS = regex.compile(
    r"[\"“‘']|(?:And|But|Or|Yet|So|Still|Then|He|She|They|It|His|Her|Their|Its|This|That|These|Those|Such|Also|"
    r"However|Meanwhile|Instead|Indeed|Another|Others?|Both|Nor)\b"
)
_DATELINE = regex.compile(
    r"\W*(?:[A-Z][A-Z., ]{3,}[\w ,.]{0,30}(?:\([\w ]+\))? ?[—–-]|\([A-Z][\w ]{1,20}\)|[A-Z]\w+ \(\w+\))"
)
_WEEKDAY = regex.compile(r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b")
_CLOSES = regex.compile(
    r"contribut|\bFollow\b|@|http|\bis an? [\w ]*(?:reporter|professor|editor|writer|author|fellow)"
)

_LISTED = regex.compile(r"\W*(?:\d{1,2}[.):]|[A-Z]\.|UPDATE|[A-Z][A-Z'’,& -]{5,}(?:[-–—:?!.]|\Z)|_{3}|\*|#\d)|[_*\W]{3,}\Z|[A-Z][\w .’'-]{2,40}(?:: | [-–] )|\[")


class _Paragraph(NamedTuple):
    line: int
    text: str
    names: list[str]
    words: list[str]


@dataclass(slots=True)
class _Flow:
    """Tokens above and below a seam that moves down, with what both sides share."""

    below: Counter[str]
    above: Counter[str] = field(default_factory=Counter)
    carried: int = 0  # kinds found on both sides
    main: int = 0  # kinds found three times above: what the story is about
    main_carried: int = 0
    kinds: int = 0  # kinds below
    own: int = 0  # kinds found below only, and there twice: what the rest is about
    dot: int = 0
    square_above: int = 0
    square_below: int = 0

    def __post_init__(self) -> None:
        self.kinds = len(self.below)
        self.own = sum(count > 1 for count in self.below.values())
        self.square_below = sum(count * count for count in self.below.values())

    def move(self, tokens: Iterable[str]) -> None:
        """Moves the seam below ``tokens``. The cost is that of the tokens, so all seams cost one pass."""
        for token in tokens:
            above, below = self.above[token], self.below[token]
            self.dot += below - above - 1
            self.square_above += 2 * above + 1
            self.square_below -= 2 * below - 1
            self.kinds -= below == 1
            self.carried += (above == 0) - (below == 1)
            self.own -= above == 0 and below > 1
            self.main += above == 2
            self.main_carried += (above == 2 and below > 1) - (above > 2 and below == 1)
            self.above[token], self.below[token] = above + 1, below - 1

    def cosine(self) -> float:
        return (
            self.dot / math.sqrt(self.square_above * self.square_below)
            if self.square_above * self.square_below
            else 0.0
        )


def _features(flow_n, flow_w, window, lead, above_chars, below_chars, headline, closing, filled, short):
    return {
        "opening words known": sum(w in flow_w.above and flow_w.above[w] > 0 for w in window) / (len(window) + 1),
        "main names return": (flow_n.main_carried + 0.3) / (flow_n.main + 1),
        "main words return": (flow_w.main_carried + 0.3) / (flow_w.main + 1),
        "names return": math.log1p(flow_n.carried),
        "names share": (flow_n.carried + 0.5) / (flow_n.kinds + 3),
        "words return": flow_w.carried / (flow_w.kinds + 1),
        "words alike": flow_w.cosine(),
        "own words": math.log1p(flow_w.own) / math.log(2 + flow_w.kinds),
        "own names": math.log1p(flow_n.own),
        "room above": math.log(above_chars),
        "room below": math.log(below_chars),
        "dateline": float(bool(_DATELINE.match(lead))),
        "weekday": float(bool(_WEEKDAY.search(lead))),
        "headline": float(headline),
        "closing": float(closing),
        "lines": math.log(filled),
        "short lines": short,
    }


def _paragraphs(view):
    numbers = [n for n in view.filled if len(view.lines[n]) >= PARAGRAPH and not _WEB.search(view.lines[n])]
    tokens = [list(_tokens(view.lines[n])) for n in numbers]
    lower = {t for line in tokens for t, opens in line if t[0].islower()}
    names = {t for line in tokens for t, opens in line if not opens and t[0].isupper() and t.lower() not in lower}
    names = {t for t in names if t.lower() not in _COMMON}
    for number, line in zip(numbers, tokens):
        words = [
            t.lower()[:6] for t, _ in line if t not in names and len(t) > 3 and t.lower() not in _COMMON and t.isalpha()
        ]
        yield _Paragraph(number, view.lines[number], [t for t, _ in line if t in names], words)


def _tokens(line):
    end = 0
    for match in _TOKEN.finditer(line):
        opens = not end or not _SENTENCE_OPENS.isdisjoint(line[end : match.start()])
        end = match.end()
        yield _POSSESSIVE.sub("", match.group()), opens


def seams(view: View):
    ps = list(_paragraphs(view))
    if not MIN_PARAGRAPHS <= len(ps) <= MAX_PARAGRAPHS:
        return
    n_, w_ = _Flow(Counter(t for p in ps for t in p.names)), _Flow(Counter(t for p in ps for t in p.words))
    above, below = 0, sum(len(p.text) for p in ps)
    marks = sum(bool(_LISTED.match(view.lines[n])) for n in view.filled)
    short = sum(len(view.lines[n]) < PARAGRAPH for n in view.filled) / len(view.filled)
    for i, p in enumerate(ps):
        if (
            above >= MIN_ABOVE
            and below >= MIN_BELOW
            and len(ps) - i >= MIN_BELOW_PARAGRAPHS
            and not _ANSWERS.match(p.text)
        ):
            window = [w for q in ps[i : i + 3] for w in q.words + q.names]
            allabove = None
            prev = view.lines[p.line - 1]
            headline = (
                p.line - 1 != ps[i - 1].line and 15 <= len(prev) < 120 and prev[-1:].isalnum() and not _WEB.search(prev)
            )
            closing = bool(_CLOSES.search(ps[i - 1].text) or _CLOSES.search(prev))
            f = _features(
                n_,
                w_,
                [w for q in ps[i : i + 3] for w in q.words],
                p.text,
                above,
                below,
                headline,
                closing,
                len(view.filled),
                short,
            )
            opn = [w for q in ps[i : i + 3] for w in q.names]
            f["opening names known"] = (sum(n_.above.get(w, 0) > 0 for w in opn) + 0.5) / (len(opn) + 2)
            f["new names in lead"] = min(4, sum(n_.above.get(w, 0) == 0 for w in set(p.names)))
            f["len"] = min(len(p.text), 600) / 100
            yield p.line, f
        n_.move(p.names)
        w_.move(p.words)
        above += len(p.text)
        below -= len(p.text)
