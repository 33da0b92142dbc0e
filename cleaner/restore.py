"""The way back: raw texts from an output folder's articles and logs, under their own names.

Reads the logs of documents and removals side by side (both are in the order of the run) and checks every
text against its digest, so that an article edited by hand is noticed, not restored wrong.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from errno import EDQUOT, ENOSPC, EROFS
from itertools import chain, groupby
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import msgspec

from cleaner.edit import Undo, undo
from cleaner.errors import InputError, OutputError
from cleaner.formats import compression, logs
from cleaner.formats.encoding import Decoded, encode
from cleaner.formats.jsonl import Fields, read_row, write_row
from cleaner.formats.side_by_side import Astray, side_by_side
from cleaner.formats.sources import kind_of
from cleaner.output import ARTICLES, SUMMARY, no_run
from cleaner.removal_log import DocumentEntry, ErrorEntry, RemovalEntry, digest, unpack_edits

Complain = Callable[[ErrorEntry], Any]
Step = tuple[DocumentEntry, list[Undo]]


@dataclass
class Restored:
    """How many documents came back, and how many did not."""

    documents: int = 0
    failed: int = 0


def restore_folder(run: Path, out: Path | None, complain: Complain = lambda error: None) -> Restored:
    """Writes the raw texts of the run in ``run`` below ``out``, which must not exist or be empty.

    Files come back byte for byte, compressed ones with the same content. Of JSONL and Parquet files the
    rows that were cleaned come back with their raw text, of pages and containers the text that was extracted.
    What no longer fits its log is reported through ``complain`` and left out. Without ``out`` everything is
    checked and nothing written.
    """
    if out and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(f"{out}: already holds something; choose another --out")
    back = _Back(run, out, fields_of(run), complain)
    for _, steps in groupby(_steps(run), key=lambda step: step[0].source):
        back.bring(steps)
    return back.restored


def log_of(run: Path, name: str) -> Path:
    """The log of removals or documents of a run, in the format that it has. Raises ``OutputError`` if there is none."""
    for path in (run / f"{name}.jsonl", run / f"{name}.parquet"):
        if path.is_file():
            return path
    raise no_run(run, f"{name}.jsonl or {name}.parquet")


def fields_of(run: Path) -> Fields:
    """The names of the fields in a run's articles. Raises ``OutputError`` for a run that is not finished."""
    if not (run / SUMMARY).is_file():
        raise no_run(run, SUMMARY)
    try:
        summary = msgspec.json.decode((run / SUMMARY).read_bytes(), type=dict[str, Any])
        return Fields(**summary.get("fields", {}))
    except (msgspec.DecodeError, TypeError) as error:
        raise OutputError(f"{run / SUMMARY}: damaged: {error}") from None


def _steps(run: Path) -> Iterator[Step]:
    """Each document, with what is to be undone in its article."""
    return ((entry, undos_of(entry, own)) for entry, own in logged(run))


def logged(run: Path) -> Iterator[tuple[DocumentEntry, list[RemovalEntry]]]:
    """What the logs hold of each document. Raises ``OutputError`` where they are damaged, or not of one run."""
    documents = logs.entries(log_of(run, "documents"), DocumentEntry)
    try:
        yield from side_by_side(documents, logs.entries(log_of(run, "removals"), RemovalEntry))
    except Astray as astray:
        name = astray.removal.doc
        raise OutputError(f"{run}: the logs do not fit together: the document {name!r} is in one only") from None


def undos_of(entry: DocumentEntry, removals: Iterable[RemovalEntry]) -> list[Undo]:
    """What is to be undone in the article of a document with these removals."""
    cuts = [Undo(removal.start, removal.text, 0) for removal in removals if removal.action == "removed"]
    return sorted([*unpack_edits(entry.edits), *cuts])


def article_path(run: Path, entry: DocumentEntry) -> Path:
    """Where the article of a document lies. Raises ``OutputError`` for a name that leads out of the folder."""
    place_of(run / ARTICLES, entry.source)
    return place_of(run / ARTICLES, entry.article or entry.source)


def place_of(folder: Path, name: str) -> Path:
    """Where ``name`` of the log lies in ``folder``. Raises ``OutputError`` if it leads out of it, by a link too."""
    parts = {*PurePosixPath(name).parts, *Path(name).parts}  # of a path here, where \ may part it too
    path = folder / name
    outside = PurePosixPath(name).is_absolute() or Path(name).anchor or ".." in parts
    if outside or not path.resolve().is_relative_to(folder.resolve()):
        raise OutputError(f"the log of documents: {name!r} leads out of the folder; it was tampered with")
    if path.exists() and not path.is_file():
        raise OutputError(f"{path}: is no file; it was tampered with")
    return path


