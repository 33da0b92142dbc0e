"""A file that a command writes whole or not at all, or standard output."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from cleaner.errors import ConfigError, OutputError


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
        aside = tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False)  # noqa: SIM115
    except OSError as error:
        raise OutputError(f"{option} {path}: cannot be written: {error.strerror}; name another file") from None
    made = Path(aside.name)
    try:
        with aside as stream:
            yield stream
        made.chmod(0o666 & ~_mask())
        made.replace(path)
    except OSError as error:
        raise OutputError(f"{option} {path}: cannot be written: {error.strerror}; make room or name another") from None
    finally:
        made.unlink(missing_ok=True)


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
