"""Workers killed for want of memory: by a watcher here that stands in for the system's.

It kills each worker that holds more than a limit, as the kernel does, so that a document that takes too
much kills every worker that gets it.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from benchmarks.faults.inputs import FILES, RULES, Story, stories
from benchmarks.faults.runs import Command, Count, Process, count, documents, errors, verify
from benchmarks.faults.told import Told, table

_STORIES = 60
_FATAL = 777
#: The document that is too large, in characters, and what a worker may hold.
_LENGTH, _LIMIT = 60_000_000, 400 << 20
_PLACE = 31


def made(folder: Path, say: Callable[[str], None]) -> Told:
    (folder / "rules.toml").write_text(RULES)
    rows, wrong = [], []
    for kind in ("jsonl", "parquet", "txt"):
        for passes in ((), ("--single-pass",)):
            row, problem = _tried(folder, kind, passes)
            say(f"{row}: {problem or 'as it should'}")
            rows.append(row)
            wrong += [f"{row}: {problem}"] if problem else []
    columns = ("format", "passes", "workers killed", "lost beside it", "doubled", "what `errors.jsonl` says")
    return Told(table(columns, rows), wrong)


def _tried(folder: Path, kind: str, passes: tuple[str, ...]) -> tuple[tuple[object, ...], str]:
    source, out = folder / f"{kind}{len(passes)}" / "in", folder / f"{kind}{len(passes)}" / "out"
    sound = stories(_STORIES)
    _write(kind, [*sound[:_PLACE], _fatal(), *sound[_PLACE:]], source)
    process = Command(source, out, folder / "rules.toml", (*passes, "--jobs", "2"), small=False).start()
    with _Watcher(process) as watcher:
        done = process.finish()
    if done.status != 1:
        return (kind, _word(passes), watcher.killed, "all", 0, ""), f"exit status {done.status}: {done.said[-1500:]}"
    counted, found = count(out, [story.number for story in sound]), errors(out)
    there = [entry for entry in documents(out) if entry.chars_in > _LENGTH // 2]
    said = "; ".join(f"{entry.error}: {entry.message}" for entry in found)
    problem = "" if counted == Count() and len(found) == 1 and not there else f"{counted}, {len(found)} errors: {said}"
    problem += "; ".join(verify(out, source)[:3])
    return (kind, _word(passes), watcher.killed, counted.lost, counted.doubled, said), problem


def _word(passes: tuple[str, ...]) -> str:
    return "one" if passes else "two"


def _fatal() -> Story:
    line = "The longest list of names that was ever read out in the hall of Port Amber. "
    return Story(_FATAL, "\n".join([line * 4] * (_LENGTH // len(line) // 4)) + "\n")


def _write(kind: str, made: list[Story], folder: Path) -> None:
    folder.mkdir(parents=True)
    if kind == "txt":
        for story in made:
            (folder / f"{story.id}.txt").write_text(story.text)
    else:
        (folder / f"all.{kind}").write_bytes(FILES[kind](made).data)


class _Watcher(threading.Thread):
    """Kills the workers of a process that hold too much."""

    def __init__(self, process: Process) -> None:
        super().__init__(daemon=True)
        self._process, self._over, self.killed = process, False, 0

    def __enter__(self) -> "_Watcher":
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over = True
        self.join()

    def run(self) -> None:
        while not self._over:
            for worker in self._process.workers():
                try:
                    if worker.memory_info().rss > _LIMIT:
                        worker.kill()
                        self.killed += 1
                except psutil.Error:
                    continue
            time.sleep(0.01)
