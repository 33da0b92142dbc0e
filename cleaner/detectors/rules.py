"""The rules of the rule files as one detector."""

from collections.abc import Iterator, Sequence

from cleaner.annotation import Proposal
from cleaner.categories import Action
from cleaner.matcher import Candidate, Matcher, PlainMatcher
from cleaner.rules.spec import Near, Rule
from cleaner.span import Span
from cleaner.view import View

#: A proposal this sure, of a rule that removes, is junk that ``near`` may lean on.
SURE = 0.8


class RulesDetector:
    """Proposes what the compiled rules cover; rules with ``near`` are asked after all others."""

    def __init__(self, matcher: Matcher | PlainMatcher) -> None:
        self.matcher = matcher

    def __call__(self, view: View) -> list[Proposal]:
        found: list[Proposal] = []
        leaning: list[Candidate] = []
        for candidate in self.matcher.candidates(view):
            if candidate.rule.near:
                leaning.append(candidate)
            else:
                found += _propose(candidate, view)
        if found and leaning:
            sure = _Neighbourhood(view, found)
            for candidate in leaning:
                if candidate.rule.near and sure.has(candidate.rule.near, candidate.line):
                    found += _propose(candidate, view)
        return [proposal for proposal in found if proposal.rule not in view.timed_out] if view.timed_out else found


def _propose(candidate: Candidate, view: View) -> Iterator[Proposal]:
    spec = candidate.rule.spec
    for span in candidate.rule.spans(view, candidate.line, candidate.among):
        yield Proposal(
            span, spec.id, spec.category or "other", spec.confidence, spec.description, _action(spec), spec.precedence
        )


def _action(spec: Rule) -> Action:
    if spec.action == "keep":
        return "keep"
    return "flag" if spec.status == "experimental" else "remove"


class _Neighbourhood:
    """The filled lines that sure proposals cover, asked for what is near a line."""

    def __init__(self, view: View, proposals: Sequence[Proposal]) -> None:
        self._rank = {number: rank for rank, number in enumerate(view.filled)}
        self._sure = [
            (self._rank[first], self._rank[last], proposal)
            for proposal in proposals
            if proposal.action == "remove" and proposal.confidence >= SURE
            for first, last in [_filled_ends(view, proposal.span)]
        ]
        self._around: dict[int, set[int]] = {}

    def has(self, near: Near, number: int) -> bool:
        if (around := self._around.get(id(near))) is None:
            around = self._around[id(near)] = self._ranks_around(near)
        return self._rank[number] in around

    def _ranks_around(self, near: Near) -> set[int]:
        """The ranks of all lines just above and below what ``near`` asks for."""
        ranks: set[int] = set()
        for first, last, proposal in self._sure:
            if near.categories and proposal.category not in near.categories:
                continue
            if near.rules and proposal.rule not in near.rules:
                continue
            ranks.update(range(first - near.lines, first), range(last + 1, last + 1 + near.lines))
        return ranks


def _filled_ends(view: View, span: Span) -> tuple[int, int]:
    return view.line_at(span.start), view.line_at(span.end - 1)
