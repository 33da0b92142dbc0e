"""Another process on this machine, which does tasks one after another and begins anew after its death."""

import logging
import os
import pickle
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import connection, get_context, parent_process
from multiprocessing.process import BaseProcess
from typing import Any

from cleaner.errors import CleanerError
from cleaner.interrupt import held, unheard
from cleaner.tasks import Task

_KILLED = (
    "a worker process was killed again and again as it began, probably for want of memory; what was "
    "done is kept: give the same command with fewer --jobs to go on"
)
_ENDED = (
    "a worker process ended before it had begun; what it said stands above. A script that cleans with "
    'several jobs needs `if __name__ == "__main__":` around what it does'
)
#: So often a process may be killed as it begins.
_STARTS = 5
_Worker = Callable[[Task], Any]


class Died(Exception):
    """A helper ended before it had done its task."""


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
        with held():
            process = context.Process(target=_serve, args=(other,), daemon=True)
            process.start()
            other.close()
            self._process = process
        if self._dismissed:
            process.terminate()

    def do(self, task: Task, hire: bytes) -> Any:
        """Raises ``Died`` if the process does, and what the worker raises that ``hire``, pickled, gives."""
        if self._process and not self._process.is_alive():
            self._end()  # it was killed before it had the task, which is not to blame
        if self._hired is not hire:
            self._engage(hire)
        try:
            made, error = self._asked(task)
        except (EOFError, OSError):
            self._end()
            raise Died from None
        if error is not None:
            raise error
        return made

    def rest(self) -> None:
        """Ends the process until there is something to do again."""
        if self._process:
            self._end()

    def dismiss(self) -> None:
        self._dismissed = True
        if process := self._process:
            process.terminate()
            process.join(5)

    def _engage(self, hire: bytes, tries: int = _STARTS) -> None:
        """Raises ``CleanerError`` for a worker that cannot begin, and one that is killed each time it does."""
        if self._dismissed:
            raise Died
        if self._process is None:
            self.begin()
        try:
            unfit = self._asked(hire)
        except (EOFError, OSError):
            killed = self._end() < 0
            if self._dismissed:
                raise Died from None
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
        """Closes the line. Returns what the process ended with."""
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
    unheard()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    logging.getLogger("cleaner").setLevel(logging.ERROR)  # what workers would say, the parent has said
    worker: _Worker = _unhired
    with suppress(EOFError, OSError):  # the parent is gone, or needs no more
        while True:
            given = line.recv()
            if isinstance(given, bytes):
                worker, answer = _hired(given)
                line.send(answer)
            else:
                line.send(_answer(worker, given))


def _hired(hire: bytes) -> tuple[_Worker, Exception | None]:
    try:
        return pickle.loads(hire)(), None
    except Exception as error:  # noqa: BLE001 - it is raised where the first task is waited for
        return _unhired, error


def _unhired(task: Task) -> Any:
    raise CleanerError("a task was given before a worker was hired")


def _answer(worker: _Worker, task: Task) -> tuple[Any, Exception | None]:
    try:
        return worker(task), None
    except Exception as error:  # noqa: BLE001 - it is raised where the task is waited for
        return None, error


def _end_with_parent() -> None:
    """A parent that is killed cannot send its workers home."""
    if parent := parent_process():
        connection.wait([parent.sentinel])
        os._exit(1)
