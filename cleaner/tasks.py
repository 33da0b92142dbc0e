"""What a run has to read, cut into tasks that can be sent to another process, and where to go on after each."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple

from cleaner.formats.jsonl import Fields
from cleaner.formats.read import CLOSING, NOTHING, Item
from cleaner.formats.read import items as items_of
from cleaner.formats.sources import Source

#: Input bytes that make a task, packed or not: a second's work, which hides the cost of sending it and shares out well.
TASK_BYTES, TASK_ITEMS = 1 << 18, 2000


class Position(NamedTuple):
    """How far a plan is read: all sources before ``source``, of it the rows up to ``row``; ``documents`` in all."""

    source: int = 0
    row: int = NOTHING
    documents: int = 0


class Task(NamedTuple):
    """Some items, the bytes of input they stand for, and how far the plan is read with them, if that is known."""

    items: list[Item]
    size: int
    end: Position | None

    @property
    def documents(self) -> int:
        return sum(item.documents for item in self.items)

    @property
    def weight(self) -> int:
        """The bytes that are to be read for it: those that it carries, or else those of its files."""
        return sum(item.held for item in self.items) or self.size


@dataclass(frozen=True)
class Selection:
    """Which documents are asked for: a ``share`` of all, chosen by their names and rows, and no more than ``limit``."""

    share: float = 1.0
    limit: int | None = None

    def of(self, item: Item, before: int) -> Item | None:
        """The item with what is asked for of it, ``before`` documents having been taken already."""
        if not item.documents or (self.share >= 1 and self.limit is None):
            return item
        chosen = [number for number in range(item.rows) if self._takes(item, number)]
        if self.limit is not None:
            chosen = chosen[: self.limit - before]
        return item._replace(chosen=tuple(chosen)) if chosen else None

    def _takes(self, item: Item, number: int) -> bool:
        if self.share >= 1:
            return True
        place = f"{item.source.name}\0{(item.row or 0) + number}".encode("utf-8", "surrogatepass")
        return int.from_bytes(blake2b(place, digest_size=8).digest()) < self.share * 2**64


@dataclass(frozen=True)
class Work:
    """What is to be read, from where on."""

    sources: list[Source]
    fields: Fields
    selection: Selection = Selection()
    after: Position = field(default_factory=Position)

    @property
    def skipped(self) -> int:
        """Bytes of the sources that are left out, having been read before."""
        return sum(source.size for source in self.sources[: self.after.source])

    def tasks(self) -> Iterator[Task]:
        """Runs of small files, or of rows of larger ones.

        Behind a problem no run goes on: that may be the last row of a source that breaks off, and would be
        met again, as the row after it.
        """
        items: list[Item] = []
        size, held, end = 0, 0, self.after
        for item, read, end in self._items():
            size += read
            if item:
                items.append(item)
                held += item.held
            if max(size, held) >= TASK_BYTES or len(items) >= TASK_ITEMS:
                yield Task(items, size, None if item and item.problem else end)
                items, size, held = [], 0, 0
        if items or size:
            yield Task(items, size, end)

    def _items(self) -> Iterator[tuple[Item | None, int, Position]]:
        """Items, or ``None`` for those not asked for; the bytes read; and how far the plan is read with them."""
        documents, first = self.after.documents, self.after.source
        for number, source in enumerate(self.sources[first:], first):
            after = self.after.row if number == first else NOTHING
            if self._enough(documents):
                if after > NOTHING:
                    yield Item(source, CLOSING), 0, Position(number + 1, documents=documents)
                return
            for item, size in items_of(source, self.fields, after):
                chosen = self.selection.of(item, documents)
                documents += chosen.documents if chosen else 0
                if item.row in (None, CLOSING):
                    yield chosen, size, Position(number + 1, documents=documents)
                else:
                    yield chosen, size, Position(number, item.last, documents)
                    if self._enough(documents):
                        yield Item(source, CLOSING), 0, Position(number + 1, documents=documents)
                        break

    def _enough(self, documents: int) -> bool:
        return self.selection.limit is not None and documents >= self.selection.limit
