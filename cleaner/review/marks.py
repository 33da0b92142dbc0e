"""Where rows begin in article files of JSON Lines: a mark about every megabyte, so that any row is found at once."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cleaner.errors import InputError
from cleaner.output import ARTICLES
from cleaner.restore import place_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_BLOCK = 1 << 20


class Mark(NamedTuple):
    """The row ``row`` (from 0) begins at byte ``at``."""

    row: int
    at: int


def marks_of(article: Path) -> Iterator[Mark]:
    """Marks of a file: its first row, then the first one that begins in each further block that has one."""
    yield Mark(0, 0)
    row = at = 0
    with article.open("rb") as stream:
        while block := stream.read(_BLOCK):
            if ends := block.count(b"\n"):
                yield Mark(row + 1, at + block.index(b"\n") + 1)
                row += ends
            at += len(block)


def row_at(article: Path, marks: list[Mark], row: int) -> bytes:
    """The line of a row, from 0. Raises ``InputError`` where the file has none."""
    row_before, at = marks[bisect_right(marks, row, key=lambda mark: mark.row) - 1]
    with article.open("rb") as stream:
        stream.seek(at)
        for found, line in enumerate(stream, row_before):
            if found == row:
                return line
    raise InputError("its article is missing; the article file was changed after the run")


def stamp_of(article: Path) -> tuple[int, int]:
    """Size and time of the last change."""
    found = article.stat()
    return found.st_size, found.st_mtime_ns


def mark_articles(db: "DuckDBPyConnection", run: Path, progress: Callable[[float], object]) -> None:
    """Marks all article files of JSON Lines. Files that cannot be read have no marks: their documents will say so."""
    import pyarrow as pa

    db.execute("CREATE TABLE files (article VARCHAR, size BIGINT, changed BIGINT)")
    db.execute('CREATE TABLE marks (article VARCHAR, "row" BIGINT, "at" BIGINT)')
    found = db.execute("SELECT DISTINCT article FROM documents WHERE row IS NOT NULL ORDER BY article").fetchall()
    articles = [name for (name,) in found if not name.endswith(".parquet")]
    for done, name in enumerate(articles):
        path = place_of(run / ARTICLES, name)
        try:
            stamp, marks = stamp_of(path), list(marks_of(path))
        except (OSError, ValueError):
            continue
        rows = pa.table({"article": [name] * len(marks), "row": [m.row for m in marks], "at": [m.at for m in marks]})
        db.register("rows", rows)
        db.execute("INSERT INTO marks SELECT * FROM rows")
        db.unregister("rows")
        db.execute("INSERT INTO files VALUES (?, ?, ?)", [name, *stamp])
        progress((done + 1) / len(articles))
