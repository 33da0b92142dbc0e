"""Finds the lines at which rules may have something to say.

This is the plain matcher: it asks every rule's anchor of every line. It defines the meaning of a
rule; any faster matcher must lead to the same removals.
"""

from collections.abc import Iterator, Sequence

from cleaner.rules.compiled import CompiledRule
from cleaner.rules.shapes import fits
from cleaner.view import View


class PlainMatcher:
    """Tries each anchor on each filled line that is not too wide for the rule."""

    def __init__(self, rules: Sequence[CompiledRule]) -> None:
        self.rules = rules

    def candidates(self, view: View) -> Iterator[tuple[CompiledRule, int]]:
        """Each rule with the numbers of the lines where its anchor is found."""
        lines = [(number, view.lines[number]) for number in view.filled]
        for rule in self.rules:
            anchor, widest, anchored = rule.shape.anchor, rule.spec.when.max_chars, rule.shape.anchored
            for number, line in lines:
                if len(line) <= widest and (fits(anchor, view, number) if anchored else anchor.search(line)):
                    yield rule, number
