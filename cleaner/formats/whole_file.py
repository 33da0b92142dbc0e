"""A file that appears whole or not at all: it is written aside, in the same folder, and then takes its name."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def written_whole(path: Path) -> Iterator[IO[bytes]]:
    """A stream for the bytes of ``path``, which is there, on disk, when the block ends well. Raises ``OSError``."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as stream:
        aside = Path(stream.name)
        try:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            stream.close()
            aside.chmod(0o666 & ~_mask())
            aside.replace(path)
        except BaseException:
            stream.close()
            aside.unlink(missing_ok=True)
            raise


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
