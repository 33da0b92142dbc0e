"""How precise rules are: what the verdicts say of each, and what the samples of this log prove.

As with groups, what was found is kept, and only that of which something was said since is looked at anew.
"""

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from math import ceil
from threading import Lock
from typing import TYPE_CHECKING, Any

from cleaner.review.conflicts import conflicts_in
from cleaner.review.sampling import TARGETS, interval, log_digest, lower_bound, needed
from cleaner.review.verdicts import KEPT, Item, Sample, Verdict, Verdicts, settled

if TYPE_CHECKING:
    from cleaner.review.index import Index

Answer = dict[str, Any]
_COUNTS = ("right", "wrong", "skip", "conflicts")
_NEEDED = ("needed_95", "needed_99")
#: What is told of the sample that measures a rule.
_PROVED = ("low", "high", "lower", *_NEEDED, "whole", "exact")
#: So little is lost when shares are computed.
_TINY = 1e-9


def proved(right: int, wrong: int, population: int | None = None) -> Answer:
    """What so many verdicts prove: ``low high lower needed_95 needed_99``, and ``exact``.

    ``population`` is how many there are in all, where none is drawn twice. Then what was judged is known for certain:
    ``needed_*`` is never more than what is left, and ``None`` where even all of it could not help. Once all is judged
    ``exact`` is true, and the three bounds are the share itself.
    """
    return dict(_proved(right, wrong, population))


@lru_cache(4096)
def _proved(right: int, wrong: int, population: int | None) -> Answer:
    (low, high), lower = interval(right, wrong), lower_bound(right, wrong)
    more = [needed(right, wrong, target) for target in TARGETS]
    if not population or population < right + wrong:
        return _bounds(low, high, lower, dict(zip(_NEEDED, more, strict=True)), exact=False)
    surely, perhaps = right / population, 1 - wrong / population
    left = population - right - wrong
    least = [min(few, _missing(right, target, population)) for few, target in zip(more, TARGETS, strict=True)]
    reached = {name: few if few <= left else None for name, few in zip(_NEEDED, least, strict=True)}
    return _bounds(max(low, surely), min(high, perhaps), max(lower, surely), reached, exact=left == 0)


def _bounds(low: float, high: float, lower: float, more: Mapping[str, int | None], *, exact: bool) -> Answer:
    return {"low": round(low, 5), "high": round(high, 5), "lower": round(lower, 5), **more, "exact": exact}


def _missing(right: int, target: float, population: int) -> int:
    """How many more must be right for the share of all to be there, whatever the rest is."""
    return max(0, ceil(target * population - _TINY) - right)


def at_most(proof: Answer, left: int) -> Answer:
    """The same, where no more than ``left`` can still be judged."""
    return {**proof, **{name: None if proof[name] is None else min(proof[name], left) for name in _NEEDED}}


def unjudged(population: int | None = None) -> Answer:
    """What is said of a rule on which there are no verdicts."""
    return {**dict.fromkeys(_COUNTS, 0), "basis": "", "whole": False, **proved(0, 0, population)}


def standing_of(verdicts: Verdicts, sample: Sample, removals: int | None = None) -> Answer:
    """How a sample stands: ``right wrong skip left`` (of what was drawn), ``whole``, and what is :func:`proved`.

    ``whole`` says that all there are were drawn. ``removals`` is how many the rule has in the log, if it is that of
    the sample.
    """
    said = [settled(of_item(verdicts, sample, place)) for place in range(len(sample.items))]
    counts = Counter(said)
    right, wrong = counts["right"], counts["wrong"]
    told = {"right": right, "wrong": wrong, "skip": counts["skip"], "left": counts[""]}
    if sample.by in ("removals", "groups"):
        whole = len(said) == sample.population
        return {**told, "whole": whole, **proved(right, wrong, sample.population)}
    distinct = dict(zip(sample.items, said, strict=True))
    if removals is None:
        return {**told, "whole": False, **proved(right, wrong)}
    whole, judged = len(distinct) >= removals, sum(one in ("right", "wrong") for one in distinct.values())
    if whole and judged == len(distinct):
        return {**told, "whole": True, **_known(_share(sample, distinct))}
    return {**told, "whole": whole, **at_most(proved(right, wrong), max(0, removals - judged))}


def _known(share: float) -> Answer:
    """What is said where nothing is left to chance."""
    reached = {name: 0 if share >= target - _TINY else None for name, target in zip(_NEEDED, TARGETS, strict=True)}
    return _bounds(share, share, share, reached, exact=True)


def _share(sample: Sample, said: Mapping[Item, str]) -> float:
    """What is right of all removals of a rule: of their characters, or on a site like any other."""
    weights = {item: float(item.end - item.start) for item in said}
    if sample.by == "sites":
        on_site = Counter(item.site for item in said)
        weights = {item: 1 / on_site[item.site] for item in said}
    right = sum(weights[item] for item, answer in said.items() if answer == "right")
    return right / (sum(weights.values()) or 1)


