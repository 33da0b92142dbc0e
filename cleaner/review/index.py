"""The index: the logs of a run as a DuckDB file in which any removal, group, site or document is found at once.

    removals, documents ─> loading ─> tables ─> summing (groups, sites, what the overview shows) ─> index.duckdb

It is made once, aside, and renamed when it is whole; when the logs change, or the format does, it is made again. It
holds nothing that the logs do not tell, and may be deleted.
"""

import contextlib
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import closing, contextmanager
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

import filelock
import msgspec

from cleaner.duck import sealed
from cleaner.errors import OutputError
from cleaner.restore import fields_of, log_of
from cleaner.review import loading, summing
from cleaner.rulefiles import cache

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: To be raised whenever a table, or the meaning of a column, changes.
FORMAT = 2
FOLDER, FILE = ".review", "index.duckdb"
_MEMORY, _THREADS = "128MB", 2
#: Answers that are kept for the same question; seconds to wait for another process that makes the index, and in a row.
_KEPT, _PATIENCE, _STEP = 256, 3600.0, 0.5
#: Windows replaces no file that somebody has open: seconds to wait before each further try.
_AGAIN = (0.1, 0.5, 2.0)
#: Most of the time goes into reading the logs.
_LOADED = 0.75

Progress = Callable[[float, str], object]
Value = TypeVar("Value")


class Index:
    """What a run cut, ready to be asked, by any number of threads."""

    def __init__(self, run: Path, path: Path, db: "DuckDBPyConnection") -> None:
        self.run, self.path, self.fields = run, path, fields_of(run)
        self._db = db
        self._answers: OrderedDict[Hashable, Any] = OrderedDict()
        self._mutex = Lock()

    @classmethod
    def open(cls, run: Path, progress: Progress = lambda share, doing: None) -> "Index":
        """The index of the run in ``run``, made first if there is none or the logs are others.

        ``progress`` is told the share that is done, 0 to 1, and what is being done. Raises ``OutputError`` for a
        folder that holds no finished run, and for damaged logs.
        """
        run = run.absolute()
        fields_of(run)
        stamp = _stamp(run)
        path = _place(run)
        db = _opened(path, stamp)
        if db is None:
            with _alone(path, progress):
                db = _opened(path, stamp)
                if db is None:
                    _make(run, path, stamp, progress)
                    db = _opened(path, stamp)
        if db is None:
            raise OutputError(f"{path}: the index cannot be opened; is another program at work on it? Delete it")
        progress(1.0, "ready")
        return cls(run, path, db)

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> "Index":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def ask(self, question: str, *values: Any, **tables: Any) -> list[dict[str, Any]]:
        """The rows of an answer. ``tables`` are dicts of NumPy arrays or Arrow tables that the question names."""
        with self._cursor(question, values, tables) as cursor:
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def arrays(self, question: str, *values: Any) -> dict[str, Any]:
        """The columns of an answer as NumPy arrays."""
        with self._cursor(question, values, {}) as cursor:
            return cursor.fetchnumpy()

    def known(self, question: Hashable, answer: Callable[[], Value]) -> Value:
        """The answer to a question that was asked before, or else a new one, kept for the next time."""
        with self._mutex:
            if question in self._answers:
                self._answers.move_to_end(question)
                return self._answers[question]
        made = answer()
        with self._mutex:
            self._answers[question] = made
            while len(self._answers) > _KEPT:
                self._answers.popitem(last=False)
        return made

    def told(self, name: str) -> Any:
        """Something that was summed up when the index was made."""

        def answer() -> Any:
            return msgspec.json.decode(self.ask("SELECT value FROM meta WHERE key = ?", name)[0]["value"])

        return self.known(("told", name), answer)

    @contextmanager
    def _cursor(self, question: str, values: Sequence[Any], tables: dict[str, Any]) -> Iterator["DuckDBPyConnection"]:
        import duckdb

        with closing(self._db.cursor()) as cursor:
            try:
                for name, table in tables.items():
                    cursor.register(name, table)
                yield cursor.execute(question, list(values))
            except duckdb.Error as error:
                said = str(error).splitlines()[0]
                raise OutputError(
                    f"{self.path}: the index cannot be read: {said}; delete it, and begin again"
                ) from None
            finally:
                for name in tables:
                    cursor.unregister(name)


