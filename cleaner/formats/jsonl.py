"""JSON Lines: one document a line. Fields other than the text are carried through to the letter."""

import json
from dataclasses import dataclass

import msgspec
import regex

from cleaner.document import Document
from cleaner.errors import InputError

_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_any = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
_SURROGATE = regex.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Fields:
    """The names of the fields that hold text, page, id and address."""

    text: str = "text"
    html: str = "html"
    id: str = "id"
    url: str = "url"


@dataclass(frozen=True)
class Row:
    """One line: the document in it, its fields as they were written, and how its text was found."""

    document: Document
    values: dict[str, msgspec.Raw]
    extractor: str = ""


def read_row(line: bytes, name: str, fields: Fields) -> Row:
    """The document of a line; ``name`` serves as id where the line has none. Raises ``InputError``."""
    values = _object(line)
    url = _string(values, fields.url)
    doc_id = _identifier(values, fields.id) or name
    if fields.text in values and not (fields.html in values and _value(values, fields.text) is None):
        return Row(Document(_text(values, fields.text), doc_id, url), values)
    if fields.html in values:
        from cleaner.formats.html import extract

        extracted = extract(_text(values, fields.html), url)
        return Row(Document(extracted.text, doc_id, url), values, extracted.extractor)
    raise InputError(
        f"no field {fields.text!r} or {fields.html!r}; the line has {', '.join(map(repr, values)) or 'no fields'}; "
        "name the right one with --text-field"
    )


def write_row(row_values: dict[str, msgspec.Raw], text: str, fields: Fields) -> bytes:
    """The line with ``text`` as its text, in its old place or, for a page, as a new field."""
    return _encode({**row_values, fields.text: text})


def _object(line: bytes) -> dict[str, msgspec.Raw]:
    try:
        line.decode("utf-8")
        return _decode(line)
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 at byte {error.start} of the line; JSON Lines are UTF-8") from None
    except msgspec.ValidationError:
        raise InputError('not a JSON object; each line is one object such as {"id": 1, "text": "..."}') from None
    except msgspec.DecodeError as error:
        return _lenient_object(line, error)


def _lenient_object(line: bytes, problem: msgspec.DecodeError) -> dict[str, msgspec.Raw]:
    """What Python's own parser makes of a line: it knows NaN, which pandas writes, and odd escapes."""
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        raise InputError(f"not valid JSON: {problem}") from None
    if not isinstance(values, dict):
        raise InputError(f"not a JSON object but {type(values).__name__}")
    if half := next((key for key in values if _SURROGATE.search(key)), None):
        raise InputError(f"the name of a field holds half a character: {half!r}")
    return {key: msgspec.Raw(json.dumps(value).encode()) for key, value in values.items()}


def _value(values: dict[str, msgspec.Raw], field: str) -> object:
    if field not in values:
        return None
    try:
        return _decode_any(values[field])
    except msgspec.DecodeError:
        return json.loads(bytes(values[field]))


def _text(values: dict[str, msgspec.Raw], field: str) -> str:
    value = _value(values, field)
    if not isinstance(value, str):
        kind = "null" if value is None else type(value).__name__
        raise InputError(f"the field {field!r} is {kind}; it must be a string")
    if half := _SURROGATE.search(value):
        raise InputError(f"the field {field!r} holds half a character (\\u{ord(half.group()):04x}) at {half.start()}")
    return value


def _string(values: dict[str, msgspec.Raw], field: str) -> str | None:
    value = _value(values, field)
    return value if isinstance(value, str) and not _SURROGATE.search(value) else None


def _identifier(values: dict[str, msgspec.Raw], field: str) -> str:
    value = _value(values, field)
    if value is None:
        return ""
    return (
        value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else bytes(values[field]).decode()
    )
