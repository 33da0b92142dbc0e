"""From verdicts to overrides: texts that were cut wrongly stay, and rules that are surely too often wrong only flag.

A text goes by the majority of the reviewers' last verdicts; where as many say wrong as right it stays, for losing
an author's sentence is worse than leaving a line. What is right needs no override. A rule goes by a random sample of
this log alone: what reviewers choose to judge says nothing of the rest.
"""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

import msgspec
import regex

from cleaner.review.precision import of_item
from cleaner.review.sampling import CONFIDENCE, lower_bound
from cleaner.review.verdicts import KEPT, Key, Sample, Verdict, Verdicts, settled
from cleaner.review.visible import one_line
from cleaner.rules.overrides import ANY, DETECTOR_IDS
from cleaner.rules.spec import Override

#: How much of a text stands in an override, and how many names in its reason.
_TEXT, _NAMES = 80, 5
_FINGERPRINT = regex.compile("[0-9a-f]{16}")

Held = Mapping[Key, Mapping[str, Verdict]]


class Subject(NamedTuple):
    """What verdicts decide together: a text of a rule, in a document, on a site or anywhere."""

    rule: str
    fingerprint: str
    scope: str
    name: str

    @classmethod
    def of(cls, key: Key) -> "Subject":
        return cls(key.rule, key.fingerprint, key.scope, key.doc if key.scope == "text" else key.site)


class Tie(NamedTuple):
    """A text that stays although as many reviewers say right as wrong."""

    subject: Subject
    text: str
    wrong: list[str]
    right: list[str]


class Overruled(NamedTuple):
    """A text that stays on a site or everywhere, and the narrower places in which it was judged right."""

    subject: Subject
    text: str
    right: list[str]


class Measured(NamedTuple):
    """What is right of a random sample, as far as it was judged."""

    by_removals: bool
    judged: list[bool]
    name: str
    action: str
    #: How many there are in all, where none is drawn twice.
    population: int | None


@dataclass(frozen=True)
class Bounds:
    """When a rule only flags: of so many drawn and judged so few are right that its precision is surely lower."""

    precision: float = 0.95
    judged: int = 20


@dataclass
class Draft:
    """The overrides that verdicts ask for, and what to tell the person who asked."""

    overrides: list[Override] = field(default_factory=list)
    ties: list[Tie] = field(default_factory=list)
    overruled: list[Overruled] = field(default_factory=list)
    #: Rules of which most of enough verdicts say wrong, and how many do, though nobody measured them.
    unmeasured: Counter[str] = field(default_factory=Counter)
    #: Verdicts on rules that no rule file has (any more), and those that name no site or no fingerprint.
    unknown: Counter[str] = field(default_factory=Counter)
    vague: int = 0
    #: Texts that were judged wrong though they were only flagged, with their beginnings, and rules that were measured
    #: by what they only flagged: nothing goes there that could be kept.
    only_flagged: list[tuple[Subject, str]] = field(default_factory=list)
    idle: set[str] = field(default_factory=set)
    #: What the verdicts were ever on, and the rules that were measured: what stood there before gives way.
    subjects: set[Subject] = field(default_factory=set)
    measured: set[str] = field(default_factory=set)


def subjects_of(verdicts: Verdicts) -> set[Subject]:
    """What the verdicts that hold are on."""
    return {Subject.of(key) for key in verdicts.current()}


def drafted(
    verdicts: Verdicts, rules: Container[str], bounds: Bounds, log: str, flagged: Container[Subject] = frozenset()
) -> Draft:
    """What the verdicts that hold ask for; ``rules`` are the ids that may be overridden besides the detectors'.

    ``log`` is the digest of the log of removals: only samples of it measure a rule. ``flagged`` are subjects of which
    that log removed nothing: no override is made for them.
    """
    draft = Draft()
    held: dict[Key, Mapping[str, Verdict]] = {}
    for key, by_reviewer in verdicts.current().items():
        if key.rule == KEPT:
            continue
        if key.rule not in rules and key.rule not in DETECTOR_IDS:
            draft.unknown[key.rule] += 1
        elif (key.scope == "site" and not key.site) or not _FINGERPRINT.fullmatch(key.fingerprint):
            draft.vague += 1
        else:
            held[key] = by_reviewer
    measured = {
        rule: found for rule, found in _measured(verdicts, bounds, log).items() if rule in rules or rule in DETECTOR_IDS
    }
    draft.measured = set(measured)
    draft.idle = {rule for rule, found in measured.items() if found.action != "removed"}
    draft.unmeasured = _unmeasured(held, measured, bounds)
    draft.overrides += _demotions(measured, bounds)
    order: dict[str, int] = {}
    for place, verdict in enumerate(_ever(verdicts.path)):
        draft.subjects.add(Subject.of(verdict.key))
        order.setdefault(verdict.id, place)
    demoted = {override.rule for override in draft.overrides}
    for kept in _kept(held, order, draft, flagged):
        # Where its rule only flags from now on, another may take the text; it is to stay all the same.
        draft.overrides.append(msgspec.structs.replace(kept, rule=ANY) if kept.rule in demoted else kept)
    return draft


