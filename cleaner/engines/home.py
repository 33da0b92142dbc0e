"""What the machine that runs the job tells the others: the files that workers ask, and which tasks were fatal."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

#: Where a task ends; of a part that is tried alone its place in the task besides.
Key = tuple[int, ...]


class Home:
    """Runs as an actor of Ray beside the driver."""

    def __init__(self, paths: list[str]) -> None:
        self._paths = paths
        self._begun: Counter[Key] = Counter()

    def read(self, path: str, place: int, size: int) -> bytes:
        """A piece of one of the files."""
        if path not in self._paths:
            raise PermissionError(path)
        with Path(path).open("rb") as stream:
            stream.seek(place)
            return stream.read(size)

    def begin(self, key: Key) -> int:
        """How often this was begun before and never ended: so many died of it, or with it."""
        self._begun[key] += 1
        return self._begun[key] - 1

    def end(self, key: Key) -> None:
        del self._begun[key]


@contextmanager
def home(paths: list[str]) -> Iterator[Any]:
    """The handle of a ``Home`` on this machine, which can be sent to others."""
    import ray

    actor: Any = ray.remote(Home).options(num_cpus=0, scheduling_strategy=pinned(this_node())).remote(paths)
    try:
        yield actor
    finally:
        ray.kill(actor)


def this_node() -> str:
    import ray

    return ray.get_runtime_context().get_node_id()


def pinned(node: str) -> Any:
    """Tells Ray to run something on this node and no other."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    return NodeAffinitySchedulingStrategy(node, soft=False)
