"""The sources of a plan, cut into groups that different machines read at the same time."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from cleaner.formats.sources import Source
from cleaner.tasks import Position, Work

#: Small sources are read together: so many bytes, so many files. A larger one is a group by itself.
GROUP_BYTES, GROUP_SOURCES = 32 << 20, 5000


class Group(NamedTuple):
    """Sources that one reader reads; ``first`` is the place of the first of them in the plan."""

    number: int
    first: int
    work: Work

    def place(self, end: Position, documents: int) -> Position:
        """In the whole plan, what ``end`` is in the group; ``documents`` were read in all."""
        return Position(self.first + end.source, end.row, documents)


def groups(work: Work) -> Iterator[Group]:
    """Groups in the order of the plan. With a limit there is one: what it takes depends on what came before."""
    sources = [_absolute(source) for source in work.sources]
    if work.selection.limit is not None:
        yield Group(0, 0, replace(work, sources=sources))
        return
    for number, (first, end) in enumerate(_runs(sources, work.after.source)):
        after = Position(0, work.after.row) if number == 0 else Position()
        yield Group(number, first, replace(work, sources=sources[first:end], after=after))


def _runs(sources: list[Source], first: int) -> Iterator[tuple[int, int]]:
    size = 0
    for place in range(first, len(sources)):
        more = sources[place].size
        if place > first and (size + more > GROUP_BYTES or place - first >= GROUP_SOURCES):
            yield first, place
            first, size = place, 0
        size += more
    if first < len(sources):
        yield first, len(sources)


def _absolute(source: Source) -> Source:
    """Elsewhere, the working folder is another one."""
    return replace(source, path=Path(os.path.abspath(source.path))) if source.path else source  # noqa: PTH100
