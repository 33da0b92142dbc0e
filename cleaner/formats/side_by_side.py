"""The logs of documents and of removals, read side by side: both are in the order of the run."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

Document = TypeVar("Document")
Removal = TypeVar("Removal")
#: The source and the row of an entry, by which the two belong together.
Place = Callable[[Any], tuple[str, int | None]]


class Astray(Exception):
    """A removal that has no document, or stands elsewhere: the logs are not of one run."""

    def __init__(self, removal: Any) -> None:
        super().__init__("a removal without its document")
        self.removal = removal


def place_of(entry: Any) -> tuple[str, int | None]:
    return entry.source, entry.row


def side_by_side(
    documents: Iterable[Document], removals: Iterable[Removal], place: Place = place_of
) -> Iterator[tuple[Document, list[Removal]]]:
    """Each document with its removals. Raises :class:`Astray` at the end if some are left over."""
    left = iter(removals)
    following = next(left, None)
    for document in documents:
        own = []
        while following is not None and place(following) == place(document):
            own.append(following)
            following = next(left, None)
        yield document, own
    if following is not None:
        raise Astray(following)
