"""From patterns as people write them to compiled ones.

Patterns ignore case. An apostrophe matches every kind of apostrophe and a double quote every kind
of double quote, so that no rule need spell them out. ``{{name}}`` stands for a definition of the
rule file.

Compiling a pack takes seconds, running it on a short text a millisecond. So compiled patterns are
kept in a *store*, which the rule loader reads from and writes to disk, and taken out of it when
they are first used.
"""

import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import process_time, thread_time
from typing import TypeVar

import regex

from cleaner.rules.supersets import Superset, superset
from cleaner.rules.tree import may_hang

APOSTROPHES = "'’‘ʼ`´"
QUOTES = '"“”„‟«»″'
FLAGS = regex.IGNORECASE
#: Seconds that one match may take of the processor. Honest ones take microseconds.
TIMEOUT = 1.0
#: Seconds of other threads that do not matter; the share of its time that a match may have been cheated of.
_OTHERS, _CHEATED = 0.05, 0.1

Found = TypeVar("Found")

_DEFINED = regex.compile(r"\{\{([\w-]+)\}\}")
_QUOTE_OR_CLASS = regex.compile(r"\\.|[\[\]'\"]", regex.DOTALL)


class PatternError(ValueError):
    """A pattern that does not compile; the message says where."""


class Memo(dict[str, bool]):
    """What is known of short lines. Of all that is forgotten, all can be found out again."""

    _MOST = 5000

    def __setitem__(self, line: str, known: bool) -> None:
        if len(self) >= self._MOST:
            self.clear()
        super().__setitem__(line, known)


class Pattern:
    """A ``regex`` pattern that takes its compiled form out of the store when it is first used.

    Matching raises ``TimeoutError`` rather than trying a hostile text for ever.
    """

    __slots__ = ("_compiled", "_pickled", "_timeout", "known", "source")

    def __init__(self, source: str, pickled: bytes, may_hang: bool = True) -> None:
        self.source = source
        #: Of short lines whether they fit it, and whether they hold it anywhere.
        self.known = (Memo(), Memo())
        self._pickled = pickled
        self._compiled: regex.Pattern[str] | None = None
        # A timeout makes each call several times dearer, so only patterns that may need it get one.
        self._timeout = TIMEOUT if may_hang else None

    @property
    def compiled(self) -> regex.Pattern[str]:
        if self._compiled is None:
            self._compiled = pickle.loads(self._pickled)
        return self._compiled

    def fullmatch(self, text: str) -> regex.Match[str] | None:
        try:
            return self.compiled.fullmatch(text, timeout=self._timeout)
        except TimeoutError:
            return _again(lambda timeout: self.compiled.fullmatch(text, timeout=timeout))

    def search(self, text: str) -> regex.Match[str] | None:
        try:
            return self.compiled.search(text, timeout=self._timeout)
        except TimeoutError:
            return _again(lambda timeout: self.compiled.search(text, timeout=timeout))

    def matches(self, text: str) -> list[regex.Match[str]]:
        """All matches, from left to right."""
        try:
            return list(self.compiled.finditer(text, timeout=self._timeout))
        except TimeoutError:
            return _again(lambda timeout: list(self.compiled.finditer(text, timeout=timeout)))


def _again(match: Callable[[float], Found]) -> Found:
    """What a match finds that took too long, if other threads were at work meanwhile; else ``TimeoutError``.

    ``regex`` counts the processor's time for all threads of the process together. Here only this thread's counts,
    so that a text comes out the same however many are cleaned beside it.
    """
    timeout = TIMEOUT
    while process_time() - thread_time() > _OTHERS:
        begun = thread_time()
        try:
            return match(timeout)
        except TimeoutError:
            if thread_time() - begun >= (1 - _CHEATED) * TIMEOUT:
                raise
            timeout *= 2
    raise TimeoutError


