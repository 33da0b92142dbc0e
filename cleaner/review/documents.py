"""One document again: its raw text, rebuilt from its article and the logs, and its cuts in their places.

A document that is a file, or a line of JSON Lines, is read at once. Of Parquet files the row group that holds it is
read: some tenths of a second where groups are large.
"""

from bisect import bisect_right, insort
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from cleaner.errors import InputError, OutputError
from cleaner.formats import arrow, logs
from cleaner.formats.jsonl import read_row
from cleaner.removal_log import DocumentEntry, RemovalEntry
from cleaner.restore import article_path, file_text, log_of, raw_text, undos_of
from cleaner.review.marks import Mark, marks_of, row_at, stamp_of
from cleaner.review.verdicts import Verdicts, settled, shown
from cleaner.span import Span, subtract, touching

if TYPE_CHECKING:
    import pyarrow.parquet as pq

    from cleaner.review.index import Index

#: Characters of a document that are shown at once, around a removal, and of a story's start; marks of a minimap.
WINDOW, CONTEXT, STORY, MARKS = 60_000, 400, 600, 400
#: A removal's text in its context is shown whole up to so many characters.
_LONGEST = 4_000
#: Documents that were just read are kept, up to so many characters.
_KEPT = 10_000_000

Entry = TypeVar("Entry", bound=msgspec.Struct)


@dataclass(frozen=True)
class Loaded:
    """A document's entry in the log, its removals, the id of the first of them, and its raw text.

    Where the text cannot be had, ``problem`` says why.
    """

    entry: DocumentEntry
    cuts: Sequence[RemovalEntry]
    first: int
    site: str
    raw: str = ""
    problem: str = ""


class Shelf:
    """Documents that were just read."""

    def __init__(self) -> None:
        self._mutex = Lock()
        self._held: OrderedDict[tuple[int, tuple[int, int]], Loaded] = OrderedDict()

    def get(self, key: tuple[int, tuple[int, int]]) -> Loaded | None:
        with self._mutex:
            return self._held.get(key)

    def put(self, key: tuple[int, tuple[int, int]], loaded: Loaded) -> None:
        with self._mutex:
            self._held[key] = loaded
            while len(self._held) > 1 and sum(len(one.raw) for one in self._held.values()) > _KEPT:
                self._held.popitem(last=False)


def load(index: "Index", number: int) -> Loaded:
    """A document by its number in the index."""
    (row,) = index.ask("SELECT * FROM documents WHERE number = ?", number)
    cuts = _read(log_of(index.run, "removals"), RemovalEntry, row["removals_at"], row["removals"])
    entry = _entry(index, row)
    shelf: Shelf = index.known("shelf", Shelf)
    try:
        article = article_path(index.run, entry)
        key = number, stamp_of(article)
        if found := shelf.get(key):
            return found
        text = _article(index, article, entry, row["place"])
        loaded = Loaded(entry, cuts, row["first"], row["site"], raw_text(text, entry, undos_of(entry, cuts)))
    except (InputError, OutputError, UnicodeError) as error:
        return Loaded(entry, cuts, row["first"], row["site"], problem=shown(str(error)))
    except OSError as error:
        problem = f"the article cannot be read: {error.strerror or error}"
        return Loaded(entry, cuts, row["first"], row["site"], problem=problem)
    shelf.put(key, loaded)
    return loaded


def article_text(index: "Index", row: Mapping[str, Any]) -> str:
    """The article of a row of the index's ``documents``. Raises ``InputError``, ``OutputError``, ``OSError``."""
    entry = _entry(index, row)
    return _article(index, article_path(index.run, entry), entry, row["place"])


def segments(loaded: Loaded, verdicts: Verdicts, window: Span) -> list[dict[str, Any]]:
    """The raw text between two places, cut where removals begin and end: see ``queries``."""
    raw, found = loaded.raw, []
    position = window.start
    line = raw.count("\n", 0, position) + 1
    for place, span in _pieces(loaded.cuts, window):
        if position < span.start:
            found.append(_kept(raw, position, span.start, line))
        line += raw.count("\n", position, span.end)
        found.append(_cut(loaded, verdicts, place, span))
        position = span.end
    if position < window.end:
        found.append(_kept(raw, position, window.end, line))
    return found


