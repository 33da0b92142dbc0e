"""How things stand: which groups are judged, and what the verdicts say of each rule.

A verdict changes little, so what is known of a group is found anew only when something was said of it.
"""

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cleaner.review.sampling import TARGETS, interval, lower_bound, needed
from cleaner.review.verdicts import KEPT, Key, Sample, Verdict, Verdicts, conflicts_in, key_of, settled

if TYPE_CHECKING:
    from cleaner.review.index import Index

TODO, DONE, SKIPPED = "todo", "done", "skipped"
_GROUPS = "SELECT number, rule, fingerprint, count, sites FROM groups JOIN pairs USING (rule, fingerprint)"
_ON_SITE = "SELECT number, count FROM on_sites WHERE site = ?"


class Standing(NamedTuple):
    """Of a group: ``state`` (``todo done skipped``), what it is ``judged`` to be, and how many removals it has."""

    state: str
    judged: str
    removals: int


NOTHING = Standing(TODO, "", 0)


class Standings:
    """The groups on which something was said; all others are to do."""

    def __init__(self, index: "Index", verdicts: Verdicts) -> None:
        self._index, self._verdicts = index, verdicts
        self._mutex = Lock()
        self._version = 0
        self._of: dict[int, Standing] = {}
        self._said: dict[int, tuple[str, str]] = {}  # number -> rule and fingerprint
        self._arrays: dict[str, np.ndarray] = {}

    def refresh(self) -> "Standings":
        """Takes in what was said since the last time."""
        with self._mutex:
            changed = self._verdicts.changed(self._version)
            if changed:
                self._version += len(changed)
                self._take(dict.fromkeys(changed))
                self._arrays = {}
        return self

    def of(self, number: int) -> Standing:
        return self._of.get(number, NOTHING)

    def numbers(self, state: str) -> np.ndarray:
        """The numbers of the groups in a state other than to do."""
        with self._mutex:
            if state not in self._arrays:
                found = [number for number, standing in self._of.items() if standing.state == state]
                self._arrays[state] = np.array(found, dtype=np.int64)
            return self._arrays[state]

    def counted(self) -> dict[str, list[int]]:
        """State -> how many groups, and how many removals in them."""
        sums = {DONE: [0, 0], SKIPPED: [0, 0]}
        with self._mutex:
            for standing in self._of.values():
                if standing.state in sums:
                    sums[standing.state][0] += 1
                    sums[standing.state][1] += standing.removals
        return sums

    def on_site(self, site: str) -> dict[int, Standing]:
        """The standings of groups on one site, where something was said of them."""
        with self._mutex:
            said = dict(self._said)
        if not said:
            return {}
        counts = self._index.known(
            ("on site", site), lambda: {row["number"]: row["count"] for row in self._index.ask(_ON_SITE, site)}
        )
        near = {number: pair for number, pair in said.items() if number in counts}
        return {number: self._there(pair, site, counts[number]) for number, pair in near.items()}

    def _take(self, pairs: Iterable[tuple[str, str]]) -> None:
        import pyarrow as pa

        rules, fingerprints = zip(*pairs, strict=True)
        table = pa.table({"rule": pa.array(rules, pa.string()), "fingerprint": pa.array(fingerprints, pa.string())})
        for row in self._index.ask(_GROUPS, pairs=table):
            self._said[row["number"]] = row["rule"], row["fingerprint"]
            self._of[row["number"]] = self._standing(row)

    def _standing(self, group: dict[str, Any]) -> Standing:
        held = self._verdicts.about(group["rule"], group["fingerprint"])
        whole = settled(held.get(key_of(group, "group"), {}).values())
        if whole in ("right", "wrong"):
            return Standing(DONE, whole, group["count"])
        parts = {key: said for key, by_reviewer in held.items() if (said := settled(by_reviewer.values()))}
        judged = next((said for said in ("wrong", "right") if said in parts.values()), whole)
        if self._covered(group, parts):
            return Standing(DONE, judged, group["count"])
        return Standing(SKIPPED if whole else TODO, judged, group["count"])

    def _covered(self, group: dict[str, Any], parts: dict[Key, str]) -> bool:
        """Was all of a group judged, site by site or text by text?"""
        given = {key for key, said in parts.items() if said != "skip"}
        sites = {key.site for key in given if key.scope == "site"}
        texts = [key for key in given if key.scope == "text"]
        if len(sites) < group["sites"] and not texts:
            return False
        rows = self._index.ask(
            "SELECT site, count(*) AS count FROM members WHERE number = ? GROUP BY site", group["number"]
        )
        left = sum(row["count"] for row in rows if row["site"] not in sites)
        return left == 0 or (left <= len(texts) and not self._others(group["number"], sites, set(texts)))

    def _others(self, number: int, sites: set[str], texts: set[Key]) -> bool:
        """Is there a removal of the group that neither was judged nor stands on one of the sites?"""
        rows = self._index.ask(
            'SELECT rule, fingerprint, r.site AS site, doc, source, "row", "start", "end" FROM members m '
            "JOIN removals r ON r.id = m.id JOIN documents d ON d.number = r.document WHERE m.number = ?",
            number,
        )
        return any(row["site"] not in sites and key_of(row, "text") not in texts for row in rows)

    def _there(self, pair: tuple[str, str], site: str, count: int) -> Standing:
        rule, fingerprint = pair
        held = self._verdicts.about(rule, fingerprint)
        wide = [Key("site", rule, fingerprint, site), Key("group", rule, fingerprint)]
        said = next((said for key in wide if (said := settled(held.get(key, {}).values()))), "")
        texts = [
            said
            for key, by_reviewer in held.items()
            if key.scope == "text" and any(one.site == site for one in by_reviewer.values())
            if (said := settled(by_reviewer.values())) in ("right", "wrong")
        ]
        if said in ("right", "wrong") or len(texts) >= count:
            return Standing(DONE, said or ("wrong" if "wrong" in texts else "right"), count)
        return Standing(SKIPPED if said else TODO, said or ("wrong" if "wrong" in texts else ""), count)


