"""What runs on the machines of a Ray cluster: readers that cut groups of sources into tasks, and actors that do them.

Rows go from one to the other and to the driver: the number of the group, the number of the row in it, and
pickled ``data``. The last row of a group holds ``None``: a group without it is not whole.
"""

import os
import pickle
import platform
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from cleaner import __version__
from cleaner.engines.home import Key
from cleaner.engines.shipping import Hire
from cleaner.errors import CleanerError, ConfigError
from cleaner.formats.read import Item
from cleaner.formats.sources import Source
from cleaner.processes import Helper
from cleaner.tasks import Task
from cleaner.workers import Crew

if TYPE_CHECKING:
    import pyarrow as pa

#: So often a task may be in the hands of an actor that dies; then its parts are tried alone, as often each.
TRIES = 2


class Given(NamedTuple):
    """A task for an actor; ``closed`` are sources that the reader could not open."""

    task: Task
    closed: list[Source]


class Done(NamedTuple):
    """What came of a task, in parts if it was fatal; ``closed`` are sources that could not be opened on ``node``."""

    parts: list[tuple[Task, Any]]
    closed: list[Source]
    node: str


class Failed(NamedTuple):
    """Why an actor could not work at all."""

    error: CleanerError
    node: str


def row(group: int, number: int, data: Any) -> "pa.Table":
    import pyarrow as pa

    kinds = pa.schema([("group", pa.int64()), ("number", pa.int64()), ("data", pa.large_binary())])
    return pa.table({"group": [group], "number": [number], "data": [pickle.dumps(data, 5)]}, kinds)


def rows(table: "pa.Table") -> Iterator[tuple[int, int, Any]]:
    for batch in table.to_batches():
        for group, number, data in zip(*batch.columns, strict=True):
            yield group.as_py(), number.as_py(), pickle.loads(data.as_buffer())


def read(table: "pa.Table") -> Iterator["pa.Table"]:
    """The tasks of groups, one row each."""
    reach = Reach()
    for _, _, group in rows(table):
        number = 0
        for task in group.work.tasks():
            closed = reach.beyond(item for item in task.items if item.problem)
            task = task._replace(end=group.place(task.end, 0)) if task.end else task
            yield row(group.number, number, Given(task, closed))
            number += 1
        yield row(group.number, number, None)


class Actor:
    """Does tasks in a process beside its own: one that dies of a document takes no other document with it.

    If the actor itself was killed with a task again and again, as Ray does when memory is short, the items of
    that task are tried one by one, of an item each half, and so on; ``lost`` answers for those that are fatal
    by themselves.
    """

    def __init__(self, hire: Hire, lost: Callable[[Task], Any], version: str) -> None:
        self._hire, self._lost, self._version = hire, lost, version
        self._crew: Crew[Any] | None = None
        self._reach = Reach()

    def __call__(self, table: "pa.Table") -> Iterator["pa.Table"]:
        for group, number, given in rows(table):
            yield row(group, number, given and self._do(given))

    def _do(self, given: Given) -> Done | Failed:
        try:
            parts = [(_light(part), made) for part, made in self._parts(given.task, given.task.end or ())]
        except CleanerError as error:
            return Failed(error, platform.node())
        closed = self._reach.beyond(item for item in given.task.items if item.documents and item.data is None)
        return Done(parts, [*given.closed, *closed], platform.node())

    def _parts(self, task: Task, key: Key) -> Iterator[tuple[Task, Any]]:
        if not task.items or self._deaths(key) < TRIES:
            yield from self._made(task, key)
            return
        parts = task.items if len(task.items) != 1 else task.items[0].halves()
        if len(parts) < 2:
            yield task, self._lost(task)
            return
        *others, last = (Task([item], 0, None) for item in parts)
        for number, part in enumerate((*others, last._replace(size=task.size, end=task.end))):
            yield from self._parts(part, (*key, number))

    def _deaths(self, key: Key) -> int:
        import ray

        return ray.get(self._hire.home.begin.remote(key))

    def _made(self, task: Task, key: Key) -> Iterator[tuple[Task, Any]]:
        crew = self._engaged()
        crew.give(task)
        yield from crew.take()
        self._hire.home.end.remote(key)

    def _engaged(self) -> "Crew[Any]":
        if self._crew is None:
            if self._version != __version__:
                raise ConfigError(
                    f"cleaner {__version__} is installed there, but here {self._version}; install the same"
                )
            # Else the process beside would begin as one of Ray's workers, and load all of Ray.
            sys.modules["__main__"].__file__ = None
            self._crew = Crew([Helper()], self._hire.here(), self._lost)
        return self._crew


def _light(task: Task) -> Task:
    """The task without the bytes of its documents."""
    return task._replace(items=[item._replace(data=None) if item.documents else item for item in task.items])


class Reach:
    """Finds sources that cannot be opened from this machine. Of remote ones, the first from each bucket is tried."""

    def __init__(self) -> None:
        self._reached: set[tuple[str, str]] = set()

    def beyond(self, items: Iterable[Item]) -> list[Source]:
        return list({item.source: None for item in items if not self._opens(item.source)})

    def _opens(self, source: Source) -> bool:
        if source.path:
            return os.access(source.path, os.R_OK)
        bucket = urlsplit(source.address)[:2]
        if bucket not in self._reached and opens(source):
            self._reached.add(bucket)
        return bucket in self._reached


def opens(source: Source) -> bool:
    """Can it be opened from here?"""
    try:
        with source.open() as stream:
            stream.read(1)
    except (CleanerError, OSError):
        return False
    return True
