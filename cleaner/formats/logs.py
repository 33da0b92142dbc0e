"""Logs as Parquet: the entries of a JSON Lines log in columns, and entries back from either form.

The columns follow from the fields of the entry. A tuple of one kind of thing is a list, as it is in
JSON; a tuple of several kinds is a struct, whose parts are named in :data:`PARTS`.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, get_args, get_origin

import msgspec

from cleaner.errors import InputError, OutputError
from cleaner.formats.parquet import Writer, record_batches

if TYPE_CHECKING:
    import pyarrow as pa

Entry = TypeVar("Entry", bound=msgspec.Struct)

#: What the parts of a packed edit are called (``DocumentEntry.edits``).
PARTS = ("was", "now", "distances")

#: Entries in a batch, and bytes of a row group: entries are short, and the writer holds something for each.
_ROWS, _GROUP_BYTES = 2000, 16 << 20


class Column(NamedTuple):
    """One field of an entry as a column; ``pack`` and ``unpack`` change its values on the way there and back."""

    field: "pa.Field"
    pack: Callable[[Any], Any]
    unpack: Callable[[Any], Any]


def columns(kind: type[msgspec.Struct]) -> list[Column]:
    """The columns of a kind of entry, in the order of its fields."""
    return [_column(field.name, field.type) for field in msgspec.structs.fields(kind)]


def to_parquet(jsonl: Path, target: Path, kind: type[msgspec.Struct]) -> None:
    """Writes a log as Parquet. Raises ``OutputError`` for a line that is no entry."""
    import pyarrow as pa

    made = columns(kind)
    schema = pa.schema([column.field for column in made])
    read = _of_jsonl(jsonl, kind)
    with Writer(target, schema, _GROUP_BYTES) as writer:
        while some := list(islice(read, _ROWS)):
            arrays = [
                pa.array([column.pack(getattr(entry, column.field.name)) for entry in some], column.field.type)
                for column in made
            ]
            writer.write(pa.RecordBatch.from_arrays(arrays, schema=schema))


def entries(path: Path, kind: type[Entry]) -> Iterator[Entry]:
    """The entries of a log, whether JSON Lines or Parquet. Raises ``OutputError`` where it is damaged."""
    with path.open("rb") as stream:
        is_parquet = stream.read(4) == b"PAR1"
    return _of_parquet(path, kind) if is_parquet else _of_jsonl(path, kind)


def _of_jsonl(path: Path, kind: type[Entry]) -> Iterator[Entry]:
    decode = msgspec.json.Decoder(kind).decode
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            try:
                yield decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise OutputError(f"{path}: line {number}: damaged: {error}") from None


def _of_parquet(path: Path, kind: type[Entry]) -> Iterator[Entry]:
    unpacks = [(column.field.name, column.unpack) for column in columns(kind)]
    try:
        for batch in record_batches(path):
            for values in batch.to_pylist():
                yield kind(**{name: unpack(values[name]) for name, unpack in unpacks})
    except InputError as error:
        raise OutputError(f"{path}: damaged: {error}") from None
    except KeyError as error:
        raise OutputError(f"{path}: no log of this version: there is no column {error}") from None


class _Shape(NamedTuple):
    """How values of a type hint stand in a column."""

    type: "pa.DataType"
    pack: Callable[[Any], Any]
    unpack: Callable[[Any], Any]


def _column(name: str, hint: Any) -> Column:
    import pyarrow as pa

    kinds = get_args(hint)
    optional = NoneType in kinds
    shape = _shape(next(kind for kind in kinds if kind is not NoneType) if optional else hint)
    return Column(pa.field(name, shape.type, nullable=optional), shape.pack, shape.unpack)


def _shape(hint: Any) -> _Shape:
    import pyarrow as pa

    scalars = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
    if hint in scalars:
        return _Shape(scalars[hint], _same, _same)
    parts = get_args(hint)
    inner = [_shape(part) for part in parts]
    if get_origin(hint) is tuple and len(set(parts)) > 1:
        return _struct(inner)
    return _list(inner[0], get_origin(hint))


def _list(inner: _Shape, made: type) -> _Shape:
    import pyarrow as pa

    return _Shape(
        pa.list_(inner.type),
        lambda values: list(map(inner.pack, values)),
        lambda values: made(map(inner.unpack, values)),
    )


def _struct(inner: list[_Shape]) -> _Shape:
    import pyarrow as pa

    return _Shape(
        pa.struct([(name, shape.type) for name, shape in zip(PARTS, inner, strict=True)]),
        lambda values: {name: shape.pack(v) for name, shape, v in zip(PARTS, inner, values, strict=True)},
        lambda values: tuple(shape.unpack(values[name]) for name, shape in zip(PARTS, inner, strict=True)),
    )


def _same(value: Any) -> Any:
    return value
