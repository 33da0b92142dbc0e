"""Arrow record batches: documents out of their columns, and clean texts into them.

Batches travel between processes as IPC streams, each with its schema, so that nothing is lost on the
way: types, dictionaries, extension types, metadata. Texts are handled as bytes up to the moment they
are decoded, row by row, because an Arrow string may hold bytes that are no UTF-8.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from cleaner.document import Document
from cleaner.errors import InputError
from cleaner.formats.html import extract
from cleaner.formats.jsonl import Fields

if TYPE_CHECKING:
    import pyarrow as pa

#: Beyond so many, the names of columns are left out of messages.
_NAMED = 20


class Columns(NamedTuple):
    """Where in a schema the parts of a document stand; ``None`` where it has no such column."""

    text: int | None
    html: int | None
    id: int | None
    url: int | None


class Row(NamedTuple):
    """One row: its number in the file, from 1, and the document in it, or what was wrong with it."""

    row: int
    document: Document | None
    extractor: str = ""
    problem: str = ""


def columns_of(schema: "pa.Schema", fields: Fields, option: str = "--text-field") -> Columns:
    """The columns that hold documents. Raises ``InputError`` where there are none, or none that hold text.

    ``option`` is what the message says to name the right column with.
    """
    columns = Columns(*(_place(schema, name) for name in (fields.text, fields.html, fields.id, fields.url)))
    if columns.text is None and columns.html is None:
        raise InputError(
            f"no column {fields.text!r} or {fields.html!r}; there are {_names(schema)}; "
            f"name the right one with {option}"
        )
    for place in (columns.text, columns.html):
        if place is not None:
            _check_type(schema.field(place), option)
    return columns


def output_schema(schema: "pa.Schema", fields: Fields) -> "pa.Schema":
    """The schema of the articles: the input's; where only pages were given, with a column for their text."""
    import pyarrow as pa

    place, text = columns_of(schema, fields).text, pa.field(fields.text, pa.string())
    if place is None:
        return schema.append(text)
    return schema.set(place, text) if pa.types.is_null(schema.field(place).type) else schema


def documents(batch: "pa.RecordBatch", fields: Fields, name: str, first: int = 1) -> Iterator[Row]:
    """The documents of a batch whose first row is row ``first`` of the file ``name``.

    A null text is looked for in the page, if there is one; a null id becomes ``NAME:ROW``.
    """
    columns = columns_of(batch.schema, fields)
    texts, pages = (_encoded(batch, place) for place in (columns.text, columns.html))
    ids, urls = _ids(batch, columns.id), _urls(batch, columns.url)
    for index in range(batch.num_rows):
        number = first + index
        doc_id, url = ids[index] or f"{name}:{number}", urls[index]
        try:
            if texts[index] is not None or pages[index] is None:
                field = fields.html if columns.text is None else fields.text
                yield Row(number, Document(_decoded(texts[index], field), doc_id, url))
            else:
                extracted = extract(_decoded(pages[index], fields.html), url)
                yield Row(number, Document(extracted.text, doc_id, url), extracted.extractor)
        except InputError as error:
            yield Row(number, None, problem=str(error))
        except Exception as error:  # noqa: BLE001 - one bad row never spoils the others
            yield Row(number, None, problem=f"{type(error).__name__}: {error}")


