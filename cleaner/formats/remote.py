"""Remote files: objects in S3 and its like, pages of the web, and whatever else fsspec has a scheme for.

Credentials and endpoints come from where each service's own tools look for them (``AWS_PROFILE``,
``AWS_ENDPOINT_URL``, ``~/.aws/config``, ...). They never appear in messages, and neither do the
passwords and signatures of addresses.
"""

import contextlib
import io
import os
import re
import tempfile
import time
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import urlsplit

from cleaner.errors import ConfigError, InputError, OutputError
from cleaner.formats.remote_failures import (
    CHANGED,
    SCHEME,
    WEB,
    WHOLE,
    in_plain_words,
    is_lasting,
    pauses,
    retried,
    scheme_of,
    shown,
)

#: What is read ahead of an open file.
BLOCK = 4 << 20

_PATTERN = re.compile(r"[*?\[]")


class RemoteFile(NamedTuple):
    """A file that was found; ``name`` is its path below what was asked for, and safe as one; -1: no known size."""

    url: str
    name: str
    size: int
    version: str = ""  # what the server says that changes with the content


def is_remote(text: str) -> bool:
    """Is it an address rather than a path?

    >>> [is_remote(text) for text in ("s3://bucket/raw/", "raw/news.txt", "C:/raw", "-")]
    [True, False, False, False]
    """
    return bool(SCHEME.match(text))


def expand(url: str) -> list[RemoteFile]:
    """The files that an address stands for: one, all below a folder, or all that match a pattern; sorted.

    Hidden ones are passed over. Raises ``ConfigError``.
    """
    with in_plain_words(url, ConfigError):
        system, path = _file_system(url)
        system.invalidate_cache()
        if scheme_of(url) in WEB:
            return [RemoteFile(url, _safe(_last(urlsplit(url).path) or "index"), *_facts(retried(system.info, path)))]
        pattern = _PATTERN.search(path)
        if pattern and not retried(system.isfile, path):
            base = path[: pattern.start()].rpartition("/")[0]
            found = retried(system.glob, path, detail=True)
        else:
            info = retried(system.info, path)
            if info["type"] == "file" and not url.endswith("/"):
                return [RemoteFile(url, _safe(_last(path)), *_facts(info))]
            base, found = path, retried(system.find, path, detail=True)
        files = [_file(system, key, info, base) for key, info in found.items() if info["type"] == "file"]
    files = sorted(file for file in files if not any(part.startswith(".") for part in file.name.split("/")))
    if not files:
        raise ConfigError(f"{shown(url)}: no files there; give a file, a folder or a pattern such as s3://bucket/*.txt")
    return files


def open_for_reading(url: str) -> BinaryIO:
    """The bytes of a file, past connections that break. Raises ``InputError``, later too, while it is read."""
    return io.BufferedReader(_Reading(url), 1 << 20)


def open_for_writing(url: str) -> BinaryIO:
    """A new file that appears, whole, when it is closed; or not at all, if an exception gets in the way.

    It is kept in the folder for temporary files until then. ``close`` raises ``OutputError``.
    """
    _refuse_the_web(url)
    with in_plain_words(url, ConfigError):
        _file_system(url)
    return _Writing(url)  # type: ignore[return-value]


def upload(path: Path, url: str) -> None:
    """Copies a file to an address, where it appears whole or not at all. Raises ``OutputError``."""
    _refuse_the_web(url)
    with in_plain_words(url, OutputError):
        system, there = _file_system(url)
        if scheme_of(url) in WHOLE:
            retried(system.put_file, str(path), there)
            return
        beside = f"{there}.{os.getpid()}.partial"
        system.makedirs(system._parent(there), exist_ok=True)
        try:
            retried(system.put_file, str(path), beside)
            retried(system.mv, beside, there)
        finally:
            with contextlib.suppress(Exception):
                system.rm_file(beside)


def found_below(url: str) -> list[RemoteFile]:
    """The files below an address, if there are any. Raises ``ConfigError`` if it cannot be asked."""
    return expand(f"{url}/") if exists(url) else []


def remove(url: str) -> None:
    """Takes a file away. Raises ``OutputError``."""
    with in_plain_words(url, OutputError):
        system, path = _file_system(url)
        retried(system.rm_file, path)


def exists(url: str) -> bool:
    """Is there such a file? Raises ``ConfigError`` if it cannot be asked after."""
    with in_plain_words(url, ConfigError):
        system, path = _file_system(url)
        system.invalidate_cache()
        return bool(retried(system.exists, path))


def check_writable(folder: str) -> None:
    """Raises ``ConfigError`` or ``OutputError`` if nothing can be written below an address."""
    probe = f"{folder}/.cleaner-{os.getpid()}"
    with tempfile.NamedTemporaryFile() as nothing:
        upload(Path(nothing.name), probe)
    with in_plain_words(probe, OutputError):
        system, path = _file_system(probe)
        retried(system.rm_file, path)


