"""What overrides would change in a run, seen from its log alone: nothing is cleaned again.

An override with fingerprints gives back exactly the removals that it fits. One that lets a rule only flag may do
less: another rule that wanted the same text may take it then.
"""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from cleaner.document import Document
from cleaner.feedback.overrides import Subject
from cleaner.removal_log import DocumentEntry, RemovalEntry
from cleaner.restore import logged
from cleaner.rules.overrides import Overrides
from cleaner.rules.spec import Override

_EXAMPLES = 3
#: How the reason goes on of what an override lets a rule only flag: see ``rules.overrides.lowered``.
_LOWERED = "(only flagged: "
_Document = tuple[str, int | None]


@dataclass
class Tally:
    """Removals counted; ``shared`` are those that other rules wanted too. Documents come one after another."""

    removals: int = 0
    chars: int = 0
    documents: int = 0
    shared: int = 0
    sites: set[str] = field(default_factory=set)
    examples: list[RemovalEntry] = field(default_factory=list)
    _last: _Document | None = None

    def add(self, entry: RemovalEntry, site: str) -> None:
        self.removals += 1
        self.chars += entry.end - entry.start
        self.shared += bool(entry.also)
        if site:
            self.sites.add(site)
        if (entry.source, entry.row) != self._last:
            self._last = entry.source, entry.row
            self.documents += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(entry)


@dataclass
class Effects:
    """What each override would change, and all together: what would stay, and what would only be flagged."""

    of: list[tuple[Override, Tally]]
    kept: Tally = field(default_factory=Tally)
    flagged: Tally = field(default_factory=Tally)
    removals: int = 0


def effects(run: Path, overrides: Iterable[Override]) -> Effects:
    """Reads the log of the run in ``run`` once. Raises ``OutputError`` for no finished run, or a damaged one."""
    asked = Overrides(overrides)
    tallies = {id(override): Tally() for override in asked}
    found = Effects([(override, tallies[id(override)]) for override in asked])
    for entry, site in _removals(run):
        found.removals += 1
        fingerprint = partial(str, entry.fingerprint)
        override = asked.of_text(entry.rule, fingerprint, site=site, document=entry.doc) or asked.of_rule(
            entry.rule, site=site, document=entry.doc
        )
        if override:
            tallies[id(override)].add(entry, site)
            (found.kept if override.action == "keep" else found.flagged).add(entry, site)
    return found


def only_flagged(run: Path, wanted: AbstractSet[Subject]) -> set[Subject]:
    """Those of ``wanted`` that the run flagged and removed nowhere: an override would have nothing to keep there.

    What is only flagged because of an override is not among them: without it, it would go.
    """
    texts = {(subject.rule, subject.fingerprint) for subject in wanted}
    flagged: set[Subject] = set()
    removed: set[Subject] = set()
    for document, cuts in logged(run) if wanted else ():
        for cut in cuts:
            if (cut.rule, cut.fingerprint) in texts:
                goes = cut.action == "removed" or _LOWERED in cut.reason
                (removed if goes else flagged).update(_subjects(cut, document) & wanted)
    return flagged - removed


def _subjects(cut: RemovalEntry, document: DocumentEntry) -> set[Subject]:
    """All that an override could name to fit a removal."""
    text = cut.rule, cut.fingerprint
    sites = _domains(Document("", url=document.url).site)
    return {Subject(*text, "group", ""), Subject(*text, "text", cut.doc), *(Subject(*text, "site", s) for s in sites)}


def _removals(run: Path) -> Iterator[tuple[RemovalEntry, str]]:
    """What was removed, with the site of its document."""
    for document, cuts in logged(run):
        removed = [cut for cut in cuts if cut.action == "removed"]
        site = Document("", url=document.url).site if removed else ""
        for cut in removed:
            yield cut, site


def _domains(site: str) -> Iterator[str]:
    """A host and those above it: an override for a site holds for its subdomains."""
    while site:
        yield site
        site = site.partition(".")[2]
