"""From raw text to clean article and removals: the whole path for one document.

    raw ─> normalize ─> view ─> detectors ─> proposals ─> resolver ─> cut ─> article
                         └────────── again, until nothing more goes ──┘
                             then ─> last detectors ─> … and again

The loop is what makes a second cleaning quiet: what a cut brings to the edge of the text, or side
by side, is looked at again.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

from cleaner.annotation import Proposal, Removal
from cleaner.cut import cut
from cleaner.detectors import Detector, Weigher
from cleaner.detectors.registry import detectors_for, last_detectors, weighers_for
from cleaner.document import Document
from cleaner.edit import Edit, Track, Undo, apply, beyond, undo
from cleaner.fingerprint import fingerprint
from cleaner.lines.model import THOROUGHNESS, checked_level
from cleaner.matcher import matcher_for
from cleaner.normalizer import Normalizer, line_of
from cleaner.policy import Policy
from cleaner.recurrence import RecurrenceTable
from cleaner.resolver import Resolved, resolve
from cleaner.rulefiles import Packs, load_packs
from cleaner.rulefiles.cache import DISK_SHELF
from cleaner.rules.overrides import NO_OVERRIDES, Overrides, lowered
from cleaner.scanner import Choice
from cleaner.span import Span, subtract, touching, trimmed
from cleaner.survey import Survey
from cleaner.view import View
from cleaner.windows import asked, proposed

#: Texts settle in two passes, rarely three. The bound only guards against a rule set that never does.
MAX_PASSES = 10


@dataclass(frozen=True)
class Cleaned:
    """A clean article, and everything needed to explain and undo it.

    ``removals`` are sorted and, those with action ``removed``, disjoint; their offsets are code
    points of the raw text. ``edits`` are the normalizer's, outside of what was removed. ``timed_out``
    names the rules that took too long on this text and so had no say in it.
    """

    document: Document
    text: str
    removals: tuple[Removal, ...] = ()
    edits: tuple[Edit, ...] = ()
    timed_out: tuple[str, ...] = ()

    @property
    def removed(self) -> list[Removal]:
        return [removal for removal in self.removals if removal.action == "removed"]

    def restore(self) -> str:
        """The raw text, rebuilt from the article, the removals and the edits alone."""
        raw = self.document.raw
        undos = [Undo(edit.start, raw[edit.start : edit.end], len(edit.text)) for edit in self.edits]
        undos += [Undo(removal.span.start, removal.text, 0) for removal in self.removed]
        return undo(self.text, sorted(undos))


@dataclass(frozen=True)
class Cleaner:
    """Cleans one text after another. It holds no state between texts.

    One cleaner serves any number of threads at once, and the processes forked from this one. Pickled it is small:
    the other end reads the same rule files again, and what was compiled of them from the disk.

    The ``last`` detectors are asked when the others find no more: they judge the story, clean of other junk.

    >>> cleaner = Cleaner.from_packs()
    >>> cleaned = cleaner.clean("The dam held.\\n\\nAdvertisement\\n\\nNobody was hurt, the mayor said.")
    >>> print(cleaned.text)
    The dam held.
    <BLANKLINE>
    Nobody was hurt, the mayor said.
    >>> for removal in cleaned.removals:
    ...     print(removal.line, removal.category, removal.rule, repr(removal.text))
    3 ad ad-label 'Advertisement'
    """

    detectors: Sequence[Detector]
    last: Sequence[Detector] = ()
    policy: Policy = field(default_factory=Policy)
    normalizer: Normalizer = field(default_factory=Normalizer)
    overrides: Overrides = NO_OVERRIDES
    weighers: Sequence[Weigher] = ()

    @classmethod
    def from_packs(
        cls,
        paths: Iterable[str | Path] = (),
        *,
        only: bool = False,
        policy: Policy | None = None,
        normalizer: Normalizer | None = None,
        matcher: Choice = "auto",
        thoroughness: float | None = THOROUGHNESS,
    ) -> "Cleaner":
        """A cleaner with the shipped rule packs and those at ``paths``, or with ``only`` the latter.

        ``matcher`` says what finds the lines that rules look at; it changes speed alone. ``thoroughness``, one of
        ``cleaner.lines.model.LEVELS``, says how far the model of lines goes; with None, or ``only``, it rests.
        Raises ``RuleFileError`` for a rule file that cannot be used, ``ConfigError`` for another thoroughness.
        """
        level = checked_level(thoroughness)
        packs = load_packs(paths, only=only)
        thoroughness = None if only else level
        return cls.of(packs, policy=policy, normalizer=normalizer, matcher=matcher, thoroughness=thoroughness)

    @classmethod
    def of(
        cls,
        packs: Packs,
        *,
        policy: Policy | None = None,
        normalizer: Normalizer | None = None,
        matcher: Choice = "auto",
        survey: Survey | None = None,
        recurrences: RecurrenceTable | None = None,
        thoroughness: float | None = THOROUGHNESS,
    ) -> "Cleaner":
        """A cleaner with rule packs that are loaded already.

        ``survey`` and ``recurrences`` tell of the batch a text comes from.
        """
        found = matcher_for(packs.rules, matcher, DISK_SHELF)
        detectors = detectors_for(found, recurrences)
        last, weighers = last_detectors(survey), weighers_for(thoroughness)
        return cls(detectors, last, policy or Policy(), normalizer or Normalizer(), packs.overrides, weighers)

    def clean(self, text: str, url: str | None = None) -> Cleaned:
        """The article in ``text`` and what was removed from it; ``url`` lets site rules speak.

        Raises ``TypeError`` for what is no ``str``.
        """
        return self.clean_document(Document(text, url=url))

    def clean_document(self, document: Document) -> Cleaned:
        _check(document)
        raw = document.raw
        edits: list[Edit] = self.normalizer.edits(raw, keep_indent=document.markdown)
        normal = edits
        removed: list[_Found] = []
        flagged: list[_Found] = []
        view: View | None = None
        for _ in range(MAX_PASSES):
            text, track = apply(raw, edits), Track(edits)
            view = View(text, document, view)
            proposals = _snapped(self._allowed(proposed(self.detectors, self.weighers, view, track), document), track)
            resolution = resolve(text, proposals, self.policy)
            if not resolution.removed and (more := _snapped(self._allowed(asked(self.last, view), document), track)):
                resolution = resolve(text, [*proposals, *more], self.policy)
            flagged = [_Found(track.raw_span(r.span), r) for r in resolution.flagged]
            if not resolution.removed:
                break
            removed += _new_parts(raw, removed, resolution.removed, track)
            edits = cut(raw, text, edits, [r.span for r in resolution.removed])
        else:
            text = apply(raw, edits)
        timed_out = tuple(sorted(view.timed_out)) if view else ()
        if self.overrides and (spared := _spared(document, removed, self.overrides)):
            removed = [found for found in removed if found.span not in spared]
            text, edits = _without(raw, normal, removed)
            flagged += [found for found in spared.values() if found.resolved.proposal.action == "flag"]
        return _cleaned(document, text, edits, removed, flagged, timed_out)

    def _allowed(self, proposals: Iterable[Proposal], document: Document) -> Iterable[Proposal]:
        """The proposals, where overrides let a rule only flag as such."""
        return self.overrides.lowered(proposals, document) if self.overrides else proposals


def _check(document: Document) -> None:
    raw, url = document.raw, document.url
    if not isinstance(raw, str):
        hint = "; decode it first, for instance with .decode('utf-8')" if isinstance(raw, bytes | bytearray) else ""
        raise TypeError(f"the text to clean is {_kind(raw)}; accepted is a str{hint}")
    if not isinstance(url, str | None):
        raise TypeError(f"the url of the text is {_kind(url)}; accepted is a str or None")


def _kind(found: object) -> str:
    return "None" if found is None else f"of type {type(found).__name__}"


@dataclass(frozen=True)
class _Found:
    """A resolved proposal with its span in the raw text."""

    span: Span
    resolved: Resolved


def _snapped(proposals: Iterable[Proposal], track: Track) -> list[Proposal]:
    """The proposals with spans that begin and end outside of what one edit made."""
    spans = ((proposal, track.snap(proposal.span)) for proposal in proposals)
    return [p if span == p.span else replace(p, span=span) for p, span in spans if span.end > span.start]


def _new_parts(raw: str, before: Sequence[_Found], resolved: Sequence[Resolved], track: Track) -> list[_Found]:
    """The raw spans of what goes now, without what went in an earlier pass."""
    gone = sorted(found.span for found in before)
    spans = ((track.raw_span(one.span), one) for one in resolved)
    parts = ((trimmed(raw, part), one) for span, one in spans for part in subtract(span, touching(gone, span)))
    return [_Found(part, one) for part, one in parts if part]


def _spared(document: Document, removed: Iterable[_Found], overrides: Overrides) -> dict[Span, _Found]:
    """What an override gives back, by its span. It is asked about what would stand in the log."""
    spared: dict[Span, _Found] = {}
    for found in removed:
        text = partial(_fingerprint, document.raw, found.span)
        proposal = found.resolved.proposal
        if override := overrides.of_text(proposal.rule, text, site=document.site, document=document.id):
            kept = proposal if override.action == "keep" else lowered(proposal, override)
            spared[found.span] = _Found(found.span, replace(found.resolved, proposal=kept))
    return spared


def _without(raw: str, edits: Sequence[Edit], removed: Iterable[_Found]) -> tuple[str, list[Edit]]:
    """The text without what is ``removed``, all of it cut at once from what ``edits`` make, and the edits for it."""
    text, track = apply(raw, edits), Track(edits)
    edits = cut(raw, text, edits, [_edited(track, found.span, len(text)) for found in removed])
    return apply(raw, edits), edits


def _edited(track: Track, span: Span, length: int) -> Span:
    """Where what stands at ``span`` in the raw text is in the edited one."""
    places = range(length)
    start = bisect_right(places, span.start, key=lambda place: track.raw_end(place + 1))
    return Span(start, bisect_left(places, span.end, lo=start, key=track.raw_start))


def _fingerprint(raw: str, span: Span) -> str:
    return fingerprint(raw[span.start : span.end])


def _cleaned(
    document: Document,
    text: str,
    edits: Sequence[Edit],
    removed: Sequence[_Found],
    flagged: Sequence[_Found],
    timed_out: tuple[str, ...],
) -> Cleaned:
    if not removed and not flagged:
        return Cleaned(document, text, (), tuple(edits), timed_out)
    number = line_of(document.raw)
    removals = [_removal(document.raw, found, "removed", number) for found in removed]
    removals += [_removal(document.raw, found, "flagged", number) for found in flagged]
    removals.sort(key=lambda removal: (removal.span, removal.action, removal.rule))
    rest = beyond(edits, sorted(found.span for found in removed))
    return Cleaned(document, text, tuple(removals), tuple(rest), timed_out)


def _removal(raw: str, found: _Found, action: Literal["removed", "flagged"], number: Callable[[int], int]) -> Removal:
    proposal = found.resolved.proposal
    start, end = found.span
    return Removal(
        span=found.span,
        line=number(start),
        category=proposal.category,
        rule=proposal.rule,
        action=action,
        confidence=proposal.confidence,
        reason=proposal.reason,
        text=raw[start:end],
        also=found.resolved.also,
    )
