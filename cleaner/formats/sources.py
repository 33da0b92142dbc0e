"""Which files a run cleans, by which names: files, folders and standard input become sources."""

import os
import stat
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path, PurePath, PurePosixPath
from typing import BinaryIO
from urllib.parse import urlsplit
from zlib import crc32

from cleaner.errors import ConfigError
from cleaner.formats import remote
from cleaner.formats.compression import SUFFIXES

#: Kinds of files that are one document each, by their endings; then of all files.
SINGLE = {
    ".txt": "text",
    ".text": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
}
KINDS = SINGLE | {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".warc": "warc",
    ".wet": "warc",
    ".tar": "tar",
    ".tgz": "tar",
}
#: Kinds of files that hold many documents -> the ending of their article file; others hold one, and theirs is .txt.
ROWS = {"jsonl": ".jsonl", "parquet": ".parquet", "warc": ".jsonl", "tar": ".jsonl"}
STDIN = "-"
#: Bytes of the longest part of an article's path; with an ending of ours, it fits everywhere.
_LONGEST = 240


@dataclass(frozen=True)
class Source:
    """One input file: ``name`` is its path below the input folder, ``article`` that of its output.

    ``path`` is ``None`` for standard input and for remote files, which have an ``address`` instead.
    """

    name: str
    path: Path | None
    kind: str
    compression: str
    article: str = ""
    address: str = ""
    remote_size: int = 0
    remote_version: str = ""

    @property
    def rows(self) -> bool:
        """Does it hold many documents?"""
        return self.kind in ROWS

    @property
    def is_stdin(self) -> bool:
        return self.path is None and not self.address

    @property
    def row_name(self) -> str:
        """What its rows are called."""
        return row_name(self.kind)

    def open(self) -> BinaryIO:
        """The bytes as they lie there. Raises ``OSError``, or ``InputError`` for a remote file."""
        if self.address:
            return remote.open_for_reading(self.address)
        return self.path.open("rb") if self.path else sys.stdin.buffer

    @property
    def stamp(self) -> tuple[int, int]:
        """Size in bytes and time of the last change, or what a server tells of it: another stamp, another content."""
        if self.address:
            return max(0, self.remote_size), crc32(self.remote_version.encode())
        try:
            said = self.path.stat() if self.path else None
        except OSError:
            said = None
        return (said.st_size, said.st_mtime_ns) if said else (0, 0)

    @property
    def size(self) -> int:
        return self.stamp[0]

    @property
    def once(self) -> bool:
        """Can it be read only once? So it is with standard input and other pipes."""
        if self.address:
            return False
        try:
            return self.path is None or not stat.S_ISREG(self.path.stat().st_mode)
        except OSError:
            return False


@dataclass
class Plan:
    """The sources of a run, sorted by name; what could not be entered; what is of no known kind."""

    sources: list[Source] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def plan(inputs: Sequence[str], *, without: Path | None = None, stdin_kind: str = "text") -> Plan:
    """What to clean. The folder ``without`` (the output folder) is passed over.

    Names are relative to the folder given, or with several inputs to the closest folder that holds
    them all, so that no two are the same. Raises ``ConfigError`` for an input that does not exist.
    """
    addresses = [given for given in inputs if remote.is_remote(given)]
    paths = [Path(given) for given in inputs if given != STDIN and given not in addresses]
    for path in paths:
        if not os.path.lexists(path):
            raise ConfigError(f"{path}: no such file or folder")
    made = Plan()
    found: dict[str, Source] = {}
    base = _base(paths)
    for path in paths:
        for file in _walk(path, made, base, without):
            name = _name(file, base)
            kind, compression = kind_of(file, named=file == path)
            if kind:
                _put(Source(name, file, kind, compression), found)
            else:
                made.skipped.append(name)
    for address in addresses:
        for source in _remote(address, made, alone=len(inputs) == 1):
            _put(source, found)
    if STDIN in inputs:
        if sys.stdin is None:
            raise ConfigError("-: standard input is closed; name a file, or send something through a pipe")
        _put(Source("stdin", None, stdin_kind, ""), found)
    made.sources = _with_articles(sorted(found.values(), key=lambda source: source.name))
    made.failures.sort()
    made.skipped = sorted(set(made.skipped))
    return made


def _put(source: Source, found: dict[str, Source]) -> None:
    """Adds a source; one that is there already stays as it is, another of the same name gets a number."""
    there = found.get(source.name)
    if there and (there.path, there.address) == (source.path, source.address):
        return
    if there:
        source = replace(source, name=_free(source.name, {name.casefold() for name in found}))
    found[source.name] = source


def _remote(address: str, made: Plan, *, alone: bool) -> Iterator[Source]:
    """The files that an address stands for; beside other inputs their names begin with where they lie."""
    place = urlsplit(address)
    above = "" if alone else f"{place.netloc}{place.path.rpartition('/')[0]}".strip("/") + "/"
    for file in remote.expand(address):
        name = above + file.name
        kind, compression = kind_of(PurePosixPath(file.name), named=file.url == address)
        if kind:
            yield Source(
                name, None, kind, compression, address=file.url, remote_size=file.size, remote_version=file.version
            )
        else:
            made.skipped.append(name)


