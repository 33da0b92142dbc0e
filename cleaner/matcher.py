"""Finds the lines at which rules may have something to say.

A *candidate* is a rule and a line at which its anchor may be found; the rule itself then decides.
The plain matcher asks every rule at every line and so defines what rules mean. The other one scans
the text once for what the rules' patterns cannot do without: the same removals at a fraction of the
cost, whatever the number of rules.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from cleaner.collector import at_rest
from cleaner.rules.compiled import CompiledRule
from cleaner.rules.patterns import Pattern
from cleaner.scanner import Choice, Scanner, Shelf
from cleaner.view import SHORT, View

#: So many lines are remembered.
_MOST_KNOWN = 20_000


class Candidate(NamedTuple):
    """A rule to ask at a line, and which of its anchors may match; none named, any may."""

    rule: CompiledRule
    line: int
    among: Sequence[Pattern] = ()


#: Rules with those of their anchors that may match some line.
_Rules = dict[CompiledRule, list[Pattern]]
#: For each expression the rules and anchors that it stands for.
_Asked = list[list[tuple[CompiledRule, Pattern]]]


@dataclass(frozen=True)
class NoShelf:
    """Keeps nothing."""

    def take(self, key: str) -> None:
        return None

    def put(self, key: str, compiled: bytes) -> None:
        return None


NO_SHELF = NoShelf()


class PlainMatcher:
    """Every rule at every line."""

    name = "plain"

    def __init__(self, rules: Sequence[CompiledRule]) -> None:
        self.rules = rules

    def candidates(self, view: View) -> Iterable[Candidate]:
        return (Candidate(rule, number) for rule in self.rules for number in view.filled)

    possible = candidates


class Matcher:
    """The rules whose supersets are found in a line, or which have none.

    What may match a line is a fact about the line alone; so it is remembered, for short lines from
    text to text: the same junk stands in many.

    Any number of threads may ask at once: what one remembers is as true for the others.
    """

    def __init__(
        self,
        rules: Sequence[CompiledRule],
        scanner: Scanner,
        heads: _Asked,
        texts: _Asked,
        made_with: tuple[Choice, Shelf],
    ) -> None:
        self.rules = rules
        self._made_with = made_with
        self.name = scanner.name
        self._always = [
            (rule, anchor)
            for rule in rules
            for anchor, superset in zip(rule.shape.anchors, rule.supersets, strict=True)
            if superset is None
        ]
        self._scanner = scanner
        self._heads = heads
        self._texts = texts
        self._known: dict[str, _Rules] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled, a matcher is its rules: what engines compile is taken from the shelf at the other end."""
        return _match_again, (self.rules, *self._made_with)

    def candidates(self, view: View) -> Iterable[Candidate]:
        """The candidates; each rule comes once for a line."""
        if len(self._known) > _MOST_KNOWN:
            self._known = {}
        known, lines = self._known, view.lines
        own: dict[str, _Rules] = view.memo.setdefault(self, {})
        unknown = [number for number in view.filled if lines[number] not in known and lines[number] not in own]
        if unknown:
            self._find_out(view, unknown, known, own)
        for number in view.filled:
            line = lines[number]
            for rule, among in (known[line] if line in known else own[line]).items():
                yield Candidate(rule, number, among)

    def possible(self, view: View) -> Iterable[Candidate]:
        """What the scan alone does not rule out."""
        for number, rules in self._possible(view, view.filled).items():
            for rule, among in rules.items():
                yield Candidate(rule, number, among)

    def _possible(self, view: View, numbers: Sequence[int]) -> dict[int, _Rules]:
        found: dict[int, _Rules] = {number: {} for number in numbers}
        for number in numbers if self._always else ():
            _note(self._always, len(view.lines[number]), found[number])
        numbers, lines = _forms(view, numbers)
        for hits, asked in zip(self._scanner.hits(lines), (self._heads, self._texts), strict=True):
            for expression, place in hits:
                number = numbers[place]
                _note(asked[expression], len(view.lines[number]), found[number])
        return found

    def _find_out(self, view: View, numbers: Sequence[int], known: dict[str, _Rules], own: dict[str, _Rules]) -> None:
        """Remembers what may match these lines; where that depends on nothing else, what does."""
        for number, rules in self._possible(view, numbers).items():
            line = view.lines[number]
            short = len(line) <= SHORT
            (known if short else own)[line] = {
                rule: among
                for rule, among in rules.items()
                if rule.near
                or (rule.conditions and not short)
                or rule.found(view, number, among)
                or rule.id in view.timed_out  # nothing is known of it
            }


def _note(asked: Iterable[tuple[CompiledRule, Pattern]], length: int, rules: _Rules) -> None:
    for rule, anchor in asked:
        if rule.shortest <= length <= rule.longest:
            if rule not in rules:
                rules[rule] = [anchor]
            elif anchor not in rules[rule]:
                rules[rule].append(anchor)


def _forms(view: View, numbers: Sequence[int]) -> tuple[list[int], list[str]]:
    """The lines of these numbers; those that begin with decoration once more without it."""
    lines = [view.lines[number] for number in numbers]
    decorated = [
        number for number, line in zip(numbers, lines, strict=True) if not (line[0].isascii() and line[0].isalnum())
    ]
    bare = [(number, view.bare(number)) for number in decorated]
    bare = [(number, line) for number, line in bare if line and line != view.lines[number]]
    return [*numbers, *(number for number, _ in bare)], [*lines, *(line for _, line in bare)]


@at_rest()
def matcher_for(
    rules: Sequence[CompiledRule], wanted: Choice = "auto", shelf: Shelf | None = None
) -> Matcher | PlainMatcher:
    """The fastest matcher that this machine has an engine for, or the one wanted."""
    heads: dict[bytes, list[tuple[CompiledRule, Pattern]]] = {}
    texts: dict[bytes, list[tuple[CompiledRule, Pattern]]] = {}
    for rule in rules:
        for anchor, superset in zip(rule.shape.anchors, rule.supersets, strict=True):
            for part in superset or ():
                (heads if part.head else texts).setdefault(part.pattern, []).append((rule, anchor))
    shelf = shelf or NO_SHELF
    scanner = Scanner.open(heads, texts, wanted, shelf)
    if scanner is None:
        return PlainMatcher(rules)
    return Matcher(rules, scanner, list(heads.values()), list(texts.values()), (wanted, shelf))


@lru_cache(maxsize=4)  # a pool pickles what it calls once for each task
def _match_again(rules: Sequence[CompiledRule], wanted: Choice, shelf: Shelf) -> Matcher | PlainMatcher:
    return matcher_for(rules, wanted, shelf)
