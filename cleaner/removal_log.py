"""The removal log and its companions: what is written of every document, cut and failure.

``removals.jsonl`` holds one line per cut or flag, ``documents.jsonl`` one per document with what
``restore`` needs besides, ``errors.jsonl`` one per document or file that failed. Field names are a
contract; ``schema`` counts its versions.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import pairwise

import msgspec

from cleaner.annotation import Removal
from cleaner.edit import Edit, Undo
from cleaner.fingerprint import fingerprint
from cleaner.pipeline import Cleaned

SCHEMA = 1


class RemovalEntry(msgspec.Struct, omit_defaults=False):
    """A line of ``removals.jsonl``.

    ``start`` and ``end`` are half-open code-point offsets in the raw text; ``source`` and ``row``
    tell documents with the same ``doc`` apart (``row`` counts the lines of a JSONL file from 1).
    """

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
    schema: int = SCHEMA


class DocumentEntry(msgspec.Struct, omit_defaults=True):
    """A line of ``documents.jsonl``.

    ``article`` is the path of the article where it is not ``source``. ``edits`` lists the
    normalizer's edits outside of removals, those alike together: what stood in the raw text, what
    stands in the article, and the distances from one place to the next. ``stray`` holds offsets
    and values of bytes that were not UTF-8. ``digest`` is the BLAKE2b hash (16 bytes) of the raw
    text.
    """

    doc: str
    source: str
    digest: str
    chars_in: int
    chars_out: int
    row: int | None
    url: str | None
    article: str = ""
    removed: int = 0
    flagged: int = 0
    encoding: str = "utf-8"
    bom: bool = False
    decoded_by: str = "utf-8"
    stray: list[tuple[int, int]] = []
    extractor: str = ""
    edits: list[tuple[str, str, list[int]]] = []
    schema: int = SCHEMA


class ErrorEntry(msgspec.Struct):
    """A line of ``errors.jsonl``: where, and what was wrong."""

    source: str
    row: int | None
    doc: str | None
    error: str
    message: str
    schema: int = SCHEMA


def digest(raw: str) -> str:
    return blake2b(raw.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def removal_entry(removal: Removal, doc: str, source: str, row: int | None) -> RemovalEntry:
    return RemovalEntry(
        doc=doc,
        start=removal.span.start,
        end=removal.span.end,
        line=removal.line,
        category=removal.category,
        rule=removal.rule,
        action=removal.action,
        confidence=round(removal.confidence, 4),
        text=removal.text,
        also=list(removal.also),
        reason=removal.reason,
        fingerprint=fingerprint(removal.text),
        source=source,
        row=row,
    )


def document_entry(cleaned: Cleaned, source: str, row: int | None) -> DocumentEntry:
    document = cleaned.document
    removed = cleaned.removed
    return DocumentEntry(
        doc=document.id,
        source=source,
        digest=digest(document.raw),
        chars_in=len(document.raw),
        chars_out=len(cleaned.text),
        row=row,
        url=document.url,
        removed=len(removed),
        flagged=len(cleaned.removals) - len(removed),
        edits=pack_edits(document.raw, cleaned.edits),
    )


def pack_edits(raw: str, edits: Sequence[Edit]) -> list[tuple[str, str, list[int]]]:
    """Edits alike together, their places as distances: thousands of line ends in a few bytes each.

    >>> pack_edits("a\\r\\nb\\r\\nc", [Edit(1, 3, "\\n"), Edit(4, 6, "\\n")])
    [('\\r\\n', '\\n', [1, 3])]
    """
    places: dict[tuple[str, str], list[int]] = {}
    for edit in edits:
        places.setdefault((raw[edit.start : edit.end], edit.text), []).append(edit.start)
    return [(was, now, [starts[0], *(b - a for a, b in pairwise(starts))]) for (was, now), starts in places.items()]


def unpack_edits(packed: Iterable[tuple[str, str, list[int]]]) -> list[Undo]:
    """What :func:`cleaner.edit.undo` needs, from packed edits."""
    undos = []
    for was, now, distances in packed:
        place = 0
        for distance in distances:
            place += distance
            undos.append(Undo(place, was, len(now)))
    return undos
