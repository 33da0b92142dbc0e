"""Keeps compiled patterns on disk between runs. Losing it costs a second, trusting a bad one never happens.

A cache file is named by what its patterns were made from: the rules, the library and Python. It
starts with a checksum of the rest. A file that is missing, damaged or of another kind is made anew
without a word, and where nothing can be written everything works as well, only slower.
"""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

import msgspec
import regex

from cleaner.rules.patterns import FLAGS, Store

#: Names another folder; an empty value switches the cache off.
VARIABLE = "CLEANER_CACHE"
_KEPT = 8
_SUM = 16


@contextlib.contextmanager
def cached_store(rules_digest: str) -> Iterator[Store]:
    """A store with what an earlier run compiled of the same rules. New patterns are saved on leaving."""
    folder = _folder()
    path = folder / _name(rules_digest) if folder else None
    store = Store(_read(path) if path else {})
    if folder and not store.pickled:  # an edited pack shares most of its patterns with the one before
        store.older = _read(max(folder.glob(f"{_made_by()}-*"), key=_age, default=Path()))
    yield store
    if path and store.fresh:
        _write(path, store.pickled)


def _folder() -> Path | None:
    if (named := os.environ.get(VARIABLE)) is not None:
        return Path(named) if named else None
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base, "cleaner") if base and Path(base).is_absolute() else None


def _made_by() -> str:
    """What, besides the rules, decides whether compiled patterns can be used."""
    made_by = (regex.__version__, sys.version, sys.byteorder, int(FLAGS))
    return f"patterns-{blake2b(repr(made_by).encode(), digest_size=6).hexdigest()}"


def _name(rules_digest: str) -> str:
    return f"{_made_by()}-{rules_digest}"


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # another process has just taken it away
        return 0.0


def _read(path: Path) -> dict[str, bytes]:
    """What the file holds, if it is ours and whole."""
    try:
        if hasattr(os, "getuid") and path.stat().st_uid != os.getuid():
            return {}  # unpickling runs code: only what this user wrote is read
        data = path.read_bytes()
        if _sum(data[_SUM:]) != data[:_SUM]:
            return {}
        return msgspec.msgpack.decode(data[_SUM:], type=dict[str, bytes])
    except (OSError, msgspec.DecodeError):
        return {}


def _write(path: Path, pickled: dict[str, bytes]) -> None:
    data = msgspec.msgpack.encode(pickled)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(_sum(data) + data)
        Path(file.name).replace(path)
        for old in sorted(path.parent.glob("patterns-*"), key=_age)[:-_KEPT]:
            old.unlink()


def _sum(data: bytes) -> bytes:
    return blake2b(data, digest_size=_SUM).digest()
