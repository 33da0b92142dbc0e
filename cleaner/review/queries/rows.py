"""Removals and groups as answers hold them: what the index knows of each, and what was said of it."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from cleaner.errors import InputError
from cleaner.review import documents
from cleaner.review.conflicts import differ
from cleaner.review.loading import TEXT
from cleaner.review.sampling import numbers, rows_of
from cleaner.review.standing import Standing
from cleaner.review.verdicts import Verdict, Verdicts, settled, shown

if TYPE_CHECKING:
    from cleaner.review.index import Index

Answer = dict[str, Any]

#: Most that is given at once.
MOST = 500
GROUP = (
    "g.number, g.rule, g.category, g.action, g.fingerprint, g.count, g.chars, g.sites, g.docs, g.longest, "
    "g.confidence, g.surprise, g.text, g.clipped, g.first"
)


def removal_rows(index: "Index", verdicts: Verdicts, ids: Iterable[int]) -> list[Answer]:
    """Removals by their ids, in the order of the ids that were asked for."""
    wanted = list(ids)
    found = {}
    for row in rows_of(index, wanted):
        said = verdicts.of(row)
        found[row["id"]] = {
            **row,
            "clipped": row["chars"] > TEXT,
            "verdicts": [plain(verdict) for verdict in said],
            "judged": settled(said),
            "conflict": differ(said),
        }
    return [found[one] for one in wanted if one in found]


def with_context(index: "Index", verdicts: Verdicts, row: Answer) -> Answer:
    return {**row, "context": documents.context(documents.load(index, row["document"]), verdicts, row)}


def rows_of_group(index: "Index", rule: str, fingerprint: str) -> list[Answer]:
    """What was removed of a group and what was flagged; the larger part first."""

    def found() -> list[Answer]:
        return index.ask(
            f"SELECT {GROUP} FROM groups g WHERE fingerprint = ? AND rule = ? ORDER BY count DESC", fingerprint, rule
        )

    rows = index.known(("group", rule, fingerprint), found)
    if not rows:
        raise InputError(f"the log holds no group {shown(fingerprint)!r} of a rule {shown(rule)!r}")
    return rows


def wide(index: "Index", rows: list[Answer]) -> list[Answer]:
    """Groups in this order, with all their columns; those that ``rows`` have hold."""
    asked = numbers(row["number"] for row in rows)
    found = {row["number"]: row for row in index.ask(f"SELECT {GROUP} FROM groups g WHERE number IN ({asked})")}
    return [{**found[row["number"]], **{name: value for name, value in row.items() if name != "key"}} for row in rows]


def with_standing(row: Mapping[str, Any], standing: Standing) -> Answer:
    return {**row, "state": standing.state, "judged": standing.judged}


def here(row: Mapping[str, Any], standing: Standing) -> Answer:
    """A group on the site that was asked for."""
    return with_standing(only(row, "count chars docs"), standing)


def cursor(after: str) -> list[int]:
    """Where a page begins."""
    key, _, number = after.partition(":")
    try:
        return [int(key), int(number)]
    except ValueError:
        raise InputError(f"no cursor: {shown(after)!r}; give the `next` of the page before") from None


def plain(verdict: Verdict) -> Answer:
    return msgspec.structs.asdict(verdict)


def only(row: Mapping[str, Any], names: str) -> Answer:
    return {name: row[name] for name in names.split()}
