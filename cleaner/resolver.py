"""Decides: turns overlapping proposals into disjoint removals, the same ones in whatever order they come.

Wider proposals win, because a block is judged whole; then precedence, confidence, position and id.
What a keep rule covers stays, whole lines of it. Weak evidence never empties a document.
"""

from bisect import insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import regex

from cleaner.annotation import Proposal
from cleaner.categories import Action
from cleaner.span import Span, merge, subtract, touching, trimmed

#: Below this, a removal may not take the last words of a document.
STRONG = 0.9
_WORD = regex.compile(r"\w")

Policy = Callable[[Proposal], Action]


@dataclass(frozen=True)
class Resolved:
    """A span of the text, the proposal that won it, and the rules that wanted it too."""

    span: Span
    proposal: Proposal
    also: tuple[str, ...] = ()


@dataclass
class Resolution:
    """What goes and what is only flagged; both sorted, what goes also disjoint."""

    removed: list[Resolved] = field(default_factory=list)
    flagged: list[Resolved] = field(default_factory=list)


def resolve(text: str, proposals: Iterable[Proposal], policy: Policy) -> Resolution:
    """Every proposal is removed, flagged, or gives way to a wider one or a keep rule."""
    by_action: dict[Action, list[Proposal]] = {"remove": [], "flag": [], "keep": []}
    for proposal in proposals:
        by_action[policy(proposal)].append(proposal)
    protected = merge(_whole_lines(text, proposal.span) for proposal in by_action["keep"] if proposal.action == "keep")
    removed = _disjoint(text, by_action["remove"], protected)
    removed, spared = _spare(text, removed)
    gone = [resolved.span for resolved in removed]
    flagged = [Resolved(proposal.span, proposal) for proposal in sorted(by_action["flag"], key=_rank)]
    flagged = [r for r in flagged if not any(s.holds(r.span) for s in touching(gone, r.span))]
    return Resolution(removed, sorted([*flagged, *spared], key=lambda r: (r.span, _rank(r.proposal), r.also)))


def _rank(proposal: Proposal) -> tuple:
    return (
        -len(range(*proposal.span)),
        -proposal.precedence,
        -proposal.confidence,
        proposal.span,
        proposal.rule,
        proposal.category,
        proposal.reason,
        proposal.action,
    )


def _disjoint(text: str, proposals: Sequence[Proposal], protected: Sequence[Span]) -> list[Resolved]:
    taken: list[Span] = []
    winners: dict[Span, Proposal] = {}
    also: dict[Span, set[str]] = {}
    for proposal in sorted(proposals, key=_rank):
        for free in subtract(proposal.span, touching(protected, proposal.span)):
            rivals = [span for span in touching(taken, free) if span.overlaps(free)]
            for span in rivals:
                also[span].add(proposal.rule)
            for piece in subtract(free, rivals):
                if won := trimmed(text, piece):
                    insort(taken, won)
                    winners[won], also[won] = proposal, set()
    return [Resolved(span, winners[span], tuple(sorted(also[span] - {winners[span].rule}))) for span in taken]


def _spare(text: str, removed: list[Resolved]) -> tuple[list[Resolved], list[Resolved]]:
    """Splits off the weak removals if all removals together would leave no word."""
    weak = [resolved for resolved in removed if resolved.proposal.confidence < STRONG]
    if not weak or any(_WORD.search(text, *span) for span in _rest(text, removed)):
        return removed, []
    strong = [resolved for resolved in removed if resolved.proposal.confidence >= STRONG]
    return strong, [
        replace(r, proposal=replace(r.proposal, reason=f"{r.proposal.reason} (kept: nothing else would be left)"))
        for r in weak
    ]


def _rest(text: str, removed: Sequence[Resolved]) -> Iterable[Span]:
    return subtract(Span(0, len(text)), [resolved.span for resolved in removed])


def _whole_lines(text: str, span: Span) -> Span:
    end = text.find("\n", max(span.start, span.end - 1))
    return Span(text.rfind("\n", 0, span.start) + 1, len(text) if end < 0 else end)
