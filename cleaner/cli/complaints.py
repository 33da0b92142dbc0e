"""What is said on standard error of documents that failed."""

import sys
from collections import Counter
from pathlib import PurePosixPath

from cleaner.cli.text import printable
from cleaner.fingerprint import masked
from cleaner.formats.sources import kind_of, row_name
from cleaner.removal_log import ErrorEntry

#: Messages that are shown in all, and of one kind about one file.
_MOST, _ALIKE = 20, 3


class Complaints:
    """Says what failed, but not without end, nor the same of one file again and again."""

    def __init__(self) -> None:
        self.count, self._shown = 0, 0
        self._alike: Counter[tuple[str, str]] = Counter()

    def __call__(self, error: ErrorEntry) -> None:
        self.count += 1
        kind = error.source, masked(error.message)
        self._alike[kind] += 1
        if self._alike[kind] <= _ALIKE and self._shown < _MOST:
            self._shown += 1
            say(error)

    def finish(self, where: str) -> None:
        if more := self.count - self._shown:
            print(f"cleaner: {more} more {'problem' if more == 1 else 'problems'} like these{where}", file=sys.stderr)


def say(error: ErrorEntry) -> None:
    row = "" if error.row is None else f": {row_name(kind_of(PurePosixPath(error.source))[0])} {error.row}"
    print(printable(f"cleaner: {error.source}{row}: {error.message}"), file=sys.stderr)
