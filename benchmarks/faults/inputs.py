"""Inputs of every format, made of the sentences in ``seeds/``: every document has a number and says so.

Each input is two files (trees: two folders), so that kills and full disks meet the seam between them.
"""

import gzip
import io
import json
import random
import re
import tarfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent
RULES = """
description = "Two rules, so that starting costs little"

[[rule]]
id = "ad"
category = "ad"
description = "a label"
confidence = 0.95
lines = ['advertisement']
[rule.samples]
remove = ["Advertisement"]
keep = ["An advertisement ran."]

[[rule]]
id = "newsletter"
category = "newsletter"
description = "an invitation"
confidence = 0.95
lines = ['sign up for our newsletter']
[rule.samples]
remove = ["Sign up for our newsletter"]
keep = ["They asked us to sign up for our newsletter again."]
"""
_SITE = "https://marrow-bay.example"
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_SAID = re.compile(rb"This is report number ((?:(?:%s)-?)+) of the year\." % "|".join(_DIGITS).encode())
ROWS_IN_A_GROUP = 10
#: The numbers of the stories in files that break off begin here.
CUT = 1_000_000


class Story(NamedTuple):
    number: int
    text: str

    @property
    def id(self) -> str:
        return f"story-{self.number}"

    @property
    def page(self) -> str:
        paragraphs = "".join(f"<p>{line}</p>\n" for line in self.text.splitlines() if line)
        return f"<!DOCTYPE html>\n<html><body><article>\n{paragraphs}</article></body></html>\n"

    @property
    def row(self) -> bytes:
        return json.dumps({"id": self.id, "text": self.text}).encode() + b"\n"


class Made(NamedTuple):
    """A file's bytes, and which of them each story stands in: half-open ranges by number."""

    data: bytes
    places: dict[int, tuple[int, int]]


def stories(count: int, seed: int = 1, first: int = 0) -> list[Story]:
    """So many texts, no two alike, with lines for the rules to take."""
    chance, lines = random.Random(seed), _lines()
    return [Story(number, _text(number, chance, lines)) for number in range(first, first + count)]


def _lines() -> list[str]:
    files = sorted((ROOT / "seeds").glob("*.txt"))
    return [line for path in files for line in path.read_text(encoding="utf-8").splitlines() if len(line) > 80]


def _text(number: int, chance: random.Random, lines: Sequence[str]) -> str:
    """No line stands in two texts but the two that are junk: it would recur."""
    words = in_words(number)
    body = [f"{line} So says clerk {words}." for line in chance.sample(lines, chance.randint(3, 9))]
    body.insert(chance.randint(1, 2), "Advertisement")
    first = f"This is report number {words} of the year."
    return "\n\n".join((first, *body, "Sign up for our newsletter")) + "\n"


def in_words(number: int) -> str:
    """Digits would be levelled when lines are compared."""
    return "-".join(_DIGITS[int(digit)] for digit in str(number))


def numbers_in(data: bytes) -> list[int]:
    """The numbers of the stories that stand somewhere."""
    spelled = (found.decode().split("-") for found in _SAID.findall(data))
    return [int("".join(str(_DIGITS.index(word)) for word in words)) for words in spelled]


def texts(made: Sequence[Story], folder: Path) -> None:
    for story in made:
        path = folder / f"{story.number % 7}" / f"{story.id}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(story.text, encoding="utf-8")


def pages(made: Sequence[Story], folder: Path) -> None:
    for story in made:
        path = folder / f"{story.number % 7}" / f"{story.id}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(story.page, encoding="utf-8")


def jsonl(made: Sequence[Story]) -> Made:
    return _joined((story.number, story.row) for story in made)


def jsonl_gz(made: Sequence[Story]) -> Made:
    plain = jsonl(made)
    return Made(gzip.compress(plain.data, mtime=0), plain.places)


def jsonl_zst(made: Sequence[Story]) -> Made:
    """In several frames, as parallel compressors write it."""
    import zstandard

    plain, press = jsonl(made), zstandard.ZstdCompressor(write_checksum=True)
    parts = [plain.data[place : place + 8192] for place in range(0, len(plain.data), 8192)]
    return Made(b"".join(map(press.compress, parts)), plain.places)


def parquet(made: Sequence[Story]) -> Made:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    table = pa.table({"id": [story.id for story in made], "text": [story.text for story in made]})
    pq.write_table(table, sink, row_group_size=ROWS_IN_A_GROUP, write_page_checksum=True)
    data = sink.getvalue()
    metadata = pq.read_metadata(io.BytesIO(data))
    ends = [metadata.row_group(n).column(0).dictionary_page_offset or 4 for n in range(metadata.num_row_groups)]
    ends.append(len(data) - 8 - int.from_bytes(data[-8:-4], "little"))
    groups = [(ends[n], ends[n + 1]) for n in range(metadata.num_row_groups)]
    return Made(data, {story.number: groups[place // ROWS_IN_A_GROUP] for place, story in enumerate(made)})


def warc(made: Sequence[Story]) -> Made:
    return _joined((story.number, _record(story)) for story in made)


def warc_gz(made: Sequence[Story]) -> Made:
    return _joined((story.number, gzip.compress(_record(story), mtime=0)) for story in made)


def tar(made: Sequence[Story]) -> Made:
    sink, places = io.BytesIO(), {}
    with tarfile.open(fileobj=sink, mode="w") as archive:
        for story in made:
            data, start = story.text.encode(), sink.tell()
            info = tarfile.TarInfo(f"{story.id}.txt")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
            places[story.number] = (start, sink.tell())
    return Made(sink.getvalue(), places)


def _record(story: Story) -> bytes:
    page = story.page.encode()
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page
    head = (
        "WARC/1.0\r\nWARC-Type: response\r\n"
        f"WARC-Record-ID: <{story.id}>\r\nWARC-Target-URI: {_SITE}/{story.number}\r\n"
        "WARC-Date: 2031-05-04T10:00:00Z\r\nContent-Type: application/http; msgtype=response\r\n"
        f"Content-Length: {len(http)}\r\n\r\n"
    )
    return head.encode() + http + b"\r\n\r\n"


def _joined(parts: Iterator[tuple[int, bytes]]) -> Made:
    data, places = bytearray(), {}
    for number, part in parts:
        places[number] = (len(data), len(data) + len(part))
        data += part
    return Made(bytes(data), places)


#: Formats of one file -> what makes one.
FILES: dict[str, Callable[[Sequence[Story]], Made]] = {
    "jsonl": jsonl,
    "jsonl.gz": jsonl_gz,
    "jsonl.zst": jsonl_zst,
    "parquet": parquet,
    "warc": warc,
    "warc.gz": warc_gz,
    "tar": tar,
}
TREES: dict[str, Callable[[Sequence[Story], Path], None]] = {"txt": texts, "html": pages}
FORMATS = (*TREES, *FILES)


def write(kind: str, made: Sequence[Story], folder: Path) -> None:
    """The stories as an input of this format, beside lines that are none and a file that breaks off."""
    half = len(made) // 3
    for name, part in (("first", made[:half]), ("second", made[half:])):
        if kind in TREES:
            TREES[kind](part, folder / name)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.{kind}").write_bytes(FILES[kind](part).data)
    (folder / "bad.jsonl").write_bytes(b'{"id": 1}\n{broken\n' + made[0].row.replace(b"number", b"nr.", 1))
    if kind in FILES:
        more = stories(12, seed=2, first=CUT)
        data = FILES[kind](more).data
        (folder / f"cut.{kind}").write_bytes(data[: len(data) * 2 // 3])
