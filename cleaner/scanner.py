"""Scans a text once for what the patterns of many rules cannot do without.

Two engines, the first that is installed: Hyperscan (in its fork Vectorscan), which scans whole
texts, and RE2, which scans line by line. They find the same lines; the rules then decide, so which
one runs, or none, changes nothing but the time it takes.
"""

import importlib
import platform
import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from itertools import count
from pathlib import Path
from threading import local
from typing import Any, Literal, NamedTuple, Protocol

from cleaner.rules.folding import fold, unfolded
from cleaner.rules.supersets import HEAD

Choice = Literal["auto", "hyperscan", "re2", "plain"]
CHOICES: tuple[Choice, ...] = ("auto", "hyperscan", "re2", "plain")

_MODULES: dict[Choice, str] = {"hyperscan": "hyperscan", "re2": "re2"}
_PACKAGES: dict[Choice, str] = {"hyperscan": "hyperscan", "re2": "google-re2"}

#: Stands where a line was cut off: what decoration comes after it is unknown.
CUT = "\x00"

#: The id of an expression, and the number of the line it was found in.
Hit = tuple[int, int]


class Expression(NamedTuple):
    """An expression over bytes, to be found without regard to the case of ASCII letters, and the id it reports."""

    id: int
    pattern: bytes


class Shelf(Hashable, Protocol):
    """Keeps compiled expressions between runs, or does not."""

    def take(self, key: str) -> bytes | None: ...
    def put(self, key: str, compiled: bytes) -> None: ...


class Engine(Protocol):
    """``hits(data)`` finds all expressions. ``data`` begins and ends with a line end; lines are counted from 0."""

    name: str

    def hits(self, data: bytes) -> Iterable[Hit]: ...


def chosen(wanted: Choice) -> Choice:
    """The engine that runs when this one is wanted.

    Raises ``ImportError`` for one asked for by name that is not installed.
    """
    if wanted == "plain":
        return "plain"
    for name, module in _MODULES.items():
        if wanted in (name, "auto") and _usable(module):
            return name
    if wanted != "auto":
        raise ImportError(f"{wanted} is not installed; pip install {_PACKAGES[wanted]}, or let cleaner choose")
    return "plain"


@cache
def _usable(module: str) -> bool:
    try:
        importlib.import_module(module)
    except Exception:  # noqa: BLE001 - not installed, or not for this processor or C library
        return False
    return True


def _open(given: Sequence[Expression], wanted: Choice, shelf: Shelf) -> Engine:
    return Hyperscan(given, shelf) if wanted == "hyperscan" else Re2(given)


@cache
def _open_unfolded(wanted: Choice, shelf: Shelf) -> Engine:
    """The engine that tells whether a text must be folded before it can be scanned."""
    return _open([Expression(0, unfolded())], wanted, shelf)


class Scanner:
    """Scans the heads of lines for some expressions, and whole lines for others; ids are places, counted from 0."""

    def __init__(self, heads: Engine, texts: Engine, unfolded: Engine) -> None:
        self._heads = heads
        self._texts = texts
        self._unfolded = unfolded
        self.name = texts.name

    @classmethod
    def open(cls, heads: Iterable[bytes], texts: Iterable[bytes], wanted: Choice, shelf: Shelf) -> "Scanner | None":
        """A scanner with the engine wanted; none if that is ``plain``."""
        engine = chosen(wanted)
        if engine == "plain":
            return None
        first, whole = (_open(list(map(Expression, count(), patterns)), engine, shelf) for patterns in (heads, texts))
        return cls(first, whole, _open_unfolded(engine, shelf))

    def hits(self, lines: Sequence[str]) -> tuple[set[Hit], set[Hit]]:
        """What is found in the heads of lines, and in the lines."""
        data = _joined(lines)
        if any(self._unfolded.hits(data)):
            lines = fold("\n".join(lines)).split("\n")
            data = _joined(lines)
        heads = _joined([line if len(line) <= HEAD else line[:HEAD] + CUT for line in lines])
        return set(self._heads.hits(heads)), set(self._texts.hits(data))


def _joined(lines: Sequence[str]) -> bytes:
    return "\n".join(("", *lines, "")).encode("utf-8", "surrogatepass")


