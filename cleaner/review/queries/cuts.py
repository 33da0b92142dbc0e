"""Removals, one by one."""

from typing import TYPE_CHECKING, Any

from cleaner.errors import InputError
from cleaner.review.queries.rows import MOST, Answer, cursor, removal_rows, rows_of_group, with_context
from cleaner.review.sampling import numbers
from cleaner.review.verdicts import Verdicts

if TYPE_CHECKING:
    from cleaner.review.index import Index


def removals(
    index: "Index",
    verdicts: Verdicts,
    *,
    rule: str,
    fingerprint: str,
    site: str = "",
    after: str | None = None,
    limit: int = 50,
) -> Answer:
    """The removals of a group in the order of the log: ``removals[]`` and ``next`` (a cursor or ``None``)."""
    rows = rows_of_group(index, rule, fingerprint)
    where = f"number IN ({numbers(row['number'] for row in rows)})"
    values: list[Any] = []
    if site:
        where, values = f"{where} AND site = ?", [site]
    if after is not None:
        where, values = f"{where} AND id > ?", [*values, cursor(after)[0]]
    most = max(1, min(limit, MOST))
    ids = [
        row["id"] for row in index.ask(f"SELECT id FROM members WHERE {where} ORDER BY id LIMIT {most + 1}", *values)
    ]
    more = len(ids) > most
    return {"removals": removal_rows(index, verdicts, ids[:most]), "next": f"{ids[most - 1]}:0" if more else None}


def removal(index: "Index", verdicts: Verdicts, *, id: int) -> Answer:
    """One removal, with ``context``: ``before`` and ``after`` (up to 400 characters of raw text each), ``segments[]``
    of the same range (of texts longer than 4,000 characters the middle is left out, and ``clipped`` is set),
    ``problem`` (why there is none, or ``""``).
    """
    found = removal_rows(index, verdicts, [id])
    if not found:
        raise InputError(f"the log holds no removal {id}")
    return with_context(index, verdicts, found[0])
