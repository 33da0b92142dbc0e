"""Where the records of a web archive begin and end, and where they go on behind damage.

A record that cannot be read is passed over up to the next gzip member or Zstandard frame that holds a
record, or to the next line that begins one.
"""

from collections import deque
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import regex

from cleaner.formats.members import Break, Piece, members

_OPENING = b"WARC/1."
_START = regex.compile(rb"WARC/1\.\d{1,4}\r?\n(?=[\w-]{1,40}[ \t]{0,9}:)")
_NEXT = regex.compile(rb"(?<=\n)WARC/1\.\d{1,4}\r?\n(?=[\w-]{1,40}[ \t]{0,9}:)")
_END_OF_HEADERS = regex.compile(rb"\r?\n\r?\n")
_LENGTH = regex.compile(rb"\nContent-Length[ \t]*:[ \t]*(\d{1,18})[ \t]*\r?\n", regex.I)
_LONGEST_HEADERS = 1 << 16
_LONGEST_START = 120  # no line that begins a record, with the name that follows it, is longer
_LOOK_AHEAD = 1 << 20
_BLANK = b"\r\n"


class Block(NamedTuple):
    """One record as bytes, headers and all; of one that is too large only the beginning."""

    data: bytes
    length: int
    where: str


class _Lost(Exception):
    """A record that cannot be read, and why."""


class Window:
    """The data between two breaks, as much of them as is needed."""

    def __init__(self, events: Iterator[Piece | Break], compressed: bool) -> None:
        self._events, self._compressed = events, compressed
        self.data = bytearray()
        self.base = 0  # how many bytes came before ``data``
        self.starts: deque[tuple[int, int]] = deque()  # where members begin: among all bytes, and in the file
        self.broken: Break | None = None
        self.over = False
        self.place = 0

    @property
    def where(self) -> str:
        """The place of the first byte in the file, or in what unpacks from a place in the file."""
        (start, member), *_ = self.starts
        if not self._compressed or start == self.base:
            return f"byte {member if self._compressed else self.base}"
        return f"byte {self.base - start} of what unpacks from byte {member}"

    def more(self) -> bool:
        """Reads on; false at a break and at the end."""
        event = None if self.broken or self.over else next(self._events, None)
        if isinstance(event, Piece):
            if not self.starts or self.starts[-1][1] != event.member:
                self.starts.append((self.base + len(self.data), event.member))
            self.data += event.data
        elif isinstance(event, Break):
            self.broken = event
        elif not self.broken:
            self.over = True
        self.place = event.place if event else self.place
        return isinstance(event, Piece)

    def fill(self, count: int) -> bool:
        """Are there ``count`` bytes before the next break?"""
        while len(self.data) < count:
            if not self.more():
                return False
        return True

    def drop(self, count: int) -> None:
        count = min(count, len(self.data))
        del self.data[:count]
        self.base += count
        while len(self.starts) > 1 and self.starts[1][0] <= self.base:
            self.starts.popleft()

    def leap(self) -> None:
        """Goes on behind a break."""
        self.drop(len(self.data))
        self.starts.clear()
        self.broken = None


def open_window(stream: BinaryIO, compression: str) -> Window:
    return Window(members(stream, compression, opening=_OPENING), bool(compression))


def blocks(window: Window, limit: int) -> Iterator[Block | str]:
    """Every record, and in the place of each that was lost a message.

    Of records longer than ``limit`` only the beginning is read.
    """
    told: Break | None = None
    while _at_data(window):
        if not window.data and window.broken:
            if window.broken is not told:
                yield f"what stands at byte {window.broken.member} is lost: {window.broken.message}"
            window.leap()
            continue
        where, member = window.where, window.starts[0][1]
        try:
            yield _block(window, limit)
        except _Lost as lost:
            message = str(lost)
            _find_start(window)
            if not window.data and window.broken and window.broken.member == member:
                told, message = window.broken, window.broken.message
            yield f"the record at {where} is lost: {message}"


def _at_data(window: Window) -> bool:
    """Winds on over blank lines. Is there anything left?"""
    while True:
        window.drop(_skip_blank(window, 0))
        if window.data or not window.more():
            return bool(window.data or window.broken)


