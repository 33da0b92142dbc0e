"""How far a run has come, on disk, so that one that was killed can go on where it stood.

What a run writes, it appends; a checkpoint says how long each file was at the end of a task. To go on,
files are cut off there and reading goes on behind that task: the rest comes out as it would have.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import msgspec

from cleaner.errors import OutputError
from cleaner.formats.sources import Source

_FILE, _INPUTS = "checkpoint.json", "inputs.jsonl"
#: What the names of weights in an identity begin with; empty they name those that could not be used.
WEIGHTS_OF = "the weights of the model of"
_SAME = "give the same command and inputs to go on with it"
_ANEW = "choose another --out, or begin anew with --force"


class Checkpoint(msgspec.Struct):
    """``identity`` is what must be the same to go on: what decides the bytes that come out, in words.

    ``position`` is a :class:`cleaner.tasks.Position` in the reading that ``stage`` names; ``sizes`` are
    lengths of files in bytes, ``article`` the one in the making with its length.
    """

    identity: dict[str, str]
    stage: Literal["survey", "clean", "publish"] = "survey"
    position: tuple[int, int, int] = (0, -1, 0)
    sizes: dict[str, int] = {}
    article: tuple[str, int] | None = None
    tally: dict[str, Any] = {}
    repeated_ids: int = 0

    def write(self, folder: Path) -> None:
        """Puts it in place of the last one, for good: it outlives a power cut."""
        write_whole(folder / _FILE, msgspec.json.encode(self))

    @classmethod
    def read(cls, folder: Path) -> "Checkpoint | None":
        """The last one; ``None`` where there is none that can be read."""
        try:
            return msgspec.json.decode((folder / _FILE).read_bytes(), type=cls)
        except (OSError, msgspec.DecodeError):
            return None


def begin_anew(folder: Path) -> None:
    """Throws a run away. The checkpoint goes first: without it nothing that is left is gone on with."""
    (folder / _FILE).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def end(folder: Path) -> None:
    """Takes away what is left of a run that is whole. The checkpoint goes last: till then the run can say so."""
    for path in folder.iterdir():
        if path.name != _FILE:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.rmtree(folder)


def write_whole(path: Path, data: bytes) -> None:
    """The file appears whole, or stays as it was."""
    beside = path.with_name(path.name + ".new")
    with beside.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes names last, where the system can be asked to."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def list_inputs(folder: Path, sources: Sequence[Source]) -> None:
    """Notes what the inputs are now, for :func:`check_same`."""
    write_whole(folder / _INPUTS, b"".join(_listed(sources)))


def inputs_digest(sources: Sequence[Source]) -> str:
    content = sha256()
    for line in _listed(sources):
        content.update(line)
    return content.hexdigest()


def _listed(sources: Sequence[Source]) -> Iterator[bytes]:
    return (msgspec.json.encode((source.name, source.kind, *source.stamp)) + b"\n" for source in sources)


def check_same(
    root: Path, folder: Path, found: Checkpoint, identity: dict[str, str], sources: Sequence[Source]
) -> None:
    """Raises ``OutputError`` that says what is not as it was when the run in ``folder`` began."""
    for what, now in identity.items():
        was = found.identity.get(what, "unknown")
        if was != now:
            told = _changed_input(folder, sources) if what == "inputs" else f"{what} {_differing(was, now)}"
            if what.startswith(WEIGHTS_OF):
                raise OutputError(f"{root}: holds an unfinished run, and {what} {_other_weights(was, now)}, {_ANEW}")
            raise OutputError(f"{root}: holds an unfinished run, and {told}; {_SAME}, {_ANEW}")


def _other_weights(was: str, now: str) -> str:
    """What became of the weights, and what would have to be done to go on."""
    if not was:
        return f"could not be used when it began, and now are {now}; to use them"
    if not now:
        return f"were {was}, and cannot be used now; mend them to go on with it"
    return f"were {was}, and are {now}; put the old ones back to go on with it"


def _differing(was: str, now: str) -> str:
    """What is another in two texts, or where both are JSON objects under which keys."""
    try:
        before, after = (dict(_leaves(msgspec.json.decode(text, type=dict[str, Any]))) for text in (was, now))
    except msgspec.DecodeError:
        return f"was {was}, and is {now}"
    changed = [key for key in sorted({*before, *after}) if before.get(key) != after.get(key)]
    return "; ".join(f"{key} was {before.get(key)!r}, and is {after.get(key)!r}" for key in changed)


def _leaves(table: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{above}{key}.")
        else:
            yield above + key, value


def _changed_input(folder: Path, sources: Sequence[Source]) -> str:
    try:
        before = {line[0]: line for line in map(msgspec.json.decode, (folder / _INPUTS).read_bytes().splitlines())}
    except (OSError, msgspec.DecodeError):
        return "the inputs are not the same"
    now = {line[0]: line for line in map(msgspec.json.decode, _listed(sources))}
    for name in sorted({*before, *now}):
        if name not in now:
            return f"the input {name} is gone"
        if name not in before:
            return f"the input {name} is new"
        if before[name] != now[name]:
            return f"the input {name} was changed since it began"
    return "the inputs are not the same"
