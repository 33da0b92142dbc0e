"""Web archives: the pages of WARC files and the texts of WET files, past any damage.

FastWARC reads single records: their headers, the HTTP in them, its chunks and encodings. It stops at
the first damage, so ``warc_blocks`` tells where records begin and end.
"""

import io
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import Any, BinaryIO

import regex

from cleaner.errors import ConfigError, InputError
from cleaner.formats.records import MAX_PAYLOAD, Problem, Record
from cleaner.formats.warc_blocks import Block, blocks, open_window

_CHUNK_SIZE = regex.compile(rb"\s*[0-9a-fA-F]{1,8}[ \t]*(?:;[^\n]*)?\r?\n")
_MEDIA_TYPE = regex.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}")
_PAGE = regex.compile(rb"\s*(?:\xef\xbb\xbf\s*)?<")

_KINDS = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/plain": "text",
    "text/markdown": "markdown",
    "text/x-markdown": "markdown",
}


def records(
    stream: BinaryIO, compression: str, skipped: Counter[str], *, limit: int = MAX_PAYLOAD
) -> Iterator[Record | Problem]:
    """The documents of a WARC or WET file, and a problem for each record that was lost.

    ``skipped`` counts the records that are no documents, by reason. Only answers with a status of 2xx are.
    """
    _check_fastwarc()
    window = open_window(stream, compression)
    row, place = 0, 0
    for block in blocks(window, limit):
        found = block if isinstance(block, str) else _record_or_message(block, skipped, limit)
        if found:
            row += 1
            size, place = window.place - place, window.place
            yield Problem(row, found) if isinstance(found, str) else found._replace(row=row, size=size)


def _check_fastwarc() -> None:
    try:
        import fastwarc  # noqa: F401
    except ImportError:
        raise ConfigError(
            "WARC and WET files need the library FastWARC, which is not installed; pip install fastwarc"
        ) from None


def _record_or_message(block: Block, skipped: Counter[str], limit: int) -> Record | str | None:
    try:
        return _record(block, skipped, limit)
    except InputError as error:
        return f"the record at {block.where} is lost: {error}"


def _record(block: Block, skipped: Counter[str], limit: int) -> Record | None:
    """The document in a record, if there is one. Raises ``InputError``."""
    from fastwarc.warc import WarcRecord

    try:
        record = WarcRecord.from_reader(io.BytesIO(block.data))
    except (OSError, ValueError) as error:
        raise InputError(f"its headers cannot be read: {error}") from None
    headers = {name.lower(): value for name, value in record.headers.items()}
    kind, charset, reason = _kind(record, headers)
    if reason:
        skipped[reason] += 1
        return None
    if block.length > limit:
        raise InputError(f"it is {block.length:,} bytes long, and at most {limit:,} are read of a record")
    cut = "warc-truncated" in headers
    payload = _payload(block.data, record, cut, limit) if record.is_http else record.reader.read()
    url = headers.get("warc-target-uri", "").strip("<> ")
    doc_id = headers.get("warc-record-id", "").strip("<> ").removeprefix("urn:uuid:")
    return Record(0, doc_id, kind, payload, url or None, headers.get("warc-date", ""), charset)


def _kind(record: Any, headers: dict[str, str]) -> tuple[str, str, str]:
    """Of which kind a record's document is, and its charset; or why it is none."""
    record_type = headers.get("warc-type", "").lower()
    if record_type not in ("response", "resource", "conversion"):
        return "", "", record_type if record_type.isalpha() and len(record_type) < 20 else "no WARC-Type"
    if not record.is_http:
        return _kind_of(headers.get("content-type", ""), "")
    try:
        record.parse_http(auto_decode="none")
    except (OSError, ValueError) as error:
        raise InputError(f"its HTTP headers cannot be read: {error}") from None
    status = record.http_headers.status_code
    if not status or not 200 <= status < 300:
        return "", "", f"HTTP {status}" if status else "no HTTP status"
    return _kind_of(record.http_headers.get("Content-Type") or "", headers.get("warc-identified-payload-type", ""))


def _kind_of(content_type: str, identified: str) -> tuple[str, str, str]:
    media_type, _, parameters = (content_type or identified).partition(";")
    media_type = media_type.strip().lower()
    kind = _KINDS.get(media_type, "")
    named = media_type if _MEDIA_TYPE.fullmatch(media_type) else "no media type"
    return kind, _charset(parameters), "" if kind else named


def _charset(parameters: str) -> str:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip("\"' \t")[:40]
    return ""


def _payload(data: bytes, record: Any, cut: bool, limit: int) -> bytes:
    """The body of an answer without its chunks and its encodings.

    Some archives hold bodies that are decoded under headers that say they are not: those are taken as
    they are. One that breaks off is an error unless the crawler ``cut`` it. Raises ``InputError``.
    """
    body, problem = _read_body(data, "transfer", limit)
    if problem:
        body, worse = _read_body(data, "none", limit)
        if worse or _CHUNK_SIZE.match(body):
            raise InputError(f"its body cannot be decoded: {problem}")
    names = (record.http_headers.get("Content-Encoding") or "").lower().split(",")
    for name in (name.strip() for name in reversed(names)):
        if name in ("gzip", "x-gzip") and body.startswith(b"\x1f\x8b"):
            body = _inflated(body, 31, cut, limit)
        elif name == "deflate" and not _PAGE.match(body):
            body = _inflated(body, 15 if _is_zlib(body) else -15, cut, limit)
        elif name in ("br", "zstd") and not _PAGE.match(body):
            body, problem = _read_body(data, "all", limit)
            if problem:
                raise InputError(f"its body cannot be decoded: {problem}")
            return body
    return body


def _read_body(data: bytes, decode: Any, limit: int) -> tuple[bytes, str]:
    """The body, as FastWARC reads it, or what it says is wrong."""
    from fastwarc.warc import WarcRecord

    try:
        record = WarcRecord.from_reader(io.BytesIO(data))
        record.parse_http(auto_decode=decode)
        body = record.reader.read(limit + 1)
    except (OSError, ValueError) as error:
        return b"", str(error)[:100]
    return (body, "") if len(body) <= limit else (b"", f"it unpacks to more than {limit:,} bytes")


def _is_zlib(body: bytes) -> bool:
    return len(body) > 1 and body[0] & 15 == 8 and int.from_bytes(body[:2]) % 31 == 0


def _inflated(body: bytes, window: int, cut: bool, limit: int) -> bytes:
    reader = zlib.decompressobj(window)
    try:
        data = reader.decompress(body, limit + 1)
    except zlib.error as error:
        raise InputError(f"its body cannot be decoded: {error}") from None
    if len(data) > limit:
        raise InputError(f"its body cannot be decoded: it unpacks to more than {limit:,} bytes")
    if not reader.eof and not cut:
        raise InputError("its body cannot be decoded: it breaks off")
    return data
