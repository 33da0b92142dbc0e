"""A run from beginning to end: each document with its removals and its raw text, one at a time.

For what looks at every removal once. What is asked here and there goes through the index.
"""

from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from cleaner.errors import InputError
from cleaner.formats.jsonl import Fields, read_row
from cleaner.removal_log import DocumentEntry, RemovalEntry
from cleaner.restore import article_path, fields_of, file_text, logged, raw_text, undos_of

Wanted = Callable[[RemovalEntry], Any]


class Step(NamedTuple):
    """A document, those of its removals that are wanted, and its raw text; ``None`` where that cannot be had."""

    entry: DocumentEntry
    removals: list[RemovalEntry]
    raw: str | None


def steps(run: Path, wanted: Wanted = lambda removal: True) -> Iterator[Step]:
    """The documents that have a wanted removal, in the order of the run.

    Where an article was changed after the run, or is gone, there is no raw text. Raises ``OutputError`` for damaged
    logs.
    """
    fields = fields_of(run)
    for _, group in groupby(logged(run), key=lambda pair: pair[0].source):
        texts: Iterator[str] | None = None
        for entry, removals in group:
            texts = _texts(run, entry, fields) if texts is None else texts
            text = next(texts, None)
            if found := [removal for removal in removals if wanted(removal)]:
                yield Step(entry, found, _raw(text, entry, removals))


def _texts(run: Path, entry: DocumentEntry, fields: Fields) -> Iterator[str]:
    """The articles of a source, as far as they can be read."""
    article = article_path(run, entry)
    try:
        if entry.row is None:
            yield file_text(article)
        elif article.suffix == ".parquet":
            from cleaner.formats import parquet

            for batch in parquet.article_rows(article, fields):
                yield from batch.texts
        else:
            with article.open("rb") as stream:
                for line in stream:
                    yield read_row(line, entry.doc, fields).document.raw
    except (InputError, OSError, UnicodeError):
        return


def _raw(text: str | None, entry: DocumentEntry, removals: list[RemovalEntry]) -> str | None:
    if text is None:
        return None
    try:
        return raw_text(text, entry, undos_of(entry, removals))
    except InputError:
        return None
