"""Shares tasks out to workers, a process each or this one; what they hand back comes in the order of the tasks."""

import pickle
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Generic, Protocol, TypeVar

from cleaner.processes import Died, Helper
from cleaner.tasks import Task, Work

#: Tasks in hand for each helper, at least and at most, and the bytes that those beyond the least may weigh. Where one
#: takes long, the others have something to do.
_LEAST, _MOST, _AHEAD = 2, 16, 2 << 20
#: So often a document may be alone in the hands of a process that dies: those may be killed from outside, too.
TRIES = 3
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
            crew.dissolve()
            if crew.busy:  # nobody waits for what they do
                self.dismiss()

    def begin(self) -> None:
        for helper in self._helpers:
            helper.begin()

    def dismiss(self) -> None:
        for helper in self._helpers:
            helper.dismiss()
        self._helpers = [Helper() for _ in self._helpers]


class Crew(Generic[Made]):
    """Some helpers hired for one pass, and the tasks they have in hand, in order."""

    def __init__(self, helpers: Sequence[Helper], hire: Callable[[], Does[Made]], lost: Callable[[Task], Made]) -> None:
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
        except Died:
            wait([future for _, future in self._waiting])
            yield from self._alone(task)
        else:
            yield task, made

    def _alone(self, task: Task) -> Iterator[tuple[Task, Made]]:
        """The task again, with no other beside it."""
        parts = task.items if len(task.items) != 1 else task.items[0].halves()
        try:
            made = self._do(task) if len(parts) > 1 else self._again(task)
        except Died:
            if len(parts) < 2:
                yield task, self._lost(task)
                return
            *others, last = (Task([item], 0, None) for item in parts)
            for part in (*others, last._replace(size=task.size, end=task.end)):
                yield from self._alone(part)
        else:
            yield task, made

    def _again(self, task: Task) -> Made:
        """What came of a task that has no parts; at last it is tried in a new process, when all others have ended."""
        for _ in range(TRIES - 1):
            with suppress(Died):
                return self._do(task)
        for helper in [self._idle.get() for _ in range(self._jobs)]:
            helper.rest()
            self._idle.put(helper)
        return self._do(task)

    def _do(self, task: Task) -> Made:
        helper = self._idle.get()
        try:
            made: Made = helper.do(task, self._hire)
            return made
        finally:
            self._idle.put(helper)

    def dissolve(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
