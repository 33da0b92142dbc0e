"""Counts over all pages of a batch, and with ``--state`` of those before it, on how many pages of a site a line stands.

The rows (site, story, line) go to a DuckDB file, which sorts and counts more than memory holds by spilling beside
itself. They are a set: neither the order nor the number of times in which pages come changes a count.
"""

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import filelock
import numpy as np

from cleaner.duck import sealed
from cleaner.errors import StateError
from cleaner.recurrence.pages import Page, number_of
from cleaner.recurrence.table import save
from cleaner.state import ANEW, lock, unusable

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: To be raised when lines are levelled in another way: old and new hashes do not go together.
FORMAT = "1"
#: Lines that are gathered before they are written.
_BUFFER = 500_000
_MEMORY, _THREADS = "256MB", 2
_MAGIC = slice(8, 12), b"DUCK"

_TABLES = (
    "CREATE TABLE meta (key VARCHAR, value VARCHAR)",
    "CREATE TABLE pages (digest UBIGINT, site UBIGINT, story UBIGINT)",
    "CREATE TABLE lines (site UBIGINT, story UBIGINT, line UBIGINT)",
)
_NEW_PAGES = "CREATE OR REPLACE TEMP TABLE fresh AS SELECT * FROM new_pages ANTI JOIN pages USING (digest)"
_ADD = (
    "INSERT INTO lines SELECT site, story, line FROM new_lines JOIN fresh USING (digest)",
    "INSERT INTO pages SELECT digest, site, story FROM fresh",
)
_COUNT = (
    """CREATE OR REPLACE TEMP TABLE sizes AS
    SELECT site, count(*) AS pages FROM (SELECT DISTINCT site, story FROM pages)
    GROUP BY site HAVING pages >= $pages""",
    # Most lines stand on one page. The others are found first, versions counted too: it leaves little to sort.
    """CREATE OR REPLACE TEMP TABLE often AS
    SELECT site, line FROM lines SEMI JOIN sizes USING (site) GROUP BY site, line
    HAVING count(*) >= $documents""",
    """CREATE OR REPLACE TEMP TABLE counted AS
    SELECT site, line, count(*) AS documents, any_value(pages) AS pages
    FROM (SELECT DISTINCT site, line, story FROM lines SEMI JOIN often USING (site, line)) JOIN sizes USING (site)
    GROUP BY site, line HAVING documents >= $documents AND documents >= $share * any_value(pages)""",
    """CREATE OR REPLACE TEMP TABLE spread AS
    SELECT line, count(*) AS sites
    FROM (SELECT DISTINCT line, site FROM lines SEMI JOIN counted USING (line)) GROUP BY line""",
)
_TABLE = """
SELECT site, line, documents::UBIGINT AS documents, sites::UBIGINT AS sites FROM counted JOIN spread USING (line)
UNION ALL SELECT site, 0::UBIGINT, pages::UBIGINT, 1::UBIGINT FROM sizes
ORDER BY site, line
"""


class Limits(NamedTuple):
    """What recurs enough to be kept in the table."""

    pages: int = 8  # a site of fewer is too small to tell what is its own
    documents: int = 4
    share: float = 0.05


_LIMITS = Limits()


