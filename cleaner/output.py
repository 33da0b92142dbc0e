"""The output folder: everything is written aside first and appears whole, or not at all.

Aside, in ``.partial``, files only grow, and checkpoints say how long they were when. A run that is cut
short leaves them there, and the same run goes on from them.
"""

import contextlib
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

import filelock
import msgspec

from cleaner.checkpoint import Checkpoint, begin_anew, check_same, end, list_inputs, sync_folder
from cleaner.errors import OutputError
from cleaner.formats import logs
from cleaner.formats.read import Input
from cleaner.formats.sources import Source
from cleaner.growing import GrowingFile, measured, sync
from cleaner.interrupt import too_late
from cleaner.removal_log import DocumentEntry, RemovalEntry

ARTICLES, SUMMARY, MANIFEST = "articles", "summary.json", "manifest.jsonl"
GROWING = ("removals.jsonl", "documents.jsonl", "errors.jsonl", MANIFEST)
#: Logs that may be wanted as Parquet -> what their lines are.
TABLES: dict[str, type[msgspec.Struct]] = {"removals": RemovalEntry, "documents": DocumentEntry}
#: Everything at the top of a finished run.
RUN_FILES = (ARTICLES, *GROWING, *(f"{name}.parquet" for name in TABLES), SUMMARY)
_PARTIAL, _LOCK, _SPOOLS = ".partial", ".lock", "spools"
#: What the names of files aside begin with.
_ASIDE = {ARTICLES, _SPOOLS, "removals", "documents", "errors", "manifest", "summary", "checkpoint", "inputs"} | {
    "survey",
    "recurrences",
}


class ManifestEntry(msgspec.Struct, omit_defaults=True):
    """A line of ``manifest.jsonl``: a source and its article, or with ``source`` empty one of the logs.

    ``sha256`` is empty for a source that was not read to its end.
    """

    source: str = ""
    bytes: int = 0
    sha256: str = ""
    file: str = ""
    file_bytes: int = 0
    file_sha256: str = ""
    skipped: dict[str, int] = {}


def unfinished(root: Path) -> bool:
    """Does a run stand here that can go on?"""
    return Checkpoint.read(root / _PARTIAL) is not None


def no_run(root: Path, missing: str) -> OutputError:
    """What to raise where a finished run is asked for, and a file of it is not there."""
    if unfinished(root):
        return OutputError(f"{root}: the run is not finished; give the command that began it again, and it goes on")
    return OutputError(f"{root}: not a finished run: there is no {missing}; name the --out of a `cleaner clean`")


