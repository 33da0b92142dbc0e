"""What detectors say and what the resolver decides: proposals and removals."""

from dataclasses import dataclass
from typing import Literal

from cleaner.categories import Action
from cleaner.span import Span


@dataclass(frozen=True, slots=True)
class Proposal:
    """One detector's opinion of a span of the text it was shown.

    ``action`` is the strongest thing the proposal may lead to: ``remove``; ``flag`` (shown to
    reviewers, never cut); ``keep`` (the span is protected: nothing in it may go).
    ``precedence`` decides who is named when two proposals of equal width meet; higher wins.
    """

    span: Span
    rule: str
    category: str
    confidence: float
    reason: str
    action: Action = "remove"
    precedence: int = 0


@dataclass(frozen=True, slots=True)
class Removal:
    """What became of a span of the raw text, ready for the removal log.

    ``span`` is in code points of the raw text, ``line`` counts its lines from 1, ``text`` is the
    raw text of the span to the letter, ``also`` names the other rules that wanted it.
    """

    span: Span
    line: int
    category: str
    rule: str
    action: Literal["removed", "flagged"]
    confidence: float
    reason: str
    text: str
    also: tuple[str, ...] = ()
