"""Files that only grow, hashed as they do, and made to last."""

import os
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from cleaner.checkpoint import sync_folder
from cleaner.errors import OutputError

_CHUNK = 1 << 20
#: More files than this are not made to last one by one, where all can be at once.
_MANY = 32


class GrowingFile:
    """A file that grows, hashed as it does. What lies beyond ``size`` when it is opened is cut off."""

    def __init__(self, path: Path, size: int = 0) -> None:
        self.path, self.size, self._hash = path, size, sha256()
        self._stream = path.open("r+b" if size else "wb", buffering=_CHUNK)
        left = size
        while left and (data := self._stream.read(min(left, _CHUNK))):
            self._hash.update(data)
            left -= len(data)
        if left:
            raise OutputError(f"{path}: is shorter than it was; begin anew with --force")
        self._stream.truncate(size)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def write(self, data: bytes) -> None:
        self._stream.write(data)
        self._hash.update(data)
        self.size += len(data)

    def flush(self) -> None:
        self._stream.flush()

    def sync(self) -> None:
        self._stream.flush()
        os.fsync(self._stream.fileno())

    def close(self) -> None:
        self._stream.close()


def measured(path: Path) -> tuple[int, str]:
    """Size and hash of a file."""
    content, size = sha256(), 0
    with path.open("rb") as stream:
        while data := stream.read(_CHUNK):
            content.update(data)
            size += len(data)
    return size, content.hexdigest()


def sync(paths: Sequence[Path], top: Path) -> None:
    """Makes files last, and their names in the folders below ``top``."""
    if len(paths) > _MANY and sys.platform == "linux":
        os.sync()
        return
    for path in paths:
        with path.open("rb+") as stream:
            os.fsync(stream.fileno())
    for folder in {folder for path in paths for folder in path.parents if folder.is_relative_to(top)}:
        sync_folder(folder)
