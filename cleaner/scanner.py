"""Scans a text once for what the patterns of many rules cannot do without.

Two engines, the first that is installed: Hyperscan (in its fork Vectorscan), which scans whole
texts, and RE2, which scans line by line. They find the same lines; the rules then decide, so which
one runs, or none, changes nothing but the time it takes.
"""

import platform
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

from cleaner.rules.folding import fold, unfolded
from cleaner.rules.supersets import HEAD

Choice = Literal["auto", "hyperscan", "re2", "plain"]
CHOICES: tuple[Choice, ...] = ("auto", "hyperscan", "re2", "plain")

#: The id reported where a text must be folded before it can be scanned.
UNFOLDED = 0
#: Stands where a line was cut off: what decoration comes after it is unknown.
CUT = "\x00"

#: The id of an expression, and the number of the line it was found in.
Hit = tuple[int, int]


class Expression(NamedTuple):
    """An expression over bytes, to be found without regard to the case of ASCII letters, and the id it reports."""

    id: int
    pattern: bytes


class Shelf(Protocol):
    """Keeps compiled expressions between runs, or does not."""

    def take(self, key: str) -> bytes | None: ...
    def put(self, key: str, compiled: bytes) -> None: ...


class Engine(Protocol):
    """``hits(data)`` finds all expressions. ``data`` begins and ends with a line end; lines are counted from 0."""

    name: str

    def hits(self, data: bytes) -> Iterable[Hit]: ...


def open_engine(given: Sequence[Expression], wanted: Choice, shelf: Shelf) -> Engine | None:
    """The engine wanted, or with ``auto`` the fastest there is; none for ``plain`` or where none is installed.

    Raises ``ImportError`` for an engine asked for by name that is not installed.
    """
    if wanted in ("auto", "hyperscan"):
        try:
            return Hyperscan(given, shelf)
        except ImportError:
            if wanted == "hyperscan":
                raise
    if wanted in ("auto", "re2"):
        try:
            return Re2(given)
        except ImportError:
            if wanted == "re2":
                raise
    return None


def expressions(patterns: Iterable[bytes]) -> list[Expression]:
    """What is to be scanned for; ids are places in ``patterns``, counted from 1."""
    wanted = [Expression(number, pattern) for number, pattern in enumerate(patterns, 1)]
    return wanted + [Expression(UNFOLDED, pattern) for pattern in unfolded()]


class Scanner:
    """Scans the heads of lines for some expressions, and whole lines for others."""

    def __init__(self, heads: Engine, texts: Engine) -> None:
        self._heads = heads
        self._texts = texts
        self.name = texts.name

    def hits(self, lines: Sequence[str]) -> tuple[set[Hit], set[Hit]]:
        """What is found in the heads of lines, and in the lines."""
        texts = set(self._texts.hits(_joined(lines)))
        if any(found == UNFOLDED for found, _ in texts):
            lines = fold("\n".join(lines)).split("\n")
            texts = {hit for hit in self._texts.hits(_joined(lines)) if hit[0] != UNFOLDED}
        heads = self._heads.hits(_joined([line if len(line) <= HEAD else line[:HEAD] + CUT for line in lines]))
        return {hit for hit in heads if hit[0] != UNFOLDED}, texts


def _joined(lines: Sequence[str]) -> bytes:
    return "\n".join(("", *lines, "")).encode("utf-8", "surrogatepass")


class Hyperscan:
    """A database in block mode, scanned over the whole data at once."""

    name = "hyperscan"

    def __init__(self, given: Sequence[Expression], shelf: Shelf) -> None:
        import hyperscan

        key = f"hyperscan-{_digest(given, hyperscan.__version__, _cpu())}"
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
        self._database.scratch = hyperscan.Scratch(self._database)

    @staticmethod
    def _compile(given: Sequence[Expression]) -> bytes:
        import hyperscan

        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        once = hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_SINGLEMATCH
        database.compile(
            expressions=[expression.pattern for expression in given],
            ids=[expression.id for expression in given],
            elements=len(given),
            flags=[once if one.id == UNFOLDED else hyperscan.HS_FLAG_CASELESS for one in given],
        )
        return bytes(hyperscan.dumpb(database))

    def hits(self, data: bytes) -> Iterator[Hit]:
        ends: list[Hit] = []
        self._database.scan(data, match_event_handler=_note, context=ends)
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
    """A set, asked line by line."""

    name = "re2"
    #: Bytes for the automaton; with too few it forgets states and slows down.
    _MEMORY = 64 << 20

    def __init__(self, given: Sequence[Expression]) -> None:
        import re2

        options = re2.Options()
        options.case_sensitive = False
        options.encoding = re2.Options.Encoding.LATIN1  # bytes
        options.max_mem = self._MEMORY
        self._ids = [expression.id for expression in given]
        self._set = re2.Set.SearchSet(options)
        for expression in given:
            self._set.Add(expression.pattern)
        self._set.Compile()

    def hits(self, data: bytes) -> Iterator[Hit]:
        for number, line in enumerate(data.split(b"\n")[1:-1]):
            for place in self._set.Match(b"\n" + line + b"\n"):
                yield self._ids[place], number


def _digest(given: Sequence[Expression], *made_by: str) -> str:
    content = blake2b(repr(made_by).encode(), digest_size=12)
    for expression in given:
        content.update(b"%d %b\n" % expression)
    return content.hexdigest()


def _cpu() -> str:
    """What tells kinds of processors apart: compiled expressions use what theirs can do."""
    try:
        flags = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("flags")]
    except OSError:
        flags = []
    return f"{platform.machine()} {(flags or [platform.processor()])[0]}"
