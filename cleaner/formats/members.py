"""Decompresses gzip and Zstandard files member by member, and goes on behind a damaged one.

A compressed file is a row of *members* (gzip) or *frames* (Zstandard; here they are called members
too), each of which can be read without the others.
"""

import zlib
from collections.abc import Callable, Generator, Iterator
from typing import Any, BinaryIO, NamedTuple

_CHUNK = 1 << 20
#: How much compressed data is kept so as to look through it for the next member, should this one be damaged.
_KEPT = 64 << 20


class Piece(NamedTuple):
    """Decompressed bytes; ``member`` is where in the file their member begins, ``place`` how far it is read."""

    data: bytes
    member: int
    place: int


class Break(NamedTuple):
    """The bytes of the file from ``member`` to ``place`` gave no more data, and why."""

    member: int
    place: int
    message: str


class _Codec(NamedTuple):
    """``step`` bounds what one call can unpack to: 16 MB for gzip, 128 MB for Zstandard, in the worst case."""

    name: str
    magic: bytes
    new: Callable[[], Any]
    errors: tuple[type[Exception], ...]
    step: int


class _Tape:
    """A stream of bytes that can be wound back to where the member at hand begins, if that is not too far."""

    def __init__(self, stream: BinaryIO, keep: int) -> None:
        self._stream, self._keep = stream, keep
        self._data = bytearray()
        self._start = self._next = 0  # where the data begin in the file; the index of the next byte

    @property
    def place(self) -> int:
        return self._start + self._next

    def ahead(self, count: int) -> bytes:
        """The next bytes, ``count`` of them unless the file ends before."""
        while len(self._data) < self._next + count and (chunk := self._stream.read(_CHUNK)):
            self._data += chunk
        return bytes(self._data[self._next : self._next + count])

    def take(self, count: int) -> bytes:
        """At most ``count`` bytes, and none only at the end of the file. They can always be wound back."""
        if self._next > self._keep:
            self.forget()
        data = self.ahead(1) and bytes(self._data[self._next : self._next + count])
        self._next += len(data)
        return data

    def forget(self) -> None:
        del self._data[: self._next]
        self._start, self._next = self.place, 0

    def wind_to(self, place: int) -> None:
        self._next = max(0, place - self._start)

    def find(self, wanted: bytes) -> bool:
        """Winds on to the next place where ``wanted`` stands."""
        while True:
            if (found := self._data.find(wanted, self._next)) >= 0:
                self._next = found
                self.forget()
                return True
            self._next = max(self._next, len(self._data) - len(wanted) + 1)
            self.forget()
            if not (chunk := self._stream.read(_CHUNK)):
                self._next = len(self._data)
                return False
            self._data += chunk


def members(stream: BinaryIO, compression: str, *, opening: bytes = b"") -> Iterator[Piece | Break]:
    """The decompressed bytes and the breaks in them.

    With ``opening`` reading goes on behind a break, at the next member whose data begin with it;
    otherwise the first break is the end.
    """
    tape = _Tape(stream, keep=_KEPT if opening else 0)
    if not compression:
        while data := tape.take(_CHUNK):
            yield Piece(data, 0, tape.place)
        return
    codec = _gzip() if compression == "gzip" else _zstd(tape)
    while tape.ahead(1):
        tape.forget()
        member = tape.place
        message = yield from _member(tape, codec)
        if message:
            if not opening:
                yield Break(member, tape.place, message)
                return
            if _wind_to_next(tape, codec, member + 1, opening):
                yield Break(member, tape.place, f"{message}; reading goes on at byte {tape.place}")
            else:
                yield Break(member, tape.place, f"{message}; nothing more could be read behind it")
        elif compression == "gzip":
            _skip_zeros(tape)


def _gzip() -> _Codec:
    return _Codec("gzip", b"\x1f\x8b\x08", lambda: zlib.decompressobj(31), (zlib.error,), 1 << 14)


def _zstd(tape: _Tape) -> _Codec:
    import zstandard  # 25 ms, and only for .zst

    options: dict[str, Any] = {"max_window_size": 1 << 31}
    if words := _dictionary(tape):
        options["dict_data"] = zstandard.ZstdCompressionDict(words)

    def new() -> Any:
        return zstandard.ZstdDecompressor(**options).decompressobj()

    return _Codec("Zstandard", b"\x28\xb5\x2f\xfd", new, (zstandard.ZstdError,), 1 << 12)


def _dictionary(tape: _Tape) -> bytes:
    """The dictionary at the head of a .warc.zst: a frame that other readers skip, itself compressed or not."""
    import zstandard

    head = tape.ahead(8)
    if not head.startswith(b"\x5d\x2a\x4d\x18"):
        return b""
    size = int.from_bytes(head[4:8], "little")
    words = tape.ahead(8 + size)[8:] if size <= _KEPT else b""
    if words.startswith(b"\x28\xb5\x2f\xfd"):
        try:
            words = zstandard.ZstdDecompressor().decompress(words, max_output_size=_KEPT)
        except zstandard.ZstdError:
            return b""
    return words if words.startswith(b"\x37\xa4\x30\xec") else b""


def _member(tape: _Tape, codec: _Codec) -> Generator[Piece, None, str]:
    """Yields the pieces of one member, and returns what is wrong with it."""
    start, reader = tape.place, codec.new()
    while not reader.eof:
        data, before = tape.take(codec.step), _copy(reader)
        if not data:
            return f"the {codec.name} data breaks off before its end; the file is truncated"
        try:
            piece = reader.decompress(data)
        except codec.errors as error:
            if piece := _salvaged(before, data, codec):
                yield Piece(piece, start, tape.place)
            return f"the {codec.name} data is damaged: {error}"
        if reader.eof:
            tape.wind_to(tape.place - len(reader.unused_data))
        if piece:
            yield Piece(piece, start, tape.place)
    return ""


def _copy(reader: Any) -> Any:
    return reader.copy() if hasattr(reader, "copy") else None


def _salvaged(reader: Any, data: bytes, codec: _Codec) -> bytes:
    """What comes out of ``data`` before the damage, byte by byte."""
    parts = []
    try:
        for place in range(len(data) if reader else 0):
            parts.append(reader.decompress(data[place : place + 1]))
    except codec.errors:
        pass
    return b"".join(parts)


def _skip_zeros(tape: _Tape) -> None:
    """Tapes and some tools fill a gzip file up with zeros."""
    while tape.ahead(1) == b"\0":
        data = tape.take(_CHUNK)
        tape.wind_to(tape.place - len(data.lstrip(b"\0")))


def _wind_to_next(tape: _Tape, codec: _Codec, place: int, opening: bytes) -> bool:
    """Is there another member that begins with ``opening``? Then the tape stands there."""
    tape.wind_to(place)
    while tape.find(codec.magic):
        if _begins(tape.ahead(1 << 12), codec, opening) or _begins(tape.ahead(1 << 18), codec, opening):
            return True
        tape.wind_to(tape.place + 1)
    return False


def _begins(data: bytes, codec: _Codec, opening: bytes) -> bool:
    reader, out = codec.new(), b""
    try:
        for place in range(0, len(data), codec.step):
            out += reader.decompress(data[place : place + codec.step])
            if len(out) >= len(opening) or reader.eof:
                break
    except codec.errors:
        return False
    return out.startswith(opening)
