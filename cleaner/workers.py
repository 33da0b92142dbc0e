"""Shares tasks out to workers, a process each or this one; what they hand back comes in the order of the tasks."""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, TypeVar

from cleaner.errors import CleanerError
from cleaner.formats.read import Item
from cleaner.formats.read import items as items_of
from cleaner.formats.sources import Source
from cleaner.work import Task

#: Input bytes that make a task: enough to hide the cost of sending it, few enough to share out well.
TASK_BYTES, TASK_ITEMS = 1 << 20, 2000

Made = TypeVar("Made")
Does = Callable[[Task], Made]


def tasks(sources: Iterable[Source]) -> Iterator[Task]:
    """Runs of small files, or of lines of a JSONL file."""
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


def results(given: Iterable[Task], hire: Callable[[], Does[Made]], jobs: int) -> Iterator[tuple[Task, Made]]:
    """Each task with what a worker made of it. Every process hires its own worker."""
    if jobs == 1:
        worker = hire()
        yield from ((task, worker(task)) for task in given)
        return
    waiting: deque[tuple[Task, Future[Made]]] = deque()
    with ProcessPoolExecutor(jobs, get_context("spawn"), _hire, (hire,)) as pool:
        try:
            for task in given:
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


_worker: Does[Any]


def _hire(hire: Callable[[], Does[Any]]) -> None:
    global _worker
    logging.getLogger("cleaner").setLevel(logging.ERROR)  # what workers would say, the parent has said
    _worker = hire()


def _work(task: Task) -> Any:
    return _worker(task)
