"""How the cost of matching grows with the number of rules.

Beyond the shipped rules there are variants of them: the same forms, but each word of four letters or
more is another. Two kinds bound what real rules would cost. *Rare words* have one letter changed, so
that texts hardly hold them. *Common words* are others of the same length that the texts do hold (in
other scripts, the word's own letters turned round by one): each rule is half found all the time.
"""

import gc
import random
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
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

SHIPPED, VARIED = (100, 300), (1000, 3000)
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


@dataclass(eq=False)
class Scales:
    """A shelf that keeps nothing and weighs what it is given."""

    held: int = 0

    def take(self, key: str) -> None:
        return None

    def put(self, key: str, compiled: bytes) -> None:
        self.held += len(compiled)


@dataclass
class Grown:
    """One rule set: how long it took to compile, how large it is, what matching costs per megabyte and round."""

    name: str
    detector: RulesDetector
    patterns: float
    database: float
    size: int
    cost: list[float] = field(default_factory=list)


#: Another word for a word.
Change = Callable[[str, random.Random], str]


def growth(known: Vocabulary, warm_up: Path, parts: Sequence[Path], size: int) -> list[Grown]:
    """Each rule set measured over ``size`` bytes of each part, side by side; the second holds 300 rules."""
    grown = [
        *_grown("", SHIPPED, _rare),
        *_grown(", rare words", VARIED, _rare),
        *_grown(", common words", VARIED, _common(known)),
    ]
    gc.collect()
    gc.freeze()
    _round(grown, warm_up, size)
    costs = turned([_round(grown, part, size) for part in parts])
    for one in grown:
        one.cost = costs[one.name]
    return grown


def _grown(kind: str, counts: Sequence[int], change: Change) -> Iterator[Grown]:
    wanted = list(written_rules(max(counts), change))
    store = Store()
    spent = list(accumulate(_seconds(partial(_compiled, [one], store)) for one in wanted))
    for count in counts:
        rules = _compiled(wanted[:count], Store(store.pickled, store.supersets))  # with a memory of their own
        scales = Scales()
        start = time.process_time()
        detector = RulesDetector(matcher_for(rules, "auto", scales))
        yield Grown(f"{count:,}{kind}", detector, spent[count - 1], time.process_time() - start, scales.held)


def _rare(word: str, chance: random.Random) -> str:
    place = chance.randrange(len(word))
    return word[:place] + chance.choice("bcdfghjklmnpqrstvwxz") + word[place + 1 :]


def _common(known: Vocabulary) -> Change:
    def change(word: str, chance: random.Random) -> str:
        others = known.get(len(word), ()) if word.isascii() else ()
        return chance.choice(others) if others else word[1:] + word[0]

    return change


def _round(grown: Sequence[Grown], part: Path, size: int) -> dict[str, float]:
    """The rules alone, on views that are ready."""
    seconds = {one.name: 0.0 for one in grown}
    measured = 0
    for turn, lines in enumerate(batches(part, BATCH)):
        texts = [_normal(text) for text in texts_of(lines)]
        for one in rotated(grown, turn):
            views = [View(text) for text in texts]
            seconds[one.name] += cpu_seconds(partial(_match, one.detector), views)
        measured += sum(map(len, lines))
        if measured >= size:
            break
    return {name: spent / measured * 1e6 for name, spent in seconds.items()}


def _match(detector: RulesDetector, views: Iterable[View]) -> None:
    for view in views:
        detector(view)


def _normal(raw: str) -> str:
    return apply(raw, Normalizer().edits(raw))


def _seconds(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def _compiled(wanted: Iterable[Written], store: Store) -> list[CompiledRule]:
    return [compile_rule(one.rule, Patterns(one.define, store)) for one in wanted]


def written_rules(count: int, change: Change) -> Iterator[Written]:
    """The shipped rules in random order, then variants of them."""
    shipped = [
        Written(rule, file.define) for file in map(_file, load_packs().files) for rule in file.rule if _loaded(rule)
    ]
    random.Random(SEED).shuffle(shipped)
    for number in range(count):
        turn, place = divmod(number, len(shipped))
        yield variant(shipped[place], turn, change) if turn else shipped[place]


def _file(path: Path) -> RuleFile:
    return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), RuleFile)


def _loaded(rule: Rule) -> bool:
    return rule.status != "retired"


def variant(one: Written, number: int, change: Change) -> Written:
    """The rule with other words in its shape."""
    rule, define = one
    table = msgspec.to_builtins(rule)
    table["id"] = f"{rule.id}-{number}"
    shape = next(name for name in SHAPES if name in table)
    table[shape] = _with_other_words(table[shape], _Words(f"{rule.id} {number}", change), Patterns(define))
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

    def __init__(self, seed: str, change: Change) -> None:
        self._chance = random.Random(seed)
        self._change = change
        self._chosen: dict[str, str] = {}

    def __call__(self, match: regex.Match[str]) -> str:
        word = match["word"]
        if word is None:
            return match[0]
        if word not in self._chosen:
            self._chosen[word] = self._change(word, self._chance)
        return self._chosen[word]
