"""Reads the documents of any source, whatever its format.

A source comes as items, cheap to make and to send to another process: a whole file, or one or more of
the documents in it. What an item holds is read where it is cleaned.
"""

import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, NamedTuple, cast

import msgspec

from cleaner.document import Document
from cleaner.errors import InputError
from cleaner.formats import compression
from cleaner.formats.encoding import Decoded, decode
from cleaner.formats.html import extract
from cleaner.formats.jsonl import Fields, read_row
from cleaner.formats.records import Problem, Record, decoded, values_of
from cleaner.formats.sources import Plan, Source

#: Rows of the items that open and close a source of many documents and hold none.
OPENING, CLOSING = 0, -1
#: The row after which a source is read from its beginning.
NOTHING = -1
_HASHED = 1 << 20


class Input(NamedTuple):
    """What a source was, read to its end. ``sha256`` is empty if it was not; ``skipped`` counts records by kind."""

    size: int = 0
    sha256: str = ""
    skipped: tuple[tuple[str, int], ...] = ()


class Item(NamedTuple):
    """Documents still unread: a whole file (read from ``source`` where ``data`` is ``None``) or rows of one.

    ``row`` is the first of ``rows`` rows, ``None`` for whole files, or ``OPENING`` or ``CLOSING``. ``chosen``
    says which of the rows are asked for, as distances from the first; ``None`` are all. ``problem`` says
    instead why there is nothing to read.
    """

    source: Source
    row: int | None = None
    data: bytes | Record | Input | None = None
    problem: str = ""
    rows: int = 1
    chosen: tuple[int, ...] | None = None

    @property
    def last(self) -> int:
        """The last of its rows."""
        return (self.row or 0) + self.rows - 1

    @property
    def held(self) -> int:
        """The bytes of input that it carries."""
        data = self.data.payload if isinstance(self.data, Record) else self.data
        return len(data) if isinstance(data, bytes) else 0

    @property
    def documents(self) -> int:
        """How many documents are asked for."""
        if self.row in (OPENING, CLOSING):
            return 0
        return self.rows if self.chosen is None else len(self.chosen)

    def halves(self) -> "list[Item]":
        """The item as two, each with half of its documents, or as it is if it has but one."""
        chosen = tuple(range(self.rows)) if self.chosen is None else self.chosen
        middle = len(chosen) // 2
        return [self._replace(chosen=half) for half in (chosen[:middle], chosen[middle:])] if middle else [self]


@dataclass(frozen=True)
class Reading:
    """A document, and what must be known to write its article and to get its bytes back; or why there is none."""

    document: Document | None
    row: int | None = None
    values: dict[str, msgspec.Raw] | None = None
    decoded: Decoded | None = None
    extractor: str = ""
    problem: str = ""
    input: Input | None = None


def items(source: Source, fields: Fields, after: int = NOTHING) -> Iterator[tuple[Item, int]]:
    """The items of a source, each with the bytes of input it stands for; only those beyond the row ``after``."""
    if not source.rows:
        data = source.open().read(compression.MAX_DOCUMENT + 1) if source.is_stdin else None
        yield Item(source, data=data), source.size
        return
    if after < OPENING:
        yield Item(source, OPENING, _opening(source, fields)), 0
    row, done = max(after, OPENING), Input()
    skipped: Counter[str] = Counter()
    try:
        with source.open() as stream:
            hashed = Hashed(stream)
            try:
                for item, size in _READERS[source.kind](source, cast(BinaryIO, hashed), fields, row, skipped):
                    row = item.last
                    yield item, size
            except (InputError, OSError) as error:
                yield Item(source, row + 1, problem=problem_of(error)), 0
            done = hashed.finish(skipped)
    except (InputError, OSError) as error:
        yield Item(source, row + 1, problem=problem_of(error)), 0
    yield Item(source, CLOSING, done), 0


def _opening(source: Source, fields: Fields) -> bytes:
    """What the article file of a source begins with, even if no document follows."""
    if source.kind != "parquet":
        return b""
    from cleaner.formats import parquet

    try:
        with source.open() as stream:
            return parquet.schema_of(stream, fields)
    except (InputError, OSError):
        return b""  # the reader says what is wrong


def _lines(
    source: Source, stream: BinaryIO, fields: Fields, after: int, skipped: Counter[str]
) -> Iterator[tuple[Item, int]]:
    place = 0
    for row, line in enumerate(compression.lines_or_errors(compression.chunks(stream, source.compression)), 1):
        before, place = place, stream.tell()
        if row <= after:
            continue
        if isinstance(line, InputError):
            yield Item(source, row, problem=str(line)), place - before
            continue
        line = line.removeprefix(b"\xef\xbb\xbf") if row == 1 else line
        if line.strip():
            yield Item(source, row, line), place - before


