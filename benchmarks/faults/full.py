"""Disks that fill up: a run stops with a word on it, and goes on when there is room.

A file system in memory of a few sizes, each smaller than what the run needs at its peak; then it is
enlarged and the same command given again. Needs root, on Linux.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.faults.inputs import RULES, stories, write
from benchmarks.faults.runs import Command, Done, Process, tree, verify
from benchmarks.faults.told import Told, table

_STORIES = 160
_LARGE = 256 << 20
#: Shares of the peak at which the disk is full.
_SHARES = (0.02, 0.15, 0.3, 0.5, 0.7, 0.9)
_PAGE = 4096


class Case(NamedTuple):
    kind: str
    options: tuple[str, ...]
    state: bool = False  # is it the folder of --state that is on the full disk?


_CASES = (
    Case("txt", ("--single-pass",)),
    Case("jsonl", ()),
    Case("parquet", ("--single-pass", "--log-format", "parquet")),
    Case("jsonl.gz", (), state=True),
)


def made(folder: Path, say: Callable[[str], None]) -> Told:
    try:
        with _disk(folder / "try"):
            pass
    except (OSError, subprocess.CalledProcessError) as error:
        return Told(f"Not tried: no file system can be mounted here ({error}).")
    (folder / "rules.toml").write_text(RULES)
    rows, wrong = [], []
    for case in _CASES:
        for row, problem in _tried(folder, case):
            say(f"{row}: {problem or 'as it should'}")
            rows.append(row)
            wrong += [f"{row}: {problem}"] if problem else []
    return Told(table(("format", "full at, KB", "what was said", "kept", "in the end identical"), rows), wrong)


def _tried(folder: Path, case: Case) -> Iterator[tuple[tuple[object, ...], str]]:
    source = folder / case.kind
    write(case.kind, stories(_STORIES), source)
    with _disk(folder / "disk") as disk:
        command = _command(case, folder, disk)
        peak, reference = _peak(command.start(), disk), _outcome(command)
    for share in _SHARES:
        size = max(4, int(peak * share) // _PAGE) * _PAGE
        with _disk(folder / "disk", size) as disk:
            command = _command(case, folder, disk)
            first = command.finish()
            kept = (command.out / ".partial" / "checkpoint.json").exists()
            said = _said(first, folder)
            problem = "" if first.status == 2 and not first.traceback and "No space" in first.said else first.said
            _resize(disk, _LARGE)
            second = command.finish() if first.status == 2 else first
            same = second.status < 2 and _outcome(command) == reference
            problem += "" if same else f"not identical: {second.said}"
            problem += "; ".join(verify(command.out, source)[:3]) if same else ""
        where = f"{case.kind}, {'`--state`' if case.state else 'output'}"
        yield (where, size // 1024, said, _yes(kept), _yes(same)), problem


def _command(case: Case, folder: Path, disk: Path) -> Command:
    out, state = (folder / "out", disk / "state") if case.state else (disk / "out", disk / "other")
    shutil.rmtree(folder / "out", ignore_errors=True)
    options = (*case.options, "--jobs", "1", "--checkpoints", "0.05")
    kept = ("--state", str(state)) if case.state else ()
    return Command(folder / case.kind, out, folder / "rules.toml", (*options, *kept))


def _outcome(command: Command) -> dict[str, str]:
    return tree(command.out)


def _peak(process: Process, disk: Path) -> int:
    """The most that stands on the disk while a run goes on."""
    peak = 0
    while process.alive:
        found = os.statvfs(disk)
        peak = max(peak, (found.f_blocks - found.f_bfree) * found.f_frsize)
        time.sleep(0.005)
    done = process.finish()
    if done.status > 1:
        raise SystemExit(f"the run with room enough failed: {done.said}")
    return peak


def _said(done: Done, folder: Path) -> str:
    lines = [line for line in done.said.splitlines() if "No space" in line] or done.said.splitlines()[-1:] or [""]
    return lines[0].replace(f"{folder}/", "").removeprefix("cleaner: ").partition("; ")[0]


def _yes(what: bool) -> str:
    return "yes" if what else "no"


@contextmanager
def _disk(place: Path, size: int = _LARGE) -> Iterator[Path]:
    """A file system of its own. Raises ``OSError`` or ``CalledProcessError`` where none can be had."""
    if sys.platform != "linux" or os.geteuid() != 0:
        raise OSError("it takes root, on Linux")
    place.mkdir(exist_ok=True)
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place))
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def _resize(place: Path, size: int) -> None:
    _mount("-o", f"remount,size={size}", str(place))


def _mount(*options: str) -> None:
    subprocess.run(["mount", *options], check=True, capture_output=True)
