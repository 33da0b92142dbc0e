"""Finds the lines at which rules may have something to say.

A *candidate* is a rule and a line at which its anchor may be found; the rule itself then decides.
The plain matcher asks every rule at every line and so defines what rules mean. The other one asks
only those rules that a line's beginning, or a word in the text, does not rule out: the same
removals at a fraction of the cost.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from cleaner.rules.compiled import CompiledRule
from cleaner.rules.hints import LENGTH, STRANGE_CASE, fold
from cleaner.view import View

Candidate = tuple[CompiledRule, int]


class PlainMatcher:
    """Every rule at every line."""

    def __init__(self, rules: Sequence[CompiledRule]) -> None:
        self.rules = rules

    def candidates(self, view: View) -> Iterator[Candidate]:
        return ((rule, number) for rule in self.rules for number in view.filled)


class Matcher:
    """The rules that the beginning of a line, or the words of the text, do not rule out."""

    def __init__(self, rules: Sequence[CompiledRule]) -> None:
        self.rules = rules
        self._beginning: dict[str, list[CompiledRule]] = defaultdict(list)
        self._holding: list[tuple[CompiledRule, frozenset[str]]] = []
        for rule in rules:
            found = rule.hints
            if found is None or found.needles:
                self._holding.append((rule, found.needles if found else frozenset()))
            for start in found.beginnings if found else ():
                self._beginning[start].append(rule)

    def candidates(self, view: View) -> Iterator[Candidate]:
        """The candidates; one may come twice."""
        yield from self._by_words(view)
        for number in view.filled:
            line = view.lines[number]
            keys = _keys(line)
            if not (line[0].isascii() and line[0].isalnum()):  # only decoration makes the bare line begin otherwise
                keys += _keys(view.bare(number))
            for key in dict.fromkeys(keys):
                for rule in self._beginning.get(key, ()):
                    yield rule, number

    def _by_words(self, view: View) -> Iterator[Candidate]:
        """The rules that may begin with anything, at the lines that hold one of their words."""
        lower = "" if STRANGE_CASE.search(view.text) else view.text.lower()
        lines = lower.split("\n")
        for rule, words in self._holding:
            if not lower or not words:
                yield from ((rule, number) for number in view.filled)
                continue
            present = [word for word in words if word in lower]
            for number in view.filled if present else ():
                if any(word in lines[number] for word in present):
                    yield rule, number


def _keys(line: str) -> list[str]:
    start = fold(line[:LENGTH])
    return [start[:length] for length in range(1, len(start) + 1)]
