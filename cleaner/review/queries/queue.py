"""Which groups of like removals there are: filtered, in an order, a page at a time."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import numpy as np

from cleaner.errors import InputError
from cleaner.review.queries.rows import MOST, Answer, cursor, here, wide, with_standing
from cleaner.review.standing import DONE, NOTHING, SKIPPED, TODO, Standing, Standings, standings
from cleaner.review.verdicts import Verdicts, shown

if TYPE_CHECKING:
    from cleaner.review.index import Index

Order = Literal["chars", "count", "confidence", "surprise"]
State = Literal["todo", "done", "skipped", "all"]


class _Asked(NamedTuple):
    """Where groups are looked for, what they must fit, and by what they are ordered."""

    source: str
    where: str
    values: list[Any]
    key: str


def groups(
    index: "Index",
    verdicts: Verdicts,
    *,
    rule: str = "",
    category: str = "",
    site: str = "",
    action: str = "",
    q: str = "",
    order: Order = "surprise",
    state: State = "todo",
    reviewer: str = "",
    after: str | None = None,
    limit: int = 50,
) -> Answer:
    """Groups of like removals: ``groups[]`` and ``next``, the cursor for more (``None``: there are no more).

    ``q`` is looked for in the text and the rule. With ``site``, the counts and ``first`` of a group are those of that
    site, and ``state`` is asked there. With ``reviewer``, ``state`` and ``judged`` are those of that reviewer, whatever
    others said. ``total`` says how many groups fit the filters, whatever their state.
    """
    _check("order", order, get_args(Order))
    _check("state", state, get_args(State))
    asked = _asked(site, order, q, {"g.rule": rule, "g.category": category, "o.site": site, "g.action": action})
    held = standings(index, verdicts, reviewer)
    on_site = held.on_site(site) if site else None
    rows = _page(index, asked, state, _listed(held, on_site, state), site, after, max(1, min(limit, MOST)))
    last = rows.pop() if len(rows) > max(1, min(limit, MOST)) else None
    found = []
    for row in wide(index, rows):
        standing = held.of(row["number"]) if on_site is None else on_site.get(row["number"], NOTHING)
        found.append(with_standing(row, standing) | ({"here": here(row, standing)} if site else {}))
    return {
        "groups": found,
        "next": f"{rows[-1]['key']}:{rows[-1]['number']}" if last else None,
        "total": _total(index, asked),
    }


def _asked(site: str, order: Order, q: str, filters: Mapping[str, str]) -> _Asked:
    given = {column: value for column, value in filters.items() if value}
    parts = [f"{column} = ?" for column in given]
    values: list[Any] = list(given.values())
    if q:
        parts.append("contains(sought, lower(?))")
        values.append(shown(q))
    source = "groups g JOIN on_sites o USING (number)" if site else "groups g"
    key = f"-o.{order}" if site and order in ("chars", "count") else f"g.by_{order}"
    return _Asked(source, " AND ".join(parts) or "true", values, key)


def _page(
    index: "Index", asked: _Asked, state: State, listed: np.ndarray | None, site: str, after: str | None, most: int
) -> list[Answer]:
    """The rows of a page, and one more if there are more.

    Few columns are looked through, and the others read of those groups alone that are shown.
    """
    where, values, tables = asked.where, [*asked.values], {}
    if listed is not None:
        tables["listed"] = {"number": listed}
        where += f" AND g.number {'NOT ' if state == TODO else ''}IN (SELECT number FROM listed)"
    if after is not None:
        where += f" AND ({asked.key}, g.number) > (?, ?)"
        values += cursor(after)
    own = ", o.count, o.chars, o.docs, o.first" if site else ""
    return index.ask(
        f"SELECT g.number, {asked.key} AS key{own} FROM {asked.source} WHERE {where} "
        f"ORDER BY key, g.number LIMIT {most + 1}",
        *values,
        **tables,
    )


def _listed(held: Standings, on_site: Mapping[int, Standing] | None, state: State) -> np.ndarray | None:
    """The groups in a state; those that are not to do, if that is asked: nobody said anything of most that are."""
    if state == "all":
        return None
    states = [one for one in (DONE, SKIPPED) if state in (TODO, one)]
    if on_site is None:
        return np.concatenate([held.numbers(one) for one in states])
    return np.array([number for number, one in on_site.items() if one.state in states], dtype=np.int64)


def _total(index: "Index", asked: _Asked) -> int:
    question = f"SELECT count(*) AS total FROM {asked.source} WHERE {asked.where}"
    return index.known(("total", question, *asked.values), lambda: index.ask(question, *asked.values)[0]["total"])


def _check(name: str, value: str, accepted: Iterable[str]) -> None:
    if value not in accepted:
        raise InputError(f"{name} is {shown(value)!r}; it must be one of {', '.join(accepted)}")
