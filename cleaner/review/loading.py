"""Reads the logs of a run into the tables ``removals`` and ``documents`` of an index.

Both logs are in the order of the run, so they are read side by side, as ``restore`` does. With each document comes
where it is found again: the offset of its line, or its row, in either log, and its place among the rows of its article
file.
"""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import msgspec

from cleaner.document import Document
from cleaner.errors import OutputError
from cleaner.formats import logs
from cleaner.formats.side_by_side import Astray, side_by_side
from cleaner.restore import log_of
from cleaner.review.marks import mark_articles
from cleaner.review.verdicts import shown

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

#: Characters of a removed text that the index holds; rows that go into it at once.
TEXT, _ROWS = 2_000, 5_000
#: The share of the time that goes into reading the logs; the articles' rows are counted in the rest.
_LOGS = 0.95
#: No text is so long, nor a file; sums of such numbers are still whole numbers of 64 bits.
_MOST = 2**40

Entry = TypeVar("Entry", bound="_Cut | _Cleaned")

_REMOVALS = {
    "id": "BIGINT",
    "document": "BIGINT",
    "site": "VARCHAR",
    "start": "BIGINT",
    "end": "BIGINT",
    "line": "BIGINT",
    "category": "VARCHAR",
    "rule": "VARCHAR",
    "action": "VARCHAR",
    "confidence": "DOUBLE",
    "reason": "VARCHAR",
    "also": "VARCHAR[]",
    "fingerprint": "VARCHAR",
    "text": "VARCHAR",
    "chars": "BIGINT",
    "place": "DOUBLE",  # start and length as shares of the document
    "size": "DOUBLE",
    "group_here": "BOOLEAN",  # the first of its group in this document
    "rule_here": "BOOLEAN",  # the first of its rule in this document
}
_DOCUMENTS = {
    "number": "BIGINT",
    "doc": "VARCHAR",
    "source": "VARCHAR",
    "row": "BIGINT",
    "url": "VARCHAR",
    "site": "VARCHAR",
    "chars_in": "BIGINT",
    "chars_out": "BIGINT",
    "chars_cut": "BIGINT",
    "removed": "BIGINT",
    "flagged": "BIGINT",
    "article": "VARCHAR",
    "place": "BIGINT",  # among the rows of its article file, from 0
    "at": "BIGINT",  # where it stands in the log of documents: a byte of JSON Lines, a row of Parquet
    "first": "BIGINT",  # the id of its first removal
    "removals": "BIGINT",
    "removals_at": "BIGINT",  # where the first of them stands in the log of removals
}


class _Cut(msgspec.Struct, gc=False):
    """What of a removal goes into the index."""

    doc: str
    start: int
    end: int
    line: int
    category: str
    rule: str
    action: str
    confidence: float
    text: str
    also: list[str]
    reason: str
    fingerprint: str
    source: str = ""
    row: int | None = None

    @property
    def sound(self) -> bool:
        return 0 <= self.start <= self.end <= _MOST and 0 <= self.line <= _MOST and 0 <= (self.row or 0) <= _MOST


class _Cleaned(msgspec.Struct, gc=False):
    """What of a document goes into the index."""

    doc: str
    source: str
    chars_in: int
    chars_out: int
    row: int | None
    url: str | None
    article: str = ""

    @property
    def sound(self) -> bool:
        return all(0 <= number <= _MOST for number in (self.chars_in, self.chars_out, self.row or 0))


class _Placed(NamedTuple):
    """An entry, where it stands in its log, and what share of the log is read."""

    entry: Any
    at: int
    share: float


def load(db: "DuckDBPyConnection", run: Path, progress: Callable[[float], object]) -> None:
    """Fills the tables. Raises ``OutputError`` where a log is damaged, or the two do not belong together."""
    for name, columns in (("removals", _REMOVALS), ("documents", _DOCUMENTS)):
        listed = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
        db.execute(f"CREATE TABLE {name} ({listed})")
    db.execute("CREATE TABLE meta (key VARCHAR, value VARCHAR)")
    removals, documents = _Table(db, "removals", _REMOVALS), _Table(db, "documents", _DOCUMENTS)
    place = 0
    last = ""
    for number, (document, own) in enumerate(_documents(run)):
        cleaned = document.entry
        place = place + 1 if cleaned.source == last else 0
        last = cleaned.source
        site = Document("", url=cleaned.url).site
        documents.add(_document_row(number, cleaned, site, place, document.at, own, removals.count))
        for row in _removal_rows(number, cleaned, site, own, removals.count):
            removals.add(row)
        if documents.empty or removals.empty:
            progress(document.share * _LOGS)
    documents.write()
    removals.write()
    log = msgspec.json.encode(digest_of(log_of(run, "removals"))).decode()
    db.execute("INSERT INTO meta VALUES ('log', ?)", [log])
    mark_articles(db, run, lambda share: progress(_LOGS + share * (1 - _LOGS)))