@dataclass
class Store:
    """Compiled patterns by source, with whether they may hang, and supersets by source and whether it fits whole lines.

    What is missing is taken from ``older`` or made; ``fresh`` says that something was.
    """

    pickled: dict[str, tuple[bytes, bool]] = field(default_factory=dict)
    supersets: dict[tuple[str, bool], Superset | None] = field(default_factory=dict)
    older: "Store | None" = None
    fresh: bool = False
    _made: dict[str, Pattern] = field(default_factory=dict)

    def pattern(self, source: str) -> Pattern:
        """The pattern of that source. Raises ``regex.error``."""
        if (made := self._made.get(source)) is None:
            made = self._made[source] = Pattern(source, *self._compiled(source))
        return made

    def _compiled(self, source: str) -> tuple[bytes, bool]:
        """The pickled pattern, and whether it may hang."""
        if (known := self.pickled.get(source)) is not None:
            return known
        older = self.older.pickled.get(source) if self.older else None
        self.pickled[source] = found = older or (pickle.dumps(regex.compile(source, FLAGS)), may_hang(source))
        self.fresh = True
        return found

    def superset(self, source: str, *, whole_line: bool) -> Superset | None:
        """What to look for in place of the pattern of that source."""
        key = source, whole_line
        if key not in self.supersets:
            older = self.older.supersets if self.older else {}
            self.supersets[key] = older[key] if key in older else superset(source, whole_line=whole_line)
            self.fresh = True
        return self.supersets[key]


@dataclass(frozen=True)
class Patterns:
    """Compiles the patterns of one rule file, which may use its definitions.

    >>> bool(Patterns({"thing": "boat|ship"}).one("don't miss the {{thing}}").fullmatch("Don’t miss the ship"))
    True
    """

    define: Mapping[str, str] = field(default_factory=dict)
    store: Store = field(default_factory=Store)

    def one(self, pattern: str) -> Pattern:
        """One pattern. Raises ``PatternError``."""
        source = spread_quotes(self.expand(pattern))
        try:
            return self.store.pattern(source)
        except regex.error as error:
            raise PatternError(f"{error} in {pattern!r}") from None

    def each(self, patterns: Sequence[str]) -> tuple[Pattern, ...]:
        """A pattern of each of ``patterns``."""
        return tuple(self.one(pattern) for pattern in patterns)

    def any(self, patterns: Sequence[str]) -> Pattern:
        """One pattern that matches what any of ``patterns`` matches."""
        joined = "|".join(f"(?:{pattern})" for pattern in patterns)
        if spread_quotes(self.expand(joined)) not in self.store.pickled:
            for pattern in patterns:  # "(a" and "b)" make a sound pattern together, and mean something else
                self.one(pattern)
        return self.one(joined)

    def expand(self, pattern: str) -> str:
        """``pattern`` with its ``{{names}}`` replaced by what they stand for.

        >>> Patterns({"time": "[0-9]+:[0-9]+"}).expand("at {{time}}")
        'at (?:[0-9]+:[0-9]+)'
        """
        return _expand(pattern, self.define)


def _expand(pattern: str, define: Mapping[str, str]) -> str:
    def definition(match: regex.Match[str]) -> str:
        name = match[1]
        if name not in define:
            known = ", ".join(sorted(define)) or "none"
            raise PatternError(f"{{{{{name}}}}} is not defined in this file (defined: {known})")
        inner = {key: value for key, value in define.items() if key != name}  # no definition holds itself
        return f"(?:{_expand(define[name], inner)})"

    return _DEFINED.sub(definition, pattern)


def spread_quotes(pattern: str) -> str:
    """``pattern`` with each straight quote replaced by a class of all quotes of its kind."""
    in_class, parts, position = False, [], 0
    for match in _QUOTE_OR_CLASS.finditer(pattern):
        token = match.group()
        parts.append(pattern[position : match.start()])
        position = match.end()
        if token == "[":
            in_class = True
        elif token == "]":
            in_class = in_class and pattern[: match.start()].endswith(("[", "[^"))  # there it is a member
        elif token in "'\"":
            kinds = APOSTROPHES if token == "'" else QUOTES
            token = kinds if in_class else f"[{kinds}]"
        parts.append(token)
    return "".join(parts) + pattern[position:]
