"""Cleans many documents: sources in, articles and logs out, in the same order whoever does the work.

    sources ─> tasks ─> workers (a process each, or this one) ─> results, in order ─> output folder

A task is a run of small files or of lines of a JSONL file. Workers send back finished bytes; only
this process writes.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import msgspec

from cleaner import __version__
from cleaner.errors import CleanerError
from cleaner.formats.read import Item
from cleaner.formats.read import items as items_of
from cleaner.formats.sources import Plan, Source
from cleaner.output import OutputFolder
from cleaner.removal_log import SCHEMA, ErrorEntry
from cleaner.rulefiles import Packs
from cleaner.scanner import chosen
from cleaner.tally import Tally
from cleaner.work import Result, Settings, Task, Worker

#: Input bytes that make a task: enough to hide the cost of sending it, few enough to share out well.
TASK_BYTES, TASK_ITEMS = 1 << 20, 2000
#: Ids remembered to warn of those that repeat; beyond this the warning is given up, not the run.
MAX_IDS = 2_000_000


def clean_batch(
    plan: Plan,
    out: Path,
    settings: Settings,
    *,
    jobs: int = 1,
    force: bool = False,
    progress: Callable[[int, int], Any] = lambda size, documents: None,
    complain: Callable[[ErrorEntry], Any] = lambda error: None,
) -> tuple[Tally, dict[str, Any]]:
    """Cleans the plan's sources into ``out``; returns the tally and the summary it also writes there.

    ``progress`` is called with bytes read and documents done, ``complain`` with each failure.
    Raises ``OutputError`` if ``out`` cannot be used; a document that fails never raises.
    """
    tally, ids = Tally(), _Ids()
    packs = settings.packs()  # a rule file that cannot be used is said before anything is written
    with OutputFolder(out, force=force) as folder:

        def report(error: ErrorEntry) -> None:
            tally.failed += 1
            complain(error)
            folder.log("errors.jsonl", msgspec.json.encode(error) + b"\n")

        for name, message in plan.failures:
            report(ErrorEntry(name, None, None, "unreadable", message))
        for task, result in _results(_tasks(plan.sources), settings, packs, jobs):
            for article, data in result.articles:
                folder.article(article, data)
            folder.log("removals.jsonl", b"".join(result.removals))
            folder.log("documents.jsonl", b"".join(result.documents))
            for error in result.errors:
                report(error)
            for warning in result.warnings:
                complain(warning)
                folder.log("errors.jsonl", msgspec.json.encode(warning) + b"\n")
            ids.add(result.ids)
            tally.add(result.tally)
            progress(task.size, result.tally.documents)
        made = _summary(tally, ids, plan, settings, packs)
        folder.log("summary.json", msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n")
    return tally, made


def _summary(tally: Tally, ids: "_Ids", plan: Plan, settings: Settings, packs: Packs) -> dict[str, Any]:
    """The run in numbers. No times, paths or job counts: the same run gives the same bytes."""
    return {
        "schema": SCHEMA,
        "cleaner": __version__,
        "profile": settings.profile,
        "fields": asdict(settings.fields),
        "rules": {"count": len(packs.rules), "digest": packs.digest()},
        "matcher": chosen(settings.matcher),
        **{("by_rule" if key == "rules" else key): value for key, value in tally.as_dict().items()},
        "repeated_ids": ids.repeated,
        "skipped": len(plan.skipped),
    }


class _Ids:
    """Counts documents whose id was seen before."""

    def __init__(self) -> None:
        self.repeated = 0
        self._seen: set[int] = set()

    def add(self, ids: Iterable[int]) -> None:
        for hashed in ids:
            if hashed in self._seen:
                self.repeated += 1
            elif len(self._seen) < MAX_IDS:
                self._seen.add(hashed)


def _tasks(sources: Iterable[Source]) -> Iterator[Task]:
    items: list[Item] = []
    size = 0
    for source in sources:
        for item, read in items_of(source):
            items.append(item)
            size += read
            if size >= TASK_BYTES or len(items) >= TASK_ITEMS:
                yield Task(items, size)
                items, size = [], 0
    if items:
        yield Task(items, size)


def _results(tasks: Iterator[Task], settings: Settings, packs: Packs, jobs: int) -> Iterator[tuple[Task, Result]]:
    """Each task with its result, in the order of the tasks."""
    if jobs == 1:
        worker = Worker(settings, packs)
        yield from ((task, worker(task)) for task in tasks)
        return
    settings.cleaner(packs)  # what is compiled now, the workers find on disk
    waiting: deque[tuple[Task, Future[Result]]] = deque()
    with ProcessPoolExecutor(jobs, get_context("spawn"), _start_worker, (settings,)) as pool:
        try:
            for task in tasks:
                waiting.append((task, pool.submit(_work, task)))
                if len(waiting) > 2 * jobs:
                    task, future = waiting.popleft()
                    yield task, future.result()
            for task, future in waiting:
                yield task, future.result()
        except BrokenProcessPool:
            raise CleanerError(
                "a worker process was killed, probably for want of memory; run again with fewer --jobs"
            ) from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


_worker: Worker


def _start_worker(settings: Settings) -> None:
    global _worker
    _worker = Worker(settings)


def _work(task: Task) -> Result:
    return _worker(task)
