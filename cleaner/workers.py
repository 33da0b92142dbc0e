"""Shares tasks out to workers, a process each or this one; what they hand back comes in the order of the tasks."""

import logging
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import connection, get_context, parent_process
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from typing import Any, Generic, Protocol, TypeVar

from cleaner.errors import CleanerError
from cleaner.tasks import Task, Work

#: Tasks in hand for each helper, at least and at most, and the bytes that those beyond the least may weigh. Where one
#: takes long, the others have something to do.
_LEAST, _MOST, _AHEAD = 2, 16, 2 << 20
_KILLED = (
    "a worker process was killed again and again as it began, probably for want of memory; what was "
    "done is kept: give the same command with fewer --jobs to go on"
)
_ENDED = (
    "a worker process ended before it had begun; what it said stands above. A script that cleans with "
    'several jobs needs `if __name__ == "__main__":` around what it does'
)
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
        with self.session() as engine:
            yield from engine(work, hire, lost)

    @contextmanager
    def session(self) -> Iterator[Engine]:
        """The same, with processes that begin now and serve one pass after another."""
        if self.jobs == 1:
            yield self
            return
        staff = Staff(self.jobs)
        try:
            staff.begin()
            yield staff
        finally:
            staff.dismiss()


class Staff:
    """The processes of a session."""

    def __init__(self, jobs: int) -> None:
        self._helpers = [Helper() for _ in range(jobs)]

    def __call__(
        self, work: Work, hire: Callable[[], Does[Made]], lost: Callable[[Task], Made]
    ) -> Iterator[tuple[Task, Made]]:
        crew: Crew[Made] = Crew(self._helpers, hire, lost)
        try:
            for task in work.tasks():
                crew.give(task)
                while crew.full:
                    yield from crew.take()
            while crew.busy:
                yield from crew.take()
        finally:
            if crew.busy:  # nobody waits for what they do
                self.dismiss()
            crew.dissolve()

    def begin(self) -> None:
        for helper in self._helpers:
            helper.begin()

    def dismiss(self) -> None:
        for helper in self._helpers:
            helper.dismiss()
        self._helpers = [Helper() for _ in self._helpers]


class _Died(Exception):
    """A helper ended before it had done its task."""


class Crew(Generic[Made]):
    """Some helpers hired for one pass, and the tasks they have in hand, in order."""

    def __init__(
        self, helpers: Sequence["Helper"], hire: Callable[[], Does[Made]], lost: Callable[[Task], Made]
    ) -> None:
        self._hire, self._lost = pickle.dumps(hire), lost
        self._jobs = len(helpers)
        self._idle: SimpleQueue[Helper] = SimpleQueue()
        for helper in helpers:
            self._idle.put(helper)
        self._threads = ThreadPoolExecutor(self._jobs)  # each waits for one helper
        self._waiting: deque[tuple[Task, Future[Made]]] = deque()
        self._weight = 0

    @property
    def busy(self) -> int:
        return len(self._waiting)

    @property
    def full(self) -> bool:
        """Is so much in hand that no more is to be read?"""
        if self.busy <= _LEAST * self._jobs:
            return False
        return self.busy > _MOST * self._jobs or self._weight > _AHEAD * self._jobs

    def give(self, task: Task) -> None:
        self._waiting.append((task, self._threads.submit(self._do, task)))
        self._weight += task.weight

    def take(self) -> Iterator[tuple[Task, Made]]:
        """What came of the first task in hand."""
        task, future = self._waiting.popleft()
        self._weight -= task.weight
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
        helper = self._idle.get()
        try:
            made: Made = helper.do(task, self._hire)
            return made
        finally:
            self._idle.put(helper)

    def dissolve(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


class Helper:
    """A process that does tasks as whom it was hired last, and begins anew after its death.

    It has a line of its own: one that is killed in the middle of an answer leaves the others theirs. (In a
    ``ProcessPoolExecutor`` all would wait for the rest of that answer, for ever.)
    """

    def __init__(self) -> None:
        self._process: BaseProcess | None = None
        self._hired: bytes | None = None
        self._dismissed = False

    def begin(self) -> None:
        """Starts the process, and does not wait until it stands."""
        context = get_context("spawn")
        self._line, other = context.Pipe()
        process = context.Process(target=_serve, args=(other,), daemon=True)
        process.start()
        other.close()
        self._process = process
        if self._dismissed:
            process.terminate()

    def do(self, task: Task, hire: bytes) -> Any:
        """Raises ``_Died`` if the process does, and what the worker raises that ``hire``, pickled, gives."""
        if self._hired is not hire:
            self._engage(hire)
        try:
            made, error = self._asked(task)
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

    def _engage(self, hire: bytes, tries: int = 3) -> None:
        """Raises ``CleanerError`` for a worker that cannot begin, and one that is killed each time it does."""
        if self._process is None:
            self.begin()
        try:
            unfit = self._asked(hire)
        except (EOFError, OSError):
            killed = self._end() < 0
            if self._dismissed:
                raise _Died from None
            if killed and tries > 1:
                self._engage(hire, tries - 1)
                return
            raise CleanerError(_KILLED if killed else _ENDED) from None
        if unfit is not None:
            raise unfit
        self._hired = hire

    def _asked(self, given: Task | bytes) -> Any:
        self._line.send(given)
        return self._line.recv()

    def _end(self) -> int:
        """Of a process whose line is broken, what it ended with."""
        process, self._process, self._hired = self._process, None, None
        self._line.close()
        if process is None:
            return 0
        process.join(5)
        status = process.exitcode or 0
        process.terminate()
        process.join()
        return status


def _serve(line: connection.Connection) -> None:
    """What the process of a helper does: it is told whom to hire, and gives tasks to that worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, who sends them home
    threading.Thread(target=_end_with_parent, daemon=True).start()
    logging.getLogger("cleaner").setLevel(logging.ERROR)  # what workers would say, the parent has said
    worker: Does[Any] = _unhired
    with suppress(EOFError, OSError):  # the parent is gone, or needs no more
        while True:
            given = line.recv()
            if isinstance(given, bytes):
                worker, answer = _hired(given)
                line.send(answer)
            else:
                line.send(_answer(worker, given))


def _hired(hire: bytes) -> tuple[Does[Any], Exception | None]:
    try:
        return pickle.loads(hire)(), None
    except Exception as error:  # noqa: BLE001 - it is raised where the first task is waited for
        return _unhired, error


def _unhired(task: Task) -> Any:
    raise CleanerError("a task was given before a worker was hired")


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
