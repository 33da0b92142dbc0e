"""Files that workers ask, such as the survey, brought to machines that do not have them.

They lie on the machine that runs the job. Every other fetches them once, piece by piece, into its folder
for temporary files, and checks that they are the same. A local copy is asked faster than a shared one, too.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from pathlib import Path
from shutil import rmtree
from typing import Any, NamedTuple
from uuid import uuid4

import filelock

from cleaner.engines.home import home, pinned, this_node
from cleaner.errors import StateError
from cleaner.work import Settings

_PIECE = 16 << 20
_PATIENCE = 20  # seconds that other machines have to tidy up
_Hires = Callable[[], Any]


class Shipped(NamedTuple):
    """A file, and what it must be when it has arrived."""

    path: str
    digest: str


@dataclass(frozen=True)
class Hire:
    """What hires a worker, and can be sent to other machines with the files its worker asks.

    ``home`` is the handle of a :class:`cleaner.engines.home.Home` on ``node``.
    """

    hire: _Hires
    files: tuple[Shipped, ...]
    home: Any
    node: str
    run: str

    def here(self) -> _Hires:
        """The same with the paths of this machine. Raises ``StateError`` for a file that did not arrive whole."""
        if not self.files or this_node() == self.node:
            return self.hire
        folder = _folder(self.run)
        folder.mkdir(parents=True, exist_ok=True)
        copies = {file.path: self._fetched(file, folder / Path(file.path).name) for file in self.files}
        return _with_settings(self.hire, lambda settings: _placed(settings, lambda path: copies[path]))

    def _fetched(self, file: Shipped, copy: Path) -> str:
        import ray

        aside = copy.with_suffix(".partial")
        with filelock.FileLock(copy.with_suffix(".lock")):
            if not copy.exists():
                with aside.open("wb") as stream:
                    while data := ray.get(self.home.read.remote(file.path, stream.tell(), _PIECE)):
                        stream.write(data)
                if (found := _digest(aside)) != file.digest:
                    raise StateError(f"{file.path}: did not arrive whole: its digest is {found}, not {file.digest}")
                aside.replace(copy)
        return str(copy)


@contextmanager
def shipping(hire: _Hires) -> Iterator[Hire]:
    """Offers the files that ``hire`` needs to other machines, as long as the ``with`` block lasts."""
    hire = _with_settings(hire, lambda settings: _placed(settings, os.path.abspath))
    paths = [path for settings in _settings(hire) for path in _asked(settings)]
    files = tuple(Shipped(path, _digest(Path(path))) for path in paths)
    with home(paths) as actor:
        offer = Hire(hire, files, actor, this_node(), uuid4().hex)
        try:
            yield offer
        finally:
            if files:
                _tidy(offer)


def _tidy(offer: Hire) -> None:
    """Removes the copies, where their machines still answer."""
    import ray

    remove = ray.remote(_remove)
    others = [node["NodeID"] for node in ray.nodes() if node["Alive"] and node["NodeID"] != offer.node]
    asked = [remove.options(num_cpus=0, scheduling_strategy=pinned(node)).remote(offer.run) for node in others]
    if asked:
        ray.wait(asked, num_returns=len(asked), timeout=_PATIENCE)


def _remove(run: str) -> None:
    rmtree(_folder(run), ignore_errors=True)


def _folder(run: str) -> Path:
    """That of this machine; where several stand for machines on one, as in tests, each has its own."""
    return Path(tempfile.gettempdir()) / f"cleaner-{run}-{this_node()[:12]}"


def _settings(hire: _Hires) -> list[Settings]:
    return [given for given in hire.args if isinstance(given, Settings)] if isinstance(hire, partial) else []


def _with_settings(hire: _Hires, change: Callable[[Settings], Settings]) -> _Hires:
    if not isinstance(hire, partial):
        return hire
    return partial(hire.func, *(change(given) if isinstance(given, Settings) else given for given in hire.args))


def _asked(settings: Settings) -> list[str]:
    """The files that a worker asks."""
    return [path for path in (settings.survey[0] if settings.survey else "", settings.recurrences) if path]


def _placed(settings: Settings, where: Callable[[str], str]) -> Settings:
    """Elsewhere the working folder is another one; rule files must lie there as they do here."""
    survey = (where(settings.survey[0]), settings.survey[1]) if settings.survey else None
    recurrences = where(settings.recurrences) if settings.recurrences else ""
    rules = tuple(os.path.abspath(path) for path in settings.rules)  # noqa: PTH100 - resolve() would follow links
    return replace(settings, survey=survey, recurrences=recurrences, rules=rules)


def _digest(path: Path) -> str:
    content = blake2b(digest_size=16)
    with path.open("rb") as stream:
        while data := stream.read(_PIECE):
            content.update(data)
    return content.hexdigest()
