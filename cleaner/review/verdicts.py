"""Verdicts of reviewers: lines that are only ever appended, and that outlive the run they were given on.

Each line is on disk before anybody is told so. A line that a crash tore apart is passed over, and stays for people to
see. What the lines say stands in ``statements``.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import RLock
from typing import Any, NamedTuple
from uuid import uuid4

import filelock
import msgspec

from cleaner.checkpoint import sync_folder
from cleaner.errors import InputError, OutputError
from cleaner.review.statements import (
    ANSWERS,
    KEPT,
    SCOPES,
    TEXT,
    Answer,
    By,
    Item,
    Key,
    Sample,
    Scope,
    Undone,
    Verdict,
    checked,
    key_of,
    now,
    settled,
    shown,
)

__all__ = [
    "ANSWERS",
    "KEPT",
    "SCOPES",
    "TEXT",
    "VERDICTS",
    "Answer",
    "By",
    "Item",
    "Key",
    "Sample",
    "Scope",
    "Undone",
    "Verdict",
    "Verdicts",
    "key_of",
    "settled",
    "shown",
]

VERDICTS = "verdicts.jsonl"
#: Seconds to wait for others who write.
_PATIENCE = 10.0
#: Bytes at either end of what was read, by which a file is known again.
_ENDS = 256
_NUMBERS = count()


class Verdicts:
    """The verdicts in one file. Several threads may use it, and several processes the file.

    ``number`` is another one for each of these objects. ``read_only`` says why verdicts cannot be kept, as far as it
    is known: :meth:`try_out` finds out.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.number = next(_NUMBERS)
        self.read_only = ""
        self._mutex = RLock()
        self._stamp: _Stamp | None = None
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
        made = checked(verdict)
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
                write(Undone(reviewer=reviewer, undo=taken.id, id=uuid4().hex, time=now()))
            elif (reviewer, of) in self._undone:
                self._sync()
                taken = self._undone[reviewer, of]
        return taken

    def last(self, reviewer: str) -> Verdict | None:
        """The reviewer's last verdict that holds."""
        with self._mutex:
            return next(reversed(self._given.get(reviewer, {}).values()), None)

    def try_out(self) -> str:
        """Tries whether verdicts can be kept, without writing any. Why not, or nothing."""
        try:
            with self._mutex, self._lock.acquire(timeout=0):
                if self.path.exists():
                    self.path.open("ab").close()
            self.read_only = ""
        except filelock.Timeout:
            self.read_only = ""  # another process writes
        except OSError as error:
            self.read_only = _why(self.path, error)
        return self.read_only

    def refresh(self) -> bool:
        """Reads what others appended. Was there anything?"""
        with self._mutex, _explained(self.path, "read"):
            before = len(self._changed), self._lines
            stamp = _stamp(self.path)
            if stamp != self._stamp:
                if not self._known(stamp):
                    self._forget()
                if stamp:
                    self._read_on()
                self._stamp = stamp
            return (len(self._changed), self._lines) != before

    def current(self) -> dict[Key, dict[str, Verdict]]:
        """The verdicts that hold: by key, then by reviewer."""
        with self._mutex:
            return {key: held for part in self._parts.values() for key in part if (held := self._held(key))}

    def about(self, rule: str, fingerprint: str, reviewer: str = "") -> dict[Key, dict[str, Verdict]]:
        """The verdicts that hold on a group or on parts of it: by key, then by reviewer; or those of one reviewer."""
        with self._mutex:
            found = {key: self._held(key) for key in self._parts.get((rule, fingerprint), ())}
        if reviewer:
            found = {key: {reviewer: held[reviewer]} for key, held in found.items() if reviewer in held}
        return {key: held for key, held in found.items() if held}

    def of(self, removal: Mapping[str, Any]) -> list[Verdict]:
        """The verdicts that hold for a removal, one of each reviewer: the narrowest."""
        found: dict[str, Verdict] = {}
        with self._mutex:
            if (removal["rule"], removal["fingerprint"]) in self._parts:
                for scope in SCOPES:
                    found = {**self._held(key_of(removal, scope)), **found}
        return sorted(found.values(), key=lambda verdict: (verdict.time, verdict.reviewer))

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
                write(msgspec.structs.replace(sample, id=uuid4().hex, time=now()))

    def samples(self) -> dict[str, Sample]:
        """The samples by name, in the order in which they were drawn."""
        with self._mutex:
            return dict(self._samples)

    def _forget(self) -> None:
        self._read = self._lines = 0
        self._stamp = None
        self._ends = _Ends(b"", b"")
        self._damaged: list[int] = []
        self._given: dict[str, dict[str, Verdict]] = {}  # reviewer -> id -> verdict, in the order of the file
        self._undone: dict[tuple[str, str], Verdict | None] = {}  # by reviewer and id; none until it was read
        self._parts: dict[tuple[str, str], dict[Key, dict[str, list[Verdict]]]] = {}
        self._samples: dict[str, Sample] = {}
        self._changed += dict.fromkeys(self._changed)  # never shortened: no version comes twice

    def _held(self, key: Key) -> dict[str, Verdict]:
        said = self._parts.get((key.rule, key.fingerprint), {}).get(key, {})
        return {reviewer: stack[-1] for reviewer, stack in said.items() if stack}

    def _known(self, stamp: "_Stamp | None") -> bool:
        """Is it still the file that was read, which has only grown? Others may have put another in its place."""
        if self._stamp is None:
            return True
        if stamp is None or stamp.file != self._stamp.file or stamp.size < self._read:
            return False
        return _ends(self.path, self._read) == self._ends

    @contextmanager
    def _writing(self) -> Iterator["_Write"]:
        """Alone with the file, and knowing all that stands in it."""
        with self._mutex, _explained(self.path, "written"):
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                with self._lock:
                    self.refresh()
                    yield self._append
                    self.refresh()
                self.read_only = ""
            except filelock.Timeout:
                raise
            except OSError as error:
                self.read_only = _why(self.path, error)
                raise

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
        self._ends = _ends(self.path, self._read)

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


class _Stamp(NamedTuple):
    """Which file it is, and whether it was written to."""

    file: tuple[int, int]
    size: int
    changed: int


class _Ends(NamedTuple):
    """The first and the last bytes of what was read of a file."""

    first: bytes
    last: bytes


def _stamp(path: Path) -> _Stamp | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return _Stamp((found.st_dev, found.st_ino), found.st_size, found.st_mtime_ns)


def _ends(path: Path, read: int) -> _Ends:
    with path.open("rb") as stream:
        first = stream.read(min(read, _ENDS))
        stream.seek(max(0, read - _ENDS))
        return _Ends(first, stream.read(min(read, _ENDS)))


class _Kind(msgspec.Struct):
    """What tells the three kinds of lines apart."""

    undo: str = ""
    measure: str = ""


_Write = Callable[[msgspec.Struct], None]
_KIND, _UNDONE = msgspec.json.Decoder(_Kind), msgspec.json.Decoder(Undone)
_SAMPLE, _VERDICT = msgspec.json.Decoder(Sample), msgspec.json.Decoder(Verdict)


def _encoded(line: msgspec.Struct) -> bytes:
    try:
        return msgspec.json.encode(line)
    except UnicodeEncodeError:
        raise InputError("a name in this verdict holds half a character; it cannot be kept") from None


def _why(path: Path, error: OSError) -> str:
    return f"{path.name} cannot be written: {error.strerror or error}; name another file with --verdicts"


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
