"""Reads the documents of any source, whatever its format."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from cleaner.document import Document
from cleaner.errors import InputError
from cleaner.formats import compression
from cleaner.formats.encoding import Decoded, decode
from cleaner.formats.html import extract
from cleaner.formats.jsonl import Fields, read_row
from cleaner.formats.sources import Plan, Source


class Item(NamedTuple):
    """One document still unread: a whole file (``data`` is read from it if ``None``) or one row of one.

    ``row`` is ``None`` for whole files and 0 for the opening of a file of rows, which holds no
    document. ``problem`` says instead why there is nothing to read.
    """

    source: Source
    row: int | None = None
    data: bytes | None = None
    problem: str = ""


@dataclass(frozen=True)
class Reading:
    """A document, and what must be known to write its article and to get its bytes back."""

    document: Document
    values: dict[str, msgspec.Raw] | None = None
    decoded: Decoded | None = None
    extractor: str = ""


def items(source: Source) -> Iterator[tuple[Item, int]]:
    """The items of a source, each with the bytes of input it stands for."""
    if source.kind == "jsonl":
        yield from _rows(source)
    elif source.path is None:
        data = sys.stdin.buffer.read()
        yield Item(source, data=data), len(data)
    else:
        yield Item(source), source.size


def _rows(source: Source) -> Iterator[tuple[Item, int]]:
    yield Item(source, 0), 0
    row = place = 0
    try:
        with source.path.open("rb") if source.path else sys.stdin.buffer as stream:
            for row, line in enumerate(compression.lines(compression.chunks(stream, source.compression)), 1):
                line = line.removeprefix(b"\xef\xbb\xbf") if row == 1 else line
                before, place = place, stream.tell() if source.path else 0
                if line.strip():
                    yield Item(source, row, line), place - before
    except (InputError, OSError) as error:
        yield Item(source, row + 1, problem=problem_of(error)), 0


def problem_of(error: Exception) -> str:
    """What to say of an error that spoils one document."""
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read: {error.strerror}"
    return f"{type(error).__name__}: {error}"


def read(item: Item, fields: Fields) -> Reading:
    """The document of an item. Raises ``InputError`` or ``OSError``."""
    if item.problem:
        raise InputError(item.problem)
    if item.row is not None:
        row = read_row(item.data or b"", f"{item.source.name}:{item.row}", fields)
        return Reading(row.document, row.values, extractor=row.extractor)
    source, data = item.source, item.data
    if data is None and source.path:
        data = compression.read(source.path, source.compression)
    decoded = decode(data or b"", markup=source.kind == "html")
    if source.kind == "html":
        text, extractor = extract(decoded.text)
        return Reading(Document(text, source.name), decoded=decoded, extractor=extractor)
    return Reading(Document(decoded.text, source.name, markdown=source.kind == "markdown"), decoded=decoded)


def read_documents(plan: Plan, fields: Fields) -> Iterator[Document | str]:
    """Every document of the plan, or in its place what was wrong with it."""
    yield from (f"{name}: {message}" for name, message in plan.failures)
    for source in plan.sources:
        for item, _ in items(source):
            if item.row != 0:
                yield _document(item, fields)


def _document(item: Item, fields: Fields) -> Document | str:
    try:
        return read(item, fields).document
    except Exception as error:  # noqa: BLE001 - one bad document never stops the others
        where = item.source.name if item.row is None else f"{item.source.name}: line {item.row}"
        return f"{where}: {problem_of(error)}"
