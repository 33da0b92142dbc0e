"""How the cost of matching grows with the number of rules.

Beyond the shipped rules there are variants of them: the same forms, but each word of four letters or
more is another of the same length that the texts do hold (in other scripts, its own letters turned
round by one). So a variant's words turn up as often as words do; nonsense would hardly cost anything.
"""

import gc
import random
import time
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import regex

from benchmarks.corpus import SEED, Vocabulary, batches, texts_of
from benchmarks.race import cpu_seconds, rotated, turned
from cleaner.detectors.rules import RulesDetector
from cleaner.edit import apply
from cleaner.matcher import matcher_for
from cleaner.normalizer import Normalizer
from cleaner.rulefiles import load_packs
from cleaner.rules.compiled import CompiledRule, compile_rule
from cleaner.rules.patterns import Patterns, Store
from cleaner.rules.spec import SHAPES, Rule, RuleFile
from cleaner.view import View

COUNTS = (100, 300, 1000, 3000)
BATCH = 250_000
#: A word of a pattern; before it, what holds letters and is none: escapes, classes, groups, counts, names.
_WORD = regex.compile(
    r"\\[pP]\{[^}]*\}|\\[gk][<{]\w+[>}]|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]"
    r"|\(\?P?[<=>]\w+[>)]|\(\?[a-zA-Z-]+[:)]|\{[^}]*\}|(?<word>\p{L}{4,})"
)


class Written(NamedTuple):
    """A rule as written, and the definitions of its file."""

    rule: Rule
    define: dict[str, str]


@dataclass
class Scales:
    """A shelf that keeps nothing and weighs what it is given."""

    bytes: int = 0

    def take(self, key: str) -> None:
        return None

    def put(self, key: str, compiled: bytes) -> None:
        self.bytes += len(compiled)


@dataclass
class Grown:
    """One rule set: how long it took to compile, how large it is, what matching costs per megabyte and round."""

    rules: int
    patterns: float
    database: float
    size: int
    cost: list[float] = field(default_factory=list)


def growth(known: Vocabulary, warm_up: Path, parts: Sequence[Path], size: int) -> list[Grown]:
    """Each rule set measured over ``size`` bytes of each part, side by side."""
    wanted = list(written_rules(max(COUNTS), known))
    store, seconds = Store(), []
    for one in wanted:
        seconds.append(_timed(lambda one=one: _compiled([one], store)))
    spent = list(accumulate(seconds))
    grown: list[Grown] = []
    detectors: dict[int, RulesDetector] = {}
    for count in COUNTS:
        rules = _compiled(wanted[:count], Store(store.pickled, store.supersets))  # each its own patterns and memory
        scales = Scales()
        start = time.process_time()
        detectors[count] = RulesDetector(matcher_for(rules, "auto", scales))
        grown.append(Grown(count, spent[count - 1], time.process_time() - start, scales.bytes))
    gc.collect()
    gc.freeze()
    _round(detectors, warm_up, size)
    costs = turned([_round(detectors, part, size) for part in parts])
    for one in grown:
        one.cost = costs[one.rules]
    return grown


def _round(detectors: dict[int, RulesDetector], part: Path, size: int) -> dict[int, float]:
    """The rules alone, on views that are ready."""
    seconds = dict.fromkeys(detectors, 0.0)
    measured = 0
    for turn, lines in enumerate(batches(part, BATCH)):
        texts = [_normal(text) for text in texts_of(lines)]
        for count in rotated(COUNTS, turn):
            views = [View(text) for text in texts]
            seconds[count] += cpu_seconds(lambda views, count=count: _match(detectors[count], views), views)
        measured += sum(map(len, lines))
        if measured >= size:
            break
    return {count: spent / measured * 1e6 for count, spent in seconds.items()}


def _match(detector: RulesDetector, views: Iterable[View]) -> None:
    for view in views:
        detector(view)


def _normal(raw: str) -> str:
    return apply(raw, Normalizer().edits(raw))


def _timed(run: Any) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def _compiled(wanted: Iterable[Written], store: Store) -> list[CompiledRule]:
    return [compile_rule(one.rule, Patterns(one.define, store)) for one in wanted]


def written_rules(count: int, known: Vocabulary) -> Iterator[Written]:
    """The shipped rules in random order, then variants of them."""
    shipped = [
        Written(rule, file.define) for file in map(_file, load_packs().files) for rule in file.rule if _loaded(rule)
    ]
    random.Random(SEED).shuffle(shipped)
    for number in range(count):
        turn, place = divmod(number, len(shipped))
        yield variant(shipped[place], turn, known) if turn else shipped[place]


def _file(path: Path) -> RuleFile:
    return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), RuleFile)


def _loaded(rule: Rule) -> bool:
    return rule.status != "retired"


def variant(one: Written, number: int, known: Vocabulary) -> Written:
    """The rule with other words in its shape."""
    rule, define = one
    table = msgspec.to_builtins(rule)
    table["id"] = f"{rule.id}-{number}"
    shape = next(name for name in SHAPES if name in table)
    table[shape] = _with_other_words(table[shape], _Words(f"{rule.id} {number}", known), Patterns(define))
    return Written(msgspec.convert(table, Rule), define)


def _with_other_words(value: Any, words: "_Words", patterns: Patterns) -> Any:
    if isinstance(value, str):
        return _WORD.sub(words, patterns.expand(value))
    if isinstance(value, list):
        return [_with_other_words(item, words, patterns) for item in value]
    if isinstance(value, dict):
        return {
            key: item if key == "feature" else _with_other_words(item, words, patterns) for key, item in value.items()
        }
    return value


class _Words:
    """Replaces words, the same one always by the same."""

    def __init__(self, seed: str, known: Vocabulary) -> None:
        self._chance = random.Random(seed)
        self._known = known
        self._chosen: dict[str, str] = {}

    def __call__(self, match: regex.Match[str]) -> str:
        word = match["word"]
        if word is None:
            return match[0]
        if word not in self._chosen:
            others = self._known.get(len(word), ()) if word.isascii() else ()
            self._chosen[word] = self._chance.choice(others) if others else word[1:] + word[0]
        return self._chosen[word]