class Recurrences:
    """The lines of the pages of a batch, and with ``--state`` those of the batches before it."""

    def __init__(self, path: Path, db: "DuckDBPyConnection", lock: filelock.BaseFileLock, *, kept: bool) -> None:
        self._path, self._db, self._lock, self._kept = path, db, lock, kept
        self._pages: dict[int, tuple[int, int, np.ndarray]] = {}
        self._lines = 0

    @classmethod
    def create_or_open(cls, path: Path, *, kept: bool = True) -> "Recurrences":
        """Counts to add to, locked until they are closed. A file that is not ``kept`` is left as it stands at the end.

        Raises ``StateError`` for a file that holds no such counts, is damaged, was made by another format,
        cannot be written, or is in use.
        """
        held = lock(path)
        try:
            return cls(path, _opened(path, kept=kept), held, kept=kept)
        except BaseException:
            held.release()
            raise

    def add(self, pages: Iterable[Page]) -> None:
        """Pages that are known already change nothing."""
        for page in pages:
            site = number_of(page.site.encode("utf-8", "surrogatepass"))
            head = np.array([site, page.story], dtype="<u8").tobytes()
            digest = blake2b(head + page.lines.astype("<u8").tobytes(), digest_size=8).digest()
            if (number := int.from_bytes(digest, "little")) not in self._pages:
                self._pages[number] = (site, page.story, page.lines)
                self._lines += len(page.lines) + 1
            if self._lines >= _BUFFER:
                self._write()

    def commit(self) -> None:
        """What was added until now outlives a crash."""
        self._write()

    def finish(self) -> None:
        """Makes what was added last; a kept file is brought into order."""
        self._write()
        if self._kept:
            with _explained(self._path):
                self._db.execute("CHECKPOINT")

    def close(self) -> None:
        """What was added and not committed is forgotten."""
        self._db.close()
        self._lock.release()

    def __enter__(self) -> "Recurrences":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __len__(self) -> int:
        """The number of pages, versions of one story on one site counted once."""
        self._write()
        with _explained(self._path):
            ((count,),) = self._db.execute("SELECT count(*) FROM (SELECT DISTINCT site, story FROM pages)").fetchall()
        return count

    def write_table(self, target: Path, limits: Limits = _LIMITS) -> None:
        """Writes what recurs enough, to be opened with ``RecurrenceTable``."""
        self._write()
        with _explained(self._path):
            for statement in _COUNT:
                given = {name: limit for name, limit in limits._asdict().items() if f"${name}" in statement}
                self._db.execute(statement, given)
            found = self._db.execute(_TABLE).fetchnumpy()
        save(np.stack([np.asarray(column, dtype=np.uint64) for column in found.values()]), target)

    def _write(self) -> None:
        if not self._pages:
            return
        digests = np.fromiter(self._pages, dtype=np.uint64, count=len(self._pages))
        sites, stories, lines = zip(*self._pages.values(), strict=True)
        pages = {"digest": digests, "site": np.array(sites, np.uint64), "story": np.array(stories, np.uint64)}
        rows = {"digest": np.repeat(digests, [len(part) for part in lines]), "line": np.concatenate(lines)}
        with _explained(self._path), _registered(self._db, new_pages=pages, new_lines=rows):
            self._db.execute("BEGIN")
            for statement in (_NEW_PAGES, *_ADD):
                self._db.execute(statement)
            self._db.execute("COMMIT")
        self._pages, self._lines = {}, 0


def _opened(path: Path, *, kept: bool) -> "DuckDBPyConnection":
    import duckdb

    if path.exists() and path.stat().st_size == 0:
        path.unlink()  # a file not begun
    begun = path.exists()
    with _explained(path):
        if begun and _head(path) != _MAGIC[1]:
            raise StateError(f"{path}: is not made by cleaner to count recurring lines; {ANEW}")
        db = duckdb.connect(path, config=_settings(path))
        try:
            if not kept:
                db.execute("PRAGMA disable_checkpoint_on_shutdown")
            sealed(db)
            if begun:
                _check(path, db)
            else:
                _begin(db)
        except BaseException:
            db.close()
            raise
    return db


def _settings(path: Path) -> dict[str, Any]:
    return {
        "memory_limit": _MEMORY,
        "threads": _THREADS,
        "temp_directory": str(path.with_suffix(".spill")),
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MAGIC[0].stop)[_MAGIC[0]]


def _begin(db: "DuckDBPyConnection") -> None:
    db.execute("BEGIN")
    for table in _TABLES:
        db.execute(table)
    db.execute("INSERT INTO meta VALUES ('format', ?)", [FORMAT])
    db.execute("COMMIT")


def _check(path: Path, db: "DuckDBPyConnection") -> None:
    """Looks at the format, and reads all of it once: a damaged block is met now and not after hours."""
    tables = {name for (name,) in db.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if not tables >= {"meta", "pages", "lines"}:
        if not tables:
            return _begin(db)  # killed before it began
        raise StateError(f"{path}: is not made by cleaner to count recurring lines; {ANEW}")
    found = dict(db.execute("SELECT key, value FROM meta").fetchall()).get("format")
    if found != FORMAT:
        raise StateError(
            f"{path}: made by another version of cleaner: its format is {found}, this version needs {FORMAT}; {ANEW}"
        )
    db.execute("SELECT bit_xor(digest), bit_xor(site), bit_xor(story) FROM pages").fetchall()
    db.execute("SELECT bit_xor(site), bit_xor(story), bit_xor(line) FROM lines").fetchall()
    return None


@contextmanager
def _registered(db: "DuckDBPyConnection", **tables: dict[str, np.ndarray]) -> Iterator[None]:
    for name, table in tables.items():
        db.register(name, table)
    try:
        yield
    finally:
        for name in tables:
            db.unregister(name)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """What DuckDB complains of, in words that help."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        said = str(error).splitlines()[0]
        if "corrupt" in said.lower() or "checksum" in said.lower() or isinstance(error, duckdb.SerializationException):
            raise StateError(f"{path}: is damaged: {said}; {ANEW}") from None
        if "version number" in said or "newer version" in said:
            raise StateError(f"{path}: made by another version of DuckDB: {said}; {ANEW}") from None
        if "No space left" in said or "max_temp_directory_size" in said:
            said = os.strerror(errno.ENOSPC)
        raise unusable(path, said) from None
    except OSError as error:
        raise unusable(path, error.strerror) from None
