"""Expressions of classes and counts, for patterns that no strings stand for.

Over UTF-8 bytes and wider than the pattern: counts become "some", what is beyond ASCII in a class
becomes any bytes beyond ASCII, long optional parts become any text.
"""

import re
from collections.abc import Iterable
from re import _constants as op  # type: ignore[attr-defined]
from typing import Any, NamedTuple

from cleaner.rules.folding import fold_one, ranges
from cleaner.rules.tree import ANYTHING, CAPITALS, DIGITS, LETTERS, REPEATS, SMALL, Items, flat

_ANY = rb"[^\n]"
_GAP = _ANY + b"*"
_ANYTHING_FIRST = re.compile(rb"\A(?:\[\^\\n\][*+])+")
#: The rest of a line that a pattern has fitted to the end: decoration.
REST = rb"[^0-9A-Za-z\n]*[\n\x00]"
_ALL = frozenset(range(0x80)) - {0x0A}
_UPPER = frozenset(range(0x41, 0x5B))
_LOWER = frozenset(range(0x61, 0x7B))
_NUMBERS = frozenset(range(0x30, 0x3A))
_BLANKS = frozenset(b" \t\r\f\v\x1c\x1d\x1e\x1f")
_WORDS = _UPPER | _LOWER | _NUMBERS | {0x5F}
_CATEGORIES = {
    op.CATEGORY_DIGIT: _NUMBERS,
    op.CATEGORY_NOT_DIGIT: _ALL - _NUMBERS,
    op.CATEGORY_SPACE: _BLANKS,
    op.CATEGORY_NOT_SPACE: _ALL - _BLANKS,
    op.CATEGORY_WORD: _WORDS,
    op.CATEGORY_NOT_WORD: _ALL - _WORDS,
}
_PROPERTIES = {LETTERS: _UPPER | _LOWER, CAPITALS: _UPPER, SMALL: _LOWER, DIGITS: _NUMBERS, ANYTHING: _ALL}
#: ASCII letters that some others are folded to: of dotted and dotless i, the Kelvin sign, the long s.
_FOLDED_LETTERS = frozenset(b"iks")
#: Ranges of more characters are not looked at one by one.
_MANY = 1000
#: A class of more ASCII characters than this is as good as any character.
_WIDE = 70
#: A part whose expression is longer than this becomes any text if it need not stand there.
_LONG = 400
#: Hyperscan refuses expressions of 16,000 bytes.
_LONGEST = 8000
#: What need not stand at the end of an expression, so that it is left out.
_END = re.compile(rb"(?:(?:\[\^?(?:[^\]\\]|\\.)*\]|\\x..)(?:[*?]|\{0,4\}))+\Z")


class Expressed(NamedTuple):
    """An expression, how much it tells, and whether it goes to the end of its pattern."""

    pattern: bytes
    weight: float
    complete: bool = True


def expression(items: Items, *, whole_line: bool, enough: float) -> Expressed:
    """The expression of a sequence, as long as needed to tell enough; with no weight if there is none."""
    best = Expressed(b"", 0)
    for place, (kind, value) in enumerate(items):
        if place and (best.weight >= enough / 2 or _tells_nothing(kind, value)):
            continue
        found = _sequence(items[place:], enough, True)
        anchored = whole_line and not place and not found.pattern.startswith(_ANY)
        pattern = found.pattern if anchored else _ANYTHING_FIRST.sub(b"", found.pattern)
        whole = found.complete and whole_line and not pattern.endswith(_GAP)
        # Always to the end of the line: what may end in several places would be reported for each of them.
        pattern = pattern + REST if whole else _END.sub(b"", pattern) + _GAP + rb"\n"
        pattern = (rb"\n" if anchored else b"") + pattern
        weight = found.weight + anchored + 2 * whole
        if weight > best.weight and len(pattern) < _LONGEST:
            best = Expressed(pattern, weight)
    return best


def _tells_nothing(kind: Any, value: Any) -> bool:
    """Whether an expression had better not begin with this item."""
    return kind in (op.AT, op.ANY) or (kind in REPEATS and (value[0] == 0 or value[2][0][0] is op.ANY))


def literal(character: str) -> bytes:
    """A folded character, escaped."""
    if character.isascii() and character.isalnum():
        return character.encode()
    return b"".join(b"\\x%02x" % byte for byte in character.encode("utf-8", "surrogatepass"))