def standings(index: "Index", verdicts: Verdicts) -> Standings:
    """How the groups stand now."""
    return index.known(("standings", id(verdicts)), lambda: Standings(index, verdicts)).refresh()


@lru_cache(4096)
def _proved(right: int, wrong: int) -> dict[str, Any]:
    low, high = interval(right, wrong)
    return {
        "low": round(low, 5),
        "high": round(high, 5),
        "lower": round(lower_bound(right, wrong), 5),
        "needed_95": needed(right, wrong, TARGETS[0]),
        "needed_99": needed(right, wrong, TARGETS[1]),
    }


def proved(right: int, wrong: int) -> dict[str, Any]:
    """What so many verdicts prove: the interval, the lower bound, and how many more are needed."""
    return dict(_proved(right, wrong))


def by_rule(verdicts: Verdicts, log: str) -> dict[str, dict[str, Any]]:
    """What the verdicts say of each rule: see ``queries``. Samples count that were drawn from the log with this digest.

    Kept lines are left out: no rule took them.
    """
    held = {key: by_reviewer for key, by_reviewer in verdicts.current().items() if key.rule != KEPT}
    counts: dict[str, Counter[str]] = {}
    for key, by_reviewer in held.items():
        counts.setdefault(key.rule, Counter())[settled(by_reviewer.values())] += 1
    for conflict in conflicts_in(held):
        counts[conflict.key.rule]["conflicts"] += 1
    best = _best_samples(verdicts, log)
    found = {}
    for rule in {*counts, *best}:
        count = counts.get(rule, Counter())
        sampled = best.get(rule)
        right, wrong = (sampled["right"], sampled["wrong"]) if sampled else (count["right"], count["wrong"])
        found[rule] = {
            "right": count["right"],
            "wrong": count["wrong"],
            "skip": count["skip"],
            "conflicts": count["conflicts"],
            "basis": "sample" if sampled else "verdicts" if right + wrong else "",
            **proved(right, wrong),
        }
    return found


def unjudged() -> dict[str, Any]:
    """What is said of a rule on which there are no verdicts."""
    return {"right": 0, "wrong": 0, "skip": 0, "conflicts": 0, "basis": "", **proved(0, 0)}


def tallied(verdicts: Verdicts, sample: Sample) -> Counter[str]:
    """How often what was drawn is judged ``right wrong skip``, or not at all (``""``)."""
    return Counter(settled(of_item(verdicts, sample, place)) for place in range(len(sample.items)))


def of_item(verdicts: Verdicts, sample: Sample, place: int) -> list[Verdict]:
    item = sample.items[place]
    parts = {name: getattr(item, name) for name in ("doc", "source", "row", "start", "end", "fingerprint", "site")}
    return verdicts.of({"rule": sample.rule, **parts})


def _best_samples(verdicts: Verdicts, log: str) -> dict[str, Counter[str]]:
    """Of each rule the sample of this log by removals, or else another one of it, of which most was judged."""
    found: dict[str, tuple[tuple[bool, int], Counter[str]]] = {}
    for sample in verdicts.samples().values():
        if sample.log != log:
            continue
        count = tallied(verdicts, sample)
        rank = sample.by == "removals", count["right"] + count["wrong"]
        if rank[1] and (sample.rule not in found or rank > found[sample.rule][0]):
            found[sample.rule] = rank, count
    return {rule: count for rule, (_, count) in found.items()}