class OutputFolder:
    """A folder in the making. Leave the ``with`` block without an error, and its files appear in ``root``.

    With an error they do not, and ``root`` is as it was before but for what the same run, told by its
    ``identity``, needs to go on: then ``begun`` is its last checkpoint. ``lasting`` is false for input that
    cannot be read again; what comes of it is swept away. ``every`` is the time between checkpoints in seconds.
    """

    def __init__(
        self,
        root: Path,
        identity: dict[str, str],
        sources: Sequence[Source] = (),
        *,
        force: bool = False,
        lasting: bool = True,
        log_format: str = "jsonl",
        every: float = 10.0,
    ) -> None:
        self.root, self.begun = root, None  # type: Path, Checkpoint | None
        self._identity, self._sources = identity, sources
        self._force, self._lasting, self._every = force, lasting, every
        self._tables = TABLES if log_format == "parquet" else {}
        self._partial = root / _PARTIAL
        self._made: list[Path] = []
        self._lock = filelock.FileLock(root / _LOCK, timeout=0)
        self._logs: dict[str, GrowingFile] = {}
        self._article: tuple[str, GrowingFile] | None = None
        self._fresh: list[Path] = []
        self._spent: list[Path] = []
        self._last, self._kept, self._swept = time.monotonic(), False, False

    def __enter__(self) -> "OutputFolder":
        self._refuse()
        try:
            self._make(self.root)
            self._lock.acquire()
            self._refuse()  # another run may have ended while the lock was waited for
            self._begin()
        except filelock.Timeout:
            raise OutputError(
                f"{self.root}: another run is writing here now; wait for it, or choose another --out"
            ) from None
        except OSError as error:
            self._leave()
            raise OutputError(f"{self.root}: cannot be written: {error.strerror}; choose another --out") from None
        except BaseException:
            self._leave()
            raise
        return self

    def log(self, name: str, data: bytes) -> None:
        try:
            self._logs[name].write(data)
        except OSError as error:
            raise self._failure(error, name) from None

    def aside(self, name: str) -> Path:
        """Where a file may stand until the run ends."""
        return self._partial / name

    def article(self, name: str, data: bytes, source: str = "", last: Input | None = None) -> None:
        """Appends to the article file ``name``. The parts of one come one after another; ``last`` ends it."""
        try:
            if self._article is None or self._article[0] != name:
                self._close_article()
                self._article = (name, self._open_article(name))
            self._article[1].write(data)
            made = self._finish_article(name) if last else None
        except OSError as error:
            raise self._failure(error, f"{ARTICLES}/{name}") from None
        if last and made:
            entry = ManifestEntry(source, last.size, last.sha256, f"{ARTICLES}/{name}", *made, dict(last.skipped))
            self.log(MANIFEST, msgspec.json.encode(entry) + b"\n")

    @property
    def due(self) -> bool:
        """Is it time for a checkpoint?"""
        return self._lasting and time.monotonic() - self._last >= self._every

    def checkpoint(self, checkpoint: Checkpoint) -> None:
        """Makes what was written last, and says that the run has come so far."""
        try:
            files = [*self._logs.values(), *([self._article[1]] if self._article else [])]
            checkpoint.sizes = {name: file.size for name, file in self._logs.items()}
            checkpoint.article = (self._article[0], self._article[1].size) if self._article else None
            for file in files:
                file.sync()
            sync([*self._fresh, *([self._article[1].path] if self._article else [])], self._partial)
            self._fresh.clear()
            checkpoint.write(self._partial)
            while self._spent:
                self._spent.pop().unlink()
        except OSError as error:
            raise self._failure(error, _PARTIAL) from None
        self._last, self._kept = time.monotonic(), self._lasting or checkpoint.stage == "publish"

    def documents(self) -> Iterator[DocumentEntry]:
        """What stands in the log of documents already."""
        file = self._logs["documents.jsonl"]
        file.flush()
        return logs.entries(file.path, DocumentEntry)

    def complete(self, summary: bytes, checkpoint: Checkpoint) -> None:
        """Writes what is known at the end of the run. From here on it can only be published."""
        try:
            self._complete(summary)
            checkpoint.stage = "publish"
            self.checkpoint(checkpoint)
        except OSError as error:
            raise self._failure(error, "") from None

    def publish(self) -> None:
        """Gives the files their places."""
        self._close()
        try:
            self._move()
        except OSError as error:
            raise self._failure(error, "") from None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None and self._partial.exists():
            self._leave()

    def _refuse(self) -> None:
        if self.root.exists() and not self.root.is_dir():
            raise OutputError(f"{self.root}: is a file; --out names a folder")
        if not any((self.root / name).exists() for name in RUN_FILES) or self._publishing():
            return
        if not self._force and unfinished(self.root):
            return  # that it may replace what stands there was said when it began
        if not self._force:
            raise OutputError(f"{self.root}: holds another run; choose another --out, or replace it with --force")
        if not _finished(self.root) or (self.root / ARTICLES).is_symlink():
            raise OutputError(
                f"{self.root}: what stands there was not written by cleaner and is not replaced; choose another --out"
            )

    def _publishing(self) -> bool:
        found = Checkpoint.read(self._partial)
        return found is not None and found.stage == "publish"

    def _begin(self) -> None:
        if not self._force:
            self._refuse_what_is_aside()
        found = Checkpoint.read(self._partial) if self._lasting else None
        if found and self._goes_on(found):
            self.begun = found
        if self.begun is None:
            if self._publishing():
                for name in RUN_FILES:
                    _remove(self.root / name)  # half of a run that is not wanted any more
            begin_anew(self._partial)
            self._swept = True
            (self._partial / ARTICLES).mkdir(parents=True)
            if self._lasting:
                list_inputs(self._partial, self._sources)
        self._kept = self.begun is not None
        if self.begun is None or self.begun.stage != "publish":
            sizes = self.begun.sizes if self.begun else {}
            self._logs = {name: GrowingFile(self._partial / name, sizes.get(name, 0)) for name in GROWING}
        if self.begun and self.begun.article:
            name, size = self.begun.article
            self._article = (name, self._open_article(name, size))

    def _refuse_what_is_aside(self) -> None:
        """Nothing is thrown away unasked that somebody may want."""
        if not self._partial.is_dir():
            return
        here = [path.name for path in self._partial.iterdir()]
        if foreign := sorted(name for name in here if name.partition(".")[0] not in _ASIDE):
            raise OutputError(
                f"{self._partial}: holds {foreign[0]!r}, which is not cleaner's; take it away or choose another --out"
            )
        if "checkpoint.json" in here and Checkpoint.read(self._partial) is None:
            raise OutputError(
                f"{self._partial}: holds an unfinished run whose checkpoint cannot be read, perhaps of another "
                "version; go on with that version, choose another --out, or begin anew with --force"
            )
        if "checkpoint.json" in here and not self._lasting:
            raise OutputError(
                f"{self.root}: holds an unfinished run, and this one, whose input can be read only once, cannot go on "
                "with it; choose another --out, or begin anew with --force"
            )

    def _goes_on(self, found: Checkpoint) -> bool:
        """With ``force``, it does only if nothing is left to do but to give the files their places."""
        if self._force:
            return found.stage == "publish" and found.identity == self._identity
        check_same(self.root, self._partial, found, self._identity, self._sources)
        return True

    def _make(self, folder: Path) -> None:
        """Creates ``folder`` and its parents, remembering which, to take them away again."""
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        for path in reversed(missing):
            path.mkdir()
            self._made.append(path)

    def _open_article(self, name: str, size: int = 0) -> "GrowingFile":
        path = self._partial / (_SPOOLS if name.endswith(".parquet") else ARTICLES) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return GrowingFile(path, size)

    def _finish_article(self, name: str) -> tuple[int, str]:
        """Size and hash of the article file that ends here."""
        assert self._article
        file = self._article[1]
        self._close_article()
        if not name.endswith(".parquet"):
            return file.size, file.sha256
        from cleaner.formats import parquet

        path = self._partial / ARTICLES / name
        path.parent.mkdir(parents=True, exist_ok=True)
        parquet.to_parquet(file.path, path)
        self._fresh.append(path)
        self._spent.append(file.path)  # until a checkpoint, a run that is cut short goes on from it
        return measured(path)

    def _failure(self, error: OSError, name: str) -> OutputError:
        left = "what was done is kept" if self._kept else "nothing of this run was left behind"
        return OutputError(
            f"{self.root / name}: cannot be written: {error.strerror}; {left}. "
            "Make room or choose another --out, then run the same command again"
        )

    def _close_article(self) -> None:
        if self._article:
            self._article[1].close()
            self._fresh.append(self._article[1].path)
            self._article = None

    def _close(self) -> None:
        """What cannot be flushed is written again from the last checkpoint on."""
        for file in (*self._logs.values(), *([self._article[1]] if self._article else [])):
            with contextlib.suppress(OSError):
                file.close()

    def _complete(self, summary: bytes) -> None:
        (self._partial / SUMMARY).write_bytes(summary)
        for file in self._logs.values():
            file.flush()
        names = [name for name in GROWING if name != MANIFEST]
        for table, kind in self._tables.items():
            logs.to_parquet(self._partial / f"{table}.jsonl", self._partial / f"{table}.parquet", kind)
            names[names.index(f"{table}.jsonl")] = f"{table}.parquet"
        for name in (*names, SUMMARY):
            size, sha = measured(self._partial / name)
            self.log(MANIFEST, msgspec.json.encode(ManifestEntry(file=name, file_bytes=size, file_sha256=sha)) + b"\n")
            self._fresh.append(self._partial / name)

    def _move(self) -> None:
        """May be cut short, and is then done again: what has its place already is not in the folder aside."""
        gone = {f"{table}.jsonl" for table in self._tables}
        for name in RUN_FILES:
            here, there = self._partial / name, self.root / name
            if here.exists() and name not in gone:
                _remove(there)
                here.replace(there)
            elif name in gone or (name.endswith(".parquet") and not self._tables):
                _remove(there)  # of the run that this one replaces
        sync_folder(self.root)
        too_late()
        end(self._partial)
        self._unlock()

    def _unlock(self) -> None:
        self._lock.release()
        (self.root / _LOCK).unlink(missing_ok=True)

    def _leave(self) -> None:
        """Closes what is open. What this run made goes, unless it may go on from it; what it found stays."""
        self._close()
        if self._swept and not self._kept:
            shutil.rmtree(self._partial, ignore_errors=True)
        if self._lock.is_locked:
            with contextlib.suppress(OSError):
                self._unlock()
        if not self._kept:
            for folder in reversed(self._made):
                with contextlib.suppress(OSError):
                    folder.rmdir()


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _finished(root: Path) -> bool:
    tables = all(any((root / f"{name}{end}").is_file() for end in (".jsonl", ".parquet")) for name in TABLES)
    return tables and all((root / name).is_file() for name in ("errors.jsonl", SUMMARY))
