"""Two runs side by side: what went in one of them only, and what another rule or action took.

The logs go into a DuckDB file, which joins more than memory holds by spilling beside itself. Only documents whose
raw text is the same in both runs are compared, removal by removal; the others are counted.
"""

import errno
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from cleaner.errors import OutputError
from cleaner.formats import logs
from cleaner.removal_log import DocumentEntry, RemovalEntry
from cleaner.restore import log_of
from cleaner.review.made import made_with, summary_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_BATCH = 20_000
_MEMORY, _THREADS = "256MB", 2
#: How much of a text is kept to show.
_TEXT = 200

_TABLES = (
    "CREATE TABLE documents (run UTINYINT, doc BLOB, digest VARCHAR)",
    """CREATE TABLE removals (run UTINYINT, doc BLOB, start BIGINT, stop BIGINT, rule VARCHAR, action VARCHAR,
    fingerprint VARCHAR, name VARCHAR, line BIGINT, text VARCHAR)""",
)
_COMPARED = (
    """CREATE TABLE both_runs AS SELECT a.doc, a.digest = b.digest AS same
    FROM (FROM documents WHERE run = 0) a JOIN (FROM documents WHERE run = 1) b USING (doc)""",
    # Equal removals stand in both runs and are left out first: mostly that is nearly all. Of the others, those at one
    # span with one action are one that changed.
    """CREATE TABLE odd AS SELECT * EXCLUDE (in_a, in_b), least(in_a, in_b) AS shared FROM (
        SELECT doc, start, stop, rule, action,
            count(*) FILTER (run = 0) AS in_a, count(*) FILTER (run = 1) AS in_b
        FROM removals SEMI JOIN (FROM both_runs WHERE same) USING (doc) GROUP BY ALL) WHERE in_a <> in_b""",
    """CREATE TABLE single AS SELECT * EXCLUDE (copy, shared) FROM (
        SELECT *, row_number() OVER (PARTITION BY run, doc, start, stop, rule, action) AS copy
        FROM removals JOIN odd USING (doc, start, stop, rule, action)) WHERE copy > shared""",
    """CREATE TABLE paired AS SELECT *,
        row_number() OVER (PARTITION BY run, doc, start, stop, action ORDER BY rule) AS nth FROM single""",
    """CREATE TABLE changed AS SELECT a.rule AS was_rule, b.* FROM
        (FROM paired WHERE run = 0) a JOIN (FROM paired WHERE run = 1) b USING (doc, start, stop, action, nth)""",
    "CREATE TABLE left_over AS FROM paired ANTI JOIN changed USING (doc, start, stop, action, nth)",
    # What one run removes and the other flags was gained, or lost: the flag is said with the removal.
    """CREATE TABLE turned AS SELECT doc, start, stop FROM left_over
        GROUP BY ALL HAVING count(DISTINCT action) > 1 AND count(DISTINCT run) > 1""",
    """CREATE TABLE moved AS SELECT left_over.*, turned.doc IS NOT NULL AS flagged
        FROM left_over LEFT JOIN turned USING (doc, start, stop)
        WHERE action = 'removed' OR turned.doc IS NULL""",
)
_DOCUMENTS = """
SELECT count(*) FILTER (in_a AND in_b), count(*) FILTER (in_a AND NOT in_b), count(*) FILTER (in_b AND NOT in_a)
FROM (SELECT bool_or(run = 0) AS in_a, bool_or(run = 1) AS in_b FROM documents GROUP BY doc)
"""
_TOTALS = "SELECT count(*), coalesce(sum(stop - start), 0) FROM removals WHERE run = ? AND action = 'removed'"
_EXAMPLES = """
SELECT count(*), sum(stop - start), arg_min(name, place), arg_min(line, place), arg_min(text, place)
FROM (SELECT *, (name, start) AS place FROM {table} WHERE {where})
GROUP BY fingerprint ORDER BY 1 DESC, 2 DESC, min(place), fingerprint LIMIT ?
"""


class Example(msgspec.Struct, frozen=True):
    """Removals alike, and the first of them."""

    count: int
    chars: int
    doc: str
    line: int
    text: str


class Side(msgspec.Struct, frozen=True):
    """Removals that one run has and the other has not; ``flagged`` of them the other only flags."""

    count: int
    chars: int
    flagged: int
    examples: list[Example]


class Moved(msgspec.Struct, frozen=True):
    """What a rule took or flagged in one of the runs only: ``gained`` in the second, ``lost`` since the first."""

    rule: str
    action: str
    gained: Side
    lost: Side


class Changed(msgspec.Struct, frozen=True):
    """Spans that both runs remove, or flag, under another rule."""

    rule: str
    action: str
    now_rule: str
    count: int
    chars: int
    examples: list[Example]


class RunTotals(msgspec.Struct, frozen=True):
    """A run in numbers; flags are not counted as removals."""

    documents: int
    removals: int
    chars: int


class Setting(msgspec.Struct, frozen=True):
    """Something that the runs were made with, and what it was in each."""

    name: str
    a: str
    b: str


class Comparison(msgspec.Struct, frozen=True):
    """How the second run differs from the first. Documents with ``other_text`` are in both and were not compared.

    ``made_with`` are settings, rules and models that differ.
    """

    a: RunTotals
    b: RunTotals
    made_with: list[Setting]
    documents_in_both: int
    documents_only_in_a: int
    documents_only_in_b: int
    documents_with_other_text: int
    moved: list[Moved]
    changed: list[Changed]

    @property
    def same(self) -> bool:
        return not (self.moved or self.changed)


class _Key(NamedTuple):
    rule: str
    action: str