def _stamp(run: Path) -> str:
    """What the logs are now: others, and the index is made again."""
    said = [str(FORMAT)]
    for name in ("removals", "documents"):
        log = log_of(run, name)
        found = log.stat()
        said += (log.name, str(found.st_size), str(found.st_mtime_ns))
    return " ".join(said)


def _place(run: Path) -> Path:
    """Where the index lies: in the run, or where that cannot be written in the cache folder."""
    folder = run / FOLDER
    try:
        folder.mkdir(exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder / FILE
    except OSError:
        if (folder / FILE).is_file():
            return folder / FILE
    base = cache.folder()
    if base is None:
        raise OutputError(
            f"{run}: cannot be written, and the cache folder is switched off; make one of them writable, "
            "for the index of the log needs a place"
        )
    name = blake2b(os.fsencode(run.resolve()), digest_size=8).hexdigest()
    try:
        (base / "review" / name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{base}: cannot be written: {error.strerror}; the index of the log needs a place") from None
    return base / "review" / name / FILE


@contextmanager
def _alone(path: Path, progress: Progress) -> Iterator[None]:
    """Without other processes that make the same index; while they do, ``progress`` is told, and may raise."""
    lock = filelock.FileLock(path.with_suffix(".lock"))
    try:
        _wait(lock, path, progress)
        try:
            yield
        finally:
            lock.release()
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}; make room") from None


def _wait(lock: filelock.BaseFileLock, path: Path, progress: Progress) -> None:
    for _ in range(int(_PATIENCE / _STEP)):
        try:
            lock.acquire(timeout=_STEP)
        except filelock.Timeout:
            progress(0.0, "waiting for another process that makes the index")
        else:
            return
    raise OutputError(f"{path}: another process has been making this index for an hour; end it first")


def _opened(path: Path, stamp: str) -> "DuckDBPyConnection | None":
    """The index, if it is there, whole, and of these logs."""
    import duckdb

    if not path.is_file():
        return None
    try:
        db = sealed(duckdb.connect(path, read_only=True, config=_settings(path)))
    except duckdb.Error:
        return None
    try:
        ours = not db.execute("SELECT 1 FROM duckdb_views() WHERE NOT internal").fetchall()
        found = db.execute("SELECT value FROM meta WHERE key = 'stamp'").fetchall() if ours else []
    except duckdb.Error:
        found = []
    if found == [(stamp,)]:
        return db
    db.close()
    return None


def _settings(path: Path) -> dict[str, Any]:
    return {
        "memory_limit": _MEMORY,
        "threads": _THREADS,
        "temp_directory": str(path.with_suffix(".spill")),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }


def _make(run: Path, path: Path, stamp: str, progress: Progress) -> None:
    import duckdb

    aside = path.with_suffix(".new")
    _sweep(aside)
    try:
        with closing(sealed(duckdb.connect(aside, config=_settings(aside)))) as db:
            loading.load(db, run, lambda share: progress(share * _LOADED, "reading the logs"))
            summing.sum_up(db, lambda share: progress(_LOADED + share * (1 - _LOADED), "summing up"))
            db.execute("INSERT INTO meta VALUES ('stamp', ?)", [stamp])
            db.execute("CHECKPOINT")
        _put(aside, path)
    except duckdb.Error as error:
        said = str(error).splitlines()[0]
        raise OutputError(f"{path}: the index cannot be written: {said}; make room, then begin again") from None
    except OSError as error:
        raise OutputError(
            f"{path}: the index cannot be written: {error.strerror}; "
            "make room, or end what has it open, then begin again"
        ) from None
    finally:
        _sweep(aside)


def _put(aside: Path, path: Path) -> None:
    for pause in _AGAIN:
        try:
            aside.replace(path)
        except PermissionError:
            if os.name != "nt":
                raise
            time.sleep(pause)
        else:
            return
    aside.replace(path)


def _sweep(aside: Path) -> None:
    """What a process that was killed left."""
    for path in (aside, aside.with_name(f"{aside.name}.wal")):
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
