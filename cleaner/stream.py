"""Pipe mode: documents in at one end, clean ones out at the other, each before the next is asked for.

    lines ─> clean ─> removals to the log ─> lines

There is no first pass: a document is judged by itself. The log is written before the article, so that no
cut is ever without its line.
"""

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import msgspec

from cleaner.formats.compression import refuse_packed
from cleaner.formats.jsonl import read_row, write_row
from cleaner.formats.read import single
from cleaner.interrupt import heed
from cleaner.pipeline import Cleaned, Cleaner
from cleaner.removal_log import ErrorEntry, removal_entry
from cleaner.tally import Tally
from cleaner.work import Models, Settings, failed, timeout

#: The ``source`` of entries in the log.
NAME = "stdin"
_BOM = b"\xef\xbb\xbf"
_encode = msgspec.json.Encoder().encode


def clean_stream(
    stream_in: BinaryIO,
    stream_out: BinaryIO,
    settings: Settings,
    *,
    kind: str = "jsonl",
    log: BinaryIO | None = None,
    complain: Callable[[ErrorEntry], Any] = lambda error: None,
) -> Tally:
    """Cleans the lines of ``stream_in``, or if ``kind`` is not ``jsonl`` all of it as one document.

    Every line is flushed. ``log`` is given the lines of ``removals.jsonl``. ``complain`` is called with each
    document that failed, for which nothing is written, each rule that took too long, and first with each model
    whose weights cannot be used. Raises ``BrokenPipeError`` when nobody reads ``stream_out`` any more.
    """
    pipe = _Pipe(stream_out, settings, log, complain)
    for problem in Models.of(settings).problems:
        complain(ErrorEntry("", None, None, "model", problem))
    if kind == "jsonl":
        for number, line in _lines(stream_in):
            pipe.row(number, line)
    else:
        pipe.whole(stream_in.read(), kind)
    return pipe.tally


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, each as soon as it is there, and their numbers."""
    for number, line in enumerate(stream, 1):
        if number == 1:
            refuse_packed(line)
        line = line.removeprefix(_BOM) if number == 1 else line
        if line.strip():
            yield number, line.removesuffix(b"\n")


class _Pipe:
    """A cleaner with the streams around it."""

    def __init__(
        self, out: BinaryIO, settings: Settings, log: BinaryIO | None, complain: Callable[[ErrorEntry], Any]
    ) -> None:
        self.tally = Tally()
        self._out, self._log, self._complain = out, log, complain
        self._fields = settings.fields
        self._cleaner: Cleaner = settings.cleaner()

    def row(self, number: int, line: bytes) -> None:
        """Cleans one line, or complains of it."""
        try:
            row = read_row(line, f"{NAME}:{number}", self._fields)
            cleaned = self._cleaner.clean_document(row.document)
            article = write_row(row.values, cleaned.text, self._fields) + b"\n"
        except Exception as error:  # noqa: BLE001 - one bad document never stops the stream
            self._fail(number, None, error)
        else:
            self._write(number, cleaned, row.extractor, article)

    def whole(self, data: bytes, kind: str) -> None:
        """Cleans one text, Markdown file or page, or complains of it."""
        try:
            reading = single(data, kind, NAME)
            assert reading.document, "a text by itself is always a document"
            cleaned = self._cleaner.clean_document(reading.document)
            article = f"{cleaned.text}\n".encode() if cleaned.text else b""
        except Exception as error:  # noqa: BLE001 - it is said in words, as of any other document
            self._fail(None, NAME, error)
        else:
            self._write(None, cleaned, reading.extractor, article)

    def _write(self, number: int | None, cleaned: Cleaned, extractor: str, article: bytes) -> None:
        doc = cleaned.document.id
        self.tally.count(cleaned, extractor=extractor)
        if self._log:
            self._log.writelines(_encode(removal_entry(r, doc, NAME, number)) + b"\n" for r in cleaned.removals)
            self._log.flush()
        self._out.write(article)
        self._out.flush()
        for rule in cleaned.timed_out:
            self._complain(timeout(NAME, number, doc, rule))

    def _fail(self, number: int | None, doc: str | None, error: Exception) -> None:
        heed()
        self.tally.failed += 1
        self._complain(failed(NAME, number, doc, error))
