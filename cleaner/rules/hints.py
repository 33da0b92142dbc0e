"""What a line must have for a pattern to fit it: how it begins, words it holds.

Most whole-line patterns begin with a handful of words, so a look at the first characters of
a line rules nearly all of them out; most others hold a word that few texts do. The tree comes from
the standard library's parser. What it reads differently from ``regex`` is refused, and a refused
pattern may simply begin with anything and need hold nothing.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

import regex

#: Most characters looked at, and fewest bytes of a word worth looking for.
LENGTH, SHORTEST = 6, 3
#: A pattern that can begin in more ways than this is taken to begin with anything.
_MAX_WAYS = 3000
#: With more strings than this to look for, looking for the pattern itself is as quick.
_MAX_NEEDLES = 60
#: A class with more members than this ends the beginning.
_MAX_MEMBERS = 12

#: What the standard parser reads otherwise than ``regex`` does: names used twice, fuzzy matching, POSIX
#: classes, versions, lists, verbs, recursion. Unicode properties and anchors of regex are errors to it.
_REFUSED = regex.compile(
    r"(?<!\\)(?:\\\\)*(?:\(\?(?:P?&|P[>=]|\||R\)|\(|[0-9+]|-[0-9]|V[01])|\(\*|\[\[:|\\[LgGKRX]|\{[^}]*[<=>][^}]*\})"
)
_NAMED = regex.compile(r"\(\?P?<(?=\w)\w+>")
_PROPERTY = regex.compile(r"\\[pP](?:\{[^}]*\}|\w)")
_REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)

#: ASCII letters have fellows beyond ASCII, which lower case does not find. Texts with one of them
#: are searched for the patterns themselves.
STRANGE_CASE = regex.compile("[\u017f\u212a\u0130\u0131]")

Items = Sequence[tuple[Any, Any]]


class Hints(NamedTuple):
    """A line can only fit if it starts, folded, with one of ``beginnings`` or holds one of ``needles``.

    Beginnings are up to six characters long, and a shorter one stands for all that follow.
    Needles are in lower case, and hold for texts without :data:`STRANGE_CASE`.
    """

    beginnings: frozenset[str]
    needles: frozenset[str]


def hints(source: str, *, whole_line: bool) -> Hints | None:
    """The hints of a ``regex`` pattern that ignores case; ``None`` if any line may fit.

    >>> found = hints(r"read (?:more|on)|\\w+ (?:newsletter|briefing)s?", whole_line=True)
    >>> sorted(found.beginnings), sorted(found.needles)
    (['read m', 'read o'], ['briefing', 'newsletter'])
    """
    starts: set[str] = set()
    needles: set[str] = set()
    for items in _alternatives(_tree(source)):
        if whole_line and (ways := _beginnings(items)):
            starts |= ways
        elif (found := _needles(items)) is not None:
            needles |= found
        else:
            return None
    short = {way for way in starts if not any(way[:length] in starts for length in range(1, len(way)))}
    return Hints(frozenset(short), frozenset(needles))


def _beginnings(items: Items) -> set[str]:
    """The longest beginnings of which there are not too many; none if a match may begin with anything."""
    for length in range(LENGTH, 0, -1):
        ways = set().union(*_ways(items, length))
        if "" not in ways:
            return ways
    return set()


def _alternatives(items: Items) -> Iterator[Items]:
    """The branches at the top of a pattern, however deep in groups."""
    if len(items) == 1 and items[0][0] is op.BRANCH:
        for branch in items[0][1][1]:
            yield from _alternatives(list(branch))
    elif len(items) == 1 and items[0][0] is op.SUBPATTERN:
        yield from _alternatives(list(items[0][1][-1]))
    else:
        yield items


@cache
def _tree(source: str) -> Items:
    """The parsed pattern; a lone wildcard for what the standard parser cannot be trusted with."""
    # A property inside a class would end in an error, too, but only after some were read wrongly.
    plain = _PROPERTY.sub(r"\\w\\W", _NAMED.sub("(?:", source))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return [(op.ANY, None)] if _REFUSED.search(source) else list(_parser.parse(plain))
    except (_parser.error, Warning, RecursionError, OverflowError):
        return [(op.ANY, None)]


def _needles(items: Items) -> frozenset[str] | None:
    """The best strings of a sequence: those whose shortest is longest."""
    best: frozenset[str] | None = None
    for found in _needles_of_parts(items):
        if found and min(len(string.encode()) for string in found) >= SHORTEST and len(found) <= _MAX_NEEDLES:
            best = max(best or found, found, key=lambda strings: (min(map(len, strings)), -len(strings)))
    return best


def _needles_of_parts(items: Items) -> Iterator[frozenset[str] | None]:
    run = ""
    for kind, value in items:
        if kind is op.LITERAL and (value < 0x80 or chr(value).lower() == chr(value).upper()):
            run += chr(value).lower()
            continue
        yield frozenset([run])
        run = ""
        if kind is op.SUBPATTERN:
            yield _needles(value[-1])
        elif kind is op.ATOMIC_GROUP:
            yield _needles(value)
        elif kind in _REPEATS and value[0] >= 1:
            yield _needles(value[2])
        elif kind is op.BRANCH:
            branches = [_needles(branch) for branch in value[1]]
            yield None if None in branches else frozenset().union(*(b for b in branches if b))
    yield frozenset([run])


#: What case folding keeps apart and ``regex`` does not: Turkish i, letters composed in two ways.
_FELLOWS = {"\u0130": "i", "\u0131": "i", "\u1fd3": "\u0390", "\u1fe3": "\u03b0", "\ufb05": "\ufb06"}


def fold(text: str) -> str:
    """``text`` with those characters made one that ``regex`` takes for one when it ignores case; digits too.

    >>> fold("Weiß 12, \u212bngström, İstanbul, ΣΊΣΥΦΟΣ")
    'weiß 00, ångström, istanbul, σίσυφοσ'
    """
    return "".join(map(_fold, text))


@cache
def _fold(character: str) -> str:
    if character.isdecimal():
        return "0"
    if character in _FELLOWS:
        return _FELLOWS[character]
    folded = character.casefold()
    if len(folded) == 1:
        return folded
    return lower if len(lower := character.lower()) == 1 else character


class _Ways(NamedTuple):
    """How a part can begin: strings after which something may follow, and strings that say enough."""

    open: set[str]
    closed: set[str]


_ANYTHING = _Ways(set(), {""})


def _ways(items: Items, left: int) -> _Ways:
    """The beginnings of a sequence, ``left`` characters long at most; the empty string closes what is unknown."""
    ways = _Ways({""}, set())
    for kind, value in items:
        ways = _then(ways, partial(_item_ways, kind, value), left)
        if not ways.open or len(ways.open) + len(ways.closed) > _MAX_WAYS:
            break
    return ways if len(ways.open) + len(ways.closed) <= _MAX_WAYS else _ANYTHING


def _then(ways: _Ways, following: Callable[[int], _Ways], left: int) -> _Ways:
    """``ways``, each open one continued with what follows it in the characters it leaves."""
    opened: set[str] = set()
    closed = set(ways.closed)
    for length in {len(way) for way in ways.open}:
        starts = [way for way in ways.open if len(way) == length]
        if length == left:
            closed.update(starts)
            continue
        tails = following(left - length)
        opened.update(start + tail for start in starts for tail in tails.open)
        closed.update(start + tail for start in starts for tail in tails.closed)
    return _Ways(opened, closed)


def _item_ways(kind: Any, value: Any, left: int) -> _Ways:
    if kind in (op.AT, op.ASSERT, op.ASSERT_NOT):
        return _Ways({""}, set())
    if kind is op.SUBPATTERN:
        return _ways(value[-1], left)
    if kind is op.ATOMIC_GROUP:
        return _ways(value, left)
    if kind is op.BRANCH:
        branches = [_ways(branch, left) for branch in value[1]]
        return _Ways(set().union(*(b.open for b in branches)), set().union(*(b.closed for b in branches)))
    if kind in _REPEATS:
        low, high, body = value
        return _repeated(low, high, body, left)
    characters = _characters(kind, value)
    return _Ways(characters, set()) if characters else _ANYTHING


def _repeated(low: int, high: Any, body: Items, left: int) -> _Ways:
    current = _Ways({""}, set())
    opened = {""} if low == 0 else set()
    count = 0
    while current.open and count <= left and (high is op.MAXREPEAT or count < high):
        current = _then(current, lambda rest: _ways(body, rest), left)
        count += 1
        if count >= low:
            opened |= current.open
    return _Ways(opened | (current.open if count < low else set()), current.closed)


def _characters(kind: Any, value: Any) -> set[str]:
    """The characters that can stand here, folded; none for too many."""
    if kind is op.LITERAL:
        return {fold(chr(value))}
    if kind is not op.IN:
        return set()
    members: set[str] = set()
    for inner, content in value:
        if inner is op.LITERAL:
            members.add(fold(chr(content)))
        elif inner is op.RANGE and content[1] - content[0] < _MAX_MEMBERS:
            members.update(fold(chr(code)) for code in range(content[0], content[1] + 1))
        elif (inner, content) == (op.CATEGORY, op.CATEGORY_DIGIT):
            members.add("0")
        else:
            return set()
    return members if len(members) <= _MAX_MEMBERS else set()
