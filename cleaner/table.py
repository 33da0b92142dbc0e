"""Cleans tables: the one function that Ray Data, Spark, Hugging Face datasets and others call.

A cleaned table carries its own log, so that :func:`restore_table` needs nothing besides.
"""

from collections.abc import Sequence
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from cleaner.edit import Undo, undo
from cleaner.errors import InputError
from cleaner.formats import arrow, logs
from cleaner.formats.jsonl import Fields
from cleaner.pipeline import Cleaned, Cleaner
from cleaner.removal_log import DocumentEntry, RemovalEntry, digest, pack_edits, removal_entry, unpack_edits
from cleaner.rules.patterns import TIMEOUT

if TYPE_CHECKING:
    import pyarrow as pa

#: The fields of a removal that mean something inside a row.
REMOVAL = ("start", "end", "line", "category", "rule", "action", "confidence", "text", "also", "reason", "fingerprint")

_making = Lock()

#: Rows are cleaned in batches of so many, to bound what is held twice.
_ROWS = 1000


def clean_table(
    table: "pa.Table | pa.RecordBatch",
    cleaner: Cleaner | None = None,
    *,
    text: str = "text",
    html: str = "html",
    id: str = "id",
    url: str = "url",
    log: bool = True,
) -> "pa.Table":
    """The table with clean texts: the same rows in the same order, all other columns as they were.

    ``text``, ``html``, ``id`` and ``url`` name the columns; only one of the first two must be there. Where
    ``text`` is not there or null, the text is extracted from ``html``. Without a ``cleaner`` one with the
    shipped rules is made, once per process. Added are the columns::

        removals: list<struct<start: int64, end: int64, line: int64, category: string, rule: string,
                              action: string, confidence: double, text: string, also: list<string>,
                              reason: string, fingerprint: string>>
        edits:    struct<digest: string, changes: list<struct<was: string, now: string, distances: list<int64>>>>
        error:    string

    ``removals`` and ``edits`` only with ``log``: they are what :func:`restore_table` needs. ``error`` is
    null where all went well. A row without a text, or with one that cannot be read, stays as it is:
    ``error`` says why, ``removals`` and ``edits`` are null.

    Raises ``InputError`` for a table without texts or with columns of these names already, ``TypeError`` for
    what is no table or no cleaner.

    >>> import pyarrow as pa
    >>> table = pa.table({"text": ["The bridge opened on Monday.\\n\\nAdvertisement"], "page": [7]})
    >>> cleaned = clean_table(table)
    >>> cleaned.select(["text", "page"]).to_pylist()
    [{'text': 'The bridge opened on Monday.', 'page': 7}]
    >>> cleaned["removals"][0][0]["reason"].as_py()
    'the label of an advertisement, alone on its line'
    >>> restore_table(cleaned) == table
    True
    """
    import pyarrow as pa

    if not isinstance(table, pa.Table | pa.RecordBatch):
        raise TypeError(f"the first argument is of type {type(table).__name__}; accepted is an Arrow table or batch")
    if cleaner is not None and not hasattr(cleaner, "clean_document"):
        raise TypeError(f"the second argument is of type {type(cleaner).__name__}; accepted is a Cleaner or None")
    fields = Fields(text, html, id, url)
    schema = cleaned_schema(table.schema, text=text, html=html, log=log)
    cleaner = cleaner or _default_cleaner()
    batches = [_cleaned_batch(batch, cleaner, fields, schema) for batch in _batches(table)]
    return pa.Table.from_batches(batches, schema)


def cleaned_schema(schema: "pa.Schema", *, text: str = "text", html: str = "html", log: bool = True) -> "pa.Schema":
    """The schema that :func:`clean_table` gives a table of this schema. Raises ``InputError``."""
    fields = Fields(text, html)
    arrow.columns_of(schema, fields, "text= or html=")
    made = arrow.output_schema(schema, fields)
    for field in _added(log):
        if field.name in schema.names:
            raise InputError(f"the table has a column {field.name!r} already; was it cleaned before? Rename or drop it")
        made = made.append(field)
    return made


def restore_table(table: "pa.Table", *, text: str = "text") -> "pa.Table":
    """The table that :func:`clean_table` was given. Of pages, the text that was extracted stays as a column.

    Raises ``InputError`` for a table that was cleaned without its log, and for a text or log that was changed.
    """
    import pyarrow as pa

    for name in ("removals", "edits"):
        if name not in table.schema.names:
            raise InputError(f"there is no column {name!r}; only a table cleaned with log=True can be restored")
    columns = [name for name in table.schema.names if name not in ("removals", "edits", "error")]
    schema = pa.schema([table.schema.field(name) for name in columns], table.schema.metadata)
    fields, batches, first = Fields(text), [], 1
    for batch in table.to_batches(_ROWS):
        texts = _restored_texts(batch, fields, first)
        batches.append(arrow.with_texts(batch.select(columns), texts, fields))
        first += batch.num_rows
    return pa.Table.from_batches(batches, schema)


