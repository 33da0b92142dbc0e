"""From verdicts to overrides: texts that were cut wrongly stay, and rules that are surely too often wrong only flag.

A text goes by the majority of the reviewers' last verdicts; where as many say wrong as right it stays, for losing
an author's sentence is worse than leaving a line. What is right needs no override.
"""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import msgspec
import regex

from cleaner.review.sampling import CONFIDENCE, lower_bound
from cleaner.review.standing import of_item
from cleaner.review.verdicts import KEPT, Key, Verdict, Verdicts
from cleaner.rules.overrides import DETECTOR_IDS
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


@dataclass(frozen=True)
class Bounds:
    """When a rule only flags: of so many judged removals so few are right that its precision is surely lower."""

    precision: float = 0.95
    judged: int = 20


@dataclass
class Draft:
    """The overrides that verdicts ask for, and what to tell the person who asked."""

    overrides: list[Override] = field(default_factory=list)
    ties: list[Tie] = field(default_factory=list)
    #: Verdicts on rules that no rule file has (any more), and those that name no site or no fingerprint.
    unknown: Counter[str] = field(default_factory=Counter)
    vague: int = 0
    #: What the verdicts were ever on, and the rules of which enough was judged: what stood there before gives way.
    subjects: set[Subject] = field(default_factory=set)
    judged: set[str] = field(default_factory=set)


def drafted(verdicts: Verdicts, rules: Container[str], bounds: Bounds) -> Draft:
    """What the verdicts that hold ask for; ``rules`` are the ids that may be overridden besides the detectors'."""
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
    draft.overrides += _demotions(verdicts, held, bounds)
    draft.overrides += _kept(held, draft.ties)
    draft.subjects = set(_ever(verdicts.path))
    draft.judged = {rule for rule, count in Counter(key.rule for key in held).items() if count >= bounds.judged}
    return draft


def merged(draft: Draft, before: Iterable[Override]) -> list[Override]:
    """The drafted overrides, and those from ``before`` on which these verdicts have nothing to say."""
    rest = (left for override in before if (left := _left(override, draft)))
    found = {_scope(override): override for override in (*rest, *draft.overrides)}
    return sorted(found.values(), key=_place)


def _demotions(verdicts: Verdicts, held: Held, bounds: Bounds) -> Iterator[Override]:
    by_rule: dict[str, list[bool]] = defaultdict(list)
    for key, by_reviewer in held.items():
        by_rule[key.rule] += _right(by_reviewer.values())
    for rule, judged in by_rule.items():
        sampled, where = _sampled(verdicts, rule)
        if len(sampled) >= bounds.judged:
            judged = sampled
        else:
            where = ""
        right, wrong = judged.count(True), judged.count(False)
        highest = 1 - lower_bound(wrong, right, CONFIDENCE)  # what is wrong, and no less
        if len(judged) >= bounds.judged and highest < bounds.precision:
            reason = f"right in {right} of {len(judged)} judged removals{where}, so in {highest:.1%} at most"
            yield Override(rule=rule, action="flag", reason=f"{reason}; wanted are {bounds.precision:.1%}")


def _sampled(verdicts: Verdicts, rule: str) -> tuple[list[bool], str]:
    """What is right in the sample of a rule of which most was judged, one by removals first; and which one that is."""
    found: list[tuple[bool, list[bool], str]] = [(False, [], "")]
    for sample in verdicts.samples().values():
        if sample.rule == rule:
            judged = [one for place in range(len(sample.items)) for one in _right(of_item(verdicts, sample, place))]
            found.append((sample.by == "removals", judged, f" of the sample {sample.measure!r}"))
    _, judged, where = max(found, key=lambda one: (bool(one[1]), one[0], len(one[1])))
    return judged, where


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


def _kept(held: Held, ties: list[Tie]) -> Iterator[Override]:
    """A keep override for each text and scope, unless a wider one says the same."""
    said: dict[Subject, list[Verdict]] = defaultdict(list)
    for key, by_reviewer in held.items():
        said[Subject.of(key)] += by_reviewer.values()
    wrong: dict[Subject, list[Verdict]] = {}
    for subject, verdicts in said.items():
        yes, no = _votes(verdicts)
        if no and len(no) >= len(yes):
            wrong[subject] = verdicts
            if len(no) == len(yes):
                ties.append(Tie(subject, next(v.text for v in verdicts if v.verdict == "wrong"), no, yes))
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
            text=_beginning(next(verdict.text for verdict in verdicts if verdict.verdict == "wrong")),
        )


def _reason(verdicts: Iterable[Verdict]) -> str:
    right, wrong = _votes(verdicts)
    names = sorted(set(wrong))
    more = [f"{len(names) - _NAMES} more"] if len(names) > _NAMES else []
    return f"judged wrong by {', '.join([*names[:_NAMES], *more])}, {len(wrong)} of {len(right) + len(wrong)}"


def _beginning(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _TEXT else line[: _TEXT - 1] + "…"


def _ever(path: Path) -> Iterator[Subject]:
    """What verdicts were ever on, those taken back too: what was made of them is not kept."""
    decode = msgspec.json.Decoder(Verdict).decode
    with path.open("rb") as stream:
        for line in stream:
            try:
                yield Subject.of(decode(line).key)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue  # another kind of line, or one that a crash tore apart: `Verdicts` tells of these


def _left(override: Override, draft: Draft) -> Override | None:
    """What is left of an earlier override where the verdicts have nothing to say; what people wrote by hand is."""
    if not override.fingerprints:
        return None if override.rule in draft.judged and not _narrow(override) else override
    if override.sites and override.documents:
        return override
    scope = "site" if override.sites else "text" if override.documents else "group"
    names = override.sites or override.documents or [""]
    left = {
        fingerprint: [n for n in names if Subject(override.rule, fingerprint, scope, n) not in draft.subjects]
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