def _documents(run: Path) -> Iterator[tuple[_Placed, list[_Placed]]]:
    cuts, cleaned = _entries(log_of(run, "removals"), _Cut), _entries(log_of(run, "documents"), _Cleaned)
    try:
        yield from side_by_side(cleaned, cuts, lambda placed: (placed.entry.source, placed.entry.row))
    except Astray as astray:
        raise OutputError(_astray(run, astray.removal.entry)) from None


def digest_of(log: Path) -> str:
    """A short digest of a log: the same bytes have the same, in whatever folder."""
    try:
        with log.open("rb") as stream:
            return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=8)).hexdigest()
    except OSError as error:
        raise OutputError(f"{log}: cannot be read: {error.strerror or error}") from None


def _document_row(
    number: int, cleaned: _Cleaned, site: str, place: int, at: int, own: list[_Placed], first: int
) -> tuple[Any, ...]:
    removed = [cut.entry for cut in own if cut.entry.action == "removed"]
    return (
        number,
        cleaned.doc,
        cleaned.source,
        cleaned.row,
        cleaned.url,
        site,
        cleaned.chars_in,
        cleaned.chars_out,
        sum(cut.end - cut.start for cut in removed),
        len(removed),
        len(own) - len(removed),
        cleaned.article or cleaned.source,
        place,
        at,
        first,
        len(own),
        own[0].at if own else 0,
    )


def _removal_rows(
    number: int, cleaned: _Cleaned, site: str, own: list[_Placed], first: int
) -> Iterator[tuple[Any, ...]]:
    groups: set[tuple[str, str, str]] = set()
    rules: set[str] = set()
    total = max(1, cleaned.chars_in)
    for place, (cut, _, _) in enumerate(own):
        group = cut.rule, cut.fingerprint, cut.action
        chars = cut.end - cut.start
        yield (
            first + place,
            number,
            site,
            cut.start,
            cut.end,
            cut.line,
            cut.category,
            cut.rule,
            cut.action,
            cut.confidence,
            cut.reason,
            cut.also,
            cut.fingerprint,
            cut.text[:TEXT],
            chars,
            cut.start / total,
            chars / total,
            group not in groups,
            cut.rule not in rules,
        )
        groups.add(group)
        rules.add(cut.rule)


class _Table:
    """A table that is filled some thousand rows at a time."""

    def __init__(self, db: "DuckDBPyConnection", name: str, columns: dict[str, str]) -> None:
        self.count = 0
        self._db, self._name, self._schema = db, name, _schema(columns)
        self._rows: list[tuple[Any, ...]] = []

    @property
    def empty(self) -> bool:
        return not self._rows

    def add(self, row: tuple[Any, ...]) -> None:
        self._rows.append(row)
        self.count += 1
        if len(self._rows) >= _ROWS:
            self.write()

    def write(self) -> None:
        import pyarrow as pa

        if not self._rows:
            return
        columns = zip(*self._rows, strict=True)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, self._schema, strict=True)]
        self._db.register("rows", pa.Table.from_arrays(arrays, schema=self._schema))
        self._db.execute(f"INSERT INTO {self._name} SELECT * FROM rows")
        self._db.unregister("rows")
        self._rows.clear()


def _schema(columns: dict[str, str]) -> "pa.Schema":
    import pyarrow as pa

    kinds = {
        "BIGINT": pa.int64(),
        "DOUBLE": pa.float64(),
        "BOOLEAN": pa.bool_(),
        "VARCHAR": pa.string(),
        "VARCHAR[]": pa.list_(pa.string()),
    }
    return pa.schema([(name, kinds[kind]) for name, kind in columns.items()])


def _entries(log: Path, kind: type[Entry]) -> Iterator[_Placed]:
    size = max(1, log.stat().st_size)
    if log.suffix != ".jsonl":
        for row, entry in enumerate(logs.entries(log, kind)):
            yield _Placed(_checked(entry, log, f"row {row + 1}"), row, 0.5)
        return
    decode = msgspec.json.Decoder(kind).decode
    at = 0
    with log.open("rb", buffering=1 << 20) as stream:
        for number, line in enumerate(stream, 1):
            try:
                entry = decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise OutputError(_damaged(log, f"line {number}", error)) from None
            yield _Placed(_checked(entry, log, f"line {number}"), at, at / size)
            at += len(line)


def _checked(entry: Entry, log: Path, where: str) -> Entry:
    if not entry.sound:
        raise OutputError(_damaged(log, where, "a place, a length or a row that no text has"))
    return entry


def _damaged(log: Path, where: str, error: object) -> str:
    return f"{log}: {where}: damaged: {error}; `cleaner verify` tells what else is, and cleaning again makes it anew"


def _astray(run: Path, cut: _Cut) -> str:
    where = cut.source if cut.row is None else f"{cut.source}, row {cut.row}"
    return (
        f"{log_of(run, 'removals')}: holds removals of {shown(where)!r} that have no document in "
        f"{log_of(run, 'documents').name}, or stand in another order; the logs are not of one run"
    )
