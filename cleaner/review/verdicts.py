"""Verdicts of reviewers: lines that are only ever appended, and that outlive the run they were given on.

A verdict is kept by rule and fingerprint, and with them by site or by document where it is meant so narrowly. Each
line is on disk before anybody is told so. A line that a crash tore apart is passed over, and stays for people to see.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any, Literal, NamedTuple, get_args
from uuid import uuid4

import filelock
import msgspec
import regex

from cleaner.checkpoint import sync_folder
from cleaner.errors import InputError, OutputError

SCHEMA = 1
VERDICTS = "verdicts.jsonl"
Answer = Literal["right", "wrong", "skip"]
Scope = Literal["text", "site", "group"]
By = Literal["removals", "characters", "sites", "groups"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)
#: The narrowest first: where one reviewer said several things of a removal, the narrowest holds.
SCOPES: tuple[Scope, ...] = get_args(Scope)
#: The rule of verdicts on lines that were kept (``queries.misses``): ``wrong`` says that junk was left.
KEPT = "kept-line"
#: How much of a text is kept with a verdict, how long names and notes may be, and seconds to wait for others who write.
TEXT, LONGEST, _PATIENCE = 200, 2000, 10.0
_SURROGATE = regex.compile("[\ud800-\udfff]")


class Key(NamedTuple):
    """What a verdict is on. Parts that are wider than its scope are empty."""

    scope: Scope
    rule: str
    fingerprint: str
    site: str = ""
    doc: str = ""
    source: str = ""
    row: int | None = None
    start: int = 0
    end: int = 0


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """A line of ``verdicts.jsonl``: what a reviewer says of a removal, or of all that are alike.

    ``scope`` is ``text`` (this removal of this document), ``site`` (this rule and fingerprint on this site) or
    ``group`` (this rule and fingerprint everywhere). ``sample`` names the sample that it was asked for.
    :meth:`Verdicts.add` fills in ``time``, and ``id`` where there is none.
    """

    reviewer: str
    verdict: Answer
    rule: str
    fingerprint: str
    scope: Scope
    site: str = ""
    doc: str = ""
    source: str = ""
    row: int | None = None
    start: int = 0
    end: int = 0
    category: str = ""
    text: str = ""
    sample: str = ""
    note: str = ""
    id: str = ""
    time: str = ""
    schema: int = SCHEMA

    @property
    def key(self) -> Key:
        return key_of(msgspec.structs.asdict(self), self.scope)


class Undone(msgspec.Struct, frozen=True, kw_only=True):
    """A line that takes back the verdict with the id ``undo``."""

    reviewer: str
    undo: str
    id: str
    time: str
    schema: int = SCHEMA


class Item(msgspec.Struct, frozen=True):
    """A removal in a sample, by what tells it apart in any run over the same documents."""

    doc: str
    source: str
    row: int | None
    start: int
    end: int
    fingerprint: str
    site: str = ""


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A line that says which removals of a rule were drawn, and how: see ``sampling``.

    ``population`` is how many there were to draw from: removals, characters, sites or groups, as ``by`` says. ``log``
    is the digest of the log of removals that it was drawn from: it measures no other.
    """

    measure: str  # its name
    rule: str
    by: By
    size: int
    seed: int
    action: str
    population: int
    items: list[Item]
    log: str = ""
    id: str = ""
    time: str = ""
    schema: int = SCHEMA


class Conflict(NamedTuple):
    """Reviewers who differ: their last verdicts on a key, skips left out."""

    key: Key
    verdicts: list[Verdict]


def key_of(removal: Mapping[str, Any], scope: Scope) -> Key:
    """The key of a verdict of this scope on a removal: ``rule fingerprint site doc source row start end``."""
    rule, fingerprint = removal["rule"], removal["fingerprint"]
    if scope == "group":
        return Key(scope, rule, fingerprint)
    if scope == "site":
        return Key(scope, rule, fingerprint, removal["site"])
    parts = (removal[name] for name in ("doc", "source", "row", "start", "end"))
    return Key(scope, rule, fingerprint, "", *parts)