def merged(draft: Draft, before: Iterable[Override]) -> list[Override]:
    """The drafted overrides, and those from ``before`` on which these verdicts have nothing to say."""
    before = list(before)
    rest = (left for override in before if (left := _left(override, draft)))
    demoted = {override.rule for override in before if override.action == "flag"}
    # A rule that only flagged without an override needs none to go on so.
    made = (new for new in draft.overrides if new.action == "keep" or new.rule not in draft.idle - demoted)
    found = {_scope(override): override for override in (*rest, *made)}
    return sorted(found.values(), key=_place)


def _demotions(measured: Mapping[str, Measured], bounds: Bounds) -> Iterator[Override]:
    for rule, (_, judged, name, _, population) in measured.items():
        right, wrong = judged.count(True), judged.count(False)
        highest = 1 - lower_bound(wrong, right, CONFIDENCE)  # what is wrong, and no less
        if population:
            highest = min(highest, 1 - wrong / population)
        if highest < bounds.precision:
            reason = f"right in {right} of {len(judged)} judged removals of the sample {name!r}, so in {highest:.1%}"
            yield Override(rule=rule, action="flag", reason=f"{reason} at most; wanted are {bounds.precision:.1%}")


def _measured(verdicts: Verdicts, bounds: Bounds, log: str) -> dict[str, Measured]:
    """Of each rule the sample of this log, if enough of it was judged, by removals first, of which most was."""
    found: dict[str, Measured] = {}
    for sample in verdicts.samples().values():
        if sample.log == log:
            population = sample.population if sample.by in ("removals", "groups") else None
            known = _drawn(verdicts, sample), sample.measure, sample.action, population
            new = Measured(sample.by == "removals", *known)
            old = found.get(sample.rule, new)
            if len(new.judged) >= bounds.judged:
                found[sample.rule] = max(old, new, key=lambda one: (one.by_removals, len(one.judged)))
    return found


def _drawn(verdicts: Verdicts, sample: Sample) -> list[bool]:
    """What is right of a sample, up to the first draw that nobody judged.

    What is judged beyond may be so because it was chosen elsewhere, such as with its whole group.
    """
    said = (of_item(verdicts, sample, place) for place in range(len(sample.items)))
    return [one for held in takewhile(settled, said) for one in _right(held)]


def _unmeasured(held: Held, measured: Container[str], bounds: Bounds) -> Counter[str]:
    by_rule: dict[str, list[bool]] = defaultdict(list)
    for key, by_reviewer in held.items():
        if key.rule not in measured:
            by_rule[key.rule] += _right(by_reviewer.values())
    wrong = {rule: judged.count(False) for rule, judged in by_rule.items() if len(judged) >= bounds.judged}
    return Counter({rule: count for rule, count in wrong.items() if 2 * count > len(by_rule[rule])})


def _right(verdicts: Iterable[Verdict]) -> list[bool]:
    """Whether most say right; nothing if nobody says anything."""
    right, wrong = _votes(verdicts)
    return [len(right) > len(wrong)] if right or wrong else []


def _votes(verdicts: Iterable[Verdict]) -> tuple[list[str], list[str]]:
    """Who says right, and who says wrong."""
    right: list[str] = []
    wrong: list[str] = []
    for verdict in verdicts:
        if verdict.verdict != "skip":
            (right if verdict.verdict == "right" else wrong).append(verdict.reviewer)
    return sorted(right), sorted(wrong)


