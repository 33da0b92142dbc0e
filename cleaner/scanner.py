"""Scans a text once for what the patterns of many rules cannot do without.

Two engines, the first that is installed: Hyperscan (in its fork Vectorscan), which scans whole
texts, and RE2, which scans line by line. They find the same lines; the rules then decide, so which
one runs, or none, changes nothing but the time it takes.
"""

import importlib.util
import platform
import re
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

from cleaner.rules.folding import fold, unfolded
from cleaner.rules.supersets import HEAD

Choice = Literal["auto", "hyperscan", "re2", "plain"]
CHOICES: tuple[Choice, ...] = ("auto", "hyperscan", "re2", "plain")

_MODULES: dict[Choice, str] = {"hyperscan": "hyperscan", "re2": "re2"}
_PACKAGES: dict[Choice, str] = {"hyperscan": "hyperscan", "re2": "google-re2"}

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


def chosen(wanted: Choice) -> Choice:
    """The engine that runs when this one is wanted.

    Raises ``ImportError`` for one asked for by name that is not installed.
    """
    if wanted == "plain":
        return "plain"
    for name, module in _MODULES.items():
        if wanted in (name, "auto") and importlib.util.find_spec(module):
            return name
    if wanted != "auto":
        raise ImportError(f"{wanted} is not installed; pip install {_PACKAGES[wanted]}, or let cleaner choose")
    return "plain"


def open_engine(given: Sequence[Expression], wanted: Choice, shelf: Shelf) -> Engine | None:
    """The engine wanted, or with ``auto`` the fastest there is; none for ``plain`` or where none is installed.

    Raises ``ImportError`` for an engine asked for by name that is not installed.
    """
    match chosen(wanted):
        case "hyperscan":
            return Hyperscan(given, shelf)
        case "re2":
            return Re2(given)
        case _:
            return None


def expressions(patterns: Iterable[bytes]) -> list[Expression]:
    """What is to be scanned for; ids are places in ``patterns``, counted from 1."""
    return [Expression(UNFOLDED, unfolded()), *(Expression(*one) for one in enumerate(patterns, 1))]


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
        self._sets = [(self._set(group), [one.id for one in group]) for group in (strings, *([o] for o in others)) if group]

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


def _cpu() -> str:
    """What tells kinds of processors apart: compiled expressions use what theirs can do."""
    try:
        flags = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("flags")]
    except OSError:
        flags = []
    return f"{platform.machine()} {(flags or [platform.processor()])[0]}"
