"""The tree of a pattern, as the standard library's parser sees it.

What that parser reads differently from ``regex`` is refused; a refused pattern is a lone wildcard.
"""

import warnings
from collections.abc import Sequence
from functools import cache
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from threading import Lock
from typing import Any

import regex

Items = Sequence[tuple[Any, Any]]

REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)
#: Stand in the tree for Unicode properties: letters, capitals, small letters, numbers, anything.
LETTERS, CAPITALS, SMALL, DIGITS, ANYTHING = "\ue001\ue002\ue003\ue004\ue005"
PROPERTIES = frozenset((LETTERS, CAPITALS, SMALL, DIGITS, ANYTHING))

#: What the standard parser reads otherwise than ``regex`` does: names used twice, fuzzy matching, POSIX
#: classes, versions, lists, verbs, recursion. Anchors of regex are errors to it.
_REFUSED = regex.compile(
    r"(?<!\\)(?:\\\\)*(?:\(\?(?:P?&|P[>=]|\||R\)|\(|[0-9+]|-[0-9]|V[01])|\(\*|\[\[:|\\[LgGKRX]|\{[eids]|\{[\deids+,\s<>=]*[<=>][\deids+,\s<>=]*(?::[^}]*)?\})"
    "|[\ue000-\ue005]"
)
_NAMED = regex.compile(r"\(\?P?<(?=\w)\w+>")
_PROPERTY = regex.compile(r"\\\\|\\([pP])(?:\{(\^?)([^}]*)\}|(\w))")
_MARKS = {"L": LETTERS, "Lu": CAPITALS, "Ll": SMALL, "N": ANYTHING, "Nd": DIGITS}


#: The filters of warnings are the whole process's: threads that set and reset them at once would leave them set.
_QUIET = Lock()


@cache
def parse(source: str) -> Items:
    """The items of a ``regex`` pattern that ignores case."""
    plain = _PROPERTY.sub(_property, _NAMED.sub("(?:", source))
    try:
        with _QUIET, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of nested sets, which regex does not know either unless asked
            return [(op.ANY, None)] if _REFUSED.search(source) else list(_parser.parse(plain))
    except (_parser.error, RecursionError, OverflowError):
        return [(op.ANY, None)]


def _property(match: regex.Match[str]) -> str:
    if match.group() == r"\\":
        return r"\\"
    if match[1] == "P" or match[2]:
        return ANYTHING
    return _MARKS.get(match[3] or match[4], ANYTHING)


#: Repetitions up to this many times take long, but not for ever.
_FEW = 4
#: A pattern is taken apart into no more alternatives than this.
_MOST = 1000


def alternatives(items: Items) -> list[list[tuple[Any, Any]]]:
    """The ways in which a pattern can begin, each with all that follows."""
    items = flat(items)
    if not items:
        return [items]
    kind, value = items[0]
    rest = items[1:]
    if kind is op.BRANCH:
        branches = [[*flat(branch), *rest] for branch in value[1]]
    elif kind in REPEATS and value[0] >= 1 and (body := flat(value[2])) and _branches(body):
        low, high, _ = value
        again = [(kind, (low - 1, high if high is op.MAXREPEAT else high - 1, value[2]))]
        branches = [[*body, *again, *rest]]
    else:
        return [items]
    found = [way for branch in branches for way in alternatives(branch)]
    return found if len(found) <= _MOST else [items]


def _branches(body: Items) -> bool:
    kind, value = body[0]
    return kind is op.BRANCH or (kind in REPEATS and value[0] >= 1 and _branches(flat(value[2])))


def flat(items: Items) -> list[tuple[Any, Any]]:
    """The items, those of groups among them."""
    result: list[tuple[Any, Any]] = []
    for kind, value in items:
        if kind is op.SUBPATTERN and not value[2]:
            result += flat(value[-1])
        elif kind is op.ATOMIC_GROUP:
            result += flat(value)
        elif kind in REPEATS and tuple(value[:2]) == (1, 1):
            result += flat(value[2])
        else:
            result.append((kind, value))
    return result


def may_hang(source: str) -> bool:
    """Whether matching may take time exponential in the length of the line: repetitions of what varies.

    >>> may_hang("(a+)+b"), may_hang("(?:a|aa)+b"), may_hang("(?:[^.]+[.] ){1,3}"), may_hang(".*a.*b")
    (True, True, False, False)
    """
    items = parse(source)
    return list(items) == [(op.ANY, None)] or any(_hangs(kind, value) for kind, value in items)


def _hangs(kind: Any, value: Any) -> bool:
    bodies = _bodies(kind, value)
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT) and value[1] > _FEW and any(_varies(*item) for item in flat(value[2])):
        return True
    return any(_hangs(*item) for body in bodies for item in body)


def _varies(kind: Any, value: Any) -> bool:
    """Whether an item may match in several ways at one place."""
    if kind is op.BRANCH or (kind in REPEATS[:2] and value[0] != value[1]):
        return True
    return any(_varies(*item) for body in _bodies(kind, value) for item in body)


def _bodies(kind: Any, value: Any) -> list[Items]:
    if kind is op.BRANCH:
        return list(value[1])
    if kind is op.SUBPATTERN:
        return [value[-1]]
    if kind in (op.ASSERT, op.ASSERT_NOT):
        return [value[1]]
    if kind in REPEATS:
        return [value[2]]
    return [part for part in value[1:] if part] if kind is op.GROUPREF_EXISTS else []
