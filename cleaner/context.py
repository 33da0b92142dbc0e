"""What is known of a page when lines are weighed: which are junk for sure, which nobody but a rule may take."""

from collections.abc import Iterable
from itertools import takewhile

from cleaner.annotation import Proposal
from cleaner.span import Span
from cleaner.view import View

#: A line of so many characters that ends with a colon is a sentence of the author's, and what stands
#: right below in shorter lines is its list.
ANNOUNCING, ITEM = 40, 80
#: A proposal this sure, of a rule that removes, is junk that others may lean on.
SURE = 0.8
_RESERVED = frozenset({"credit", "timestamp", "caption", "embed"})


def is_sure(proposal: Proposal) -> bool:
    return proposal.action == "remove" and proposal.confidence >= SURE


def sure_junk(proposals: Iterable[Proposal]) -> list[tuple[Span, str]]:
    """What may be counted on as junk when other lines are weighed: spans and their categories."""
    return [(proposal.span, proposal.category) for proposal in proposals if is_sure(proposal)]


def reserved(view: View, proposals: Iterable[Proposal]) -> set[int]:
    """The lines that a rule knows for what only the strict profile takes: bylines, dates, credits, embeds."""
    return {
        view.line_at(proposal.span.start)
        for proposal in proposals
        if proposal.category in _RESERVED and proposal.span and not is_sure(proposal)
    }


def announced(view: View, proposals: Iterable[Proposal]) -> set[int]:
    """The lines of lists that a sentence of the author's announces with a colon."""
    if ":\n" not in view.text:
        return set()
    junk = {view.line_at(proposal.span.start) for proposal in proposals if is_sure(proposal)}
    listed: set[int] = set()
    for number, line in enumerate(view.lines):
        if len(line) >= ANNOUNCING and line.endswith(":") and number not in junk:
            first = number + 2 if view.lines[number + 1 : number + 2] == [""] else number + 1
            listed.update(takewhile(lambda item: 0 < len(view.lines[item]) < ITEM, range(first, len(view.lines))))
    return listed