def window_of(total: int, around: int) -> Span:
    """What is shown of a long document: its places around one."""
    start = max(0, min(around - WINDOW // 2, total - WINDOW))
    return Span(start, min(total, start + WINDOW))


def context(loaded: Loaded, verdicts: Verdicts, removal: Mapping[str, Any]) -> dict[str, Any]:
    """What stands around a removal."""
    if loaded.problem:
        return {"before": "", "after": "", "segments": [], "problem": loaded.problem}
    raw, start, end = loaded.raw, removal["start"], removal["end"]
    window = Span(max(0, start - CONTEXT), min(len(raw), end + CONTEXT))
    found = segments(loaded, verdicts, window)
    for segment in found:
        if len(segment["text"]) > _LONGEST:
            half = _LONGEST // 2
            segment.update(text=f"{segment['text'][:half]}\n[…]\n{segment['text'][-half:]}", clipped=True)
    return {
        "before": shown(raw[window.start : start]),
        "after": shown(raw[end : window.end]),
        "segments": found,
        "problem": "",
    }


def minimap(loaded: Loaded) -> list[dict[str, Any]]:
    """The largest cuts, in order, as shares of the document."""
    total = max(1, loaded.entry.chars_in)
    places = sorted(range(len(loaded.cuts)), key=lambda place: loaded.cuts[place].start - loaded.cuts[place].end)
    return [
        {
            "place": round(cut.start / total, 6),
            "size": round((cut.end - cut.start) / total, 6),
            "kind": cut.action,
            "category": cut.category,
            "id": loaded.first + place,
        }
        for place in sorted(places[:MARKS])
        for cut in (loaded.cuts[place],)
    ]


def story_start(loaded: Loaded) -> str:
    """How a document begins into which another story was spliced: the first characters that were kept."""
    if loaded.problem or not any(cut.category == "spliced-story" for cut in loaded.cuts):
        return ""
    cuts = [Span(cut.start, cut.end) for cut in loaded.cuts if cut.action == "removed"]
    kept, missing = [], STORY
    for piece in subtract(Span(0, len(loaded.raw)), cuts):
        kept.append(loaded.raw[piece.start : min(piece.end, piece.start + missing)])
        missing -= len(kept[-1])
        if missing <= 0:
            break
    return shown("".join(kept))


def _pieces(cuts: Sequence[RemovalEntry], window: Span) -> list[tuple[int, Span]]:
    """Which cuts stand where in the window. What is only flagged gives way to what was cut."""
    taken: list[Span] = []
    found: list[tuple[int, Span]] = []
    for action in ("removed", "flagged"):
        for place, cut in enumerate(cuts):
            span = Span(max(cut.start, window.start), min(cut.end, window.end))
            if cut.action == action and span.start < span.end:
                for piece in list(subtract(span, touching(taken, span))):
                    insort(taken, piece)
                    found.append((place, piece))
    return sorted(found, key=lambda piece: piece[1])


def _kept(raw: str, start: int, end: int, line: int) -> dict[str, Any]:
    return {"kind": "kept", "text": shown(raw[start:end]), "start": start, "end": end, "line": line}


def _cut(loaded: Loaded, verdicts: Verdicts, place: int, span: Span) -> dict[str, Any]:
    cut, entry = loaded.cuts[place], loaded.entry
    whole = {"site": loaded.site, "doc": entry.doc, "source": entry.source, "row": entry.row}
    said = verdicts.of({"rule": cut.rule, "fingerprint": cut.fingerprint, "start": cut.start, "end": cut.end, **whole})
    return {
        "kind": cut.action,
        "text": shown(loaded.raw[span.start : span.end]),
        "start": span.start,
        "end": span.end,
        "line": cut.line,
        "id": loaded.first + place,
        "rule": cut.rule,
        "category": cut.category,
        "action": cut.action,
        "confidence": cut.confidence,
        "reason": cut.reason,
        "fingerprint": cut.fingerprint,
        "judged": settled(said),
    }


def _article(index: "Index", article: Path, entry: DocumentEntry, place: int) -> str:
    if entry.row is None:
        return file_text(article)
    if article.suffix == ".parquet":
        return _parquet_text(index, article, place)
    line = row_at(article, _marks(index, article), place)
    return read_row(line.removesuffix(b"\n"), entry.doc, index.fields).document.raw


def _marks(index: "Index", article: Path) -> list[Mark]:
    """Where rows begin; found anew for a file that was changed since the index was made."""
    stamp = stamp_of(article)

    def found() -> list[Mark]:
        name = article.relative_to(index.run / "articles").as_posix()
        if index.ask("SELECT 1 FROM files WHERE article = ? AND size = ? AND changed = ?", name, *stamp):
            rows = index.ask('SELECT "row", "at" FROM marks WHERE article = ? ORDER BY "row"', name)
            return [Mark(row["row"], row["at"]) for row in rows]
        return list(marks_of(article))

    return index.known(("marks", article, stamp), found)


def _parquet_text(index: "Index", article: Path, place: int) -> str:
    for batch, first in _batches(article, place, [index.fields.text]):
        text = arrow.texts_of(batch, index.fields)[place - first]
        if text is None:
            raise InputError("a text of the article file is null; it was changed after the run")
        return text.decode()
    raise InputError("its article is missing; the article file was changed after the run")


def _entry(index: "Index", row: Mapping[str, Any]) -> DocumentEntry:
    log = log_of(index.run, "documents")
    (entry,) = _read(log, DocumentEntry, row["at"], 1)
    if (entry.doc, entry.source, entry.row) != (row["doc"], row["source"], row["row"]):
        raise OutputError(f"{log}: was changed while it was read; begin again")
    return entry


def _read(log: Path, kind: type[Entry], at: int, count: int) -> list[Entry]:
    """So many entries of a log, from a place on. Raises ``OutputError`` where the log was changed."""
    try:
        return list(_entries(log, kind, at, count) if count else ())
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, InputError, StopIteration) as error:
        raise OutputError(f"{log}: was changed while it was read: {error}; begin again") from None


def _entries(log: Path, kind: type[Entry], at: int, count: int) -> Iterator[Entry]:
    if log.suffix == ".jsonl":
        with log.open("rb") as stream:
            stream.seek(at)
            for _ in range(count):
                yield msgspec.json.decode(stream.readline(), type=kind)
        return
    unpacks = [(column.field.name, column.unpack) for column in logs.columns(kind)]
    for batch, first in _batches(log, at):
        start = max(0, at - first)
        part = batch.slice(start, min(batch.num_rows - start, count))
        for values in part.to_pylist():
            yield kind(**{name: unpack(values[name]) for name, unpack in unpacks})
        count -= part.num_rows
        if count <= 0:
            return


def _batches(file: Path, row: int, columns: list[str] | None = None) -> Iterator[tuple[Any, int]]:
    """The batches of a Parquet file from the one on that holds a row, each with the number of its first row."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with file.open("rb") as stream:
            parquet = pq.ParquetFile(stream)
            groups, first = _groups_from(parquet, row)
            for batch in parquet.iter_batches(1000, row_groups=groups, columns=columns, use_threads=False):
                if row < first + batch.num_rows:
                    yield batch, first
                first += batch.num_rows
    except pa.ArrowException as error:
        raise InputError(f"{file}: damaged: {str(error).splitlines()[0]}") from None


def _groups_from(parquet: "pq.ParquetFile", row: int) -> tuple[list[int], int]:
    """The row groups from the one on that holds a row, and the number of their first row."""
    starts = [0]
    for place in range(parquet.metadata.num_row_groups):
        starts.append(starts[-1] + parquet.metadata.row_group(place).num_rows)
    place = max(0, bisect_right(starts, row) - 1)
    return list(range(place, parquet.metadata.num_row_groups)), starts[place]
