"""What a batch knows of its documents before one is cleaned: where a paragraph stands, who tells of an event.

    outlines ─> add ─> finish ─> an SQLite file ─> pages, peers

The answers depend on the set of documents alone, never on the order in which they came, nor on whether one
came twice. What was added since the last ``commit`` is forgotten if the run is killed.
"""

import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from errno import ENOSPC
from pathlib import Path
from threading import get_ident
from typing import Any

import filelock
import numpy as np

from cleaner.errors import StateError
from cleaner.state import ANEW, lock, unusable
from cleaner.stories.outline import KEYS, Outline

FORMAT = "1"
#: What stands on more documents is boilerplate, and not asked after.
MOST_PAGES = 200
#: Keys of more documents say little about an event.
MOST_PEERS = 500
#: Documents that share fewer keys are no peers; no more than so many are told.
SHARED_KEYS, PEERS = 3, 50
_CACHE = -200_000  # KiB of pages held while writing: documents come in no order that a tree likes

_TABLES = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT)",
    "CREATE TABLE documents (digest INTEGER PRIMARY KEY, paragraphs BLOB, opening BLOB, terms BLOB, names BLOB)",
    "CREATE TABLE places (digest INTEGER, paragraph INTEGER, PRIMARY KEY (digest, paragraph)) WITHOUT ROWID",
    "CREATE TABLE keys (digest INTEGER, term INTEGER, PRIMARY KEY (digest, term)) WITHOUT ROWID",
)
_INDEXES = (
    "CREATE INDEX IF NOT EXISTS pages ON places (paragraph)",
    "CREATE INDEX IF NOT EXISTS peers ON keys (term)",
)
# Texts that differ in digits or capitals may share a digest and still not all terms: the least stays, not the first.
_KEEP = """
INSERT INTO documents VALUES (?, ?, ?, ?, ?) ON CONFLICT (digest) DO UPDATE
SET paragraphs = excluded.paragraphs, opening = excluded.opening, terms = excluded.terms, names = excluded.names
WHERE (excluded.paragraphs, excluded.opening, excluded.terms, excluded.names) < (paragraphs, opening, terms, names)
"""


