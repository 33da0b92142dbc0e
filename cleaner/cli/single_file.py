"""A file that a command writes whole or not at all, or standard output."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from cleaner.errors import ConfigError, OutputError
from cleaner.formats.whole_file import written_whole


@contextmanager
def written(option: str, path: Path | None, *, force: bool = False) -> Iterator[IO[bytes]]:
    """A stream for the bytes of ``path``, which appears when the block ends well; without a path, standard output.

    Raises ``ConfigError`` where a file is there that must not be replaced, ``OutputError`` where none can be written.
    """
    if path is None:
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = path.resolve()  # of a link the file that it leads to is written
    if path.exists() and not path.is_file():
        raise ConfigError(f"{option} {path}: is a folder, a device or a pipe; name a file, or - for standard output")
    if path.exists() and not force:
        raise ConfigError(f"{option} {path}: is there already; name another file, or replace it with --force")
    try:
        with written_whole(path) as stream:
            yield stream
    except OSError as error:
        raise OutputError(f"{option} {path}: cannot be written: {error.strerror}; make room or name another") from None
