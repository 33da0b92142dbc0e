"""A corpus of any size from the texts at hand, as JSON Lines, with no document in it twice.

Where ``../shared`` is there, the texts are all genuine articles of ``splice`` (four in ten with real
junk lines) and all texts of ``bench`` (what extractors leave of real pages); else those of ``seeds/``.
They are shuffled with a fixed seed and gone through as often as the size asks for.

The matcher remembers short lines from text to text, and the texts come back: one page stands in
``bench`` as up to six extractors read it, and every page returns in the next pass. A page's first
text stands as it is. In each later one every line of four words or more has one word of four letters
or more replaced by another of the same length, taken at random from the vocabulary of the texts.
Shorter lines stay: labels and menus do come again on page after page.
"""

import gzip
import lzma
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

import msgspec

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
SEED = 1
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode

#: Lists of words by their length.
Vocabulary = dict[int, list[str]]


@dataclass(frozen=True)
class Text:
    """A text as found; ``page`` is the same for all texts of one page."""

    page: str
    url: str
    text: str
    genuine: bool


def texts() -> list[Text]:
    """All texts at hand, shuffled."""
    found = [*_splice(), *_bench()] or list(_seeds())
    random.Random(SEED).shuffle(found)
    return found


def _splice() -> Iterator[Text]:
    path = SHARED / "splice" / "dev_genuine.jsonl.xz"
    for row in _rows(path, lzma.open):
        site = re.sub(r"\W+", "-", row["src"].lower()).strip("-")
        text = "\n\n".join(line["text"] for line in row["lines"])
        yield Text(row["id"], f"https://{site}.example/{row['id']}", text, genuine=not row.get("junk"))


def _bench() -> Iterator[Text]:
    for name in ("dev", "train"):
        for row in _rows(SHARED / "bench" / f"{name}.jsonl.gz", gzip.open):
            yield Text(row["url"] or row["id"], row["url"] or "", row["raw"], genuine=False)


def _seeds() -> Iterator[Text]:
    for path in sorted((ROOT / "seeds").glob("*.txt")):
        yield Text(path.stem, f"https://{path.stem}.example/", path.read_text(encoding="utf-8"), genuine=False)


def _rows(path: Path, opened: Callable[..., IO[bytes] | Any]) -> Iterator[dict[str, Any]]:
    if path.exists():
        with opened(path, "rb") as stream:
            yield from map(_decode, stream)


@lru_cache(maxsize=1)
def vocabulary(found: tuple[Text, ...]) -> Vocabulary:
    """The words of lower-case ASCII letters that some of the texts hold twice or more."""
    words: Counter[str] = Counter()
    for text in found[:: len(found) // 500 or 1]:
        words.update(re.findall(r"(?<!\w)[a-z]{4,}(?!\w)", text.text))
    known: Vocabulary = {}
    for word in sorted(word for word, count in words.items() if count > 1):
        known.setdefault(len(word), []).append(word)
    return known


def documents(found: Sequence[Text]) -> Iterator[bytes]:
    """JSON lines without end, no text twice."""
    known = vocabulary(tuple(found))
    seen: Counter[str] = Counter()
    for turn in _for_ever():
        order = list(found)
        random.Random(SEED + turn).shuffle(order)
        for place, text in enumerate(order):
            copy, seen[text.page] = seen[text.page], seen[text.page] + 1
            content = varied(text.text, random.Random(f"{text.page} {copy}"), known) if copy else text.text
            yield _encode({"id": f"{turn}-{place}", "text": content, "url": text.url})


def _for_ever() -> Iterator[int]:
    turn = 0
    while True:
        yield turn
        turn += 1


def varied(text: str, chance: random.Random, known: Vocabulary) -> str:
    """``text`` with one word of each longer line replaced."""
    return "\n".join(_varied_line(line, chance, known) for line in text.split("\n"))


def _varied_line(line: str, chance: random.Random, known: Vocabulary) -> str:
    words = line.split(" ")
    if len(words) < 4:
        return line
    first = int(chance.random() * len(words))
    for place in (*range(first, len(words)), *range(first)):
        word = words[place]
        if len(word) >= 4 and word.isalpha() and (others := known.get(len(word))):
            words[place] = others[int(chance.random() * len(others))]
            break
    return " ".join(words)


def write(path: Path, lines: Iterator[bytes], size: int) -> int:
    """Writes lines until there are ``size`` bytes; returns how many there are."""
    written = 0
    with path.open("wb") as file:
        while written < size:
            written += file.write(next(lines) + b"\n")
    return written


def batches(path: Path, size: int) -> Iterator[list[bytes]]:
    """The lines of a file, in runs of about ``size`` bytes."""
    batch: list[bytes] = []
    held = 0
    with path.open("rb") as file:
        for line in file:
            batch.append(line.rstrip(b"\n"))
            held += len(line)
            if held >= size:
                yield batch
                batch, held = [], 0
    if batch:
        yield batch


def texts_of(lines: Iterable[bytes]) -> list[str]:
    return [_decode(line)["text"] for line in lines]
