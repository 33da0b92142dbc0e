"""Documents out of containers: what a web archive or a tar archive holds, one record each.

Their articles are JSON Lines, one ``{"id", "url", "date", "text"}`` a document.
"""

import codecs
from typing import NamedTuple

import msgspec

from cleaner.document import Document
from cleaner.formats.encoding import decode
from cleaner.formats.html import extract

#: The largest document that is read out of a container, in bytes.
MAX_PAYLOAD = 256 << 20

_encode = msgspec.json.Encoder().encode

#: The charsets of HTTP headers that are believed, by Python's names, and what browsers read them as.
_CHARSETS = {
    **dict.fromkeys(("ascii", "iso8859-1", "cp1252"), "cp1252"),
    **dict.fromkeys(("gb2312", "gbk", "gb18030"), "gb18030"),
    **dict.fromkeys(("shift_jis", "cp932"), "cp932"),
    **dict.fromkeys(("euc_kr", "cp949"), "cp949"),
    **dict.fromkeys(("big5", "big5hkscs"), "big5hkscs"),
    **dict.fromkeys(("iso8859-9", "cp1254"), "cp1254"),
    **dict.fromkeys(("iso8859-11", "tis-620", "cp874"), "cp874"),
    **{name: name for name in ("cp1250", "cp1251", "cp1253", "cp1255", "cp1256", "cp1257", "cp1258", "cp866")},
    **{name: name for name in ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "koi8-r", "koi8-u", "mac-roman")},
    **{name: name for name in ("euc_jp", "iso2022_jp", "iso2022_kr", "hz", "johab")},
    **{f"iso8859-{part}": f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
}
#: Names that pages use and Python does not know.
_ALIASES = {
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "x-gbk": "gbk",
    "windows-874": "cp874",
    "iso-8859-8-i": "iso8859-8",
}


class Record(NamedTuple):
    """A document in a container, still as bytes.

    ``row`` counts documents and problems from 1; ``id`` is empty if the container names none;
    ``charset`` is what the HTTP header said; ``size`` the bytes of input that it stands for.
    """

    row: int
    id: str
    kind: str  # "html", "text" or "markdown"
    payload: bytes
    url: str | None = None
    date: str = ""
    charset: str = ""
    size: int = 0


class Problem(NamedTuple):
    """What stands in the place of a document that could not be got out of its container."""

    row: int
    message: str


class DecodedRecord(NamedTuple):
    """A record's document; which library found its text, if it is a page; how its bytes were read."""

    document: Document
    extractor: str
    encoding: str
    decoded_by: str


def decoded(record: Record, name: str = "") -> DecodedRecord:
    """The document of a record; ``name`` serves as id where it has none. Raises ``InputError``."""
    text, encoding, how = _text(record)
    doc_id = record.id or name
    if record.kind == "html":
        extracted = extract(text, record.url)
        return DecodedRecord(Document(extracted.text, doc_id, record.url), extracted.extractor, encoding, how)
    markdown = record.kind == "markdown"
    return DecodedRecord(Document(text, doc_id, record.url, markdown=markdown), "", encoding, how)


def values_of(record: Record) -> dict[str, msgspec.Raw]:
    """The fields of a record's line, without the text."""
    values = {"id": record.id, "url": record.url, "date": record.date}
    return {name: msgspec.Raw(_encode(value)) for name, value in values.items() if value}


def _text(record: Record) -> tuple[str, str, str]:
    """The text, its encoding, and what told it.

    Bytes that are UTF-8 beyond ASCII are never anything else by chance, whatever the header says:
    servers put one charset on all their pages. All else is what the header says.
    """
    found = decode(record.payload, markup=record.kind == "html")
    charset = _charset(record.charset)
    if charset and not found.bom and (found.how != "utf-8" or found.text.isascii()):
        try:
            return record.payload.decode(charset), charset, "http header"
        except UnicodeError:
            pass
    return found.text, found.encoding, found.how


def _charset(name: str) -> str:
    name = name.strip("\"' ").lower()
    try:
        return _CHARSETS.get(codecs.lookup(_ALIASES.get(name, name)).name, "") if name else ""
    except (LookupError, ValueError):  # ValueError: a NUL in the name
        return ""
