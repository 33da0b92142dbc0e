"""The signs of a line in words that a reviewer can check against the text."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from cleaner.lines.kinship import KINSHIP
from cleaner.measures import FAR, LOOKED_AT

#: What is said of a sign, given its value; "" if nothing is worth saying.
Saying = Callable[[float], str]


def _many(thing: str, more: str | None = None) -> Saying:
    return lambda value: f"{value:.0f} {thing if value == 1 else more or thing + 's'}"


def _either(yes: str, no: str = "") -> Saying:
    return lambda value: yes if value > 0 else no


def _share(of: str) -> Saying:
    return lambda value: f"{value:.0%} {of}"


def _distance(where: str) -> Saying:
    def said(value: float) -> str:
        if not 0 < value < FAR:
            return ""
        return f"right {where}" if value == 1 else f"{value:.0f} lines {where}"

    return said


def _title_case(value: float) -> str:
    if value >= _TITLE_CASE:
        return "title case"
    return "few capitals" if value < _FEW else f"{value:.0%} of its words begin with a capital"


def _story(where: str) -> Saying:
    return lambda value: f"{'none' if value <= 0 else 'all' if value >= 1 else f'{value:.0%}'} of the story {where}"


def _kin(to: str) -> Saying:
    return lambda value: f"shares {value:.0%} of its longer words with {to}" if value >= 0 else ""


#: Longer lines are all said to be long.
_MOST_CHARS = 1000
_CATEGORIES = ("related", "comments", "share", "newsletter", "copyright", "navigation", "author-bio")
_TITLE_CASE, _FEW = 0.6, 0.3

#: Sign -> what it says of the line itself.
_OWN: dict[str, Saying] = {
    "chars": _many("character"),
    "words": _many("word"),
    "final-stop": _either("ends like a sentence", "no final stop"),
    "colon": _either("ends with a colon"),
    "question": _either("asks"),
    "exclamation": _either("calls out"),
    "lower-start": _either("starts small"),
    "glue": lambda value: "few of the small words of sentences" if value < 0.2 else "the small words of a sentence",
    "capitals": _title_case,
    "all-capitals": _either("in capitals"),
    "digits": lambda value: f"{value:.0%} digits" if value else "no digits",
    "sentences": _many("sentence"),
    "quote": _either("quotation marks", "no quotation marks"),
    "commas": lambda value: "commas" if value else "no comma",
    "addressed": _either("speaks to the reader or of “us”"),
    "address": _either("an address"),
    "bullet": _either("a bullet"),
    "separator": _either("separators"),
    "year": _either("a year"),
    "call": _either("begins with a call to do something"),
    "cut-off": _either("cut off"),
    "repeats": lambda value: "stands in the page before" if value else "",
    "run": lambda value: f"in a run of {value:.0f} short lines" if value > 1 else "",
    "before-prose": _either("before all prose"),
    "after-prose": _either("after all prose"),
    "prose-above": _either("", "no prose above"),
    "prose-below": _either("", "no prose below"),
    "share-above": _story("above"),
    "share-below": _story("below"),
    "to-prose-above": _distance("below prose"),
    "to-prose-below": _distance("above prose"),
    "before-body": _distance("before the story"),
    "after-body": _distance("after the story"),
    "before-headline": _either("before the headline"),
    "no-headline": lambda value: "",
    "after-headline": lambda value: "",
    "place": _share("down the page"),
    "junk-before": _distance("below junk"),
    "junk-after": _distance("above junk"),
    **{f"junk-within-{reach}": _share(f"of the lines up to {reach} away are junk") for reach in (1, 2, 5, 10)},
    **{f"prose-within-{reach}": _share(f"of the lines up to {reach} away are prose") for reach in (2, 5)},
    "short-within-5": _share("of the lines up to 5 away are short"),
    **{f"below-{category}": _distance(f"below {category} junk") for category in _CATEGORIES},
    "page-prose": _share("of the page's lines are prose"),
    "page-junk": _share("of the page's lines are junk"),
    "proposed": _either("a rule wants it less surely, or a part of it", "no rule wants it"),
    "junk": lambda value: "",
    "kin to story": _kin("the story"),
    "kin to title": _kin("the title"),
    "kin to page": _kin("other lines"),
    "known names": lambda value: "" if value < 0 else f"{value:.0%} of its names are in the story",
    "new words": lambda value: f"{value:.0f} words the story does not use" if value > 1 else "",
    "names": lambda value: "names" if value else "no name",
    "kicker": _either("begins with a kicker"),
}
#: What is said of a line beside it, where that differs.
_BESIDE: dict[str, Saying] = {
    "chars": lambda value: f"has {value:.0f} characters" if value < _MOST_CHARS else "is long",
    "words": lambda value: f"has {value:.0f} words",
    "final-stop": _either("ends like a sentence", "has no final stop"),
    "proposed": _either("is wanted by a rule", "is wanted by no rule"),
    "capitals": lambda value: "is in title case" if value >= _TITLE_CASE else "has few capitals",
    "call": _either("begins with a call to do something", "calls for nothing"),
    "glue": lambda value: f"has {'few' if value < 0.2 else 'the'} small words of sentences",
    "digits": lambda value: "has digits" if value else "has no digits",
    "addressed": _either("speaks to the reader", "does not speak to the reader"),
    "lower-start": _either("starts small", "does not start small"),
    "colon": _either("ends with a colon", "ends with no colon"),
    "kin to story": _kin("the story"),
    "kin to page": _kin("other lines"),
}


def told(signs: Sequence[str], values: Mapping[str, float], most: int) -> Iterator[str]:
    """What the signs say, weightiest first; what says the same as one before is left out."""
    said: set[str] = set()
    for sign in signs:
        if _unmeasured(sign, values):
            continue
        words = in_words(sign, values[sign])
        topic = _TOPICS.get(sign, sign)
        if words and topic not in said:
            said.add(topic)
            yield words
        if len(said) == most:
            return


def _unmeasured(sign: str, values: Mapping[str, float]) -> bool:
    """Whether the sign is of a line beside that is too long to be looked at closely."""
    name, where = _split(sign)
    return bool(where) and name not in _OF_LONG and values.get(f"chars, {where}", 0) > LOOKED_AT


def in_words(sign: str, value: float) -> str:
    """What one sign says of a line; "" if its value is nothing to speak of."""
    name, where = _split(sign)
    if not where:
        return _OWN[name](value)
    if value < 0:
        return "" if name in KINSHIP else f"no {where}"
    return f"the {where} {_BESIDE.get(name, _OWN[name])(value)}"


def _split(sign: str) -> tuple[str, str]:
    """What a sign tells, and of which line beside; of the line itself if that is empty."""
    name, _, where = sign.partition(", ")
    for prefix, beside in _NEXT_TO.items():
        if name.startswith(prefix):
            return name.removeprefix(prefix), beside
    return name, where


#: What is known of long lines, too.
_OF_LONG = {"chars", "final-stop", "proposed", *KINSHIP}
_NEXT_TO = {"previous-": "line above", "next-": "line below"}
#: Signs that tell of one thing: only the weightier is named.
_TOPICS = {
    sign: topic
    for topic, signs in {
        "place": "share-above share-below prose-above prose-below before-prose after-prose "
        "before-body after-body place to-prose-above to-prose-below",
        "length": "chars words",
        "junk near": "junk-within-1 junk-within-2 junk-within-5 junk-within-10 junk-before junk-after "
        + " ".join(f"below-{category}" for category in _CATEGORIES),
        "prose near": "prose-within-2 prose-within-5 short-within-5 run",
    }.items()
    for sign in signs.split()
}
