"""Finds the lines at which rules may have something to say.

A *candidate* is a rule and a line at which its anchor may be found; the rule itself then decides.
The plain matcher asks every rule at every line and so defines what rules mean. The other one scans
the text once for what the rules' patterns cannot do without: the same removals at a fraction of the
cost, whatever the number of rules.
"""

from collections.abc import Iterable, Sequence

from cleaner.rules.compiled import CompiledRule
from cleaner.scanner import Choice, Scanner, Shelf, expressions, open_engine
from cleaner.view import SHORT, View

Candidate = tuple[CompiledRule, int]
#: So many lines are remembered.
_MOST_KNOWN = 20_000
#: The rules to ask for each expression.
_Asked = list[list[CompiledRule]]


class NoShelf:
    """Keeps nothing."""

    def take(self, key: str) -> None:
        return None

    def put(self, key: str, compiled: bytes) -> None:
        return None


class PlainMatcher:
    """Every rule at every line."""

    name = "plain"

    def __init__(self, rules: Sequence[CompiledRule]) -> None:
        self._rules = rules

    def candidates(self, view: View) -> Iterable[Candidate]:
        return ((rule, number) for rule in self._rules for number in view.filled)


class Matcher:
    """The rules whose supersets are found in a line, or which have none.

    What may match a line is a fact about the line alone; so it is remembered, for short lines from
    text to text: the same junk stands in many.
    """

    def __init__(self, rules: Sequence[CompiledRule], scanner: Scanner, heads: _Asked, texts: _Asked) -> None:
        self.name = scanner.name
        self._always = tuple(rule for rule in rules if rule.superset is None)
        self._scanner = scanner
        self._heads = heads
        self._texts = texts
        self._known: dict[str, tuple[CompiledRule, ...]] = {}

    def candidates(self, view: View) -> Iterable[Candidate]:
        """The candidates; each comes once."""
        known, lines = self._known, view.lines
        own: dict[str, tuple[CompiledRule, ...]] = view.memo.setdefault(self, {})
        unknown = [number for number in view.filled if lines[number] not in known and lines[number] not in own]
        if unknown:
            self._scan(view, unknown, own)
        for number in view.filled:
            line = lines[number]
            for rule in known[line] if line in known else own[line]:
                yield rule, number

    def _scan(self, view: View, numbers: Sequence[int], own: dict[str, tuple[CompiledRule, ...]]) -> None:
        """Finds out what may match these lines."""
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        found: dict[int, set[CompiledRule]] = {number: set(self._always) for number in numbers}
        numbers, lines = _forms(view, numbers)
        for hits, asked in zip(self._scanner.hits(lines), (self._heads, self._texts), strict=True):
            for expression, place in hits:
                number = numbers[place]
                length = len(view.lines[number])
                found[number].update(r for r in asked[expression - 1] if r.shortest <= length <= r.longest)
        for number, rules in found.items():
            line = view.lines[number]
            if len(line) > SHORT:
                own[line] = tuple(rules)
            else:
                self._known[line] = tuple(rule for rule in rules if rule.near or rule.found(view, number))


def _forms(view: View, numbers: Sequence[int]) -> tuple[list[int], list[str]]:
    """The lines of these numbers; those that begin with decoration once more without it."""
    lines = [view.lines[number] for number in numbers]
    decorated = [
        number for number, line in zip(numbers, lines, strict=True) if not (line[0].isascii() and line[0].isalnum())
    ]
    bare = [(number, view.bare(number)) for number in decorated]
    bare = [(number, line) for number, line in bare if line and line != view.lines[number]]
    return [*numbers, *(number for number, _ in bare)], [*lines, *(line for _, line in bare)]


def matcher_for(
    rules: Sequence[CompiledRule], wanted: Choice = "auto", shelf: Shelf | None = None
) -> Matcher | PlainMatcher:
    """The fastest matcher that this machine has an engine for, or the one wanted."""
    heads: dict[bytes, list[CompiledRule]] = {}
    texts: dict[bytes, list[CompiledRule]] = {}
    for rule in rules:
        for part in rule.superset or ():
            (heads if part.head else texts).setdefault(part.pattern, []).append(rule)
    engines = [open_engine(expressions(patterns), wanted, shelf or NoShelf()) for patterns in (heads, texts)]
    if engines[0] is None or engines[1] is None:
        return PlainMatcher(rules)
    return Matcher(rules, Scanner(*engines), list(heads.values()), list(texts.values()))