def _sequence(items: Items, enough: float, folded: bool) -> Expressed:
    parts: list[bytes] = []
    weight = 0.0
    for place, (kind, value) in enumerate(items):
        if weight >= enough:
            return Expressed(_trimmed(parts), weight, complete=False)
        if kind is op.BRANCH:
            return _branched(parts, weight, value[1], items[place + 1 :], enough, folded)
        found = _item(kind, value, enough - weight, folded)
        if not (found.pattern == _GAP and parts and parts[-1] == _GAP):
            parts.append(found.pattern)
        weight += found.weight
        if not found.complete:
            return Expressed(_trimmed(parts), weight, complete=False)
    return Expressed(b"".join(parts), weight)


def _trimmed(parts: list[bytes]) -> bytes:
    """The parts joined, without what at their end need not stand there."""
    while parts and (parts[-1].endswith((b"*", b"?", b"{0,4}")) or not parts[-1]):
        parts.pop()
    return b"".join(parts)


def _branched(
    parts: list[bytes], weight: float, branches: Iterable[Items], rest: Items, enough: float, folded: bool
) -> Expressed:
    """A sequence from a branch on: branches that tell enough end there, the others go on with the rest."""
    found = [_sequence(flat(branch), enough - weight, folded) for branch in branches]
    done = [one for one in found if not one.complete]
    short = [one for one in found if one.complete]
    if not short:
        return Expressed(b"".join([*parts, _one_of(done)]), weight + _least(done), complete=False)
    tail = _sequence(rest, enough - weight - _least(short), folded)
    if not done:
        return Expressed(
            b"".join([*parts, _one_of(short), tail.pattern]), weight + _least(short) + tail.weight, tail.complete
        )
    going_on = Expressed(_END.sub(b"", _one_of(short) + tail.pattern), _least(short) + tail.weight)
    return Expressed(b"".join([*parts, _one_of([*done, going_on])]), weight + _least([*done, going_on]), complete=False)


def _one_of(found: Iterable[Expressed]) -> bytes:
    return b"(?:" + b"|".join(dict.fromkeys(one.pattern for one in found)) + b")"


def _least(found: Iterable[Expressed]) -> float:
    return min(one.weight for one in found)


def _item(kind: Any, value: Any, enough: float, folded: bool) -> Expressed:
    if kind in (op.AT, op.ASSERT, op.ASSERT_NOT):
        return Expressed(b"", 0)
    if kind is op.SUBPATTERN:
        _, _, without, body = value
        found = _sequence(flat(body), enough, folded and not without & 2)
        return found._replace(pattern=b"(?:" + found.pattern + b")") if found.pattern else found
    if kind is op.ATOMIC_GROUP:
        return _item(op.SUBPATTERN, (None, 0, 0, value), enough, folded)
    if kind in REPEATS:
        low, high, body = value
        return _repeat(low, high, body, enough, folded)
    if kind is op.GROUPREF or kind is op.GROUPREF_EXISTS:
        return Expressed(_GAP, 0)
    one = _class(kind, value, folded)
    return Expressed(one.pattern + one.more(1, 1), one.weight)


def _repeat(low: int, high: Any, body: Items, enough: float, folded: bool) -> Expressed:
    if high == 0:
        return Expressed(b"", 0)
    body = flat(body)
    count = 2 if high is op.MAXREPEAT else min(int(high), 2)
    if len(body) == 1 and body[0][0] in REPEATS:
        inner_low, inner_high, inner = body[0][1]
        return _repeat(low * inner_low, op.MAXREPEAT if count > 1 else inner_high, inner, enough, folded)
    if len(body) == 1 and body[0][0] in (op.IN, op.ANY, op.LITERAL, op.NOT_LITERAL, op.CATEGORY):
        one = _class(*body[0], folded)
        return Expressed(one.pattern + one.more(low, count), one.weight * min(low, 3))
    if low == 0:
        whole = _sequence(body, float("inf"), folded)
        pattern = b"(?:" + whole.pattern + (b")?" if count == 1 else b")*")
        return Expressed(_GAP if len(pattern) > _LONG else pattern, 0)
    found = _sequence(body, enough, folded)
    if not found.complete:
        return found._replace(pattern=b"(?:" + found.pattern + b")")
    if count > 1 and len(found.pattern) > _LONG:
        return Expressed(b"(?:" + found.pattern + b")" + _GAP, found.weight)
    return Expressed(b"(?:" + found.pattern + (b")+" if count > 1 else b")"), found.weight)


