"""From a pattern to simpler expressions, one of which is found wherever the pattern matches.

A *superset* finds at least the lines that its pattern fits and can be scanned for together with
those of thousands of other rules, in one pass over the bytes of a text. Most patterns of a rule
begin with a handful of words, or hold one that few texts do: there the expressions are plain
strings. Names, numbers and capitals need expressions of classes and counts, in what Hyperscan and
RE2 have in common. The tree comes from the standard library's parser. What it reads differently
from ``regex`` is refused, and a refused pattern has no superset: its rule is asked at every line.

Characters beyond ASCII are folded, ASCII letters match in either case: see
:mod:`cleaner.rules.folding`.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from re import _constants as op  # type: ignore[attr-defined]
from typing import Any, NamedTuple

import regex

from cleaner.rules import classes
from cleaner.rules.folding import fold_one
from cleaner.rules.tree import DIGITS, PROPERTIES, REPEATS, Items, alternatives, flat, parse

#: Strings at the start of lines are looked for in so many characters of them.
HEAD = 24
#: Strings weigh about one for a letter. Enough to look no further; too little at all.
_ENOUGH, _TOO_LITTLE = 8.0, 4.5
_ENOUGH_AT_START, _GOOD_AT_START, _TOO_LITTLE_AT_START = 6.5, 5.5, 2.0
#: The same for expressions, which may weigh less and cost more to scan for.
_ENOUGH_EXPRESSED, _TOO_LITTLE_EXPRESSED = 7.0, 3.0
_AT_START = 3.0
#: Lengths of strings to try, and the most strings of one: many only where fewer tell nothing.
_LENGTHS, _FEW, _MANY = (2, 3, 5, 8, 12), 32, 200
#: A class with more members than this ends a string.
_MAX_MEMBERS = 12
#: Stands at the end of a string where a word must end.
_WORD_END = "\ue000"

_WORD = regex.compile(r"\w")
#: Words that stand at the start of many lines, and say little.
_COMMON = regex.compile(
    r"(?:(?:the|an?|in|on|at|to|of|by|and|but|for|this|that|it|is|as|we|you|our|all|he|she|they|his|with|from)"
    rf"(?:[ {_WORD_END}]|\Z))+"
)
_NOT_A_WORD = [(op.IN, [(op.CATEGORY, op.CATEGORY_WORD)])]


class Part(NamedTuple):
    """An expression over bytes, to be looked for in the ``head`` of each line or in the whole text."""

    pattern: bytes
    head: bool = False


Superset = tuple[Part, ...]
#: What is known of the groups of a pattern: by identity and by the characters left.
_Memo = dict[tuple[int, int], "_Ways"]


def superset(source: str, *, whole_line: bool) -> Superset | None:
    """What to look for in place of a ``regex`` pattern that ignores case; ``None`` if any line may fit.

    >>> for part in superset(r"read (?:more|on)|\\w+ newsletters?", whole_line=True):
    ...     print(part.head, part.pattern)
    True b'\\\\nread\\\\x20mor'
    True b'\\\\nread\\\\x20on[^0-9A-Za-z\\\\n]*[\\\\n\\\\x00]'
    False b'\\\\x20newsletter'
    """
    found: dict[Part, None] = {}
    memo: _Memo = {}
    for items in alternatives(parse(source)):
        parts = _parts(items, whole_line, memo)
        if parts is None:
            return None
        found.update(dict.fromkeys(parts))
    return tuple(found)


def _parts(items: Items, whole_line: bool, memo: _Memo) -> Iterable[Part] | None:
    """The expressions of one alternative: strings if they tell enough, else what tells most."""
    strings = _best_strings(items, whole_line, memo)
    if strings and strings.weight >= (_GOOD_AT_START if strings.at_start else _TOO_LITTLE):
        return strings.parts()
    expressed = classes.expression(items, whole_line=whole_line, enough=_ENOUGH_EXPRESSED)
    if expressed.weight >= _TOO_LITTLE_EXPRESSED:
        return [Part(expressed.pattern)]
    return strings.parts() if strings and strings.at_start and strings.weight >= _TOO_LITTLE_AT_START else None


class _Strings(NamedTuple):
    """Strings one of which every match holds, or every fitting line begins with."""

    strings: frozenset[str]
    at_start: bool
    weight: float

    def parts(self) -> Iterator[Part]:
        start = rb"\n" if self.at_start else b""
        return (Part(start + _pattern(string), self.at_start) for string in sorted(self.strings))


def _best_strings(items: Items, whole_line: bool, memo: _Memo) -> _Strings | None:
    """The first strings of a sequence that tell enough, or those that tell most."""
    best: _Strings | None = None
    for strings in _choices(items, whole_line, memo):
        if best is None or strings.weight > best.weight + 0.5:
            best = strings
        if best.weight >= (_GOOD_AT_START if best.at_start else _ENOUGH):
            break
    return best


def _choices(items: Items, whole_line: bool, memo: _Memo) -> Iterator[_Strings]:
    if whole_line and (found := _beginnings(items, memo, _AT_START, complete=True)):
        yield _Strings(found, True, _weight(found) + _AT_START)
    for place in range(len(items)):
        if found := _beginnings(items[place:], memo, 0):
            yield _Strings(found, False, _weight(found))
    for kind, value in items:
        if inside := _inside(kind, value, memo):
            yield inside


def _inside(kind: Any, value: Any, memo: _Memo) -> _Strings | None:
    """Strings inside one item that every match goes through, or looks at."""
    if kind in REPEATS and value[0] >= 1:
        return _best_strings(flat(value[2]), False, memo)
    if kind is op.ASSERT:
        return _best_strings(flat(value[1]), False, memo)
    if kind is op.BRANCH:
        branches = [_best_strings(flat(branch), False, memo) for branch in value[1]]
        known = [branch for branch in branches if branch]
        if len(known) == len(branches):
            strings = frozenset().union(*(branch.strings for branch in known))
            return _Strings(strings, False, min(branch.weight for branch in known))
    return None


def _beginnings(items: Items, memo: _Memo, bonus: float, *, complete: bool = False) -> frozenset[str]:
    """How a sequence can begin, in strings as long as needed to tell enough; none if it can begin with anything."""
    best: frozenset[str] = frozenset()
    for length in _LENGTHS:
        ways = _ways(items, length, memo)
        strings = ways.closed | ({_joined(way, "\n") for way in ways.open} if complete else ways.open)
        most = _MANY if not best or _weight(best) + bonus < _ENOUGH_AT_START else max(_FEW, 2 * len(best))
        if len(strings) > most or any(not way.strip(_WORD_END + "\n") for way in strings):
            break
        short = frozenset(w for w in strings if not any(w[:n] in strings for n in range(1, len(w))))
        if not best or _weight(short) > _weight(best):
            best = short
        if _weight(best) + bonus >= _ENOUGH:
            break
    return best


def _weight(strings: Iterable[str]) -> float:
    return min(map(_string_weight, strings))


@cache
def _string_weight(string: str) -> float:
    common = _COMMON.match(string)
    return sum(map(_telling, string)) - (0.8 * len(common.group()) if common else 0)


def _telling(character: str) -> float:
    if character in " 0":
        return 0.4
    if character == "\n":
        return 3.0
    if character == _WORD_END:
        return 1.5
    return 1.0 if character.isascii() else 1.3 if ord(character) < 0x2E80 else 2.5


def _pattern(string: str) -> bytes:
    return b"".join(map(_one, string))


def _one(character: str) -> bytes:
    if character == "\n":
        return classes.REST
    if character == _WORD_END:
        return rb"[^0-9A-Za-z_]"
    return b"[0-9]" if character == "0" else classes.literal(character)


class _Ways(NamedTuple):
    """How a part can begin: strings after which something may follow, and strings that say enough."""

    open: set[str]
    closed: set[str]


_ANYTHING = _Ways(set(), {""})


def _ways(items: Items, left: int, memo: _Memo) -> _Ways:
    """The beginnings of a sequence, ``left`` characters long at most; the empty string closes what is unknown."""
    ways = _Ways({""}, set())
    for kind, value in items:
        if _ends_word(kind, value):
            ways = _Ways({_with_end(way) for way in ways.open}, ways.closed)
            continue
        ways = _then(ways, partial(_item_ways, kind, value, memo=memo), left)
        if not ways.open or len(ways.open) + len(ways.closed) > _MANY:
            break
    return ways if len(ways.open) + len(ways.closed) <= _MANY else _ANYTHING


def _ends_word(kind: Any, value: Any) -> bool:
    if (kind, value) == (op.AT, op.AT_BOUNDARY):
        return True
    return kind is op.ASSERT_NOT and value[0] == 1 and list(value[1]) == _NOT_A_WORD


def _with_end(way: str) -> str:
    return way + _WORD_END if way and _WORD.match(way[-1]) else way


def _then(ways: _Ways, following: Callable[[int], _Ways], left: int) -> _Ways:
    """``ways``, each open one continued with what follows it in the characters it leaves."""
    opened: set[str] = set()
    closed = set(ways.closed)
    for length in {len(way) for way in ways.open}:
        starts = [way for way in ways.open if len(way) == length]
        if length >= left:
            closed.update(starts)
            continue
        tails = following(left - length)
        if len(starts) * (len(tails.open) + len(tails.closed)) > 4 * _MANY:
            closed.update(starts)
            continue
        opened.update(_joined(start, tail) for start in starts for tail in tails.open)
        closed.update(_joined(start, tail) for start in starts for tail in tails.closed)
    return _Ways(opened, closed)


def _joined(start: str, tail: str) -> str:
    return start.removesuffix(_WORD_END) + tail if tail else start


def _item_ways(kind: Any, value: Any, left: int, memo: _Memo) -> _Ways:
    if kind in (op.AT, op.ASSERT, op.ASSERT_NOT):
        return _Ways({""}, set())
    if kind not in (op.SUBPATTERN, op.ATOMIC_GROUP, op.BRANCH, *REPEATS):
        characters = _characters(kind, value)
        return _Ways(characters, set()) if characters else _ANYTHING
    key = id(value), left
    if key not in memo:
        memo[key] = _group_ways(kind, value, left, memo)
    return memo[key]


def _group_ways(kind: Any, value: Any, left: int, memo: _Memo) -> _Ways:
    if kind is op.SUBPATTERN:
        return _ways(value[-1], left, memo)
    if kind is op.ATOMIC_GROUP:
        return _ways(value, left, memo)
    if kind is op.BRANCH:
        branches = [_ways(branch, left, memo) for branch in value[1]]
        return _Ways(set().union(*(b.open for b in branches)), set().union(*(b.closed for b in branches)))
    low, high, body = value
    return _repeated(low, high, body, left, memo)


def _repeated(low: int, high: Any, body: Items, left: int, memo: _Memo) -> _Ways:
    current = _Ways({""}, set())
    opened = {""} if low == 0 else set()
    count = 0
    while current.open and count <= left and (high is op.MAXREPEAT or count < high):
        current = _then(current, lambda rest: _ways(body, rest, memo), left)
        count += 1
        if count >= low:
            opened |= current.open
    return _Ways(opened | (current.open if count < low else set()), current.closed)


def _characters(kind: Any, value: Any) -> set[str]:
    """The characters that can stand here, folded; none for too many."""
    members: set[str] = set()
    for inner, content in value if kind is op.IN else [(kind, value)]:
        if inner is op.LITERAL and chr(content) == DIGITS:
            members.add("0")
        elif inner is op.LITERAL and chr(content) not in PROPERTIES:
            members.add(fold_one(chr(content)))
        elif inner is op.RANGE and content[1] - content[0] < _MAX_MEMBERS:
            members.update(fold_one(chr(code)) for code in range(content[0], content[1] + 1))
        elif (inner, content) == (op.CATEGORY, op.CATEGORY_DIGIT):
            members.add("0")
        elif (inner, content) == (op.CATEGORY, op.CATEGORY_SPACE):
            members.add(" ")
        else:
            return set()
    return members if len(members) <= _MAX_MEMBERS else set()