class _Scratch(local):
    """What a scan writes into: one for each thread, made when the thread first asks."""

    def __init__(self, database: Any) -> None:
        import hyperscan

        self.space = hyperscan.Scratch(database)


class Hyperscan:
    """A database in block mode, scanned over the whole data at once."""

    name = "hyperscan"

    def __init__(self, given: Sequence[Expression], shelf: Shelf) -> None:
        import hyperscan

        self._database: Any = None
        self._stopped: type[Exception] = hyperscan.ScanTerminated
        if not given:  # no database can be made of nothing
            return
        key = f"hyperscan-{_digest(given, version('hyperscan'), _cpu())}"
        kept = shelf.take(key)
        try:
            self._open(kept or b"")
        except hyperscan.error:  # nothing was kept, or on another kind of machine
            compiled = self._compile(given)
            shelf.put(key, compiled)
            self._open(compiled)

    def _open(self, compiled: bytes) -> None:
        import hyperscan

        self._database = hyperscan.loadb(compiled, hyperscan.HS_MODE_BLOCK)
        self._scratch = _Scratch(self._database)

    @staticmethod
    def _compile(given: Sequence[Expression]) -> bytes:
        import hyperscan

        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        database.compile(
            expressions=[expression.pattern for expression in given],
            ids=[expression.id for expression in given],
            elements=len(given),
            flags=[hyperscan.HS_FLAG_CASELESS] * len(given),
        )
        return bytes(hyperscan.dumpb(database))

    def hits(self, data: bytes) -> Iterator[Hit]:
        ends: list[Hit] = []
        if self._database is None:
            return
        try:
            self._database.scan(data, match_event_handler=_note, context=ends, scratch=self._scratch.space)
        except self._stopped:  # _note never asks for it: Ctrl-C came while it ran, and the library lost the exception
            raise KeyboardInterrupt from None
        line, counted = -1, 0
        for found, end in sorted(ends, key=_end):
            line += data.count(b"\n", counted, end - 1)  # the last byte may be the line end that a match ends with
            counted = end - 1
            yield found, line


def _note(found: int, start: int, end: int, flags: int, ends: Any) -> None:
    ends.append((found, end))


def _end(hit: Hit) -> int:
    return hit[1]


class Re2:
    """Sets, asked line by line: one of all strings, and one of each other expression.

    Expressions with gaps multiply the states of an automaton when they share one.
    """

    name = "re2"
    #: Bytes for an automaton; with too few it forgets states and slows down.
    _MEMORY = 64 << 20
    _STRING = re.compile(rb"(?:[a-z0-9]|\\x..|\\n|\[0-9\]|\[\^0-9A-Za-z_\]|\[\^0-9A-Za-z\\n\]\*\[\\n\\x00\])+")

    def __init__(self, given: Sequence[Expression]) -> None:
        strings = [one for one in given if self._STRING.fullmatch(one.pattern)]
        others = [one for one in given if not self._STRING.fullmatch(one.pattern)]
        self._sets = [
            (self._set(group), [one.id for one in group]) for group in (strings, *([o] for o in others)) if group
        ]

    def _set(self, given: Sequence[Expression]) -> Any:
        import re2

        options = re2.Options()
        options.case_sensitive = False
        options.encoding = re2.Options.Encoding.LATIN1  # bytes
        options.max_mem = self._MEMORY
        made = re2.Set.SearchSet(options)
        for expression in given:
            made.Add(expression.pattern)
        made.Compile()
        return made

    def hits(self, data: bytes) -> Iterator[Hit]:
        lines = [b"\n" + line + b"\n" for line in data.split(b"\n")[1:-1]]
        for matches, ids in self._sets:
            for number, line in enumerate(lines):
                for place in matches.Match(line) or ():
                    yield ids[place], number


def _digest(given: Sequence[Expression], *made_by: str) -> str:
    content = blake2b(repr(made_by).encode(), digest_size=12)
    for expression in given:
        content.update(b"%d %b\n" % expression)
    return content.hexdigest()


@cache
def _cpu() -> str:
    """What tells kinds of processors apart: compiled expressions use what theirs can do."""
    try:
        flags = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("flags")]
    except OSError:
        flags = []
    return f"{platform.machine()} {(flags or [platform.processor()])[0]}"
