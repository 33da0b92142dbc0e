"""What a report is made of: sections of prose, tables, pictures and excerpts, however they are written down.

Text that came from articles, logs or file names stands only in places that are escaped: :class:`Quoted`, cells of the
kind ``text``, and :class:`Cut`.
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from cleaner.review.excerpts import Piece

#: ``strip`` is a list of counts from the beginning of documents to their end; ``precision`` is a ``judged``, as in
#: ``queries``.
Kind = Literal["text", "words", "number", "share", "strip", "precision"]


class Quoted(NamedTuple):
    """Text that is not ours, within a sentence."""

    text: str


@dataclass(frozen=True)
class Prose:
    """A paragraph of our own words, with quoted text among them."""

    words: tuple[str | Quoted, ...]


@dataclass(frozen=True)
class Facts:
    """Figures with what they are; ``large`` for those that come first."""

    facts: tuple[tuple[str, str | Quoted], ...]
    large: bool = False


class Column(NamedTuple):
    """A column: what it is called, what its cells are, and whether they are drawn as bars, too.

    ``text`` is not ours, ``words`` are. Bars of numbers fill the width at the largest, those of shares at 100 %.
    """

    title: str
    kind: Kind
    bar: bool = False


@dataclass(frozen=True)
class Table:
    """Rows under columns, with a caption that says what they show. ``picture``: it counts as a figure."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    picture: bool = False


@dataclass(frozen=True)
class Histogram:
    """Counts of documents by share, in equal bins from 0 to 1; those at 0 stand alone."""

    caption: str
    none: int
    bins: tuple[int, ...]


@dataclass(frozen=True)
class Cut:
    """A removal in its surroundings, with what is said of it."""

    pieces: tuple[Piece, ...]
    category: str
    rule: str
    notes: tuple[str | Quoted, ...]
    reason: str


@dataclass(frozen=True)
class Cuts:
    """Excerpts under a heading of their own, with a sentence on them."""

    title: str | Quoted
    words: str
    cuts: tuple[Cut, ...]


Block = Prose | Facts | Table | Histogram | Cuts


@dataclass(frozen=True)
class Section:
    """A part of the report with its heading; ``id`` is for links to it."""

    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Report:
    """The whole: the name of the run, what is said of it first, and the sections."""

    name: str
    head: tuple[Block, ...]
    sections: tuple[Section, ...]
