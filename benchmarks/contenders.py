"""Who runs: each takes lines of JSON and makes lines of JSON of them, all in memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import msgspec

from cleaner.detectors.registry import detectors_for, last_detectors, weighers_for
from cleaner.detectors.repeats import propose_repeats
from cleaner.detectors.rules import RulesDetector
from cleaner.formats.read import Item
from cleaner.formats.sources import Source
from cleaner.lines.model import THOROUGHNESS
from cleaner.matcher import Matcher, PlainMatcher, matcher_for
from cleaner.pipeline import Cleaner
from cleaner.rulefiles import Packs, load_packs
from cleaner.rulefiles.cache import DiskShelf
from cleaner.scanner import Choice
from cleaner.work import Settings, Task, Worker

Run = Callable[[Sequence[bytes]], int]


class Contender(NamedTuple):
    """``run`` returns the bytes it made. The slow ones are given a ``sample`` of the documents only."""

    key: str
    name: str
    run: Run
    sample: bool = False


@dataclass(frozen=True)
class Given(Settings):
    """Settings whose cleaner is made already."""

    made: Cleaner = field(default_factory=lambda: Cleaner(()))

    def cleaner(self, packs: Packs | None = None) -> Cleaner:
        return self.made


class Job:
    """What a worker of ``cleaner clean`` does, on lines in memory; counts texts, and notes what failed."""

    def __init__(self, cleaner: Cleaner) -> None:
        self._worker = Worker(Given(made=cleaner))
        self._source = Source("corpus.jsonl", Path("corpus.jsonl"), "jsonl", "")
        self.documents = self.touched = 0
        self.failures: list[str] = []

    def __call__(self, lines: Sequence[bytes]) -> int:
        items = [Item(self._source, row, line) for row, line in enumerate(lines, 1)]
        result = self._worker(Task(items, 0, None))
        self.failures += (error.message for error in result.errors)
        self.documents += len(lines)
        self.touched += sum(b'"removed":' in entry for entry in result.documents)
        parts = (piece.data for piece in result.pieces)
        return sum(len(b"".join(data)) for data in (parts, result.removals, result.documents))


def own() -> list[Contender]:
    """The JSON libraries, and this package in parts and whole; each with patterns and a memory of its own."""
    name = _matcher("auto").name
    slow = name != "hyperscan"
    found = [Contender("json", "JSON in and out (msgspec)", _msgspec), *_orjson()]
    found += [
        Contender("rules-plain", "rules, plain `regex`", Job(_rules("plain")), sample=True),
        Contender("rules-sample", f"rules, {name}, the same sample", Job(_rules("auto")), sample=True),
        *_re2(name),
        Contender("rules", f"rules, {name}", Job(_rules("auto")), slow),
        Contender("repeats", "rules and repeats", Job(_rules("auto", propose_repeats)), slow),
        Contender("without-lines", "the default job with `--no-line-model`", Job(_default(None)), slow),
        Contender("default", "**the default job**: rules, repeats, lines, splices", Job(_default()), slow),
    ]
    return found


def _matcher(choice: Choice) -> Matcher | PlainMatcher:
    return matcher_for(load_packs().rules, choice, DiskShelf())


def _rules(choice: Choice, *more: Callable) -> Cleaner:
    return Cleaner((RulesDetector(_matcher(choice)), *more))


def _default(thoroughness: float | None = THOROUGHNESS) -> Cleaner:
    return Cleaner(detectors_for(_matcher("auto")), last_detectors(), weighers=weighers_for(thoroughness))


def _re2(auto: str) -> list[Contender]:
    try:
        return [Contender("rules-re2", "rules, re2", Job(_rules("re2")), sample=True)] if auto != "re2" else []
    except ImportError:
        return []


def _msgspec(lines: Sequence[bytes]) -> int:
    return sum(len(msgspec.json.encode(msgspec.json.decode(line))) for line in lines)


def _orjson() -> list[Contender]:
    try:
        import orjson
    except ImportError:
        return []
    return [
        Contender(
            "orjson",
            "JSON in and out (orjson)",
            lambda lines: sum(len(orjson.dumps(orjson.loads(line))) for line in lines),
        )
    ]