def of_item(verdicts: Verdicts, sample: Sample, place: int) -> list[Verdict]:
    """The verdicts that hold for what was drawn at a place of a sample."""
    item = sample.items[place]
    parts = {name: getattr(item, name) for name in ("doc", "source", "row", "start", "end", "fingerprint", "site")}
    return verdicts.of({"rule": sample.rule, **parts})


class Precisions:
    """What is known of the rules of one log."""

    def __init__(self, index: "Index", verdicts: Verdicts) -> None:
        self._verdicts, self._log = verdicts, log_digest(index)
        self._removals = {row["rule"]: {"removed": row["cuts"], "flagged": row["flags"]} for row in _rules(index)}
        self._mutex = Lock()
        self._version = 0
        self._counts: dict[str, Counter[str]] = {}
        self._said: dict[tuple[str, str], tuple[str, ...]] = {}  # what is counted, by rule and fingerprint
        self._standings: dict[str, Answer] = {}  # by the name of the sample

    def refresh(self) -> "Precisions":
        """Takes in what was said since the last time."""
        with self._mutex:
            said = self._verdicts.changed(self._version)
            self._version += len(said)
            changed = set(said)
            for pair in changed:
                self._count(pair)
            for name, sample in self._verdicts.samples().items() if changed else ():
                if any((sample.rule, item.fingerprint) in changed for item in sample.items):
                    self._standings.pop(name, None)
        return self

    def sample(self, sample: Sample) -> Answer:
        """How a sample stands: see :func:`standing_of`; ``here`` says whether it was drawn from this log."""
        with self._mutex:
            if sample.measure not in self._standings:
                here = sample.log == self._log
                removals = self._removals.get(sample.rule, {}).get(sample.action) if here else None
                found = standing_of(self._verdicts, sample, removals)
                self._standings[sample.measure] = {**found, "here": here}
            return dict(self._standings[sample.measure])

    def rules(self) -> dict[str, Answer]:
        """What is known of each rule of which something was said: see ``queries``. Kept lines are of no rule."""
        best = self._best_samples()
        with self._mutex:
            counts = {rule: {name: count[name] for name in _COUNTS} for rule, count in self._counts.items()}
        nothing = dict.fromkeys(_COUNTS, 0)
        return {rule: self._judged(rule, counts.get(rule, nothing), best.get(rule)) for rule in {*counts, *best}}

    def unjudged(self, rule: str) -> Answer:
        """What is said of a rule of which nobody has said anything."""
        return unjudged(self._population(rule))

    def _judged(self, rule: str, counts: Mapping[str, int], sample: Answer | None) -> Answer:
        if sample:
            return {**counts, "basis": "sample", **{name: sample[name] for name in _PROVED}}
        right, wrong, population = counts["right"], counts["wrong"], self._population(rule)
        if not right + wrong:
            return {**unjudged(population), **counts}
        proof = proved(right, wrong) if population is None else at_most(proved(right, wrong), population)
        return {**counts, "basis": "verdicts", "whole": False, **proof}

    def _population(self, rule: str) -> int | None:
        """How many removals a sample of the rule would be drawn from."""
        found = self._removals.get(rule, {})
        return found.get("removed") or found.get("flagged")

    def _count(self, pair: tuple[str, str]) -> None:
        """Counts what is said of a group and its parts, instead of what was said before."""
        if pair[0] == KEPT:
            return
        held = self._verdicts.about(*pair)
        now = [settled(by_reviewer.values()) for by_reviewer in held.values()]
        now += ["conflicts"] * len(conflicts_in(held))
        counts = self._counts.setdefault(pair[0], Counter())
        counts.subtract(self._said.get(pair, ()))
        counts.update(now)
        self._said[pair] = tuple(now)

    def _best_samples(self) -> dict[str, Answer]:
        """Of each rule the sample of this log by removals, or else another one of it, of which most was judged."""
        found: dict[str, tuple[tuple[bool, int], Answer]] = {}
        for sample in self._verdicts.samples().values():
            if sample.log == self._log:
                stands = self.sample(sample)
                rank = sample.by == "removals", stands["right"] + stands["wrong"]
                if rank[1] and (sample.rule not in found or rank > found[sample.rule][0]):
                    found[sample.rule] = rank, stands
        return {rule: stands for rule, (_, stands) in found.items()}


def precisions(index: "Index", verdicts: Verdicts) -> Precisions:
    """What is known of the rules now."""
    return index.known(("precisions", verdicts.number), lambda: Precisions(index, verdicts)).refresh()


def _rules(index: "Index") -> list[Answer]:
    return index.told("overview")["rules"]