class _Reading(io.RawIOBase):
    """Reads a file, and opens it again where the connection broke."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._place = 0
        self._file: Any = None
        self._can_seek = self._streamed = self._broken = False
        with in_plain_words(url, InputError):
            self._system, self._path = _file_system(url)
            self._info = retried(self._system.info, self._path)
            retried(self._open)

    def _open(self) -> None:
        """Opens the file at the place that was reached."""
        block = 0 if self._streamed else BLOCK
        self._file = self._system.open(self._path, "rb", block_size=block, cache_type="readahead")
        try:
            self._file.seek(self._place + 1)  # some that cannot do it say that they can
            self._file.seek(self._place)
            self._can_seek = True
        except (ValueError, OSError, NotImplementedError):
            self._can_seek = False
            self._skip_to_place()

    def _skip_to_place(self) -> None:
        left = self._place
        while left:
            data = self._file.read(min(left, 1 << 20))
            if not data:
                raise ConnectionError("the data end before the place that was reached")
            left -= len(data)

    def _open_again(self) -> None:
        with contextlib.suppress(Exception):
            self._file.close()
        self._system.invalidate_cache()
        info = self._system.info(self._path)
        if any(info.get(key) != self._info.get(key) for key in ("size", "ETag", "mtime", "LastModified")):
            raise InputError(f"{shown(self._url)}: {CHANGED}")
        self._open()
        self._broken = False

    def readinto(self, buffer: Any) -> int:
        with in_plain_words(self._url, InputError):
            data = self._read(len(buffer))
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)

    def _read(self, count: int) -> bytes:
        for pause in pauses():
            try:
                if self._broken:
                    self._open_again()
                data: bytes = self._file.read(count)
                if data or self._place >= _facts(self._info)[0]:
                    return data
                raise ConnectionError("the data end before the file does")
            except Exception as error:
                no_ranges = isinstance(error, ValueError) and scheme_of(self._url) in WEB and not self._streamed
                if pause is None or (is_lasting(error) and not no_ranges):
                    raise
                self._streamed, self._broken = self._streamed or no_ranges, True
            time.sleep(pause)
        raise AssertionError("the last pause is None")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._can_seek

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = 0) -> int:
        if not self.seekable():
            raise io.UnsupportedOperation(f"{shown(self._url)}: can only be read from its beginning to its end")
        self._place = self._file.seek(offset, whence)
        return self._place

    def close(self) -> None:
        if self._file is not None and not self.closed:
            with contextlib.suppress(Exception):
                self._file.close()
        super().close()


class _Writing(io.RawIOBase):
    """A temporary file that is uploaded when it is closed in good order."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._path: Path | None = None
        with in_plain_words(url, OutputError):
            descriptor, name = tempfile.mkstemp(prefix="cleaner-")
        self._path, self._file = Path(name), os.fdopen(descriptor, "wb")

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        with in_plain_words(self._url, OutputError):
            return self._file.write(data)

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        if self.closed or not self._path:
            return
        try:
            with in_plain_words(self._url, OutputError):
                self._file.close()
            upload(self._path, self._url)
        finally:
            self.discard()

    def discard(self) -> None:
        """Closes it without a trace."""
        if self._path:
            with contextlib.suppress(OSError):
                self._file.close()
            self._path.unlink(missing_ok=True)
        super().close()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if kind:
            self.discard()
        self.close()

    def __del__(self) -> None:
        if not self.closed:
            self.discard()


def _file_system(url: str) -> tuple[Any, str]:
    """The file system of an address, and the path in it."""
    try:
        import fsspec
    except ImportError:
        raise ConfigError(
            f"{shown(url)}: remote files need fsspec, which is not installed; pip install 'cleaner[remote]'"
        ) from None
    if not SCHEME.match(url):
        raise ConfigError(f"{url}: not an address; one begins like s3://, gs://, https:// or file://")
    if not url.partition("://")[2].strip("/") and scheme_of(url) not in ("file", "local", "memory"):
        raise ConfigError(f"{url}: names no bucket and no server")
    return fsspec.url_to_fs(url)


def _file(system: Any, key: str, info: dict[str, Any], base: str) -> RemoteFile:
    name = key.removeprefix(base).removeprefix("/") or _last(key)
    return RemoteFile(system.unstrip_protocol(key), "/".join(map(_safe, name.split("/"))), *_facts(info))


def _last(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def _safe(part: str) -> str:
    """A part of a path that leads nowhere else, on no system; keys may be any text."""
    if part in ("", ".", ".."):
        return "%" + part.replace(".", "%2E").removeprefix("%")
    return re.sub(r"[\x00-\x1f\x7f\\:*?\"<>|/]", lambda match: f"%{ord(match.group()):02X}", part)


def _facts(info: dict[str, Any]) -> tuple[int, str]:
    """The size of a file, and what changes with its content."""
    size = info.get("size")
    version = next((info[name] for name in ("ETag", "etag", "LastModified", "mtime", "created") if info.get(name)), "")
    return (size if isinstance(size, int) else -1), str(version)


def _refuse_the_web(url: str) -> None:
    if scheme_of(url) in WEB:
        raise ConfigError(f"{shown(url)}: the web can only be read; write to a folder, or to s3:// or gs://")