def with_texts(batch: "pa.RecordBatch", texts: Sequence[bytes | None], fields: Fields) -> "pa.RecordBatch":
    """The batch with these texts, in UTF-8; all else stays, the type of the text column too."""
    import pyarrow as pa

    schema = output_schema(batch.schema, fields)
    place = schema.get_field_index(fields.text)
    arrays = batch.columns
    arrays[place : place + 1] = [_array(texts, schema.field(place).type)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def texts_of(batch: "pa.RecordBatch", fields: Fields) -> list[bytes | None]:
    """The texts in UTF-8, as they are; all ``None`` where there are only pages."""
    return _encoded(batch, columns_of(batch.schema, fields).text)


def rows(data: bytes, fields: Fields, name: str, first: int = 1) -> Iterator[Row]:
    """The documents of an IPC stream: see :func:`documents`."""
    for batch in unpacked(data):
        yield from documents(batch, fields, name, first)
        first += batch.num_rows


def replaced(data: bytes, texts: Mapping[int, str], fields: Fields) -> bytes:
    """The IPC stream with new texts, by place in the batch from 0. Rows that have none are left out."""
    schema, batches = output_schema(schema_in(data), fields), []
    start = 0
    for batch in unpacked(data):
        inside = range(start, start + batch.num_rows)
        encoded = [texts[place].encode() if place in texts else b"" for place in inside]
        changed = with_texts(batch, encoded, fields)
        # Slices, for not every type can be filtered.
        batches += [changed.slice(a, b - a) for a, b in _runs([place in texts for place in inside])]
        start += batch.num_rows
    return packed(schema, batches, compression="zstd")


def packed(schema: "pa.Schema", batches: Sequence["pa.RecordBatch"] = (), compression: str | None = None) -> bytes:
    """An IPC stream of the batches, schema included."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


def unpacked(data: bytes) -> Iterator["pa.RecordBatch"]:
    """The batches of an IPC stream."""
    import pyarrow as pa

    with pa.ipc.open_stream(data) as reader:
        yield from reader


def schema_in(data: bytes) -> "pa.Schema":
    """The schema of an IPC stream."""
    import pyarrow as pa

    with pa.ipc.open_stream(data) as reader:
        return reader.schema


def _place(schema: "pa.Schema", name: str) -> int | None:
    places = schema.get_all_field_indices(name)
    if len(places) > 1:
        raise InputError(f"there are {len(places)} columns {name!r}; rename all but one")
    return places[0] if places else None


def _names(schema: "pa.Schema") -> str:
    names = ", ".join(map(repr, schema.names[:_NAMED])) or "no columns"
    return f"{names} and {len(schema) - _NAMED} more" if len(schema) > _NAMED else names


def _check_type(field: "pa.Field", option: str) -> None:
    import pyarrow.types as types

    kind = field.type
    if _holds_text(kind) or types.is_null(kind):
        return
    if _is_binary(kind.value_type if types.is_dictionary(kind) else kind):
        raise InputError(
            f"the column {field.name!r} holds bytes ({kind}), not text, and does not say in which encoding; make it a "
            f"string first, as with DuckDB: SELECT * REPLACE (decode({field.name}) AS {field.name})"
        )
    raise InputError(f"the column {field.name!r} is {kind}; it must be a string; name the right one with {option}")


def _is_text(kind: "pa.DataType") -> bool:
    import pyarrow.types as types

    return types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)


def _binary(kind: "pa.DataType") -> "pa.DataType":
    """The type of bytes that is laid out like this type of text."""
    import pyarrow as pa

    return {pa.string(): pa.binary(), pa.large_string(): pa.large_binary(), pa.string_view(): pa.binary_view()}[kind]


def _encoded(batch: "pa.RecordBatch", place: int | None) -> list[bytes | None]:
    return [None] * batch.num_rows if place is None else _bytes(batch.column(place))


def _bytes(column: "pa.Array") -> list[bytes | None]:
    """The strings of a column, in UTF-8, or what stands there instead."""
    import pyarrow.types as types

    if types.is_null(column.type):
        return [None] * len(column)
    if types.is_dictionary(column.type):
        values = _bytes(column.dictionary)
        return [None if index is None else values[index] for index in column.indices.to_pylist()]
    return column.view(_binary(column.type)).to_pylist()


def _array(texts: Sequence[bytes | None], kind: "pa.DataType") -> "pa.Array":
    import pyarrow as pa

    if not pa.types.is_dictionary(kind):
        return pa.array(texts, _binary(kind)).view(kind)
    places = {text: place for place, text in enumerate(dict.fromkeys(text for text in texts if text is not None))}
    indices = pa.array([None if text is None else places[text] for text in texts], kind.index_type)
    return pa.DictionaryArray.from_arrays(indices, _array(list(places), kind.value_type), ordered=kind.ordered)


def _decoded(value: bytes | None, field: str) -> str:
    if value is None:
        raise InputError(f"the field {field!r} is null; it must be a string")
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise InputError(f"the field {field!r} is not UTF-8 at byte {error.start}") from None


def _ids(batch: "pa.RecordBatch", place: int | None) -> list[str | None]:
    """The ids as strings: numbers and times as Arrow writes them, bytes in hexadecimal digits."""
    import pyarrow as pa

    if place is None:
        return [None] * batch.num_rows
    column = batch.column(place)
    if isinstance(column, pa.ExtensionArray):
        if column.type.extension_name == "arrow.uuid":
            return [None if value is None else str(value) for value in column.to_pylist()]
        column = column.storage
    if _holds_text(column.type):
        return [None if value is None else value.decode("utf-8", "backslashreplace") for value in _bytes(column)]
    try:
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if _is_binary(column.type):
            return [None if value is None else value.hex() for value in column.to_pylist()]
        return column.cast(pa.string()).to_pylist()
    except pa.ArrowException:  # lists and structs identify nothing
        return [None] * batch.num_rows


def _urls(batch: "pa.RecordBatch", place: int | None) -> list[str | None]:
    if place is None or not _holds_text(batch.schema.field(place).type):
        return [None] * batch.num_rows
    return [_url(value) for value in _bytes(batch.column(place))]


def _url(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return None


def _holds_text(kind: "pa.DataType") -> bool:
    import pyarrow.types as types

    return _is_text(kind.value_type if types.is_dictionary(kind) else kind)


def _is_binary(kind: "pa.DataType") -> bool:
    import pyarrow.types as types

    tests = (types.is_binary, types.is_large_binary, types.is_binary_view, types.is_fixed_size_binary)
    return any(test(kind) for test in tests)


def _runs(wanted: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Where the wanted stand side by side: half-open ranges.

    >>> list(_runs([True, True, False, True]))
    [(0, 2), (3, 4)]
    """
    start = None
    for place, want in enumerate([*wanted, False]):
        if want and start is None:
            start = place
        elif not want and start is not None:
            yield start, place
            start = None
