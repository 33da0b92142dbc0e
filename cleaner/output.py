"""The output folder: everything is written aside first and appears whole, or not at all."""

import contextlib
import shutil
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import filelock

from cleaner.errors import OutputError

ARTICLES = "articles"
LOGS = ("removals.jsonl", "documents.jsonl", "errors.jsonl", "summary.json")
_PARTIAL, _LOCK = ".partial", ".lock"


class OutputFolder:
    """A folder in the making. Leave the ``with`` block without an error, and its files appear in ``root``.

    With an error they never do, and ``root`` is as it was before.
    """

    def __init__(self, root: Path, *, force: bool = False) -> None:
        self.root = root
        self._force = force
        self._partial = root / _PARTIAL
        self._made: list[Path] = []
        self._lock = filelock.FileLock(root / _LOCK, timeout=0)
        self._logs: dict[str, BinaryIO] = {}
        self._article: tuple[str, BinaryIO] | None = None

    def __enter__(self) -> "OutputFolder":
        self._refuse()
        try:
            self._make(self.root)
            self._lock.acquire()
            shutil.rmtree(self._partial, ignore_errors=True)  # of a run that was killed
            (self._partial / ARTICLES).mkdir(parents=True)
            self._logs = {name: (self._partial / name).open("wb") for name in LOGS}
        except filelock.Timeout:
            raise OutputError(
                f"{self.root}: another run is writing here now; wait for it, or choose another --out"
            ) from None
        except OSError as error:
            self._discard()
            raise OutputError(f"{self.root}: cannot be written: {error.strerror}; choose another --out") from None
        return self

    def log(self, name: str, data: bytes) -> None:
        self._write(self._logs[name], data, name)

    def aside(self, name: str) -> Path:
        """Where a file may stand until the run ends."""
        return self._partial / name

    def article(self, name: str, data: bytes) -> None:
        """Appends to the article file ``name``. The parts of one file come one after another."""
        try:
            if self._article is None or self._article[0] != name:
                self._close_article()
                path = self._partial / ARTICLES / name
                path.parent.mkdir(parents=True, exist_ok=True)
                self._article = (name, path.open("wb"))
        except OSError as error:
            raise self._failure(error, f"{ARTICLES}/{name}") from None
        self._write(self._article[1], data, f"{ARTICLES}/{name}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._discard()
            return
        try:
            self._close()
            self._publish()
        except OSError as problem:
            self._discard()
            raise self._failure(problem, "") from None

    def _refuse(self) -> None:
        if self.root.exists() and not self.root.is_dir():
            raise OutputError(f"{self.root}: is a file; --out names a folder")
        if not any((self.root / name).exists() for name in (ARTICLES, *LOGS)):
            return
        if not self._force:
            raise OutputError(f"{self.root}: holds another run; choose another --out, or replace it with --force")
        if not all((self.root / name).is_file() for name in LOGS) or (self.root / ARTICLES).is_symlink():
            raise OutputError(
                f"{self.root}: what stands there was not written by cleaner and is not replaced; choose another --out"
            )

    def _make(self, folder: Path) -> None:
        """Creates ``folder`` and its parents, remembering which, to take them away again."""
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        for path in reversed(missing):
            path.mkdir()
            self._made.append(path)

    def _write(self, stream: BinaryIO, data: bytes, name: str) -> None:
        try:
            stream.write(data)
        except OSError as error:
            raise self._failure(error, name) from None

    def _failure(self, error: OSError, name: str) -> OutputError:
        return OutputError(
            f"{self.root / name}: cannot be written: {error.strerror}; nothing of this run was left behind. "
            "Make room or choose another --out, then run the same command again"
        )

    def _close_article(self) -> None:
        if self._article:
            self._article[1].close()
            self._article = None

    def _close(self) -> None:
        self._close_article()
        for stream in self._logs.values():
            stream.close()

    def _publish(self) -> None:
        shutil.rmtree(self.root / ARTICLES, ignore_errors=True)
        for name in (ARTICLES, *LOGS):
            (self._partial / name).replace(self.root / name)
        shutil.rmtree(self._partial)
        self._unlock()

    def _unlock(self) -> None:
        self._lock.release()
        (self.root / _LOCK).unlink(missing_ok=True)

    def _discard(self) -> None:
        for stream in (*self._logs.values(), *([self._article[1]] if self._article else [])):
            with contextlib.suppress(OSError):  # what cannot be flushed is thrown away with the file
                stream.close()
        shutil.rmtree(self._partial, ignore_errors=True)
        with contextlib.suppress(OSError):
            self._unlock()
        for folder in reversed(self._made):
            with contextlib.suppress(OSError):
                folder.rmdir()
