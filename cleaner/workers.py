"""Shares tasks out to workers, a process each or this one; what they hand back comes in the order of the tasks."""

import logging
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection, get_context, parent_process
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from typing import Any, Generic, Protocol, TypeVar

from cleaner.errors import CleanerError
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

    What a process had in hand that died, for want of memory for one, is given out again when the others
    are done. Of a task that is fatal by itself each item is tried alone, of an item each half of its
    documents and so on, and ``lost`` answers for those that are; the parts of such a task have no ``end``
    but the last.
    """

    jobs: int = 1

    def __call__(
        self, work: Work, hire: Callable[[], Does[Made]], lost: Callable[[Task], Made]
    ) -> Iterator[tuple[Task, Made]]:
        if self.jobs == 1:
            worker = hire()
            yield from ((task, worker(task)) for task in work.tasks())
            return
        crew: Crew[Made] = Crew(self.jobs, hire, lost)
        try:
            for task in work.tasks():
                crew.give(task)
                if crew.busy > 2 * self.jobs:
                    yield from crew.take()
            while crew.busy:
                yield from crew.take()
        finally:
            crew.dismiss()


class _Died(Exception):
    """A worker's process ended before it had done its task."""


class Crew(Generic[Made]):
    """Some workers, and the tasks they have in hand, in order."""

    def __init__(self, jobs: int, hire: Callable[[], Does[Made]], lost: Callable[[Task], Made]) -> None:
        self._lost = lost
        self._workers: list[_Worker[Made]] = [_Worker(hire) for _ in range(jobs)]
        self._idle: SimpleQueue[_Worker[Made]] = SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(jobs)  # each waits for one worker
        self._waiting: deque[tuple[Task, Future[Made]]] = deque()

    @property
    def busy(self) -> int:
        return len(self._waiting)

    def give(self, task: Task) -> None:
        self._waiting.append((task, self._threads.submit(self._do, task)))

    def take(self) -> Iterator[tuple[Task, Made]]:
        """What came of the first task in hand."""
        task, future = self._waiting.popleft()
        try:
            made = future.result()
        except _Died:
            wait([future for _, future in self._waiting])
            yield from self._alone(task)
        else:
            yield task, made

    def _alone(self, task: Task) -> Iterator[tuple[Task, Made]]:
        """The task again, with no other beside it."""
        try:
            made = self._do(task)
        except _Died:
            parts = task.items if len(task.items) != 1 else task.items[0].halves()
            if len(parts) < 2:
                yield task, self._lost(task)
                return
            *others, last = (Task([item], 0, None) for item in parts)
            for part in (*others, last._replace(size=task.size, end=task.end)):
                yield from self._alone(part)
        else:
            yield task, made

    def _do(self, task: Task) -> Made:
        worker = self._idle.get()
        try:
            return worker(task)
        finally:
            self._idle.put(worker)

    def dismiss(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.dismiss()


class _Worker(Generic[Made]):
    """A process that does tasks, and begins anew after its death.

    It has a line of its own: one that is killed in the middle of an answer leaves the others theirs. (In a
    ``ProcessPoolExecutor`` all would wait for the rest of that answer, for ever.)
    """

    def __init__(self, hire: Callable[[], Does[Made]]) -> None:
        self._hire = hire
        self._process: BaseProcess | None = None
        self._dismissed = False

    def __call__(self, task: Task) -> Made:
        """Raises ``_Died`` if the process does, and what the worker raises."""
        if self._process is None:
            self._begin()
        try:
            self._line.send(task)
            made, error = self._line.recv()
        except (EOFError, OSError):
            self._end()
            raise _Died from None
        if error is not None:
            raise error
        return made

    def dismiss(self) -> None:
        self._dismissed = True
        if process := self._process:
            process.terminate()
            process.join(5)

    def _begin(self, tries: int = 3) -> None:
        """Raises ``CleanerError`` for a worker that cannot begin, and one that is killed each time it does."""
        context = get_context("spawn")
        self._line, other = context.Pipe()
        process = context.Process(target=_serve, args=(other, self._hire), daemon=True)
        process.start()
        other.close()
        self._process = process
        if self._dismissed:
            process.terminate()
        try:
            unfit = self._line.recv()
        except (EOFError, OSError):
            process.join(5)
            killed = (process.exitcode or 0) < 0
            self._end()
            if self._dismissed:
                raise _Died from None
            if killed and tries > 1:
                self._begin(tries - 1)
                return
            if killed:
                raise CleanerError(
                    "a worker process was killed again and again as it began, probably for want of memory; what was "
                    "done is kept: give the same command with fewer --jobs to go on"
                ) from None
            raise CleanerError(
                "a worker process ended before it had begun; what it said stands above. A script that cleans with "
                'several jobs needs `if __name__ == "__main__":` around what it does'
            ) from None
        if unfit is not None:
            raise unfit

    def _end(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.join()
        self._process = None
        self._line.close()


def _serve(line: connection.Connection, hire: Callable[[], Does[Any]]) -> None:
    """What the process of a worker does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, who sends them home
    threading.Thread(target=_end_with_parent, daemon=True).start()
    logging.getLogger("cleaner").setLevel(logging.ERROR)  # what workers would say, the parent has said
    with suppress(EOFError, OSError):  # the parent is gone, or needs no more
        try:
            worker = hire()
        except Exception as error:  # noqa: BLE001 - it is raised where the first task is waited for
            line.send(error)
            return
        line.send(None)
        while True:
            line.send(_answer(worker, line.recv()))


def _answer(worker: Does[Any], task: Task) -> tuple[Any, Exception | None]:
    try:
        return worker(task), None
    except Exception as error:  # noqa: BLE001 - it is raised where the task is waited for
        return None, error


def _end_with_parent() -> None:
    """A parent that is killed cannot send its workers home."""
    if parent := parent_process():
        connection.wait([parent.sentinel])
        os._exit(1)
