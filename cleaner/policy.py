"""What is done with a proposal: the profile, its threshold and the categories' actions."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cleaner.annotation import Proposal
from cleaner.categories import CATEGORIES, THRESHOLDS, Action, Profile


@dataclass(frozen=True)
class Policy:
    """Called with a proposal, says ``remove``, ``flag`` or ``keep``.

    ``actions`` overrides the profile's action for single categories.

    >>> from cleaner.span import Span
    >>> weak = Proposal(Span(0, 1), "some-rule", "ad", 0.6, "a guess")
    >>> Policy("article")(weak), Policy("strict")(weak)
    ('flag', 'remove')
    """

    profile: Profile = "article"
    actions: Mapping[str, Action] = field(default_factory=dict)

    def __call__(self, proposal: Proposal) -> Action:
        action = self.actions.get(proposal.category) or getattr(CATEGORIES[proposal.category], self.profile)
        if "keep" in (proposal.action, action):
            return "keep"
        sure = proposal.confidence >= THRESHOLDS[self.profile]
        return "remove" if sure and proposal.action == action == "remove" else "flag"