def _batches(
    source: Source, stream: BinaryIO, fields: Fields, after: int, skipped: Counter[str]
) -> Iterator[tuple[Item, int]]:
    from cleaner.formats import parquet

    with source.open() as file:
        for batch in parquet.batches(file, fields, after):
            if isinstance(batch, Problem):
                yield Item(source, batch.row, problem=batch.message), 0
            else:
                yield Item(source, batch.first, batch.data, rows=batch.rows), batch.size


def _records(
    source: Source, stream: BinaryIO, fields: Fields, after: int, skipped: Counter[str]
) -> Iterator[tuple[Item, int]]:
    from cleaner.formats import tar, warc

    for record in (warc if source.kind == "warc" else tar).records(stream, source.compression, skipped):
        if record.row <= after:
            continue
        if isinstance(record, Problem):
            yield Item(source, record.row, problem=record.message), 0
        else:
            yield Item(source, record.row, record), record.size


_Reader = Callable[[Source, BinaryIO, Fields, int, Counter[str]], Iterator[tuple[Item, int]]]
_READERS: dict[str, _Reader] = {"jsonl": _lines, "parquet": _batches, "warc": _records, "tar": _records}


class Hashed(io.RawIOBase):
    """A stream whose bytes are hashed as they are read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._hash, self._size = stream, hashlib.sha256(), 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._hash.update(data)
        self._size += len(data)
        return data

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def tell(self) -> int:
        return self._size

    def finish(self, skipped: Counter[str] | None = None) -> Input:
        """What the stream held, the rest of it too."""
        while self.read(_HASHED):
            pass
        return Input(self._size, self._hash.hexdigest(), tuple(sorted((skipped or {}).items())))


def problem_of(error: Exception) -> str:
    """What to say of an error that spoils one document."""
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read: {error.strerror}"
    return f"{type(error).__name__}: {error}"


def readings(item: Item, fields: Fields) -> Iterator[Reading]:
    """The documents of an item, in order. Raises ``InputError`` or ``OSError`` if there is nothing to read."""
    if item.problem:
        raise InputError(item.problem)
    source, data = item.source, item.data
    if isinstance(data, Record):
        found = decoded(data, f"{source.name}:{item.row}")
        yield Reading(found.document, item.row, values_of(data), extractor=found.extractor)
    elif source.kind == "parquet" and isinstance(data, bytes):
        yield from _read_batch(item, data, fields)
    elif isinstance(data, bytes) and item.row is not None:
        row = read_row(data, f"{source.name}:{item.row}", fields)
        yield Reading(row.document, item.row, row.values, extractor=row.extractor)
    else:
        yield _read_file(source, data if isinstance(data, bytes) else None)


def _read_batch(item: Item, data: bytes, fields: Fields) -> Iterator[Reading]:
    from cleaner.formats import arrow

    first = item.row or 1
    for row in arrow.rows(data, fields, item.source.name, first):
        if item.chosen is None or row.row - first in item.chosen:
            yield Reading(row.document, row.row, extractor=row.extractor, problem=row.problem)


def _read_file(source: Source, data: bytes | None) -> Reading:
    with io.BytesIO(data) if data is not None else source.open() as stream:
        hashed = Hashed(stream)
        content = compression.read_whole(cast(BinaryIO, hashed), source.compression, source.size)
        done = hashed.finish()
    return replace(single(content, source.kind, source.name), input=done)


def single(content: bytes, kind: str, name: str) -> Reading:
    """The one document that a text, a Markdown file or a page is."""
    found = decode(content, markup=kind == "html")
    if kind == "html":
        text, extractor = extract(found.text)
        return Reading(Document(text, name), decoded=found, extractor=extractor)
    return Reading(Document(found.text, name, markdown=kind == "markdown"), decoded=found)


def read_documents(plan: Plan, fields: Fields) -> Iterator[Document | str]:
    """Every document of the plan, or in its place what was wrong with it."""
    yield from (f"{name}: {message}" for name, message in plan.failures)
    for source in plan.sources:
        for item, _ in items(source, fields):
            if item.documents:
                yield from _documents(item, fields)


def _documents(item: Item, fields: Fields) -> Iterator[Document | str]:
    where, what = item.source.name, item.source.row_name
    try:
        for reading in readings(item, fields):
            yield reading.document or f"{where}: {what} {reading.row}: {reading.problem}"
    except Exception as error:  # noqa: BLE001 - one bad document never stops the others
        yield f"{where if item.row is None else f'{where}: {what} {item.row}'}: {problem_of(error)}"
