"""Tar archives: the texts and pages in them, read as a stream, past damaged headers."""

import re
import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from cleaner.errors import InputError
from cleaner.formats.compression import Reader
from cleaner.formats.records import MAX_PAYLOAD, Problem, Record
from cleaner.formats.sources import SINGLE

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
#: Members that only say something about the next one: a long name, say.
_ABOUT_OTHERS = {tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE} | {
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
}
_LONGEST_NAME = 1 << 20
_INVALID: Any = tarfile.InvalidHeaderError  # type: ignore[attr-defined]
_TRUNCATED: Any = tarfile.TruncatedHeaderError  # type: ignore[attr-defined]


def records(
    stream: BinaryIO, compression: str, skipped: Counter[str], *, limit: int = MAX_PAYLOAD
) -> Iterator[Record | Problem]:
    """The documents of an archive, and a problem for each that was lost.

    Ids are the names in the archive; they never become paths. ``skipped`` counts the members that are
    no documents, by reason: their ending, or what they are.
    """
    reader = Reader(stream, compression)
    place = 0
    for row, found in enumerate(_found(reader, skipped, limit), 1):
        size, place = reader.place - place, reader.place
        yield found._replace(row=row, size=size) if isinstance(found, Record) else Problem(row, found)


def _found(reader: Reader, skipped: Counter[str], limit: int) -> Iterator[Record | str]:
    headers, stream = _headers(), _Stream(reader)
    any_member, problem = False, ""
    try:
        with tarfile.open(mode="r|", fileobj=stream, tarinfo=headers, ignore_zeros=True, bufsize=1 << 16) as archive:  # type: ignore[call-overload]
            while member := archive.next():
                any_member = True
                archive.members.clear()  # it would keep them all
                yield from headers.problems()
                yield from _document(archive, member, skipped, limit)
    except (tarfile.TarError, OSError, ValueError, OverflowError) as error:
        problem = str(error)
    if any_member:
        yield from headers.problems()
    if stream.problem or problem:
        broken = "the archive breaks off" if any_member else "not a tar archive, or damaged from its beginning"
        yield f"{broken}: {stream.problem or problem}"


class _Stream:
    """Ends where the data are damaged, so that all that comes before is read, and remembers why."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.problem = ""

    def read(self, size: int) -> bytes:
        try:
            return self._reader.read(size) or b""
        except (InputError, OSError) as error:
            self.problem = str(error)
            return b""


def _document(archive: tarfile.TarFile, member: tarfile.TarInfo, skipped: Counter[str], limit: int) -> Iterator[Any]:
    if member.isdir():
        return
    if reason := _skipped(member):
        skipped[reason] += 1
        return
    name = _harmless(member.name)
    if member.size > limit:
        yield f"{name}: is {member.size:,} bytes long, and at most {limit:,} are read of a member"
        return
    file = archive.extractfile(member)
    data = file.read() if file else b""
    if len(data) < member.size:
        raise tarfile.ReadError(f"{name} breaks off after {len(data):,} of {member.size:,} bytes")
    yield Record(0, name, SINGLE[_ending(member)], data)


def _skipped(member: tarfile.TarInfo) -> str:
    """Why a member is no document."""
    if not member.isreg():
        return "link" if member.issym() or member.islnk() else "device"
    if PurePosixPath(member.name).name.startswith("."):
        return "hidden"
    ending = _ending(member)
    return "" if ending in SINGLE else ending if re.fullmatch(r"\.\w{1,10}", ending) else "no known ending"


def _ending(member: tarfile.TarInfo) -> str:
    return PurePosixPath(member.name).suffix.lower()


def _harmless(name: str) -> str:
    """The name without bytes that are no text and characters that do things to a terminal."""
    name = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return _CONTROL.sub(lambda match: f"\\x{ord(match.group()):02x}", name).removeprefix("./")


def _headers() -> Any:
    """A class that reads headers for ``tarfile``, which passes over damaged ones in silence, and remembers those."""
    wrong: list[str] = []

    class Headers(tarfile.TarInfo):
        @classmethod
        def frombuf(cls, buf: Any, encoding: str, errors: str) -> Any:
            try:
                header = super().frombuf(buf, encoding, errors)
            except (_INVALID, _TRUNCATED) as error:
                wrong.append(str(error))
                raise
            if header.size < 0 or (header.type in _ABOUT_OTHERS and header.size > _LONGEST_NAME):
                wrong.append(f"a header gives a length of {header.size:,} bytes")
                raise _INVALID(wrong[-1])
            return header

        @classmethod
        def problems(cls) -> Iterator[str]:
            """What was wrong before the member at hand, once."""
            if wrong:
                yield f"a member's header is damaged, and it is lost: {wrong[0]}"
                wrong.clear()

    return Headers
