"""Reads and writes plain, gzip and Zstandard files as streams of bytes, and refuses what would fill the memory."""

import gzip
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from cleaner.errors import InputError
from cleaner.formats.members import Break, members

SUFFIXES = {".gz": "gzip", ".zst": "zstd"}
#: What compressed files begin with.
_MAGIC = {".gz": b"\x1f\x8b\x08", ".zst": b"\x28\xb5\x2f\xfd"}

#: A compressed text is refused once what was read of it has unpacked to this many times as much: it is a bomb.
#: Pages and articles compress to a fifth, the most repetitive logs to a hundredth.
MAX_RATIO = 1_000
#: No ratio is asked for before so many bytes: a small file that unpacks to this much does no harm.
RATIO_FREE = 64 << 20
#: The longest line, and the longest text, in bytes. It is held in memory, as text several times over.
MAX_DOCUMENT = 1 << 30


def chunks(stream: BinaryIO, compression: str) -> Iterator[bytes]:
    """The decompressed bytes, piece by piece.

    Raises ``InputError`` where the stream breaks off, and for one that is compressed and does not say so.
    """
    begun = False
    for piece in members(stream, compression):
        if isinstance(piece, Break):
            raise InputError(piece.message)
        if not begun and not compression:
            refuse_packed(piece.data)
        begun = True
        yield piece.data


def refuse_packed(data: bytes) -> None:
    """Raises ``InputError`` for what begins as compressed files do."""
    for suffix, magic in _MAGIC.items():
        if data.startswith(magic):
            raise InputError(
                f"holds {SUFFIXES[suffix]} data; give the file a name that ends in {suffix}, or decompress it first"
            )


class Reader(io.RawIOBase):
    """The decompressed bytes of a stream as a stream; ``place`` says how far the compressed one is read."""

    def __init__(self, stream: BinaryIO, compression: str) -> None:
        self._pieces = members(stream, compression)
        self._data = memoryview(b"")
        self.place = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._data:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            if isinstance(piece, Break):
                raise InputError(piece.message)
            self._data, self.place = memoryview(piece.data), piece.place
        count = min(len(buffer), len(self._data))
        buffer[:count], self._data = self._data[:count], self._data[count:]
        return count


def lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of a stream, without their ``\\n``; the last one too if it has none.

    Raises ``InputError`` at a line that is too long to be held in memory.
    """
    for line in lines_or_errors(pieces):
        if isinstance(line, InputError):
            raise line
        yield line


def lines_or_errors(pieces: Iterable[bytes], limit: int = MAX_DOCUMENT) -> Iterator[bytes | InputError]:
    """The lines, with an error in the place of each that is longer than ``limit``."""
    rest: list[bytes] = []
    length = 0
    for piece in pieces:
        first, *more = piece.split(b"\n")
        length += len(first)
        if length <= limit:
            rest.append(first)
        else:
            rest.clear()
        if more:
            yield b"".join(rest) if length <= limit else _too_long(length, limit)
            yield from (line if len(line) <= limit else _too_long(len(line), limit) for line in more[:-1])
            rest, length = [more[-1]], len(more[-1])
    if length > limit:
        yield _too_long(length, limit)
    elif last := b"".join(rest):
        yield last


def _too_long(length: int, limit: int) -> InputError:
    return InputError(
        f"the line is {length:,} bytes long, and at most {limit:,} are held in memory; "
        "is the file JSON Lines, with one object a line? Break the line up, or leave it out"
    )


def read(path: Path, compression: str) -> bytes:
    """All of a file. Raises ``InputError`` for a bomb."""
    with path.open("rb") as stream:
        return read_whole(stream, compression, path.stat().st_size)


def read_whole(stream: BinaryIO, compression: str, size: int) -> bytes:
    """All of a stream whose compressed bytes are ``size`` many. Raises ``InputError`` for a bomb."""
    if not compression:
        data = stream.read(MAX_DOCUMENT + 1)
        refuse_packed(data)
        if len(data) > MAX_DOCUMENT:
            raise InputError(
                f"a text of more than {MAX_DOCUMENT:,} bytes; one is held in memory, several times over. Split it, or "
                "if it is many documents write them as JSON Lines, which have no limit"
            )
        return data
    parts, length = [], 0
    for piece in members(stream, compression):
        if isinstance(piece, Break):
            raise InputError(piece.message)
        parts.append(piece.data)
        length += len(piece.data)
        if length > MAX_DOCUMENT or length > max(RATIO_FREE, MAX_RATIO * piece.place):
            raise InputError(_bomb(length, piece.place, size))
    return b"".join(parts)


def _bomb(length: int, place: int, size: int) -> str:
    limit = (
        f"a compressed text may hold {MAX_DOCUMENT:,}"
        if length > MAX_DOCUMENT
        else f"past the first {RATIO_FREE:,} a text may unpack to {MAX_RATIO:,} times its size"
    )
    return (
        f"the first {place:,} of the file's {size:,} bytes unpack to {length:,}, and {limit}: it looks like a "
        "decompression bomb. If it is meant to be like this, decompress it first, or write its documents as JSON "
        "Lines, which have no limit"
    )


def write(path: Path, data: bytes, compression: str) -> None:
    with open_for_writing(path, compression) as stream:
        stream.write(data)


def open_for_writing(path: Path, compression: str) -> BinaryIO:
    """A new file at ``path``. The same bytes in make the same bytes out: no time stamp."""
    if compression == "gzip":
        return gzip.GzipFile(path, "wb", mtime=0)  # type: ignore[return-value]
    if compression == "zstd":
        import zstandard

        return zstandard.ZstdCompressor(level=3).stream_writer(path.open("wb"), closefd=True)
    return path.open("wb")
