"""Shares tasks out to workers, a process each or this one; what they hand back comes in the order of the tasks."""

import logging
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import connection, get_context, parent_process
from typing import Any, Generic, Protocol, TypeVar

from cleaner.tasks import Task, Work

Made = TypeVar("Made")
Does = Callable[[Task], Made]


class Engine(Protocol):
    """Does what is to be done, on one machine or many."""

    def __call__(
        self, work: Work, hire: Callable[[], Does[Made]], lost: Callable[[Task], Made]
    ) -> Iterator[tuple[Task, Made]]:
        """Each task with what a worker made of it, in order. Every process hires its own worker."""
        ...


@dataclass(frozen=True)
class Local:
    """So many processes on this machine; with one job, this process itself.

    A process that dies, for want of memory for one, takes the others with it; what they had in hand is
    given out again. Of a task that is fatal by itself each item is tried alone, and ``lost`` answers for
    those that are; the parts of such a task have no ``end`` but the last.
    """

    jobs: int = 1

    def __call__(
        self, work: Work, hire: Callable[[], Does[Made]], lost: Callable[[Task], Made]
    ) -> Iterator[tuple[Task, Made]]:
        if self.jobs == 1:
            worker = hire()
            yield from ((task, worker(task)) for task in work.tasks())
            return
        crew: _Crew[Made] = _Crew(self.jobs, hire, lost)
        try:
            for task in work.tasks():
                crew.give(task)
                if crew.busy > 2 * self.jobs:
                    yield from crew.take()
            while crew.busy:
                yield from crew.take()
        finally:
            crew.dismiss()


class _Crew(Generic[Made]):
    """A pool of workers, and the tasks they have in hand, in order."""

    def __init__(self, jobs: int, hire: Callable[[], Does[Made]], lost: Callable[[Task], Made]) -> None:
        self._jobs, self._hire, self._lost = jobs, hire, lost
        self._waiting: deque[tuple[Task, Future[Made]]] = deque()
        self._pool = self._engaged()

    @property
    def busy(self) -> int:
        return len(self._waiting)

    def give(self, task: Task) -> None:
        try:
            self._waiting.append((task, self._pool.submit(_work, task)))
        except BrokenProcessPool as error:  # it is met again when its turn comes
            failed: Future[Made] = Future()
            failed.set_exception(error)
            self._waiting.append((task, failed))

    def take(self) -> Iterator[tuple[Task, Made]]:
        """What came of the first task in hand."""
        task, future = self._waiting.popleft()
        try:
            made = future.result()
        except BrokenProcessPool:
            yield from self._alone(task)
            rest, self._waiting = self._waiting, deque()
            for task, _ in rest:
                self.give(task)
        else:
            yield task, made

    def _alone(self, task: Task) -> Iterator[tuple[Task, Made]]:
        """The task again, with no other beside it."""
        self.dismiss()
        self._pool = self._engaged()
        try:
            yield task, self._pool.submit(_work, task).result()
        except BrokenProcessPool:
            if len(task.items) == 1:
                self.dismiss()
                self._pool = self._engaged()
                yield task, self._lost(task)
                return
            *others, last = (Task([item], 0, None) for item in task.items)
            for part in (*others, last._replace(size=task.size, end=task.end)):
                yield from self._alone(part)

    def _engaged(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self._jobs, get_context("spawn"), _hire, (self._hire,))

    def dismiss(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


_worker: Does[Any]


def _hire(hire: Callable[[], Does[Any]]) -> None:
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, who sends them home
    threading.Thread(target=_end_with_parent, daemon=True).start()
    logging.getLogger("cleaner").setLevel(logging.ERROR)  # what workers would say, the parent has said
    try:
        _worker = hire()
    except Exception as error:  # noqa: BLE001 - an exception here would say no more than that the pool is broken
        _worker = _Unfit(error)


class _Unfit:
    """Stands in for a worker that could not be hired, and says why."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __call__(self, task: Task) -> Any:
        raise self._error


def _work(task: Task) -> Any:
    return _worker(task)


def _end_with_parent() -> None:
    """A parent that is killed cannot send its workers home."""
    if parent := parent_process():
        connection.wait([parent.sentinel])
        os._exit(1)
