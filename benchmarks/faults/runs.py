"""Runs of ``cleaner clean`` as a process of their own, and what stands in the folder they leave."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import msgspec
import psutil

from benchmarks.faults.inputs import ROOT, numbers_in
from cleaner.formats import logs
from cleaner.formats.sources import plan
from cleaner.removal_log import DocumentEntry, ErrorEntry
from cleaner.restore import log_of
from cleaner.verify import verify_folder

#: Longer than any of the small runs takes; after that something hangs.
PATIENCE = 300.0
_WAIT = 20.0


class Done(NamedTuple):
    status: int
    said: str

    @property
    def traceback(self) -> bool:
        return "Traceback" in self.said


@dataclass(frozen=True)
class Command:
    """What is cleaned, into what, and how."""

    source: Path
    out: Path
    rules: Path
    options: tuple[str, ...] = ()
    small: bool = True

    @property
    def words(self) -> list[str]:
        module = "benchmarks.faults.small" if self.small else "cleaner"
        rules = ("--only-rules", "--rules", str(self.rules))
        given = ["clean", str(self.source), "--out", str(self.out), "--quiet", *rules, *self.options]
        return [sys.executable, "-m", module, *given]

    def start(self) -> "Process":
        return Process(self)

    def finish(self) -> Done:
        return self.start().finish()


@dataclass
class Process:
    """A run that goes on, in a process group of its own."""

    command: Command
    popen: "subprocess.Popen[bytes]" = field(init=False)

    def __post_init__(self) -> None:
        one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self.popen = subprocess.Popen(
            self.command.words,
            cwd=ROOT,
            env={**os.environ, **one_thread},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    @property
    def alive(self) -> bool:
        return self.popen.poll() is None

    def finish(self) -> Done:
        try:
            _, said = self.popen.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill_all()
            return Done(-1, "it hangs")
        return Done(self.popen.returncode, said.decode("utf-8", "replace"))

    def workers(self) -> list[psutil.Process]:
        """The processes that clean."""
        try:
            children = psutil.Process(self.popen.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        return [child for child in children if _is_worker(child)]

    def kill_all(self) -> None:
        os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.communicate()

    def kill_parent(self) -> int:
        """Kills the parent alone; returns how many workers did not end by themselves."""
        workers = self.workers()
        self.popen.kill()
        self.popen.wait()
        _, left = psutil.wait_procs(workers, _WAIT)
        if left:
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.communicate()
        return len(left)


def _is_worker(process: psutil.Process) -> bool:
    try:
        return any("spawn_main" in word for word in process.cmdline())
    except psutil.Error:
        return False


def wait_for(path: Path, process: Process, holding: bytes = b"") -> None:
    """Until ``path`` is there and holds that, or the process has ended."""
    while process.alive:
        try:
            if holding in path.read_bytes() if holding else path.exists():
                return
        except OSError:
            pass
        time.sleep(0.001)


def tree(folder: Path) -> dict[str, str]:
    """Every file below a folder with its hash."""
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in _files(folder)}


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def articles(out: Path) -> Counter[int]:
    """How often each numbered story stands in the articles."""
    found: Counter[int] = Counter()
    for path in _files(out / "articles"):
        data = b"\n".join(_parquet_texts(path)) if path.suffix == ".parquet" else path.read_bytes()
        found.update(numbers_in(data))
    return found


def _parquet_texts(path: Path) -> list[bytes]:
    import pyarrow.parquet as pq

    return [text.encode() for text in pq.read_table(path, columns=["text"])["text"].to_pylist()]


def documents(out: Path) -> list[DocumentEntry]:
    return list(logs.entries(log_of(out, "documents"), DocumentEntry))


def errors(out: Path) -> list[ErrorEntry]:
    return [msgspec.json.decode(line, type=ErrorEntry) for line in (out / "errors.jsonl").read_bytes().splitlines()]


class Count(NamedTuple):
    """What became of the stories."""

    lost: int = 0
    doubled: int = 0

    def plus(self, other: "Count") -> "Count":
        return Count(self.lost + other.lost, self.doubled + other.doubled)


def count(out: Path, numbers: Sequence[int]) -> Count:
    """Every one of the stories ``numbers`` must stand in one article, and everything in one line of the log."""
    there = articles(out)
    logged = Counter((entry.source, entry.row) for entry in documents(out))
    lost = sum(number not in there for number in numbers)
    doubled = sum(there.values()) - len(there) + sum(logged.values()) - len(logged)
    return Count(lost, doubled)


def verify(out: Path, source: Path) -> list[str]:
    """What ``cleaner verify`` finds wrong with a finished run."""
    found: list[str] = []
    verify_folder(out, plan([str(source)], without=out), lambda error: found.append(f"{error.source}: {error.message}"))
    return found