class _Class(NamedTuple):
    """One character: its expression, whether it may be several bytes, and what it tells."""

    pattern: bytes
    several: bool
    weight: float

    def more(self, low: int, count: int) -> bytes:
        """How often it stands there: ``count`` is 1 for once at most, 2 for more."""
        if self.pattern == _ANY:
            return b"*" if low == 0 else b"+"
        if count == 1:
            return {0: b"{0,4}" if self.several else b"?", 1: b"{1,4}" if self.several else b""}[low]
        return b"*" if low == 0 else b"{%d,}" % min(low, 3) if not self.several else b"+"


def _class(kind: Any, value: Any, folded: bool) -> _Class:
    if kind is op.LITERAL and chr(value) not in _PROPERTIES:
        character = fold_one(chr(value)) if folded or value >= 0x80 else chr(value)
        if (folded and not character.isdecimal()) or not character.isalpha():
            several = not character.isascii()
            pattern = literal(chr(value) if character == "0" else character)
            return _Class(b"(?:" + pattern + b")" if several else pattern, False, 0.4 if character == " " else 1.0)
    items = value if kind is op.IN else [(kind, value)]
    if kind is op.NOT_LITERAL:
        items = [(op.NEGATE, None), (op.LITERAL, value)]
    if kind is op.ANY:
        return _Class(_ANY, True, 0)
    members, beyond = _members(items)
    if folded:
        members |= {
            ord(form) for code in members for form in (chr(code).lower(), chr(code).upper()) if ord(form) < 0x80
        }
    if len(members) > _WIDE:
        return _Class(_ANY, True, 0)
    pattern = b"[" + ranges(members) + (rb"\x80-\xff" if beyond else b"") + b"]"
    if not folded and members & (_UPPER | _LOWER):
        pattern = b"(?-i:" + pattern + b")"
    return _Class(pattern, beyond, _telling(members, beyond))


def _members(items: Items) -> tuple[set[int], bool]:
    """The ASCII characters of a class, and whether it has others."""
    members: set[int] = set()
    beyond = negated = False
    for kind, value in items:
        if kind is op.NEGATE:
            negated = True
        elif kind is op.LITERAL and chr(value) in _PROPERTIES:
            if negated:
                return set(_ALL), True
            members |= _PROPERTIES[chr(value)] | (set() if chr(value) == DIGITS else _FOLDED_LETTERS)
            beyond = True
        elif kind is op.LITERAL:
            members.update([value] if value < 0x80 else _folded(value, value))
            beyond = beyond or value >= 0x80
        elif kind is op.RANGE:
            members.update(range(value[0], min(value[1], 0x7F) + 1))
            if value[1] >= 0x80:
                beyond = True
                members |= _folded(max(value[0], 0x80), value[1])
        else:
            members |= _CATEGORIES[value]
            beyond = True
    if negated:
        return set(_ALL) if any(kind is op.CATEGORY for kind, _ in items) else set(_ALL - members), True
    return members - {0x0A}, beyond


def _folded(first: int, last: int) -> set[int]:
    """The ASCII characters that some of these are folded to."""
    if last - first > _MANY:
        return {*_NUMBERS, 0x20, *_FOLDED_LETTERS}
    folded = (fold_one(chr(code)) for code in range(first, last + 1))
    return {ord(character) for character in folded if character.isascii()} | (
        set(_NUMBERS) if any(chr(code).isdecimal() for code in range(first, last + 1)) else set()
    )


def _telling(members: set[int], beyond: bool) -> float:
    kinds = len({chr(code).lower() for code in members})
    if members == {0x20}:
        return 0.4
    if beyond:
        return 0.5 if kinds <= 6 else 0.2 if kinds <= 12 else 0.1 if kinds <= 30 else 0
    return 1.0 if kinds == 1 else 0.7 if kinds <= 5 else 0.5 if kinds <= 12 else 0.2 if kinds <= 30 else 0