def _base(paths: Sequence[Path]) -> Path:
    """The folder that names are relative to."""
    folders = [_absolute(path if path.is_dir() else path.parent) for path in paths]
    if len(folders) <= 1:
        return folders[0] if folders else Path.cwd()
    try:
        return Path(os.path.commonpath(folders))
    except ValueError:  # on two drives
        raise ConfigError("the inputs lie on different drives; clean them into separate folders") from None


def _absolute(path: Path) -> Path:
    """Absolute, ``..`` taken out, links left alone: names are those that were typed."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links


def _name(path: Path, base: Path) -> str:
    relative = PurePosixPath(os.path.relpath(_absolute(path), base).replace(os.sep, "/"))
    return _readable(str(relative))


def _readable(name: str) -> str:
    """A name whose bytes are no UTF-8, in characters that can be written."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def row_name(kind: str) -> str:
    """What the rows of a file of this kind are called."""
    return {"parquet": "row", "warc": "record", "tar": "record"}.get(kind, "line")


def kind_of(path: PurePath, *, named: bool = False) -> tuple[str, str]:
    """What the name says a file is, and its compression; one ``named`` by hand that has no known ending is text."""
    suffix, compression = path.suffix.lower(), ""
    if suffix in SUFFIXES:
        compression, suffix = SUFFIXES[suffix], Path(path.stem).suffix.lower()
    elif suffix == ".tgz":
        compression = "gzip"
    return KINDS.get(suffix, "text" if named else ""), compression


def _walk(path: Path, made: Plan, base: Path, without: Path | None) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    yield from _walk_folder(path, made, base, without, (os.path.realpath(path),))


def _walk_folder(folder: Path, made: Plan, base: Path, without: Path | None, above: tuple[str, ...]) -> Iterator[Path]:
    """The files below ``folder``; hidden ones are passed over, links are followed but never in a circle."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        made.failures.append((_name(folder, base), f"the folder cannot be read: {error.strerror}"))
        return
    for entry in entries:
        path = Path(entry.path)
        if entry.name.startswith(".") or (without and os.path.realpath(path) == os.path.realpath(without)):
            continue
        try:
            kind = "none" if not path.exists() else "folder" if path.is_dir() else "file" if path.is_file() else ""
        except OSError as error:
            made.failures.append((_name(path, base), f"cannot be read: {error.strerror}"))
            continue
        if kind == "none":
            made.failures.append((_name(path, base), _broken(path)))
        elif kind == "file":
            yield path
        elif kind == "folder" and (real := os.path.realpath(path)) in above:
            made.failures.append((_name(path, base), f"a link in a circle: it leads back to {_readable(real)}"))
        elif kind == "folder" and _is_run(path):
            made.skipped.append(_name(path, base) + "/")
        elif kind == "folder":
            yield from _walk_folder(path, made, base, without, (*above, real))


def _is_run(folder: Path) -> bool:
    """Is it the output of a run? Its logs are full of junk."""
    try:
        return all((folder / name).is_file() for name in ("manifest.jsonl", "summary.json", "errors.jsonl"))
    except OSError:  # it may not be entered, which is said where it is tried
        return False


def _broken(path: Path) -> str:
    try:
        return f"a broken link: it leads to {_readable(str(path.readlink()))}, which does not exist"
    except OSError:
        return "cannot be read: permission denied"


def _with_articles(sources: Iterable[Source]) -> list[Source]:
    """Each source with the path of its article; where two would meet, the full name or a number tells them apart."""
    sources = list(sources)
    short = [_fitting(_article(source)) for source in sources]
    wanted = Counter(name.casefold() for name in short)
    folders = {str(folder).casefold() for name in short for folder in PurePosixPath(name).parents}
    taken = {name.casefold() for name in short if wanted[name.casefold()] == 1} | folders
    named = []
    for source, name in zip(sources, short, strict=True):
        if wanted[name.casefold()] > 1 or name.casefold() in folders:
            name = _free(_fitting(_full_article(source)), taken)
            taken.add(name.casefold())
        named.append(replace(source, article=name))
    return named


def _free(name: str, taken: set[str]) -> str:
    """``name``, with a number before its ending if something else has it."""
    path, count = PurePosixPath(name), 1
    while name.casefold() in taken:
        name, count = str(path.with_name(f"{path.stem}.{count}{path.suffix}")), count + 1
    return name


def _fitting(name: str) -> str:
    """``name`` with parts that no file system takes cut short; a hash tells them apart."""
    path = PurePosixPath(name)
    if all(len(part.encode()) <= _LONGEST for part in path.parts):
        return name
    return str(PurePosixPath(*map(_cut, path.parts)))


def _cut(part: str) -> str:
    if len(part.encode()) <= _LONGEST:
        return part
    suffix = PurePosixPath(part).suffix[:10]
    begin = part.encode()[: _LONGEST - 30].decode(errors="ignore")
    return f"{begin}~{blake2b(part.encode(), digest_size=8).hexdigest()}{suffix}"


def _article(source: Source) -> str:
    name = PurePosixPath(source.name)
    name = name.with_suffix("") if source.compression else name
    suffix = ROWS.get(source.kind, ".txt")
    return str(name.with_suffix(suffix) if name.suffix.lower() in KINDS else name) if name.suffix else f"{name}{suffix}"


def _full_article(source: Source) -> str:
    suffix = ROWS.get(source.kind, ".txt")
    return source.name if source.name.endswith(suffix) else source.name + suffix
