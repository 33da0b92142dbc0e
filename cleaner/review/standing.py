"""How things stand: which groups are judged, by anybody or by one reviewer.

A verdict changes little, so what is known of a group is found anew only when something was said of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cleaner.review.sampling import numbers
from cleaner.review.verdicts import Key, Verdicts, key_of, settled

if TYPE_CHECKING:
    from cleaner.review.index import Index

TODO, DONE, SKIPPED = "todo", "done", "skipped"
_GROUPS = "SELECT number, rule, fingerprint, count, sites FROM groups JOIN pairs USING (rule, fingerprint)"
_ON_SITE = "SELECT number, count FROM on_sites WHERE site = ?"
_SITES_OF = "SELECT number, site, count(*) AS count FROM members WHERE number IN ({numbers}) GROUP BY ALL"
_MEMBERS_OF = (
    'SELECT m.number AS number, rule, fingerprint, r.site AS site, doc, source, "row", "start", "end" FROM members m '
    "JOIN removals r ON r.id = m.id JOIN documents d ON d.number = r.document WHERE m.number IN ({numbers})"
)
#: Sites of which the standings are kept.
_SITES = 20


class Standing(NamedTuple):
    """Of a group: ``state`` (``todo done skipped``), what it is ``judged`` to be, and how many removals it has."""

    state: str
    judged: str
    removals: int


NOTHING = Standing(TODO, "", 0)


@dataclass(frozen=True)
class _Group:
    """A group on which something was said, and what: by key, of all that are asked together."""

    number: int
    pair: tuple[str, str]
    count: int
    all_sites: int
    said: Mapping[Key, str]

    @cached_property
    def whole(self) -> str:
        return self.said.get(Key("group", *self.pair), "")

    @cached_property
    def sites(self) -> set[str]:
        return {key.site for key, said in self.said.items() if key.scope == "site" and said in ("right", "wrong")}

    @cached_property
    def texts(self) -> set[Key]:
        return {key for key, said in self.said.items() if key.scope == "text" and said in ("right", "wrong")}

    @property
    def may_be_covered(self) -> bool:
        """Was enough said that it may be all of it?"""
        if self.whole in ("right", "wrong"):
            return False
        return len(self.texts) >= self.count or bool(self.sites and (self.texts or len(self.sites) >= self.all_sites))

    def standing(self, covered: bool) -> Standing:
        if self.whole in ("right", "wrong"):
            return Standing(DONE, self.whole, self.count)
        judged = next((said for said in ("wrong", "right") if said in self.said.values()), self.whole)
        return Standing(DONE if covered else SKIPPED if self.whole else TODO, judged, self.count)


class _Site(NamedTuple):
    """How groups stand on a site, and how much of what was said was looked at."""

    standings: dict[int, Standing]
    seen: int


class Standings:
    """The groups on which something was said, by anybody or by one reviewer; all others are to do."""

    def __init__(self, index: "Index", verdicts: Verdicts, reviewer: str = "") -> None:
        self._index, self._verdicts, self._reviewer = index, verdicts, reviewer
        self._mutex = Lock()
        self._version = 0
        self._of: dict[int, Standing] = {}
        self._said: dict[int, tuple[str, str]] = {}  # number -> rule and fingerprint
        self._order: list[int] = []  # the numbers again and again, as something was said
        self._sites: dict[str, _Site] = {}
        self._sums = {DONE: [0, 0], SKIPPED: [0, 0]}
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
        with self._mutex:
            return {state: list(sums) for state, sums in self._sums.items()}

    def there(self, number: int, site: str, count: int) -> Standing:
        """How a group stands on a site on which it has so many removals."""
        pair = self._said.get(number)
        return self._there(pair, site, count) if pair else NOTHING

    def on_site(self, site: str) -> dict[int, Standing]:
        """The standings of groups on one site, where something was said of them."""
        counts = self._index.known(
            ("on site", site), lambda: {row["number"]: row["count"] for row in self._index.ask(_ON_SITE, site)}
        )
        with self._mutex:
            held = self._sites.setdefault(site, _Site({}, 0))
            self._sites[site] = _Site(held.standings, len(self._order))
            for number in dict.fromkeys(self._order[held.seen :]):
                if number in counts:
                    held.standings[number] = self._there(self._said[number], site, counts[number])
            while len(self._sites) > _SITES:
                self._sites.pop(next(iter(self._sites)))
            return dict(held.standings)

    def _take(self, pairs: Iterable[tuple[str, str]]) -> None:
        import pyarrow as pa

        rules, fingerprints = zip(*pairs, strict=True)
        table = pa.table({"rule": pa.array(rules, pa.string()), "fingerprint": pa.array(fingerprints, pa.string())})
        found = [self._group(row) for row in self._index.ask(_GROUPS, pairs=table)]
        covered = self._covered([group for group in found if group.may_be_covered])
        for group in found:
            self._said[group.number] = group.pair
            self._order.append(group.number)
            self._add(group.number, -1)
            self._of[group.number] = group.standing(group.number in covered)
            self._add(group.number, 1)

    def _add(self, number: int, sign: int) -> None:
        standing = self._of.get(number, NOTHING)
        if standing.state in self._sums:
            self._sums[standing.state][0] += sign
            self._sums[standing.state][1] += sign * standing.removals

    def _group(self, row: dict[str, Any]) -> "_Group":
        pair = row["rule"], row["fingerprint"]
        held = self._verdicts.about(*pair, self._reviewer)
        said = {key: settled(by_reviewer.values()) for key, by_reviewer in held.items()}
        return _Group(row["number"], pair, row["count"], row["sites"], said)

    def _covered(self, groups: list["_Group"]) -> set[int]:
        """Of which groups was all judged, site by site or text by text?"""
        left = {group.number: group for group in groups}
        counts = dict.fromkeys(left, 0)
        for row in self._index.ask(_SITES_OF.format(numbers=numbers(left))) if left else ():
            if row["site"] not in left[row["number"]].sites:
                counts[row["number"]] += row["count"]
        by_sites = {number for number, count in counts.items() if not count}
        asked = [number for number, count in counts.items() if 0 < count <= len(left[number].texts)]
        missing = set()
        for row in self._index.ask(_MEMBERS_OF.format(numbers=numbers(asked))) if asked else ():
            group = left[row["number"]]
            if row["site"] not in group.sites and key_of(row, "text") not in group.texts:
                missing.add(row["number"])
        return by_sites | {number for number in asked if number not in missing}

    def _there(self, pair: tuple[str, str], site: str, count: int) -> Standing:
        rule, fingerprint = pair
        held = self._verdicts.about(rule, fingerprint, self._reviewer)
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


def standings(index: "Index", verdicts: Verdicts, reviewer: str = "") -> Standings:
    """How the groups stand now: for all together, or for one reviewer, whatever others say."""
    asked = "standings", verdicts.number, reviewer
    return index.known(asked, lambda: Standings(index, verdicts, reviewer)).refresh()
