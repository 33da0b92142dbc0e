"""What overrides mean: which of them holds for a removal, and what is only flagged because of one.

An override with fingerprints is asked when all is decided, about what would stand in the log, and can only give
back: nothing else goes or stays because of it. One without lets a rule only flag, before the resolver decides,
so that another rule that wants the same text gets it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from msgspec import UNSET

from cleaner.annotation import Proposal
from cleaner.document import Document
from cleaner.rules.spec import Override

ANY = "*"
#: What detectors call themselves in the log: overrides may name them as they name rules.
DETECTOR_IDS = frozenset(
    {
        "line-model",
        "recurring-line",
        "repeat-adjacent",
        "repeat-in-line",
        "repeat-paragraph",
        "repeat-title",
        "splice",
        "splice-absent",
        "splice-repeated",
    }
)


class Overrides(tuple[Override, ...]):
    """Overrides in the order of their files; where several hold, ``keep`` goes before ``flag``, then the first.

    >>> shy = Override(rule="ad-label", action="flag", sites=["example.org"], reason="a town is called Ad")
    >>> overrides = Overrides([shy])
    >>> overrides.of_rule("ad-label", site="news.example.org") is shy
    True
    >>> overrides.of_rule("ad-label", site="example.net") is None
    True
    """

    def __init__(self, overrides: Iterable[Override] = ()) -> None:
        self._texts: dict[tuple[str, str], list[Override]] = {}
        self._rules: dict[str, list[Override]] = {}
        for override in sorted(self, key=lambda override: override.action != "keep"):
            if override.fingerprints is UNSET:
                self._rules.setdefault(override.rule, []).append(override)
            else:
                for fingerprint in override.fingerprints:
                    self._texts.setdefault((override.rule, fingerprint), []).append(override)
        self._named = {rule for rule, _ in self._texts}
        self._scopes = {id(override): _scope(override) for override in self}

    def __reduce__(self) -> tuple[Any, ...]:
        return Overrides, (tuple(self),)

    def of_text(
        self, rule: str, fingerprint: Callable[[], str], *, site: str = "", document: str = ""
    ) -> Override | None:
        """What holds for a removal by its text; its fingerprint is asked for only where it matters."""
        if rule not in self._named and ANY not in self._named:
            return None
        known = fingerprint()
        found = [*self._texts.get((rule, known), ()), *self._texts.get((ANY, known), ())]
        return self._first(sorted(found, key=lambda override: override.action != "keep"), site, document)

    def of_rule(self, rule: str, *, site: str = "", document: str = "") -> Override | None:
        """What lets a rule only flag here."""
        return self._first([*self._rules.get(rule, ()), *self._rules.get(ANY, ())], site, document)

    def about(self, rule: str) -> list[Override]:
        """All that may hold for a rule."""
        return [override for override in self if override.rule in (rule, ANY)]

    def lowered(self, proposals: Iterable[Proposal], document: Document) -> Iterator[Proposal]:
        """The proposals, those of rules that only flag here as such."""
        for proposal in proposals:
            if self._rules and proposal.action == "remove":
                override = self.of_rule(proposal.rule, site=document.site, document=document.id)
                yield lowered(proposal, override) if override else proposal
            else:
                yield proposal

    def _first(self, overrides: Sequence[Override], site: str, document: str) -> Override | None:
        for override in overrides:
            sites, documents = self._scopes[id(override)]
            if (not documents or document in documents) and (not sites or not sites.isdisjoint(_domains(site))):
                return override
        return None


NO_OVERRIDES = Overrides()


def lowered(proposal: Proposal, override: Override) -> Proposal:
    """The proposal only flagged, and why."""
    return replace(proposal, action="flag", reason=f"{proposal.reason} (only flagged: {override.reason})")


def _scope(override: Override) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(override.sites or ()), frozenset(override.documents or ())


def _domains(site: str) -> Iterator[str]:
    """A host and those above it: a.example.org, example.org, org."""
    while site:
        yield site
        site = site.partition(".")[2]
