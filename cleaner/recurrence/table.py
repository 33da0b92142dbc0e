"""The lines that recur, as a small file that any number of processes map into memory and look lines up in."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from cleaner.errors import StateError
from cleaner.recurrence.pages import number_of

#: The rows of the table. Its columns are sorted by site, then line; a site's own column has line 0.
SITE, LINE, PAGES, SITES = range(4)


class RecurrenceTable:
    """On how many pages of a site a line stands, and on how many sites."""

    def __init__(self, columns: np.ndarray, path: Path) -> None:
        self._columns, self._path = columns, path

    def __reduce__(self) -> tuple[Any, tuple[Path]]:
        return RecurrenceTable.open, (self._path,)

    @classmethod
    def open(cls, path: Path) -> "RecurrenceTable":
        """Raises ``StateError`` for a file that is no such table."""
        try:
            columns = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise StateError(f"{path}: cannot be read as a table of recurring lines: {error}; clean again") from None
        if columns.dtype != np.uint64 or columns.ndim != 2 or len(columns) != 4:
            raise StateError(f"{path}: is no table of recurring lines; clean again with another --state or --out")
        return cls(columns, path)

    def pages(self, site: str) -> int:
        """The pages of ``site``, versions of one story counted once; 0 if they are too few to tell."""
        found = self._of(site)
        return int(found[PAGES, 0]) if found.shape[1] else 0

    def counts(self, site: str, hashes: np.ndarray) -> np.ndarray:
        """On how many pages of ``site`` each line stands; 0 for lines that do not recur there."""
        return self._row(PAGES, site, hashes)

    def sites(self, site: str, hashes: np.ndarray) -> np.ndarray:
        """On how many sites, this one counted, each line of ``site`` stands; 0 for lines that do not recur there."""
        return self._row(SITES, site, hashes)

    def _row(self, row: int, site: str, hashes: np.ndarray) -> np.ndarray:
        found = self._of(site)[:, 1:]
        if not found.shape[1]:
            return np.zeros(len(hashes), dtype=np.uint64)
        place = np.minimum(np.searchsorted(found[LINE], hashes), found.shape[1] - 1)
        return np.where(found[LINE][place] == hashes, found[row][place], 0).astype(np.uint64)

    def _of(self, site: str) -> np.ndarray:
        number, sites = np.uint64(number_of(site.encode("utf-8", "surrogatepass"))), self._columns[SITE]
        first, last = (np.searchsorted(sites, number, side) for side in ("left", "right"))
        return self._columns[:, first:last]


def save(columns: np.ndarray, target: Path) -> None:
    """Writes the table whole or not at all."""
    aside = target.with_name(target.name + ".partial")
    try:
        with aside.open("wb") as file:
            np.save(file, columns.astype(np.uint64), allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(target)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise StateError(f"{target}: cannot be written: {error.strerror}; make room, or choose another --out") from None