def _skip_blank(window: Window, place: int) -> int:
    while place < len(window.data) and window.data[place] in _BLANK:
        place += 1
    return place


def _block(window: Window, limit: int) -> Block:
    """The record at which the window stands; it is whole, and followed by another one or by nothing."""
    window.fill(_LONGEST_START)
    if not _START.match(window.data):
        raise _Lost("no WARC record begins there")
    where, head = window.where, _headers(window)
    found = _LENGTH.search(window.data, 0, head)
    if not found:
        raise _Lost("its headers give no Content-Length")
    length = int(found[1])
    if length > limit:
        return _large(window, head, length, where)
    end = head + length
    if not window.fill(end):
        raise _cut_short(window, end, length)
    if _another_begins(window, end):
        raise _Lost(_wrong_length(length, "the next record begins before"))
    _expect_end(window, end, length)
    data = bytes(window.data[:end])
    window.drop(end)
    return Block(data, length, where)


def _headers(window: Window) -> int:
    """How long the headers are, with the empty line behind them."""
    while not (found := _END_OF_HEADERS.search(window.data, 0, _LONGEST_HEADERS)):
        if len(window.data) >= _LONGEST_HEADERS:
            raise _Lost("its headers do not end")
        if not window.more():
            raise _Lost("it breaks off in its headers")
    return found.end()


def _wrong_length(length: int, but: str) -> str:
    return f"its Content-Length says {length:,} bytes, but {but}"


def _cut_short(window: Window, end: int, length: int) -> _Lost:
    if _another_begins(window, end):
        return _Lost(_wrong_length(length, "the next record begins before"))
    return _Lost(_wrong_length(length, f"after {max(0, len(window.data) - end + length):,} the data end"))


def _another_begins(window: Window, end: int) -> bool:
    """Does a member that holds a record of its own begin before ``end``?"""
    places = [start - window.base for start, _ in window.starts]
    return any(0 < place < end and _START.match(window.data, place) for place in places)


def _expect_end(window: Window, end: int, length: int) -> None:
    """Behind a record come two line ends, another record or nothing; else its length is wrong.

    Reading on to there also tells whether the checksum of its member is right.
    """
    place = _skip_blank(window, end)
    while place >= len(window.data) and window.more():
        place = _skip_blank(window, place)
    if place < len(window.data) and any(start - window.base == place for start, _ in window.starts):
        return  # whatever it is, it is another member's
    window.fill(place + _LONGEST_START)
    if _START.match(window.data, place):
        return
    window.fill(place + _LOOK_AHEAD)
    if window.broken and window.broken.member in {at for start, at in window.starts if start - window.base < end}:
        raise _Lost(window.broken.message)
    if place < len(window.data) and not window.data.startswith(b"\r\n\r\n", end):
        raise _Lost(_wrong_length(length, "no record follows there"))


def _large(window: Window, head: int, length: int, where: str) -> Block:
    """The beginning of a record that is too large to be held in memory; the rest is passed over."""
    left = head + length
    window.fill(min(left, 2 * _LONGEST_HEADERS))
    block = Block(bytes(window.data[: min(left, 2 * _LONGEST_HEADERS)]), length, where)
    while left:
        more = len(window.data) >= left or window.more()
        if _another_begins(window, left) or _NEXT.search(window.data, 1, left):
            raise _Lost(_wrong_length(length, "the next record begins before"))
        if not more:
            raise _Lost(_wrong_length(length, "the data end before"))
        done = left if len(window.data) >= left else max(0, len(window.data) - _LONGEST_START)
        window.drop(done)
        left -= done
    return block


def _find_start(window: Window) -> None:
    """Winds on from the beginning of a lost record to the next one, or to the break before it."""
    window.drop(1)
    while True:
        places = [start - window.base for start, _ in window.starts if start >= window.base]
        places = [place for place in places if _START.match(window.data, place)]
        if found := _NEXT.search(window.data):
            places.append(found.start())
        if places:
            window.drop(min(places))
            return
        window.drop(max(0, len(window.data) - _LONGEST_START))
        if not window.more():
            window.drop(len(window.data))
            return
