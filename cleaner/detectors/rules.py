"""The rules of the rule files as one detector."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from cleaner.annotation import Proposal
from cleaner.categories import Action
from cleaner.context import announced, is_sure, reserved, sure_junk
from cleaner.forms import Forms
from cleaner.matcher import Candidate, Matcher, PlainMatcher
from cleaner.measures import Measures
from cleaner.rules.scorecard import Scorecard
from cleaner.rules.spec import Near, Rule
from cleaner.span import Span
from cleaner.view import View


class RulesDetector:
    """Proposes what the compiled rules cover.

    Rules with ``near`` are asked after all others, and scorecards last: they weigh what those found.
    """

    def __init__(self, matcher: Matcher | PlainMatcher) -> None:
        self.matcher = matcher
        self._scorecards = [(rule, rule.shape) for rule in matcher.rules if isinstance(rule.shape, Scorecard)]

    def __reduce__(self) -> tuple[Any, ...]:
        return RulesDetector, (self.matcher,)

    def __call__(self, view: View) -> list[Proposal]:
        view = view.joined
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
        if self._scorecards:
            found += self._weighed(view, found)
        found = _spare_announced(view, found)
        return [proposal for proposal in found if proposal.rule not in view.timed_out] if view.timed_out else found

    def _weighed(self, view: View, found: Sequence[Proposal]) -> Iterator[Proposal]:
        page = Measures(view, sure_junk(found))
        kept = reserved(view, found)
        forms = Forms(page, ()) if view.page == "text" else None  # lists and tables of whole pages are menus
        for rule, card in self._scorecards:
            if rule.spec.when.page not in ("any", view.page):
                continue
            for place, confidence, reasons in card.scored(page):
                line = page.paragraphs[place]
                if line not in kept and not (forms and forms.authors(place)) and rule.allows(view, line):
                    reason = f"{rule.spec.description}: {', '.join(reasons)}"
                    yield replace(_proposal(rule.spec, view.span(line)), confidence=confidence, reason=reason)


def _spare_announced(view: View, found: list[Proposal]) -> list[Proposal]:
    """Leaves out what would take items of a list that a sentence of the author's announces with a colon."""
    if not (listed := announced(view, found)):
        return found
    return [p for p in found if p.action == "keep" or not listed.issuperset(_lines(view, p.span))]


def _lines(view: View, span: Span) -> range:
    return range(view.line_at(span.start), view.line_at(span.end - 1) + 1)


def _propose(candidate: Candidate, view: View) -> Iterator[Proposal]:
    for span in candidate.rule.spans(view, candidate.line, candidate.among):
        yield _proposal(candidate.rule.spec, span)


def _proposal(spec: Rule, span: Span) -> Proposal:
    return Proposal(
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
            if is_sure(proposal)
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