class Survey:
    """The outlines of a batch, and with ``--state`` those of the batches before it.

    Every thread of every process asks over a connection of its own, opened when it first asks. What a child
    inherits it must neither use nor close; so no connection is let go before the survey is.
    """

    def __init__(
        self,
        path: Path,
        vocabulary: str,
        db: sqlite3.Connection | None = None,
        lock: filelock.BaseFileLock | None = None,
    ) -> None:
        self._path, self._vocabulary, self._lock = path, vocabulary, lock
        self._opened: dict[tuple[int, int], sqlite3.Connection] = {_asker(): db} if db else {}

    @classmethod
    def create_or_open(cls, path: Path, vocabulary: str) -> "Survey":
        """A survey to add to, locked until it is closed.

        Raises ``StateError`` for a file that is no survey, is damaged, was made by another format or
        vocabulary, cannot be written, or is in use.
        """
        held = lock(path)
        with _explained(path):
            survey = cls(path, vocabulary, sqlite3.connect(path, isolation_level=None), held)
        try:
            survey._begin(vocabulary)
        except BaseException:
            survey.close()
            raise
        return survey

    @classmethod
    def open(cls, path: Path, vocabulary: str) -> "Survey":
        """A finished survey to ask; any number of threads and processes may, at the same time."""
        survey = cls(path.absolute(), vocabulary)
        survey._check(vocabulary)
        return survey

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled, a survey is its file: it is opened again at the other end."""
        return Survey.open, (self._path, self._vocabulary)

    def add(self, outlines: Iterable[Outline]) -> None:
        with _explained(self._path):
            for outline in outlines:
                self._add(outline)

    def commit(self) -> None:
        """Makes what was added last, whatever becomes of the run."""
        with _explained(self._path):
            self._db.execute("COMMIT")
            self._db.execute("BEGIN IMMEDIATE")

    def finish(self) -> None:
        """Makes what was added last, and ready to be asked after."""
        with _explained(self._path):
            for index in _INDEXES:
                self._db.execute(index)
            self._db.execute("COMMIT")

    def close(self) -> None:
        """What was added and not finished is forgotten."""
        for (process, _), db in self._opened.items():
            if process == os.getpid():
                db.close()
        if self._lock:
            self._lock.release()

    def __enter__(self) -> "Survey":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def _db(self) -> sqlite3.Connection:
        """The connection of this thread."""
        asker = _asker()
        if (db := self._opened.get(asker)) is None:
            only_read = f"{self._path.absolute().as_uri()}?mode=ro"
            # Only this thread uses it, but another may close it.
            db = self._opened[asker] = sqlite3.connect(only_read, uri=True, check_same_thread=False)
        return db

    def __len__(self) -> int:
        """The number of documents, equal ones counted once."""
        return self._ask("SELECT count(*) FROM documents")[0][0]

    def pages(self, paragraphs: np.ndarray, but: int) -> dict[int, np.ndarray]:
        """The other documents that hold one of these paragraphs: digest -> all its paragraphs, in order."""
        found: set[int] = set()
        for paragraph in sorted(set(_signed(paragraphs))):
            there = self._ask("SELECT digest FROM places WHERE paragraph = ? LIMIT ?", paragraph, MOST_PAGES + 1)
            if len(there) <= MOST_PAGES:
                found.update(digest for (digest,) in there)
        rows = ((other, self._ask("SELECT paragraphs FROM documents WHERE digest = ?", other)) for other in found)
        return {other: np.frombuffer(row[0], "<u8") for other, (row,) in sorted(rows) if other != but}

    def peers(self, opening: np.ndarray, but: int) -> list[Outline]:
        """The other documents that begin alike: those that share most keys first."""
        shared: Counter[int] = Counter()
        for term in set(opening[:KEYS].tolist()):
            there = self._ask("SELECT digest FROM keys WHERE term = ? LIMIT ?", term, MOST_PEERS + 1)
            if len(there) <= MOST_PEERS:
                shared.update(digest for (digest,) in there)
        del shared[but]
        close = sorted((-count, digest) for digest, count in shared.items() if count >= SHARED_KEYS)
        return [self._outline(digest) for _, digest in close[:PEERS]]

    def _begin(self, vocabulary: str) -> None:
        with _explained(self._path):
            self._db.execute(f"PRAGMA cache_size = {_CACHE}")
            self._db.execute("BEGIN IMMEDIATE")
            if self._ask("SELECT 1 FROM sqlite_master"):
                self._check(vocabulary)
                if (said := self._ask("PRAGMA quick_check(1)")[0][0]) != "ok":
                    raise StateError(f"{self._path}: is damaged: {said.splitlines()[-1]}; {ANEW}")
                return
            for table in _TABLES:
                self._db.execute(table)
            self._db.execute("INSERT INTO meta VALUES ('format', ?), ('vocabulary', ?)", (FORMAT, vocabulary))

    def _check(self, vocabulary: str) -> None:
        meta = dict(self._ask("SELECT key, value FROM meta"))
        for key, wanted in (("format", FORMAT), ("vocabulary", vocabulary)):
            if (found := meta.get(key)) != wanted:
                raise StateError(
                    f"{self._path}: made by another version of cleaner: its {key} is {found}, "
                    f"this version needs {wanted}; {ANEW}"
                )

    def _add(self, outline: Outline) -> None:
        digest, numbers = outline.digest, (outline.opening, outline.terms, outline.names)
        row = (digest, _bytes(outline.paragraphs, "<u8"), *(_bytes(array, "<u4") for array in numbers))
        if self._db.execute(_KEEP, row).rowcount < 1:
            return
        for table, values in (("places", _signed(outline.paragraphs)), ("keys", outline.opening[:KEYS].tolist())):
            self._db.execute(f"DELETE FROM {table} WHERE digest = ?", (digest,))
            pairs = ((digest, value) for value in values)
            self._db.executemany(f"INSERT OR IGNORE INTO {table} VALUES (?, ?)", pairs)

    def _outline(self, digest: int) -> Outline:
        ((paragraphs, *numbers),) = self._ask(
            "SELECT paragraphs, opening, terms, names FROM documents WHERE digest = ?", digest
        )
        return Outline(digest, np.frombuffer(paragraphs, "<u8"), *(np.frombuffer(data, "<u4") for data in numbers))

    def _ask(self, question: str, *values: int) -> list[Any]:
        with _explained(self._path), closing(self._db.execute(question, values)) as answer:
            return answer.fetchall()


def _asker() -> tuple[int, int]:
    """This process and this thread. A thread that begins after another has ended may have its number: no harm."""
    return os.getpid(), get_ident()


def _bytes(array: np.ndarray, kind: str) -> bytes:
    return array.astype(kind).tobytes()


def _signed(hashes: np.ndarray) -> list[int]:
    """SQLite knows no unsigned integers of 64 bits."""
    return hashes.astype("<u8").view("<i8").tolist()


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """What SQLite complains of, in words that help."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest tells kinds of a kind apart
        if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR):
            raise StateError(f"{path}: is not a survey of cleaner: {error}; {ANEW}") from None
        if code == sqlite3.SQLITE_CORRUPT:
            raise StateError(f"{path}: is damaged: {error}; {ANEW}") from None
        said = os.strerror(ENOSPC) if code == sqlite3.SQLITE_FULL else error
        raise unusable(path, said) from None