def compared(a: Path, b: Path, examples: int = 3) -> Comparison:
    """Compares the runs in two folders. Raises ``OutputError`` for a folder without one."""
    for run in (a, b):
        log_of(run, "removals"), log_of(run, "documents")  # said before the first is read for a long time
    settings = _settings(a, b)
    with tempfile.TemporaryDirectory(prefix="cleaner-diff-") as folder, _explained(folder):
        db = _opened(Path(folder))
        try:
            for number, run in enumerate((a, b)):
                _load(db, number, run)
            for statement in _COMPARED:
                db.execute(statement)
            return _comparison(db, settings, examples)
        finally:
            db.close()


def _settings(a: Path, b: Path) -> list[Setting]:
    """What the summaries of both runs have, and not alike."""
    was, now = (made_with(summary_of(run)) for run in (a, b))
    return [Setting(name, was[name], now[name]) for name in was if name in now and was[name] != now[name]]


def _opened(folder: Path) -> "DuckDBPyConnection":
    import duckdb

    db = duckdb.connect(
        str(folder / "runs.duckdb"),
        config={
            "memory_limit": _MEMORY,
            "threads": _THREADS,
            "temp_directory": str(folder / "spill"),
            "autoinstall_known_extensions": False,
            "preserve_insertion_order": False,
        },
    )
    for statement in _TABLES:
        db.execute(statement)
    return db


def _load(db: "DuckDBPyConnection", number: int, run: Path) -> None:
    documents = logs.entries(log_of(run, "documents"), DocumentEntry)
    _insert(db, "documents", ((number, _id(entry), entry.digest) for entry in documents))
    removals = logs.entries(log_of(run, "removals"), RemovalEntry)
    _insert(db, "removals", (_row(number, entry) for entry in removals))


def _row(number: int, entry: RemovalEntry) -> tuple[Any, ...]:
    place = (entry.start, entry.end)
    shown = (entry.fingerprint, entry.doc, entry.line, entry.text[:_TEXT])
    return number, _id(entry), *place, entry.rule, entry.action, *shown


def _id(entry: DocumentEntry | RemovalEntry) -> bytes:
    """What tells a document apart, in few bytes."""
    parts = msgspec.json.encode((entry.source, entry.row, entry.doc))
    return blake2b(parts, digest_size=16).digest()


def _insert(db: "DuckDBPyConnection", table: str, rows: Iterator[tuple[Any, ...]]) -> None:
    import pyarrow as pa

    while some := list(islice(rows, _BATCH)):
        columns = list(zip(*some, strict=True))
        batch = pa.table([pa.array(column) for column in columns], names=[f"c{n}" for n in range(len(columns))])
        db.register("batch", batch)
        db.execute(f"INSERT INTO {table} FROM batch")
        db.unregister("batch")


def _comparison(db: "DuckDBPyConnection", settings: list[Setting], examples: int) -> Comparison:
    both, only_a, only_b = _one(db, _DOCUMENTS)
    (other,) = _one(db, "SELECT count(*) FROM both_runs WHERE NOT same")
    return Comparison(
        RunTotals(both + only_a, *_one(db, _TOTALS, 0)),
        RunTotals(both + only_b, *_one(db, _TOTALS, 1)),
        settings,
        both,
        only_a,
        only_b,
        other,
        _moved(db, examples),
        _changed(db, examples),
    )


def _one(db: "DuckDBPyConnection", query: str, *given: Any) -> tuple[int, ...]:
    found = db.execute(query, list(given)).fetchone()
    return tuple(map(int, found or ()))


def _moved(db: "DuckDBPyConnection", examples: int) -> list[Moved]:
    query = "SELECT rule, action, run, count(*), sum(stop - start), count(*) FILTER (flagged) FROM moved GROUP BY ALL"
    rows = db.execute(query).fetchall()
    sides = {(_Key(rule, action), run): tuple(map(int, counts)) for rule, action, run, *counts in rows}
    found = []
    for key in {key for key, _ in sides}:
        gained, lost = (_side(db, examples, key, run, *sides.get((key, run), (0, 0, 0))) for run in (1, 0))
        found.append(Moved(*key, gained, lost))
    return sorted(found, key=lambda one: (one.action != "removed", -one.gained.chars - one.lost.chars, one.rule))


def _side(db: "DuckDBPyConnection", examples: int, key: _Key, run: int, count: int, chars: int, flagged: int) -> Side:
    return Side(count, chars, flagged, _shown(db, examples, "moved", (*key, run), "rule", "action", "run"))


def _changed(db: "DuckDBPyConnection", examples: int) -> list[Changed]:
    names = ("was_rule", "action", "rule")
    rows = db.execute(f"SELECT {', '.join(names)}, count(*), sum(stop - start) FROM changed GROUP BY ALL").fetchall()
    found = []
    for *key, count, chars in sorted(rows, key=lambda row: (-row[4], row[:3])):
        was, action, now = key
        examples_of = _shown(db, examples, "changed", key, *names)
        found.append(Changed(was, action, now, count, int(chars), examples_of))
    return found


def _shown(db: "DuckDBPyConnection", examples: int, table: str, values: Sequence[Any], *names: str) -> list[Example]:
    query = _EXAMPLES.format(table=table, where=" AND ".join(f"{name} = ?" for name in names))
    rows = db.execute(query, [*values, examples]).fetchall()
    return [Example(count, int(chars), doc, line, text) for count, chars, doc, line, text in rows]


@contextmanager
def _explained(folder: str) -> Iterator[None]:
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        said = str(error).splitlines()[0]
        raise OutputError(f"{folder}: the runs cannot be compared: {said}; TMPDIR names another place") from None
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise OutputError(f"{folder}: no room to compare the runs; TMPDIR names another place") from None
        raise
