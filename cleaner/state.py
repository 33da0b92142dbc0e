"""Files that outlive a batch: one run at a time adds to one, and what is wrong with one is said in the same words."""

from pathlib import Path

import filelock

from cleaner.errors import StateError

ANEW = (
    "choose another --state folder, or delete this file to begin a new one; "
    "no text is lost by it, only what earlier batches have told"
)


def lock(path: Path) -> filelock.BaseFileLock:
    """The lock on the file at ``path``, taken; its folder is made. Raises ``StateError`` if another run holds it."""
    held = filelock.FileLock(path.with_suffix(".lock"), timeout=0)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        held.acquire()
    except filelock.Timeout:
        raise StateError(f"{path}: another run uses it now; wait for it, or choose another --state") from None
    except OSError as error:
        raise StateError(
            f"{path.parent}: cannot be written: {error.strerror}; --state names a folder that can be written"
        ) from None
    return held


def unusable(path: Path, said: object) -> StateError:
    return StateError(
        f"{path}: cannot be used: {said}; make room or see to its permissions, or choose another --out or --state"
    )