def settled(verdicts: Iterable[Verdict]) -> str:
    """What verdicts say together: ``right wrong skip`` or ``""``. The majority decides, skips left out.

    Where as many say wrong as right it is wrong: losing an author's sentence is worse than leaving a line.
    """
    said = Counter(verdict.verdict for verdict in verdicts)
    if said["wrong"] or said["right"]:
        return "wrong" if said["wrong"] >= said["right"] else "right"
    return "skip" if said else ""


class Verdicts:
    """The verdicts in one file. Several threads may use it, and several processes the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mutex = RLock()
        self._lock = filelock.FileLock(path.with_name(f"{path.name}.lock"), timeout=_PATIENCE)
        self._changed: list[tuple[str, str]] = []
        self._forget()

    @classmethod
    def open(cls, path: Path) -> "Verdicts":
        """The verdicts in ``path``, which need not exist yet; nothing is written. Raises ``OutputError``."""
        if not path.parent.is_dir():
            raise OutputError(f"{path.parent}: no such folder; verdicts are kept in a file of a folder that is there")
        verdicts = cls(path)
        verdicts.refresh()
        if verdicts._lines and len(verdicts._damaged) == verdicts._lines:
            raise OutputError(f"{path}: holds no verdict in {verdicts._lines} lines; name another file to keep them in")
        return verdicts

    @property
    def version(self) -> int:
        """Grows whenever a verdict is added, seen or taken back."""
        return len(self._changed)

    @property
    def damaged(self) -> list[int]:
        """The numbers of lines that could not be read."""
        return list(self._damaged)

    def add(self, verdict: Verdict) -> str:
        """Appends a verdict and gives its id, once it is on disk. One that was ever in the file is not written twice.

        Raises ``InputError`` for one that makes no sense, ``OutputError`` where the file cannot be written.
        """
        made = _checked(verdict)
        with self._writing() as write:
            if made.id in self._given.get(made.reviewer, {}) or (made.reviewer, made.id) in self._undone:
                self._sync()  # it may have been written when an error was told
            else:
                write(made)
        return made.id

    def undo(self, reviewer: str, of: str = "") -> Verdict | None:
        """Takes back a verdict of the reviewer, and gives it. What they said before holds again.

        It is the one with the id ``of`` or else the last that holds. Of one that is taken back already nothing is
        written, and the answer is the same; of one that nobody knows there is none.
        """
        with self._writing() as write:
            taken = self._given.get(reviewer, {}).get(of) if of else self.last(reviewer)
            if taken:
                write(Undone(reviewer=reviewer, undo=taken.id, id=uuid4().hex, time=_now()))
            elif (reviewer, of) in self._undone:
                self._sync()
                taken = self._undone[reviewer, of]
        return taken

    def last(self, reviewer: str) -> Verdict | None:
        """The reviewer's last verdict that holds."""
        with self._mutex:
            return next(reversed(self._given.get(reviewer, {}).values()), None)

    def refresh(self) -> bool:
        """Reads what others appended. Was there anything?"""
        with self._mutex, _explained(self.path, "read"):
            if not self.path.exists():
                if self._read:
                    self._forget()
                return False
            size, before = self.path.stat().st_size, self._lines
            if size < self._read:
                self._forget()  # somebody put another file in its place
            if size > self._read:
                self._read_on()
            return self._lines != before

    def current(self) -> dict[Key, dict[str, Verdict]]:
        """The verdicts that hold: by key, then by reviewer."""
        with self._mutex:
            return {key: held for part in self._parts.values() for key in part if (held := self._held(key))}

    def about(self, rule: str, fingerprint: str) -> dict[Key, dict[str, Verdict]]:
        """The verdicts that hold on a group or on parts of it: by key, then by reviewer."""
        with self._mutex:
            return {key: held for key in self._parts.get((rule, fingerprint), ()) if (held := self._held(key))}

    def of(self, removal: Mapping[str, Any]) -> list[Verdict]:
        """The verdicts that hold for a removal, one of each reviewer: the narrowest."""
        found: dict[str, Verdict] = {}
        with self._mutex:
            if (removal["rule"], removal["fingerprint"]) in self._parts:
                for scope in SCOPES:
                    found = {**self._held(key_of(removal, scope)), **found}
        return sorted(found.values(), key=lambda verdict: (verdict.time, verdict.id))

    def conflicts(self) -> list[Conflict]:
        """The keys on which reviewers differ."""
        return conflicts_in(self.current())

    def reviewers(self) -> dict[str, int]:
        """How many verdicts of each reviewer hold."""
        with self._mutex:
            return {reviewer: len(given) for reviewer, given in sorted(self._given.items()) if given}

    def changed(self, since: int = 0) -> list[tuple[str, str]]:
        """Rule and fingerprint of what was said or taken back since the version ``since``; the last may come twice."""
        with self._mutex:
            return self._changed[since:]

    def add_sample(self, sample: Sample) -> None:
        """Appends a sample; one that is there already is not written twice."""
        with self._writing() as write:
            if sample.measure not in self._samples:
                write(msgspec.structs.replace(sample, id=uuid4().hex, time=_now()))

    def samples(self) -> dict[str, Sample]:
        """The samples by name, in the order in which they were drawn."""
        with self._mutex:
            return dict(self._samples)

    def _forget(self) -> None:
        self._read = self._lines = 0
        self._damaged: list[int] = []
        self._given: dict[str, dict[str, Verdict]] = {}  # reviewer -> id -> verdict, in the order of the file
        self._undone: dict[tuple[str, str], Verdict | None] = {}  # by reviewer and id; none until it was read
        self._parts: dict[tuple[str, str], dict[Key, dict[str, list[Verdict]]]] = {}
        self._samples: dict[str, Sample] = {}
        self._changed += dict.fromkeys(self._changed)  # never shortened: no version comes twice

    def _held(self, key: Key) -> dict[str, Verdict]:
        said = self._parts.get((key.rule, key.fingerprint), {}).get(key, {})
        return {reviewer: stack[-1] for reviewer, stack in said.items() if stack}

    @contextmanager
    def _writing(self) -> Iterator["_Write"]:
        """Alone with the file, and knowing all that stands in it."""
        with self._mutex, _explained(self.path, "written"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._lock:
                self.refresh()
                yield self._append
                self.refresh()

    def _append(self, line: msgspec.Struct) -> None:
        new = not self.path.exists()
        with self.path.open("ab+") as stream:
            size = stream.seek(0, os.SEEK_END)
            torn = size > 0 and (stream.seek(size - 1), stream.read(1))[1] != b"\n"
            stream.write((b"\n" if torn else b"") + _encoded(line) + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        if new:
            sync_folder(self.path.parent)

    def _sync(self) -> None:
        """Makes sure that all that stands in the file is on disk."""
        with self.path.open("ab") as stream:
            os.fsync(stream.fileno())
        sync_folder(self.path.parent)

    def _read_on(self) -> None:
        """Reads whole lines; what has no end yet is being written, or was torn apart by a crash."""
        with self.path.open("rb") as stream:
            stream.seek(self._read)
            for line in stream:
                if not line.endswith(b"\n"):
                    break
                self._read += len(line)
                self._lines += 1
                self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            kind = _KIND.decode(line)
            if kind.undo:
                self._take_back(_UNDONE.decode(line))
            elif kind.measure:
                sample = _SAMPLE.decode(line)
                self._samples.setdefault(sample.measure, sample)
            else:
                self._hold(_VERDICT.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self._damaged.append(self._lines)

    def _hold(self, verdict: Verdict) -> None:
        key = verdict.key
        if verdict.id in (given := self._given.setdefault(verdict.reviewer, {})):
            return  # files were put together, and share lines
        if (verdict.reviewer, verdict.id) in self._undone:
            self._undone[verdict.reviewer, verdict.id] = verdict
            return  # or one of them takes back what the other holds
        given[verdict.id] = verdict
        part = self._parts.setdefault((key.rule, key.fingerprint), {})
        part.setdefault(key, {}).setdefault(verdict.reviewer, []).append(verdict)
        self._changed.append((key.rule, key.fingerprint))

    def _take_back(self, undone: Undone) -> None:
        verdict = self._given.get(undone.reviewer, {}).pop(undone.undo, None)
        self._undone.setdefault((undone.reviewer, undone.undo), verdict)
        if verdict:
            key = verdict.key
            self._parts[key.rule, key.fingerprint][key][verdict.reviewer].remove(verdict)
            self._changed.append((key.rule, key.fingerprint))


def conflicts_in(held: Mapping[Key, Mapping[str, Verdict]]) -> list[Conflict]:
    """The keys of ``held`` on which reviewers differ; a skip differs from nothing."""
    found = []
    for key, by_reviewer in held.items():
        verdicts = [verdict for verdict in by_reviewer.values() if verdict.verdict != "skip"]
        if len({verdict.verdict for verdict in verdicts}) > 1:
            found.append(Conflict(key, verdicts))
    return found


class _Kind(msgspec.Struct):
    """What tells the three kinds of lines apart."""

    undo: str = ""
    measure: str = ""


_Write = Callable[[msgspec.Struct], None]
_KIND, _UNDONE = msgspec.json.Decoder(_Kind), msgspec.json.Decoder(Undone)
_SAMPLE, _VERDICT = msgspec.json.Decoder(Sample), msgspec.json.Decoder(Verdict)


def _checked(verdict: Verdict) -> Verdict:
    """The verdict as it is written. Raises ``InputError``."""
    if verdict.verdict not in ANSWERS or verdict.scope not in SCOPES:
        raise InputError(
            f"a verdict is one of {', '.join(ANSWERS)} and its scope one of {', '.join(SCOPES)}; "
            f"this is {verdict.verdict!r} with scope {verdict.scope!r}"
        )
    for name in ("reviewer", "rule", "fingerprint"):
        if not getattr(verdict, name).strip():
            raise InputError(f"a verdict needs a {name}; this one has none")
    made = msgspec.structs.replace(
        verdict,
        text=shown(verdict.text[:TEXT]),
        note=shown(verdict.note[:LONGEST]),
        reviewer=verdict.reviewer.strip(),
        id=verdict.id or uuid4().hex,
        time=_now(),
        schema=SCHEMA,
    )
    if not made.reviewer.isprintable() or len(made.reviewer) > TEXT:
        raise InputError(f"a reviewer's name is at most {TEXT} printable characters")
    return made


def _encoded(line: msgspec.Struct) -> bytes:
    try:
        return msgspec.json.encode(line)
    except UnicodeEncodeError:
        raise InputError("a name in this verdict holds half a character; it cannot be kept") from None


def shown(text: str) -> str:
    """The text with U+FFFD for halves of characters, which no JSON can hold.

    >>> shown("a\\ud800b")
    'a�b'
    """
    return text if text.isascii() else _SURROGATE.sub("�", text)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@contextmanager
def _explained(path: Path, done: str) -> Iterator[None]:
    try:
        yield
    except filelock.Timeout:
        raise OutputError(
            f"{path}: another process has been writing for {_PATIENCE:g} s; is one stopped? End it, then judge again"
        ) from None
    except OSError as error:
        raise OutputError(
            f"{path}: verdicts cannot be {done}: {error.strerror or error}; "
            "make room or see to its permissions, or name another file with --verdicts"
        ) from None
