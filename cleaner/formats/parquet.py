"""Parquet: read in batches of rows, and written from batches, in memory that does not grow with the file.

    file ─ batches ─> IPC streams ─ arrow.rows, arrow.replaced ─> IPC streams ─> spool ─ to_parquet ─> file

A *spool* is a file of IPC streams one after another, the first of them the schema without rows
(:func:`schema_of`): it can be appended to, and cut off after any stream. Which rows make a batch
follows from the input file alone, and which batches make a row group from the batches alone, so that
the same input gives the same bytes.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from cleaner.errors import InputError
from cleaner.formats.arrow import columns_of, output_schema, packed, texts_of, unpacked
from cleaner.formats.jsonl import Fields
from cleaner.formats.records import Problem

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

#: A batch stands for about so many bytes, uncompressed, and has no more rows than this.
_BATCH_BYTES, _BATCH_ROWS = 1 << 20, 2000
#: A row group is written once its batches take so many bytes in memory.
_GROUP_BYTES = 64 << 20
#: What is read ahead, over all columns: enough for few system calls, little enough for a thousand columns.
_READ_AHEAD, _LEAST_AHEAD, _MOST_AHEAD = 16 << 20, 16 << 10, 1 << 20
#: Pages are closed on time even where texts are long: their size is looked at after so many rows.
_ROWS_BETWEEN_LOOKS = 64

_MAGIC, _ENCRYPTED = b"PAR1", b"PARE"
_SHORTEST = 12


class Batch(NamedTuple):
    """Some rows, from row ``first`` (counted from 1), as an IPC stream; ``size`` is their share of the file."""

    first: int
    rows: int
    data: bytes
    size: int


class Articles(NamedTuple):
    """A batch of an article file, with its texts."""

    data: bytes
    texts: list[str]


def batches(file: Path | BinaryIO, fields: Fields, after: int = 0) -> Iterator[Batch | Problem]:
    """The rows of a Parquet file in batches, without the first ``after`` rows (the end of a batch).

    Where data are damaged, a problem stands for the rest of their row group. Raises ``InputError`` for a
    file without documents.
    """
    with _open(file) as (parquet, size):
        columns_of(parquet.schema_arrow, fields)
        for group in _groups(parquet.metadata, size):
            done = group.first - 1
            if done + group.rows <= after:
                continue
            try:
                for batch in _batches(parquet, group):
                    start, done = done, done + batch.num_rows
                    if start >= after:
                        yield Batch(start + 1, batch.num_rows, packed(batch.schema, [batch]), group.share(start, done))
            except InputError as error:
                yield Problem(done + 1, str(error))


def record_batches(file: Path | BinaryIO) -> Iterator["pa.RecordBatch"]:
    """The rows of any Parquet file. Raises ``InputError``."""
    with _open(file) as (parquet, size):
        for group in _groups(parquet.metadata, size):
            yield from _batches(parquet, group)


def schema_of(file: Path | BinaryIO, fields: Fields) -> bytes:
    """An IPC stream without rows: the schema of the articles. Raises ``InputError``."""
    with _open(file) as (parquet, _):
        return packed(output_schema(parquet.schema_arrow, fields))


def article_rows(file: Path | BinaryIO, fields: Fields) -> Iterator[Articles]:
    """The texts of an article file, batch by batch. Raises ``InputError``."""
    for batch in batches(file, fields):
        if isinstance(batch, Problem):
            raise InputError(batch.message)
        texts = [text for part in unpacked(batch.data) for text in texts_of(part, fields)]
        if None in texts:
            raise InputError("a text of the article file is null; it was changed after the run")
        yield Articles(batch.data, [(text or b"").decode() for text in texts])


def to_parquet(spool: Path, target: Path | BinaryIO) -> None:
    """Turns a spool into a Parquet file, which appears whole or not at all.

    An empty spool, of an input that could not be opened, becomes a file without rows.
    """
    import pyarrow as pa

    with spool.open("rb") as stream:
        end = spool.stat().st_size
        schema = pa.ipc.open_stream(stream).schema if end else pa.schema([("text", pa.string())])
        stream.seek(0)
        with Writer(target, schema) as writer:
            while stream.tell() < end:
                for batch in pa.ipc.open_stream(stream):
                    writer.write(batch)


class Writer:
    """Writes record batches to a Parquet file. Leave the ``with`` block without an error, and the file appears."""

    def __init__(self, target: Path | BinaryIO, schema: "pa.Schema", group_bytes: int = 0) -> None:
        self._target: Any = target
        self._partial = target.with_name(f"{target.name}.partial") if isinstance(target, Path) else None
        self._schema = schema
        self._waiting: list[pa.RecordBatch] = []
        self._bytes, self._most = 0, group_bytes or _GROUP_BYTES

    def __enter__(self) -> "Writer":
        import pyarrow.parquet as pq

        self._stream: BinaryIO = self._partial.open("wb") if self._partial else self._target
        self._writer = pq.ParquetWriter(
            self._stream,
            self._schema,
            compression="zstd",
            write_batch_size=_ROWS_BETWEEN_LOOKS,
            write_page_checksum=True,
        )
        return self

    def write(self, batch: "pa.RecordBatch") -> None:
        self._waiting.append(batch)
        self._bytes += batch.get_total_buffer_size()  # nbytes does not know every type
        if self._bytes >= self._most:
            self._write_group()

    def write_stream(self, data: bytes) -> None:
        """Writes the batches of an IPC stream."""
        for batch in unpacked(data):
            self.write(batch)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        whole = False
        try:
            if kind is None:
                self._write_group()
            self._writer.close()
            whole = kind is None
        finally:
            self._finish(whole)

    def _write_group(self) -> None:
        import pyarrow as pa

        if rows := sum(batch.num_rows for batch in self._waiting):
            self._writer.write_table(pa.Table.from_batches(self._waiting, self._schema), row_group_size=rows)
        self._waiting, self._bytes = [], 0

    def _finish(self, whole: bool) -> None:
        if self._partial is None:
            return
        self._stream.close()
        if whole:
            self._partial.replace(self._target)
        else:
            self._partial.unlink(missing_ok=True)


class _Group(NamedTuple):
    """A row group of the input: its place, its first row, its rows, and how many bytes of the file it stands for."""

    place: int
    first: int
    rows: int
    size: int
    rows_a_batch: int

    def share(self, start: int, end: int) -> int:
        """How many bytes of the file the rows from ``start`` to ``end`` stand for; they add up to ``size``."""
        before, after = start - self.first + 1, end - self.first + 1
        return self.size * after // self.rows - self.size * before // self.rows


def _groups(metadata: "pq.FileMetaData", size: int) -> Iterator[_Group]:
    """The row groups of a file of ``size`` bytes that have rows."""
    groups = [metadata.row_group(place) for place in range(metadata.num_row_groups)]
    total = max(1, sum(group.total_byte_size for group in groups))
    first = 1
    for place, group in enumerate(groups):
        rows = group.num_rows * _BATCH_BYTES // max(1, group.total_byte_size)
        share = size * group.total_byte_size // total
        if group.num_rows:
            yield _Group(place, first, group.num_rows, share, max(1, min(_BATCH_ROWS, rows)))
        first += group.num_rows


def _batches(parquet: "pq.ParquetFile", group: _Group) -> Iterator["pa.RecordBatch"]:
    """The rows of one row group. Raises ``InputError`` where data are damaged."""
    import pyarrow as pa

    row, last = group.first, group.first + group.rows - 1
    try:
        # In one thread: with several, the memory of columns that are ahead of the others adds up.
        for batch in parquet.iter_batches(group.rows_a_batch, row_groups=[group.place], use_threads=False):
            yield batch
            row += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        raise _damage(error, f"rows {row} to {last} cannot be read: the data are damaged") from None


@contextmanager
def _open(file: Path | BinaryIO) -> Iterator[tuple["pq.ParquetFile", int]]:
    """The file, opened so that its column chunks are read page by page, and its size."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with file.open("rb") if isinstance(file, Path) else nullcontext(file) as stream:
        size = _checked_size(stream)
        try:
            metadata = pq.read_metadata(stream)
            ahead = min(_MOST_AHEAD, max(_LEAST_AHEAD, _READ_AHEAD // max(1, metadata.num_columns)))
            parquet = pq.ParquetFile(
                stream, metadata=metadata, pre_buffer=False, buffer_size=ahead, page_checksum_verification=True
            )
            parquet.schema_arrow  # noqa: B018 - it is made only now, and may be damaged
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise _damage(error, "the footer of the Parquet file is damaged") from None
        yield parquet, size


def _checked_size(stream: BinaryIO) -> int:
    if not stream.seekable():
        raise InputError("Parquet is read from its end, which a pipe does not have yet; give the file itself")
    stream.seek(0)
    start = stream.read(4)
    size = stream.seek(0, 2)
    stream.seek(max(0, size - 4))
    end = stream.read(4)
    if _ENCRYPTED in (start, end):
        raise InputError("the Parquet file is encrypted; decrypt it first")
    if start != _MAGIC:
        raise InputError("not a Parquet file: it does not begin with PAR1")
    if end != _MAGIC or size < _SHORTEST:
        raise InputError("the Parquet file breaks off before its end; it was not written or not copied to the end")
    return size


def _damage(error: Exception, message: str) -> Exception:
    """What to raise: pyarrow says ``OSError`` of damaged data too, but then without a number."""
    if isinstance(error, OSError) and error.errno:
        return error
    return InputError(f"{message} ({str(error).splitlines()[0] if str(error) else type(error).__name__})")
