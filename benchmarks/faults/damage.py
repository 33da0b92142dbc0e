"""Damaged copies of files of every format: one bit turned over, or broken off, at random places.

A run over all copies must end with status 0 or 1 and no traceback, and give out every document none of
whose bytes were touched. What of a file compressed as a whole counts as untouched is what stands before
the first byte that unpacks to another.
"""

import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.faults.inputs import FILES, RULES, TREES, Made, Story, stories
from benchmarks.faults.runs import Command, Process, documents, errors, verify
from benchmarks.faults.told import Told, table

_STORIES = 40
#: Kinds of damage -> where in the file: all of it, or the bytes that say what the others are.
_KINDS = ("bit anywhere", "bit in a header or footer", "broken off")


class Copy(NamedTuple):
    """A damaged file, and the stories whose bytes are whole."""

    name: str
    data: bytes
    untouched: frozenset[int]


class Row(NamedTuple):
    kind: str
    damage: str
    copies: int
    untouched: int
    came_out: int
    reported: int
    status: int
    wrong: str


def made(folder: Path, copies: int, kinds: Sequence[str], seed: int, say: Callable[[str], None]) -> Told:
    """So many copies of each format and kind of damage."""
    (folder / "rules.toml").write_text(RULES)
    rows = []
    for kind in kinds:
        for damage in _KINDS:
            say(f"{kind}: {damage}")
            chance = random.Random(f"{seed} {kind} {damage}")
            rows.append(_tried(folder / f"{kind}-{_KINDS.index(damage)}", kind, damage, copies, chance))
    wrong = [f"{row.kind}, {row.damage}: {row.wrong}" for row in rows if row.wrong]
    columns = ("format", "damage", "files", "documents untouched", "of them came out", "files in errors.jsonl")
    return Told(table((*columns, "exit status"), [row[:-1] for row in rows]), wrong)


def _tried(folder: Path, kind: str, damage: str, count: int, chance: random.Random) -> Row:
    found = list(_copies(kind, damage, count, chance))
    for copy in found:
        path = folder / "in" / copy.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(copy.data)
    out = folder / "out"
    command = Command(folder / "in", out, folder.parent / "rules.toml", ("--single-pass", "--jobs", "1"), small=False)
    done = Process(command).finish()
    if done.traceback or done.status not in (0, 1):
        return Row(kind, damage, count, 0, 0, 0, done.status, done.said[-2000:])
    cleaned = {(entry.source, entry.doc) for entry in documents(out)}
    untouched = [(copy.name, number) for copy in found for number in copy.untouched]
    missing = [(name, number) for name, number in untouched if not _there(kind, name, number, cleaned)]
    reported = {entry.source for entry in errors(out)}
    problems = [f"{len(missing)} lost, such as {missing[:3]} of {folder}"] if missing else []
    silent = [copy.name for copy in found if copy.name not in reported and not any(n == copy.name for n, _ in cleaned)]
    if silent:
        problems.append(f"no document and no error: {silent[:5]}")
    problems += (f"verify: {wrong}" for wrong in verify(out, folder / "in")[:3])
    named = len(reported & {copy.name for copy in found})
    wrong = "; ".join(problems)
    return Row(kind, damage, count, len(untouched), len(untouched) - len(missing), named, done.status, wrong)


def _there(kind: str, name: str, number: int, cleaned: set[tuple[str, str]]) -> bool:
    ends = {"": f"story-{number}", "tar": f"story-{number}.txt"}
    return (name, ends.get(kind, ends[""])) in cleaned


def _copies(kind: str, damage: str, count: int, chance: random.Random) -> Iterator[Copy]:
    texts = stories(_STORIES, seed=3)
    for number in range(count):
        story = texts[number % len(texts)]
        sound = _single(kind, story) if kind in TREES else FILES[kind](texts)
        place = _place(kind, damage, sound, chance)
        if damage == "broken off":
            data = sound.data[:place]
        else:
            data = bytearray(sound.data)
            data[place] ^= 1 << chance.randrange(8)
        yield Copy(f"{number:03}.{kind}", bytes(data), frozenset(_untouched(kind, damage, sound, bytes(data), place)))


def _single(kind: str, story: Story) -> Made:
    return Made((story.page if kind == "html" else story.text).encode(), {})


def _place(kind: str, damage: str, sound: Made, chance: random.Random) -> int:
    size = len(sound.data)
    if damage != "bit in a header or footer":
        return chance.randrange(size)
    if kind == "parquet":
        return chance.randrange(size - 8 - int.from_bytes(sound.data[-8:-4], "little"), size)
    if kind in ("warc", "warc.gz", "tar"):
        start, end = chance.choice(list(sound.places.values()))
        return chance.randrange(start, min(end, start + {"warc": 300, "warc.gz": 20, "tar": 512}[kind]))
    return chance.randrange(min(size, 30))


def _untouched(kind: str, damage: str, sound: Made, data: bytes, place: int) -> Iterator[int]:
    size = len(data) if damage == "broken off" else len(sound.data)
    if kind == "parquet" and (damage == "broken off" or place >= max(end for _, end in sound.places.values())):
        return  # without its footer a file says nothing
    if kind in ("jsonl.gz", "jsonl.zst"):
        plain = _plain(kind, sound.data)
        size = place = _common(plain, _plain(kind, data))
    for number, (start, end) in sound.places.items():
        if end <= size and not start <= place < end and not (kind == "jsonl" and place == start - 1):
            if kind in ("jsonl.gz", "jsonl.zst") and end > place:
                continue
            yield number


def _plain(kind: str, data: bytes) -> bytes:
    """What the data unpack to before the first damage."""
    if kind == "jsonl.gz":
        reader, parts = zlib.decompressobj(31), []
        try:
            for place in range(len(data)):
                parts.append(reader.decompress(data[place : place + 1]))
        except zlib.error:
            pass
        return b"".join(parts)
    import zstandard

    out, rest = b"", data
    try:
        while rest:
            frame = zstandard.ZstdDecompressor().decompressobj()
            piece = frame.decompress(rest)
            if not frame.eof:
                break
            out, rest = out + piece, frame.unused_data
    except zstandard.ZstdError:
        pass
    return out


def _common(one: bytes, other: bytes) -> int:
    """How many bytes they begin with alike."""
    for place, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return place
    return min(len(one), len(other))
