"""Does a job on a Ray cluster, through Ray Data: what comes out is what one machine would have made.

    groups of sources ─> readers ─> tasks ─> actors ─> what they made, in order ─> this process

Readers and actors run wherever the cluster has room, and are held up when the next cannot follow. What a
machine had in hand when it died is done again by another.
"""

import logging
import os
import pickle
import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

from cleaner import __version__
from cleaner.engines.groups import Group, groups
from cleaner.engines.node import Actor, Done, Failed, opens, read, rows
from cleaner.engines.shipping import Hire, shipping
from cleaner.errors import CleanerError, ConfigError
from cleaner.formats.sources import Source
from cleaner.interrupt import heed
from cleaner.tasks import Position, Task, Work
from cleaner.workers import Does, Made

#: So often a job is taken up again without having come further.
_ATTEMPTS = 3
#: Ray reports its use to its makers and logs to standard error, unless it is told not to.
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
}
#: The line of a traceback that says what was raised.
_RAISED = re.compile(r"^[\w.]*(?:Error|Exception): .*$", re.M)
_log = logging.getLogger(__name__)


class ClusterError(CleanerError):
    """The cluster cannot be used, or could not do the job to the end."""


@dataclass(frozen=True)
class Ray:
    """A Ray cluster: the one at ``address``, else that of ``RAY_ADDRESS``, else one on this machine.

    ``jobs`` is the most processes that clean at the same time; by default as many as there are cores, those
    of machines that join later among them. Within ``session`` the cluster stays connected; without, it is
    connected for each pass. What was started here is shut down.
    """

    address: str = ""
    jobs: int | None = None

    @contextmanager
    def session(self) -> Iterator["Ray"]:
        """Raises ``ConfigError`` if Ray is not installed, ``ClusterError`` if there is no cluster."""
        ray = _library()
        if ray.is_initialized():
            yield self
            return
        _connect(ray, self.address or os.environ.get("RAY_ADDRESS", ""))
        try:
            yield self
        finally:
            ray.shutdown()

    def __call__(
        self, work: Work, hire: Callable[[], Does[Made]], lost: Callable[[Task], Made]
    ) -> Iterator[tuple[Task, Made]]:
        _refuse(work)
        with self.session(), shipping(hire) as offer:
            attempts = _ATTEMPTS
            while True:
                try:
                    for task, made in self._once(work, offer, lost):
                        yield task, made
                        if task.end:
                            work, attempts = replace(work, after=task.end), _ATTEMPTS
                    return
                except _failures() as error:
                    heed()
                    attempts -= 1
                    if not attempts or _is_lasting(error):
                        raise ClusterError(_given_up(work, error)) from error
                    _log.warning("the cluster lost what it had in hand; it is done again")

    def _once(self, work: Work, hire: Hire, lost: Callable[[Task], Any]) -> Iterator[tuple[Task, Any]]:
        """The job, from where ``work`` says, as long as the cluster holds."""
        plan = list(groups(work))
        documents = work.after.documents
        for done in _in_order(plan, self._results(plan, hire, lost)):
            for task, made in _checked(done).parts:
                documents += task.documents
                end = task.end._replace(documents=documents) if task.end else None
                yield task._replace(end=end), made

    def _results(self, plan: list[Group], hire: Hire, lost: Callable[[Task], Any]) -> Iterator[tuple[int, int, Any]]:
        if not plan:
            return
        from ray.data import ActorPoolStrategy, DataContext, TaskPoolStrategy, from_items

        with DataContext.current(_context()):
            given = [{"group": group.number, "number": 0, "data": pickle.dumps(group, 5)} for group in plan]
            tasks = from_items(given, override_num_blocks=len(given)).map_batches(
                read, batch_size=1, batch_format="pyarrow", compute=TaskPoolStrategy(), num_cpus=0
            )
            made = tasks.map_batches(
                Actor,
                fn_constructor_args=(hire, lost, __version__),
                batch_size=1,
                batch_format="pyarrow",
                compute=ActorPoolStrategy(min_size=1, max_size=self.jobs),
                num_cpus=1,
            )
            batches: Any = iter(made.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=1))
        try:
            for batch in batches:
                yield from rows(batch)
        finally:
            with suppress(AttributeError):
                batches.close()  # else actors go on until someone collects it