def file_text(article: Path) -> str:
    """The text of an article that is a file of its own."""
    return article.read_bytes().decode().removesuffix("\n")


def raw_text(text: str, entry: DocumentEntry, undos: Sequence[Undo]) -> str:
    """The raw text that an article was made of. Raises ``InputError`` where the two do not fit together."""
    raw = undo(text, undos)
    if digest(raw) != entry.digest:
        raise InputError("the article or the log was changed after the run; the raw text cannot be rebuilt")
    return raw


class _Back:
    """One way back, source by source."""

    def __init__(self, run: Path, out: Path | None, fields: Fields, complain: Complain) -> None:
        self.restored = Restored()
        self._run, self._out, self._fields, self._complain = run, out, fields, complain

    def bring(self, steps: Iterator[Step]) -> None:
        """Restores one source."""
        first = next(steps)
        entry, rest = first[0], chain([first], steps)
        article = article_path(self._run, entry)
        bring = self._file if entry.row is None else self._batches if article.suffix == ".parquet" else self._lines
        try:
            bring(article, entry, rest)
        except (InputError, UnicodeError, LookupError) as error:
            self._fail(entry, str(error))
        except OSError as error:
            if self._out and error.errno in (ENOSPC, EDQUOT, EROFS):
                raise OutputError(f"{self._out}: cannot be written: {error.strerror}; choose another --out") from None
            self._fail(entry, f"the article cannot be read: {error.strerror or error}")

    def _file(self, article: Path, entry: DocumentEntry, steps: Iterator[Step]) -> None:
        raw = raw_text(file_text(article), *next(steps))
        with self._target(entry) as target:
            if target:
                target.write(encode(Decoded(raw, entry.encoding, entry.bom, tuple(entry.stray))))
        self.restored.documents += 1

    def _lines(self, article: Path, entry: DocumentEntry, steps: Iterator[Step]) -> None:
        with article.open("rb") as stream, self._target(entry) as target:
            for line in stream:
                try:
                    row = read_row(line, entry.doc, self._fields)
                except InputError as error:
                    self._fail(next(steps, (entry, []))[0], f"its line was changed after the run: {error}")
                    continue
                raw = self._raw(row.document.raw, steps)
                if target and raw is not None:
                    target.write(write_row(row.values, raw, self._fields) + b"\n")
        self._missing(steps)

    def _batches(self, article: Path, entry: DocumentEntry, steps: Iterator[Step]) -> None:
        from cleaner.formats import arrow, parquet

        schema = arrow.schema_in(parquet.schema_of(article, self._fields))
        path = self._path(entry)
        with parquet.Writer(path, schema) if path else nullcontext() as writer:
            for batch in parquet.article_rows(article, self._fields):
                raws = [self._raw(text, steps) for text in batch.texts]
                if writer:
                    found = {place: raw for place, raw in enumerate(raws) if raw is not None}
                    writer.write_stream(arrow.replaced(batch.data, found, self._fields))
        self._missing(steps)

    def _raw(self, text: str, steps: Iterator[Step]) -> str | None:
        """The raw text of the next document; none if it cannot be had."""
        step = next(steps, None)
        if step is None:
            raise InputError("the article file holds more than the log knows; it was changed after the run")
        try:
            raw = raw_text(text, *step)
        except InputError as error:
            self._fail(step[0], str(error))
            return None
        self.restored.documents += 1
        return raw

    def _target(self, entry: DocumentEntry) -> AbstractContextManager[BinaryIO | None]:
        path = self._path(entry)
        if path is None:
            return nullcontext()
        try:
            return compression.open_for_writing(path, kind_of(PurePosixPath(_name(entry)))[1])
        except OSError as error:
            raise OutputError(f"{path}: cannot be written: {error.strerror}") from None

    def _path(self, entry: DocumentEntry) -> Path | None:
        """Where the raw text is written, if it is."""
        if self._out is None:
            return None
        path = self._out / _name(entry)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{path}: cannot be written: {error.strerror}") from None
        return path

    def _missing(self, steps: Iterable[Step]) -> None:
        for entry, _ in steps:
            self._fail(entry, "its article is missing; the article file was changed after the run")

    def _fail(self, entry: DocumentEntry, message: str) -> None:
        self.restored.failed += 1
        self._complain(ErrorEntry(entry.source, entry.row, entry.doc, "restore", message))


def _name(entry: DocumentEntry) -> str:
    """Where what comes back is not the file that was read, but a text out of it, it has the name of the article."""
    kind = kind_of(PurePosixPath(entry.source))[0]
    other = entry.source == "stdin" or kind in ("warc", "tar") or (entry.row is None and entry.extractor)
    return entry.article if entry.article and other else entry.source