def _kept(held: Held, order: Mapping[str, int], draft: Draft, flagged: Container[Subject]) -> Iterator[Override]:
    """A keep override for each text and scope, unless a wider one says the same."""
    given: dict[Subject, list[Verdict]] = defaultdict(list)
    for key, by_reviewer in held.items():
        given[Subject.of(key)] += by_reviewer.values()
    right: dict[Subject, list[Verdict]] = {}
    wrong: dict[Subject, list[Verdict]] = {}
    for subject, verdicts in given.items():
        last = _last_of_each(verdicts, order)
        yes, no = _votes(last)
        if no and len(no) >= len(yes) and subject in flagged:
            draft.only_flagged.append((subject, _wrong_text(last)))
        elif no and len(no) >= len(yes):
            wrong[subject] = last
            if len(no) == len(yes):
                draft.ties.append(Tie(subject, _wrong_text(last), no, yes))
        elif yes:
            right[subject] = last
    draft.overruled += _overruled(wrong, right)
    by_entry: dict[tuple[str, str, str], list[Subject]] = defaultdict(list)
    for subject in sorted(wrong):
        if subject.scope == "group" or subject._replace(scope="group", name="") not in wrong:
            by_entry[subject[:3]].append(subject)
    for (rule, fingerprint, scope), subjects in by_entry.items():
        verdicts = [verdict for subject in subjects for verdict in wrong[subject]]
        yield Override(
            rule=rule,
            action="keep",
            fingerprints=[fingerprint],
            sites=[s.name for s in subjects] if scope == "site" else msgspec.UNSET,
            documents=[s.name for s in subjects] if scope == "text" else msgspec.UNSET,
            reason=_reason(verdicts),
            text=one_line(_wrong_text(verdicts), _TEXT),
        )


def _last_of_each(verdicts: Iterable[Verdict], order: Mapping[str, int]) -> list[Verdict]:
    """What each reviewer said last: a text may stand in a document twice. A skip is no answer."""
    given = sorted(
        (verdict for verdict in verdicts if verdict.verdict != "skip"),
        key=lambda verdict: order.get(verdict.id, len(order)),
    )
    return list({verdict.reviewer: verdict for verdict in given}.values())


def _overruled(wrong: Mapping[Subject, list[Verdict]], right: Mapping[Subject, list[Verdict]]) -> Iterator[Overruled]:
    alike: dict[tuple[str, str], list[Subject]] = defaultdict(list)
    for subject in sorted(right):
        alike[subject.rule, subject.fingerprint].append(subject)
    for subject, verdicts in wrong.items():
        names = [
            other.name
            for other in alike.get((subject.rule, subject.fingerprint), ())
            if _within(other, right[other], subject)
        ]
        if names:
            yield Overruled(subject, _wrong_text(verdicts), names)


def _within(narrow: Subject, verdicts: Iterable[Verdict], wide: Subject) -> bool:
    """Would an override for the one hold for the other as well?"""
    if wide.scope == "text" or narrow.scope == "group":
        return False
    sites = {verdict.site for verdict in verdicts}
    return wide.scope == "group" or any(f".{site}".endswith(f".{wide.name}") for site in sites)


def _wrong_text(verdicts: Iterable[Verdict]) -> str:
    return next(verdict.text for verdict in verdicts if verdict.verdict == "wrong")


def _reason(verdicts: Iterable[Verdict]) -> str:
    right, wrong = _votes(verdicts)
    names = sorted(set(wrong))
    more = [f"{len(names) - _NAMES} more"] if len(names) > _NAMES else []
    return f"judged wrong by {', '.join([*names[:_NAMES], *more])}, {len(wrong)} of {len(right) + len(wrong)}"


def _ever(path: Path) -> Iterator[Verdict]:
    """All verdicts in the file, those taken back too: what was made of them is not kept."""
    decode = msgspec.json.Decoder(Verdict).decode
    with path.open("rb") as stream:
        for line in stream:
            try:
                yield decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                continue  # another kind of line, or one that a crash tore apart: `Verdicts` tells of these


def _left(override: Override, draft: Draft) -> Override | None:
    """What is left of an earlier override where the verdicts have nothing to say; what people wrote by hand is."""
    if not override.fingerprints:
        return None if override.rule in draft.measured and not _narrow(override) else override
    if override.sites and override.documents:
        return override
    scope = "site" if override.sites else "text" if override.documents else "group"
    names = override.sites or override.documents or [""]
    spoken = {subject[1:] for subject in draft.subjects if override.rule in (subject.rule, ANY)}
    left = {
        fingerprint: [name for name in names if (fingerprint, scope, name) not in spoken]
        for fingerprint in override.fingerprints
    }
    fingerprints = [fingerprint for fingerprint, some in left.items() if some]
    if len(fingerprints) == 1 and _narrow(override):
        names = left[fingerprints[0]]
        override = msgspec.structs.replace(override, **{"sites" if override.sites else "documents": names})
    return msgspec.structs.replace(override, fingerprints=fingerprints) if fingerprints else None


def _narrow(override: Override) -> bool:
    return bool(override.sites or override.documents)


def _scope(override: Override) -> tuple[object, ...]:
    lists = (override.fingerprints, override.sites, override.documents)
    return override.rule, *(tuple(sorted(names or ())) for names in lists)


def _place(override: Override) -> tuple[object, ...]:
    """Rules in order; first what holds for all of a rule, then the wider."""
    return override.rule, bool(override.fingerprints), _narrow(override), override.text, str(_scope(override))