@cache
def _made() -> Cleaner:
    return Cleaner.from_packs()


def _default_cleaner() -> Cleaner:
    with _making:
        return _made()


def _added(log: bool) -> list["pa.Field"]:
    """The columns that cleaning adds."""
    import pyarrow as pa

    error = pa.field("error", pa.string())
    if not log:
        return [error]
    of_removals = {column.field.name: column.field.type for column in logs.columns(RemovalEntry)}
    of_documents = {column.field.name: column.field.type for column in logs.columns(DocumentEntry)}
    return [
        pa.field("removals", pa.list_(pa.struct([(name, of_removals[name]) for name in REMOVAL]))),
        pa.field("edits", pa.struct([("digest", of_documents["digest"]), ("changes", of_documents["edits"])])),
        error,
    ]


def _batches(table: "pa.Table | pa.RecordBatch") -> list["pa.RecordBatch"]:
    import pyarrow as pa

    table = pa.Table.from_batches([table]) if isinstance(table, pa.RecordBatch) else table
    return table.to_batches(_ROWS)


class _Done(NamedTuple):
    """What came of one row, column by column."""

    text: bytes | None
    removals: list[dict[str, Any]] | None = None
    edits: dict[str, Any] | None = None
    error: str | None = None


def _cleaned_batch(batch: "pa.RecordBatch", cleaner: Cleaner, fields: Fields, schema: "pa.Schema") -> "pa.RecordBatch":
    import pyarrow as pa

    rows = zip(arrow.documents(batch, fields, "row"), arrow.texts_of(batch, fields), strict=True)
    done = [_cleaned_row(row, was, cleaner) for row, was in rows]
    arrays = arrow.with_texts(batch, [one.text for one in done], fields).columns
    for field in list(schema)[len(arrays) :]:
        arrays.append(pa.array([getattr(one, field.name) for one in done], field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _cleaned_row(row: arrow.Row, was: bytes | None, cleaner: Cleaner) -> _Done:
    if row.document is None:
        return _Done(was, error=row.problem)
    try:
        cleaned = cleaner.clean_document(row.document)
    except Exception as error:  # noqa: BLE001 - one bad row never spoils the others
        return _Done(was, error=f"{type(error).__name__}: {error}")
    return _Done(cleaned.text.encode(), _removals(cleaned), _edits(cleaned), _timeouts(cleaned))


def _removals(cleaned: Cleaned) -> list[dict[str, Any]]:
    entries = [removal_entry(removal, "", "", None) for removal in cleaned.removals]
    return [{name: getattr(entry, name) for name in REMOVAL} for entry in entries]


def _edits(cleaned: Cleaned) -> dict[str, Any]:
    raw = cleaned.document.raw
    changes = [dict(zip(logs.PARTS, change, strict=True)) for change in pack_edits(raw, cleaned.edits)]
    return {"digest": digest(raw), "changes": changes}


def _timeouts(cleaned: Cleaned) -> str | None:
    if not cleaned.timed_out:
        return None
    return f"left out, because they took longer than {TIMEOUT:g} s: rule {', '.join(cleaned.timed_out)}"


def _restored_texts(batch: "pa.RecordBatch", fields: Fields, first: int) -> list[bytes | None]:
    texts = arrow.texts_of(batch, fields)
    removals, edits = batch.column("removals").to_pylist(), batch.column("edits").to_pylist()
    rows = zip(texts, removals, edits, strict=True)
    return [_restored(text, cuts, kept, first + place) for place, (text, cuts, kept) in enumerate(rows)]


def _restored(text: bytes | None, removals: Sequence[Any] | None, edits: Any, row: int) -> bytes | None:
    if edits is None:  # it was not cleaned
        return text
    undos = unpack_edits((change["was"], change["now"], change["distances"]) for change in edits["changes"])
    undos += [Undo(cut["start"], cut["text"], 0) for cut in removals or () if cut["action"] == "removed"]
    raw = undo((text or b"").decode(), sorted(undos))
    if digest(raw) != edits["digest"]:
        raise InputError(f"row {row}: the text or its log was changed after cleaning; the raw text cannot be rebuilt")
    return raw.encode()
