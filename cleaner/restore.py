"""The way back: raw texts from an output folder's articles and logs, under their own names.

Reads ``documents.jsonl`` and ``removals.jsonl`` side by side (both are in the order of the run) and
checks every text against its digest, so that an article edited by hand is noticed, not restored wrong.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import msgspec

from cleaner.edit import Undo, undo
from cleaner.errors import InputError, OutputError
from cleaner.formats import compression
from cleaner.formats.encoding import Decoded, encode
from cleaner.formats.jsonl import Fields, read_row, write_row
from cleaner.formats.sources import compression_of
from cleaner.output import ARTICLES
from cleaner.removal_log import DocumentEntry, ErrorEntry, RemovalEntry, digest, unpack_edits

Entry = TypeVar("Entry", DocumentEntry, RemovalEntry)
Complain = Callable[[ErrorEntry], Any]


@dataclass
class Restored:
    """How many documents came back, and how many did not."""

    documents: int = 0
    failed: int = 0


def restore_folder(run: Path, out: Path, complain: Complain = lambda error: None) -> Restored:
    """Writes the raw texts of the run in ``run`` below ``out``, which must not exist or be empty.

    Files come back byte for byte, compressed ones with the same content. Of JSONL files the lines
    that were cleaned come back with their raw text, of pages the text that was extracted. What no
    longer fits its log is reported through ``complain`` and left out.
    """
    _refuse(run, out)
    back = _Back(run, out, _fields(run), complain)
    for _, entries in groupby(_entries(run / "documents.jsonl", DocumentEntry), key=lambda entry: entry.source):
        back.bring(list(entries))
    return back.restored


def _refuse(run: Path, out: Path) -> None:
    for name in ("documents.jsonl", "removals.jsonl", "summary.json"):
        if not (run / name).is_file():
            raise OutputError(f"{run}: not a finished run: there is no {name}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(f"{out}: already holds something; choose another --out")


def _fields(run: Path) -> Fields:
    try:
        summary = msgspec.json.decode((run / "summary.json").read_bytes(), type=dict[str, Any])
        return Fields(**summary.get("fields", {}))
    except (msgspec.DecodeError, TypeError) as error:
        raise OutputError(f"{run / 'summary.json'}: damaged: {error}") from None


def _entries(path: Path, kind: type[Entry]) -> Iterator[Entry]:
    decode = msgspec.json.Decoder(kind).decode
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            try:
                yield decode(line)
            except msgspec.DecodeError as error:
                raise OutputError(f"{path}: line {number}: damaged: {error}") from None


class _Back:
    """One way back: holds the removal log open and takes from it what each document needs."""

    def __init__(self, run: Path, out: Path, fields: Fields, complain: Complain) -> None:
        self.restored = Restored()
        self._articles, self._out, self._fields, self._complain = run / ARTICLES, out, fields, complain
        self._removals = _entries(run / "removals.jsonl", RemovalEntry)
        self._next = next(self._removals, None)

    def bring(self, entries: list[DocumentEntry]) -> None:
        """Restores one source from the entries of its documents."""
        first = entries[0]
        for name in (first.source, first.article):
            if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or Path(name).drive:
                raise OutputError(f"documents.jsonl: {name!r} leads out of the folder; the log was tampered with")
        undos = [self._undos(entry) for entry in entries]
        try:
            article = (self._articles / (first.article or first.source)).read_bytes()
            if first.row is None:
                self._write(first, self._file(first, article, undos[0]))
            else:
                self._write(first, b"".join(self._rows(entries, article.split(b"\n")[:-1], undos)))
        except OSError as error:
            self._fail(first, f"the article cannot be read: {error.strerror}")
        except (InputError, UnicodeError, LookupError) as error:
            self._fail(first, str(error))

    def _undos(self, entry: DocumentEntry) -> list[Undo]:
        undos = unpack_edits(entry.edits)
        while self._next and (self._next.source, self._next.row) == (entry.source, entry.row):
            if self._next.action == "removed":
                undos.append(Undo(self._next.start, self._next.text, 0))
            self._next = next(self._removals, None)
        return sorted(undos)

    def _file(self, entry: DocumentEntry, article: bytes, undos: list[Undo]) -> bytes:
        raw = _checked(undo(article.decode().removesuffix("\n"), undos), entry)
        self.restored.documents += 1
        return encode(Decoded(raw, entry.encoding, entry.bom, tuple(entry.stray)))

    def _rows(self, entries: list[DocumentEntry], lines: list[bytes], undos: list[list[Undo]]) -> Iterator[bytes]:
        if len(lines) != len(entries):
            raise InputError(f"the article file has {len(lines)} lines, the log knows {len(entries)}")
        for entry, line, steps in zip(entries, lines, undos, strict=True):
            try:
                row = read_row(line, entry.doc, self._fields)
                raw = _checked(undo(row.document.raw, steps), entry)
                self.restored.documents += 1
                yield write_row(row.values, raw, self._fields) + b"\n"
            except InputError as error:
                self._fail(entry, str(error))

    def _write(self, entry: DocumentEntry, data: bytes) -> None:
        extracted = entry.extractor and entry.row is None
        name = entry.article if entry.article and (extracted or entry.source == "stdin") else entry.source
        path = self._out / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            compression.write(path, data, "" if extracted else compression_of(name))
        except OSError as error:
            raise OutputError(f"{path}: cannot be written: {error.strerror}") from None

    def _fail(self, entry: DocumentEntry, message: str) -> None:
        self.restored.failed += 1
        self._complain(ErrorEntry(entry.source, entry.row, entry.doc, "restore", message))


def _checked(raw: str, entry: DocumentEntry) -> str:
    if digest(raw) != entry.digest:
        raise InputError("the article or the log was changed after the run; the raw text cannot be rebuilt")
    return raw