def _library() -> Any:
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise ConfigError(f"--engine ray needs Ray ({error}); pip install 'cleaner[ray]'") from None
    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return ray


def _connect(ray: Any, address: str) -> None:
    if address.startswith("ray://"):
        raise ConfigError(
            f"--ray-address {address}: the job must run on a machine of the cluster; give it to the cluster with "
            "`ray job submit`, or run it there with --ray-address auto"
        )
    local = {} if address else {"include_dashboard": False}
    main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGTERM) if main else None
    try:
        ray.init(address or "local", log_to_driver=False, logging_level=logging.ERROR, **local)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise ClusterError(
            f"--ray-address {address or 'local'}: no Ray cluster answers: {str(error).splitlines()[0]}; start one with "
            "`ray start --head`, or leave --ray-address and RAY_ADDRESS out"
        ) from None
    finally:
        if handler:
            signal.signal(signal.SIGTERM, handler)  # Ray put its own in place


def _context() -> Any:
    """How Ray Data is to work: in order, each task by itself, and quietly."""
    from ray.data import DataContext

    context = DataContext.get_current().copy()
    context.execution_options.preserve_order = True
    context.target_max_block_size = 1  # a row is a block: it goes on as soon as it is there
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    return context


def _refuse(work: Work) -> None:
    if once := [source.name for source in work.sources if source.once]:
        raise ConfigError(f"{once[0]}: other machines cannot read it; save it to a file first, or use --engine local")


def _failures() -> tuple[type[Exception], ...]:
    """What Ray raises when a cluster does not do its work; what is wrong with documents comes otherwise."""
    from ray import exceptions

    return (exceptions.RayError,)


def _is_lasting(error: Exception) -> bool:
    """Would it fail in the same way again? So does what was raised, not lost, on the way."""
    from ray import exceptions

    raised = isinstance(error, exceptions.RayTaskError | exceptions.RuntimeEnvSetupError)
    return raised or (isinstance(error, exceptions.ActorDiedError) and "creation task" in str(error))


def _in_order(plan: list[Group], results: Iterator[tuple[int, int, Any]]) -> Iterator[Done | Failed]:
    """The results, with an eye on their order: nothing may be missing, and nothing come twice."""
    expected = (0, 0)
    for group, number, done in results:
        if (group, number) != expected:
            raise ClusterError(
                f"the cluster sent part {(group, number)} where {expected} was due; give the command again"
            )
        expected = (group, number + 1) if done else (group + 1, 0)
        if done:
            yield done
    if expected != (len(plan), 0):
        raise ClusterError(f"the cluster sent nothing after part {expected} of {len(plan)}; give the command again")


def _checked(done: Done | Failed) -> Done:
    """Raises what an actor could not say itself."""
    if isinstance(done, Failed):
        raise type(done.error)(f"on {done.node}: {done.error}")
    for source in done.closed:
        if opens(source):
            raise ClusterError(
                f"{_where(source)}: cannot be opened on {done.node}, but here it can; inputs must lie where every "
                "machine of the cluster reaches them: in a file system they share, or at an address such as s3://"
            )
    return done


def _where(source: Source) -> str:
    return str(source.path or source.name)


def _given_up(work: Work, error: Exception) -> str:
    said = (_RAISED.findall(str(error)) or str(error).splitlines() or [type(error).__name__])[-1]
    said = f"{_place(work)}: the cluster failed: {said}"
    if "No module named" in said or "ImportError" in said:
        return f"{said}; install cleaner {__version__} on every machine, with the Python and the Ray of this one"
    return f"{said}; what was done is kept: give the same command to go on, perhaps with --engine local"


def _place(work: Work) -> str:
    """Up to where it was done."""
    place: Position = work.after
    if place.source >= len(work.sources):
        return "at the end"
    source = work.sources[place.source]
    return f"{source.name}, {source.row_name} {max(place.row, 0) + 1}" if source.rows else source.name
