"""Reads and writes plain, gzip and Zstandard files as streams of bytes."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cleaner.errors import InputError

_CHUNK = 1 << 20
SUFFIXES = {".gz": "gzip", ".zst": "zstd"}


def chunks(stream: BinaryIO, compression: str) -> Iterator[bytes]:
    """The decompressed bytes, piece by piece. Raises ``InputError`` where the stream breaks off."""
    if compression == "gzip":
        yield from _gzip(stream)
    elif compression == "zstd":
        yield from _zstd(stream)
    else:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _gzip(stream: BinaryIO) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=stream) as file:
        while True:
            try:
                chunk = file.read1(_CHUNK)
            except EOFError:
                raise InputError("the gzip data breaks off before its end; the file is truncated") from None
            except (OSError, zlib.error) as error:
                raise InputError(f"the gzip data is damaged: {error}") from None
            if not chunk:
                return
            yield chunk


def _zstd(stream: BinaryIO) -> Iterator[bytes]:
    import zstandard  # 25 ms, and only for .zst

    reader = zstandard.ZstdDecompressor(max_window_size=1 << 31).decompressobj()
    fresh = True
    while data := stream.read(_CHUNK):
        while data:
            try:
                if chunk := reader.decompress(data):
                    yield chunk
            except zstandard.ZstdError as error:
                raise InputError(f"the Zstandard data is damaged: {error}") from None
            data, fresh = reader.unused_data if reader.eof else b"", False
            if reader.eof:
                reader, fresh = zstandard.ZstdDecompressor(max_window_size=1 << 31).decompressobj(), True
    if not fresh:
        raise InputError("the Zstandard data breaks off before its end; the file is truncated")


def lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The lines of a stream, without their ``\\n``; the last one too if it has none."""
    rest: list[bytes] = []
    for piece in pieces:
        first, *more = piece.split(b"\n")
        rest.append(first)
        if more:
            yield b"".join(rest)
            yield from more[:-1]
            rest = [more[-1]]
    if last := b"".join(rest):
        yield last


def read(path: Path, compression: str) -> bytes:
    with path.open("rb") as stream:
        return b"".join(chunks(stream, compression))


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
