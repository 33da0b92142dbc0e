"""All of one group of like removals: where it occurs, in what contexts, and what was said of it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cleaner.errors import InputError
from cleaner.review.conflicts import Conflict, conflicts_in
from cleaner.review.queries.rows import (
    Answer,
    here,
    only,
    plain,
    removal_rows,
    rows_of_group,
    wide,
    with_context,
    with_standing,
)
from cleaner.review.sampling import numbers
from cleaner.review.standing import DONE, SKIPPED, Standings, standings
from cleaner.review.verdicts import Key, Verdict, Verdicts, settled

if TYPE_CHECKING:
    from cleaner.review.index import Index

#: Most that is given of a group: sites, contexts, verdicts, neighbours.
_SITES, _CONTEXTS, _VERDICTS, _PEERS = 50, 3, 100, 5

Parts = Mapping[Key, Mapping[str, Verdict]]


class _Where(NamedTuple):
    """The members of a group, or those on one site."""

    members: str
    values: tuple[str, ...]


def group(
    index: "Index", verdicts: Verdicts, *, rule: str, fingerprint: str, site: str = "", reviewer: str = ""
) -> Answer:
    """One group: the fields of a ``group`` (what was removed and what was flagged of it together), and

    ``actions`` (``removed`` and ``flagged`` -> how many), ``by_site[]`` (the 50 largest: ``site count chars judged``),
    ``contexts[]`` (up to three removals of different sites or documents, each with ``context`` as in :func:`removal`),
    ``verdicts[]`` (on the group or parts of it, newest first, at most 100), ``conflicts[]`` (``scope site doc
    verdicts[]``, also where one judged the group and another that part of it; at most 100), ``conflicts_count`` (all of
    them), ``peers[]`` (other groups of the rule, not judged yet, that are nearest in length: ``group``, at most
    5), ``others[]`` (the same text taken by other rules: ``rule category action count``), ``judged_removals`` (``right
    wrong skip`` -> how many of its removals a verdict on a text or on a site is on).
    With ``site``, contexts and ``by_site`` are of that site alone, and ``here`` tells what is there of the group. With
    ``reviewer``, ``state``, ``judged`` and the ``peers`` are those of that reviewer.
    """
    held = standings(index, verdicts, reviewer)
    rows = rows_of_group(index, rule, fingerprint)
    whole = with_standing(_together(rows), held.of(rows[0]["number"]))
    members = f"FROM members m WHERE number IN ({numbers(row['number'] for row in rows)})"
    where = _Where(f"{members} AND m.site = ?", (site,)) if site else _Where(members, ())
    sites = _sites(index, where)
    if not sites:
        raise InputError(f"the group {fingerprint} of rule {rule!r} does not occur on {site!r}")
    ids = _chosen(index, where, [row.pop("first") for row in sites])
    parts = verdicts.about(rule, fingerprint)
    conflicts = conflicts_in(parts)
    return {
        **whole,
        **({"here": _here(index, held, rows, site)} if site else {}),
        "actions": {row["action"]: row["count"] for row in rows},
        "by_site": [{**row, "judged": _on_site(parts, rule, fingerprint, row["site"])} for row in sites],
        "contexts": _contexts(index, verdicts, ids),
        "verdicts": _newest(parts),
        "conflicts": list(map(_conflict, conflicts[:_VERDICTS])),
        "conflicts_count": len(conflicts),
        "peers": _peers(index, held, whole),
        "others": _others(index, rule, fingerprint),
        "judged_removals": _judged_removals(index, rows, parts),
    }


def _together(rows: list[Answer]) -> Answer:
    sums = {name: sum(row[name] for row in rows) for name in ("count", "chars")}
    most = {name: max(row[name] for row in rows) for name in ("sites", "docs", "longest", "surprise")}
    return {**rows[0], **sums, **most}


def _sites(index: "Index", where: _Where) -> list[Answer]:
    return index.ask(
        f"SELECT m.site AS site, count(*) AS count, sum(chars)::BIGINT AS chars, min(id) AS first {where.members} "
        f"GROUP BY m.site ORDER BY count DESC, m.site LIMIT {_SITES}",
        *where.values,
    )


def _here(index: "Index", held: Standings, rows: list[Answer], site: str) -> Answer:
    asked = numbers(row["number"] for row in rows)
    (found,) = index.ask(
        "SELECT sum(count)::BIGINT AS count, sum(chars)::BIGINT AS chars, max(docs) AS docs FROM on_sites "
        f"WHERE site = ? AND number IN ({asked})",
        site,
    )
    return here(found, held.there(rows[0]["number"], site, found["count"]))


def _chosen(index: "Index", where: _Where, firsts: list[int]) -> list[int]:
    """Removals to be shown: the first of each site, and more where there are few."""
    ids = firsts[:_CONTEXTS]
    if len(ids) < _CONTEXTS:
        near = index.ask(f"SELECT id {where.members} ORDER BY id LIMIT {10 * _CONTEXTS}", *where.values)
        ids += [row["id"] for row in near]
    return ids


def _contexts(index: "Index", verdicts: Verdicts, ids: list[int]) -> list[Answer]:
    """Removals with what stands around them, no two of one document if it can be helped."""
    rows = {row["id"]: row for row in removal_rows(index, verdicts, dict.fromkeys(ids))}
    ordered = [rows[one] for one in dict.fromkeys(ids)]
    first: dict[tuple[str, int | None], Answer] = {}
    for row in ordered:
        first.setdefault((row["source"], row["row"]), row)
    chosen = list(first.values())
    chosen += [row for row in ordered if row not in chosen]
    return [with_context(index, verdicts, row) for row in chosen[:_CONTEXTS]]


def _on_site(parts: Parts, rule: str, fingerprint: str, site: str) -> str:
    return settled(parts.get(Key("site", rule, fingerprint, site), {}).values())


def _newest(parts: Parts) -> list[Answer]:
    said = sorted((one for part in parts.values() for one in part.values()), key=lambda one: one.time, reverse=True)
    return list(map(plain, said[:_VERDICTS]))


def _conflict(conflict: Conflict) -> Answer:
    return {**only(conflict.key._asdict(), "scope site doc"), "verdicts": list(map(plain, conflict.verdicts))}


def _peers(index: "Index", held: Standings, whole: Answer) -> list[Answer]:
    rows = index.ask(
        "SELECT number FROM groups WHERE rule = ? AND action = ? AND number <> ? "
        "AND number NOT IN (SELECT number FROM listed) "
        f"ORDER BY abs(longest - ?), by_chars LIMIT {_PEERS}",
        *(whole[name] for name in ("rule", "action", "number", "longest")),
        listed={"number": np.concatenate([held.numbers(DONE), held.numbers(SKIPPED)])},
    )
    return [with_standing(row, held.of(row["number"])) for row in wide(index, rows)]


def _others(index: "Index", rule: str, fingerprint: str) -> list[dict[str, Any]]:
    return index.ask(
        "SELECT rule, category, action, count FROM groups WHERE fingerprint = ? AND rule <> ? ORDER BY count DESC",
        fingerprint,
        rule,
    )


def _judged_removals(index: "Index", rows: list[Answer], parts: Parts) -> dict[str, int]:
    counts = {"right": 0, "wrong": 0, "skip": 0}
    by_site = {key.site: settled(part.values()) for key, part in parts.items() if key.scope == "site"}
    if by_site:
        found = index.ask(
            f"SELECT site, count(*) AS count FROM members WHERE number IN ({numbers(row['number'] for row in rows)}) "
            "GROUP BY site"
        )
        for row in found:
            if said := by_site.get(row["site"]):
                counts[said] += row["count"]
    for key, part in parts.items():
        site = next((one.site for one in part.values()), "")
        if key.scope == "text" and site not in by_site:
            counts[settled(part.values())] += 1
    return counts
