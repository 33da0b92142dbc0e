"""Keeps compiled patterns, and what rule files hold, on disk between runs.

Losing it costs a second, trusting a bad one never happens.

A cache file is named by what its patterns were made from: the rules, the library and Python. It
starts with a checksum of the rest. A file that is missing, damaged or of another kind is made anew
without a word, and where nothing can be written everything works as well, only slower.
"""

import contextlib
import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec
import regex

from cleaner import __version__, rules
from cleaner.rulefiles.tables import RuleText, parsed
from cleaner.rules.patterns import FLAGS, Store
from cleaner.rules.supersets import Superset

#: Names another folder; an empty value switches the cache off.
VARIABLE = "CLEANER_CACHE"
_KEPT = 24
_LOG = logging.getLogger(__name__)
_SUM = 16
_Content = tuple[dict[str, tuple[bytes, bool]], list[tuple[str, bool, Superset | None]]]


@contextlib.contextmanager
def cached_store(rules_digest: str) -> Iterator[Store]:
    """A store with what an earlier run compiled of the same rules. New patterns are saved on leaving."""
    path = _path(_name(rules_digest))
    store = _read(path) if path else Store()
    if path and not store.pickled:  # an edited pack shares most of its patterns with the one before
        store.older = _read(max(path.parent.glob(f"{_made_by()}-*"), key=_age, default=Path()))
    if not store.pickled and not (store.older and store.older.pickled):
        _LOG.info("compiling the rules, once for this version of them; it takes a few seconds")
    yield store
    if path and store.fresh:
        _write(path, store)


@dataclass(frozen=True)
class DiskShelf:
    """Keeps what engines compile."""

    def take(self, key: str) -> bytes | None:
        path = _path(key)
        return _content(path) if path else None

    def put(self, key: str, compiled: bytes) -> None:
        if path := _path(key):
            _save(path, compiled)


DISK_SHELF = DiskShelf()


def cached_tables(files: Sequence[RuleText], digest: str) -> list[dict[str, Any]]:
    """What the files hold, whose digest is ``digest``. Raises ``RuleFileError``."""
    key = f"tables-{digest}"
    with contextlib.suppress(msgspec.MsgspecError):
        kept = msgspec.msgpack.decode(DISK_SHELF.take(key) or b"", type=list[dict[str, Any]])
        if len(kept) == len(files):
            return kept
    tables = [parsed(file.data, file.path) for file in files]
    with contextlib.suppress(msgspec.MsgspecError, OverflowError):
        encoded = msgspec.msgpack.encode(tables)
        if msgspec.msgpack.decode(encoded) == tables:  # a date, say, would come back as a string
            DISK_SHELF.put(key, encoded)
    return tables


def _path(key: str) -> Path | None:
    place = folder()
    return place / key if place else None


def folder() -> Path | None:
    if (named := os.environ.get(VARIABLE)) is not None:
        return Path(named) if named else None
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base, "cleaner") if base and Path(base).is_absolute() else None


def _made_by() -> str:
    """What, besides the rules, decides whether compiled patterns can be used."""
    made_by = (__version__, regex.__version__, sys.version, sys.byteorder, int(FLAGS), *map(_sum, _sources()))
    return f"patterns-{blake2b(repr(made_by).encode(), digest_size=6).hexdigest()}"


def _sources() -> Iterator[bytes]:
    """The code that makes what is kept."""
    for path in sorted(Path(rules.__file__).parent.glob("*.py")):
        yield path.read_bytes()


def _name(rules_digest: str) -> str:
    return f"{_made_by()}-{rules_digest}"


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # another process has just taken it away
        return 0.0


def _read(path: Path) -> Store:
    try:
        pickled, supersets = msgspec.msgpack.decode(_content(path) or b"", type=_Content)
    except msgspec.MsgspecError:
        return Store()
    return Store(pickled, {(source, whole): known for source, whole, known in supersets})


def _write(path: Path, store: Store) -> None:
    supersets = [(source, whole, known) for (source, whole), known in store.supersets.items()]
    _save(path, msgspec.msgpack.encode((store.pickled, supersets)))


def _content(path: Path) -> bytes | None:
    """What the file holds, if it is ours and whole."""
    try:
        if hasattr(os, "getuid") and path.stat().st_uid != os.getuid():
            return None  # unpickling runs code: only what this user wrote is read
        data = path.read_bytes()
    except OSError:
        return None
    return data[_SUM:] if _sum(data[_SUM:]) == data[:_SUM] else None


def _save(path: Path, content: bytes) -> None:
    """Writes aside and renames: others who write the same file at the same time, or read it, see one of them whole."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_aside(path, _sum(content) + content)
        for old in sorted(path.parent.glob(f"{path.name.split('-')[0]}-*"), key=_age)[:-_KEPT]:
            old.unlink(missing_ok=True)


def _write_aside(path: Path, data: bytes) -> None:
    file = tempfile.NamedTemporaryFile(dir=path.parent, delete=False)  # noqa: SIM115 - it is renamed when closed
    try:
        with file:
            file.write(data)
        Path(file.name).replace(path)
    except BaseException:
        Path(file.name).unlink(missing_ok=True)
        raise


def _sum(data: bytes) -> bytes:
    return blake2b(data, digest_size=_SUM).digest()
