"""Questions to the index and the verdicts. Answers are plain dicts and lists, ready for JSON.

Shapes that come again:

``removal``: ``id rule category action confidence reason also[] fingerprint text chars clipped doc source row url site
start end line place size`` (``text`` is the first 2,000 characters, ``clipped`` says whether that is not all; ``place``
and ``size`` are shares of the document), ``document`` (its number), ``verdicts[]`` (those that hold for it), ``judged``
(``right wrong skip`` or ``""``).

``verdict``: the fields of a line of ``verdicts.jsonl``.

``group``: ``number rule category action fingerprint count chars sites docs longest confidence surprise text clipped
first`` (the id of its first removal), ``state`` (``todo done skipped``), ``judged`` (``right wrong skip`` or ``""``).

``judged`` of a rule: ``right wrong skip conflicts basis low high lower needed_95 needed_99``. ``basis`` is ``sample``
where a random sample of the rule in this log was judged (the bounds are then those of the sample), ``verdicts`` where
people judged what they chose, ``""`` where nobody has. ``low`` and ``high`` are the exact two-sided 95 % interval,
``lower`` the exact one-sided 95 % bound; ``needed_*``: how many more must be judged, all right, until ``lower`` is
there.

``segment``: ``kind`` (``kept removed flagged``) ``text start end line``, and but for kept text ``id rule category
action confidence reason fingerprint judged``. What is flagged takes its place among the segments.

Lone surrogates in what is shown are U+FFFD. Unknown ids, groups and samples raise ``InputError``.
"""

from collections.abc import Iterable, Mapping
from random import Random
from typing import TYPE_CHECKING, Any, Literal, get_args

import msgspec
import numpy as np

from cleaner.errors import InputError, OutputError
from cleaner.fingerprint import fingerprint as fingerprint_of
from cleaner.review import documents, sampling
from cleaner.review.loading import TEXT
from cleaner.review.sampling import numbers, rows_of
from cleaner.review.standing import (
    DONE,
    NOTHING,
    SKIPPED,
    TODO,
    Standing,
    Standings,
    by_rule,
    of_item,
    proved,
    standings,
    tallied,
    unjudged,
)
from cleaner.review.verdicts import KEPT, By, Key, Sample, Verdict, Verdicts, conflicts_in, settled, shown

if TYPE_CHECKING:
    from cleaner.review.index import Index

Order = Literal["chars", "count", "confidence", "surprise"]
State = Literal["todo", "done", "skipped", "all"]
Answer = dict[str, Any]

#: Most that is given at once; of a group: sites, contexts, verdicts, neighbours.
_MOST, _SITES, _CONTEXTS, _VERDICTS, _PEERS = 500, 50, 3, 100, 5
#: Lines of a kept text that may be junk are no longer; articles that are read for each line that is wanted.
_SHORT, _READ = 200, 2
_GROUP = (
    "g.number, g.rule, g.category, g.action, g.fingerprint, g.count, g.chars, g.sites, g.docs, g.longest, "
    "g.confidence, g.surprise, g.text, g.clipped, g.first"
)


def overview(index: "Index", verdicts: Verdicts) -> Answer:
    """What went, at a glance.

    ``totals``: ``documents documents_cut removals cuts flags groups rules sites chars_in chars_out chars_cut``.
    ``categories[]``: ``category cuts chars flags flag_chars``; ``actions[]``: ``action count chars``.
    ``sites[]``: the 50 that lost most: ``site documents chars_in chars_cut cuts share``.
    ``shares``: documents by the share of their characters that went: ``bins`` (20 counts), ``untouched``.
    ``rules[]``, most characters first: ``rule category categories[] cuts flags chars documents sites groups confidence
    middle`` (about the median length) ``positions`` (20 counts of the places of its removals) ``one_site site judged``.
    ``surprises``: ``longest`` and ``unsure`` (removals), ``flagged`` (groups), ``lost_share`` and ``lost_chars``
    (documents: ``id`` (of its first removal) ``doc source row url site chars_in chars_out chars_cut share``),
    ``one_site`` (rules: ``rule category site cuts chars documents``).
    ``verdicts``: ``right wrong skip conflicts`` (of removals; kept lines are not among them) ``reviewers`` (name -> how
    many hold, all of them), ``damaged`` (numbers of lines that could not be read). ``progress`` as in :func:`progress`.
    ``samples[]``: ``name rule by size seed judged right wrong lower here`` (was it drawn from this log?).
    """
    told = index.told("overview")
    log, samples = sampling.log_digest(index), verdicts.samples()
    judged = index.known(("by rule", id(verdicts), verdicts.version, len(samples)), lambda: by_rule(verdicts, log))
    rules = [{**rule, "judged": judged.get(rule["rule"]) or unjudged()} for rule in told["rules"]]
    surprises = told["surprises"]
    return {
        **{name: told[name] for name in ("totals", "categories", "actions", "sites", "shares")},
        "rules": rules,
        "surprises": {
            "longest": _removals(index, verdicts, surprises["longest"]),
            "unsure": _removals(index, verdicts, surprises["unsure"]),
            "flagged": _groups_of(index, verdicts, surprises["flagged"]),
            "lost_share": surprises["lost_share"],
            "lost_chars": surprises["lost_chars"],
            "one_site": [_only(rule, "rule category site cuts chars documents") for rule in rules if rule["one_site"]],
        },
        "verdicts": _said(verdicts, judged),
        "progress": progress(index, verdicts),
        "samples": [{**_sample_row(verdicts, one), "here": one.log == log} for one in samples.values()],
    }


def progress(index: "Index", verdicts: Verdicts) -> dict[str, int]:
    """How far reviewers are: ``groups done skipped todo``, and ``removals done_removals`` of those groups."""
    totals = index.told("overview")["totals"]
    counted = standings(index, verdicts).counted()
    (done, done_removals), (skipped, _) = counted[DONE], counted[SKIPPED]
    return {
        "groups": totals["groups"],
        "done": done,
        "skipped": skipped,
        "todo": totals["groups"] - done - skipped,
        "removals": totals["removals"],
        "done_removals": done_removals,
    }


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
    after: str | None = None,
    limit: int = 50,
) -> Answer:
    """Groups of like removals: ``groups[]`` and ``next``, the cursor for more (``None``: there are no more).

    ``q`` is looked for in the text and the rule. With ``site``, the counts and ``first`` of a group are those of that
    site, and ``state`` is asked there. ``total`` says how many groups fit the filters, whatever their state.
    """
    _check("order", order, get_args(Order))
    _check("state", state, get_args(State))
    where, values = _filters(rule, category, site, action, q)
    source = "groups g JOIN on_sites o USING (number)" if site else "groups g"
    key = f"-o.{order}" if site and order in ("chars", "count") else f"g.by_{order}"
    total = index.known(
        ("total", where, *values),
        lambda: index.ask(f"SELECT count(*) AS total FROM {source} WHERE {where}", *values)[0]["total"],
    )
    held = standings(index, verdicts)
    on_site = held.on_site(site) if site else None
    tables = {}
    if state != "all":
        # Groups that nobody has said anything of are to do: they are those that are in no list.
        listed = [one for one in (DONE, SKIPPED) if state in (TODO, one)]
        tables["listed"] = {"number": np.concatenate([_numbers(held, on_site, one) for one in listed])}
        where += f" AND g.number {'NOT ' if state == TODO else ''}IN (SELECT number FROM listed)"
    if after is not None:
        where += f" AND ({key}, g.number) > (?, ?)"
        values += _cursor(after)
    most = max(1, min(limit, _MOST))
    # Few columns are looked through, and the others read of those groups alone that are shown.
    own = ", o.count, o.chars, o.docs, o.first" if site else ""
    rows = index.ask(
        f"SELECT g.number, {key} AS key{own} FROM {source} WHERE {where} ORDER BY key, g.number LIMIT {most + 1}",
        *values,
        **tables,
    )
    more = len(rows) > most
    last = rows[most - 1] if more else None
    found = _wide(index, rows[:most])
    shown_at = held.of if on_site is None else lambda number: on_site.get(number, NOTHING)
    return {
        "groups": [_group(row, shown_at(row["number"])) for row in found],
        "next": f"{last['key']}:{last['number']}" if last else None,
        "total": total,
    }


def group(index: "Index", verdicts: Verdicts, *, rule: str, fingerprint: str, site: str = "") -> Answer:
    """One group: the fields of a ``group`` (what was removed and what was flagged of it together), and

    ``actions`` (``removed`` and ``flagged`` -> how many), ``by_site[]`` (the 50 largest: ``site count chars judged``),
    ``contexts[]`` (up to three removals of different sites or documents, each with ``context`` as in :func:`removal`),
    ``verdicts[]`` (on the group or parts of it, newest first, at most 100), ``conflicts[]`` (``scope site doc
    verdicts[]``), ``peers[]`` (other groups of the rule, not judged yet, that are nearest in length: ``group``, at most
    5), ``others[]`` (the same text taken by other rules: ``rule category action count``), ``judged_removals`` (``right
    wrong skip`` -> how many of its removals a verdict on a text or on a site is on).
    With ``site``, contexts and ``by_site`` are of that site alone.
    """
    held = standings(index, verdicts)
    rows = _rows_of_group(index, rule, fingerprint)
    whole = _group(_together(rows), held.of(rows[0]["number"]))
    members = f"FROM members m WHERE number IN ({numbers(row['number'] for row in rows)})"
    here, values = (f"{members} AND m.site = ?", (site,)) if site else (members, ())
    sites = index.ask(
        f"SELECT m.site AS site, count(*) AS count, sum(chars)::BIGINT AS chars, min(id) AS first {here} "
        f"GROUP BY m.site ORDER BY count DESC, m.site LIMIT {_SITES}",
        *values,
    )
    if not sites:
        raise InputError(f"the group {fingerprint} of rule {rule!r} does not occur on {site!r}")
    ids = [row.pop("first") for row in sites[:_CONTEXTS]]
    if len(ids) < _CONTEXTS:
        near = index.ask(f"SELECT id {here} ORDER BY id LIMIT {10 * _CONTEXTS}", *values)
        ids += [row["id"] for row in near]
    parts = verdicts.about(rule, fingerprint)
    said = sorted((one for part in parts.values() for one in part.values()), key=lambda one: one.time, reverse=True)
    for row in sites:
        row.pop("first", None)
        row["judged"] = settled(parts.get(Key("site", rule, fingerprint, row["site"]), {}).values())
    return {
        **whole,
        "actions": {row["action"]: row["count"] for row in rows},
        "by_site": sites,
        "contexts": _contexts(index, verdicts, ids),
        "verdicts": [_plain(one) for one in said[:_VERDICTS]],
        "conflicts": [
            {**_only(conflict.key._asdict(), "scope site doc"), "verdicts": list(map(_plain, conflict.verdicts))}
            for conflict in conflicts_in(parts)
        ],
        "peers": _peers(index, held, whole),
        "others": index.ask(
            "SELECT rule, category, action, count FROM groups WHERE fingerprint = ? AND rule <> ? ORDER BY count DESC",
            fingerprint,
            rule,
        ),
        "judged_removals": _judged_removals(index, rows, parts),
    }


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
    rows = _rows_of_group(index, rule, fingerprint)
    where = f"number IN ({numbers(row['number'] for row in rows)})"
    values: list[Any] = []
    if site:
        where, values = f"{where} AND site = ?", [site]
    if after is not None:
        where, values = f"{where} AND id > ?", [*values, _cursor(after)[0]]
    most = max(1, min(limit, _MOST))
    ids = [
        row["id"] for row in index.ask(f"SELECT id FROM members WHERE {where} ORDER BY id LIMIT {most + 1}", *values)
    ]
    more = len(ids) > most
    return {"removals": _removals(index, verdicts, ids[:most]), "next": f"{ids[most - 1]}:0" if more else None}


def removal(index: "Index", verdicts: Verdicts, *, id: int) -> Answer:
    """One removal, with ``context``: ``before`` and ``after`` (up to 400 characters of raw text each), ``segments[]``
    of the same range (of texts longer than 4,000 characters the middle is left out, and ``clipped`` is set),
    ``problem`` (why there is none, or ``""``).
    """
    found = _removals(index, verdicts, [id])
    if not found:
        raise InputError(f"the log holds no removal {id}")
    return _with_context(index, verdicts, found[0])


def document(index: "Index", verdicts: Verdicts, *, id: int, around: int | None = None) -> Answer:
    """The document of the removal ``id``: its raw text with the cuts in place.

    ``doc source row url site chars_in chars_out removed flagged``; ``total`` (characters of raw text), ``start`` and
    ``end`` of the window that is shown (at most 60,000 characters around ``around`` or the removal); ``segments[]``;
    ``minimap[]``: up to 400 of ``place size kind category id`` over the whole (place and size are shares of it);
    ``focus``: the id; ``story_start``: where a story was spliced in, the first 600 characters that were kept, else
    ``""``; ``problem``: why the text cannot be shown (then there are no segments), or ``""``.
    """
    rows = index.ask('SELECT document, "start" FROM removals WHERE id = ?', id)
    if not rows:
        raise InputError(f"the log holds no removal {id}")
    loaded = documents.load(index, rows[0]["document"])
    entry, total = loaded.entry, loaded.entry.chars_in
    window = documents.window_of(total, rows[0]["start"] if around is None else max(0, min(around, total)))
    return {
        **{name: getattr(entry, name) for name in ("doc", "source", "row", "url")},
        **{name: getattr(entry, name) for name in ("chars_in", "chars_out", "removed", "flagged")},
        "site": loaded.site,
        "total": total,
        "start": window.start,
        "end": window.end,
        "segments": [] if loaded.problem else documents.segments(loaded, verdicts, window),
        "minimap": documents.minimap(loaded),
        "focus": id,
        "story_start": documents.story_start(loaded),
        "problem": loaded.problem,
    }


def start_sample(
    index: "Index", verdicts: Verdicts, *, rule: str, by: By = "removals", size: int = 100, seed: int = 0
) -> Answer:
    """Draws a random sample of a rule's removals and keeps it; the same question gives the same sample.

    Answers as :func:`sample`.
    """
    name = sampling.name_of(rule, by, size, seed, sampling.log_digest(index))
    if name not in verdicts.samples():
        drawn, ids = sampling.draw(index, rule, by, size, seed)
        verdicts.add_sample(drawn)
        if verdicts.samples()[name].items == drawn.items:
            index.known(("items", name), lambda: ids)
    return sample(index, verdicts, name=name)


def sample(index: "Index", verdicts: Verdicts, *, name: str) -> Answer:
    """A sample and how it stands: all that :func:`sample_standing` tells, and ``items[]``: ``id`` (``None`` if this log
    does not hold it any more), ``judged`` and ``removal`` (as above, without context); they come as often as they were
    drawn.
    """
    standing, drawn = sample_standing(index, verdicts, name=name), verdicts.samples()[name]
    ids = index.known(("items", name), lambda: _ids_of(index, drawn))
    found = {row["id"]: row for row in _removals(index, verdicts, {one for one in ids if one is not None})}
    return {
        **standing,
        "items": [
            {"id": one, "judged": settled(of_item(verdicts, drawn, place)), "removal": found.get(one)}
            for place, one in enumerate(ids)
        ],
    }


def sample_standing(index: "Index", verdicts: Verdicts, *, name: str) -> Answer:
    """How a sample stands: ``name rule by size seed action population``, ``here`` (was it drawn from this log?),
    ``stated`` (how it was drawn, in a sentence), ``right wrong skip left``, ``low high lower needed_95 needed_99``.
    """
    drawn = verdicts.samples().get(name)
    if drawn is None:
        raise InputError(f"there is no sample {name!r}; start it first")
    counts, here = tallied(verdicts, drawn), drawn.log == sampling.log_digest(index)
    return {
        **{part: getattr(drawn, part) for part in ("rule", "by", "size", "seed", "action", "population")},
        "name": drawn.measure,
        "here": here,
        "stated": sampling.stated(drawn) + ("" if here else "; of another run"),
        "left": counts[""],
        **{answer: counts[answer] for answer in ("right", "wrong", "skip")},
        **proved(counts["right"], counts["wrong"]),
    }


def misses(index: "Index", verdicts: Verdicts | None = None, *, seed: int = 0, size: int = 50) -> Answer:
    """Random short lines that were kept, to estimate what remains: ``lines[]``; ``documents``, how many were read;
    ``short_lines``, how many such lines they hold.

    A line: ``rule`` (``kept-line``) ``fingerprint text before after doc source row url site start end line`` (places
    are those in the article), ``judged verdicts[]``. A verdict on one has scope ``text``; ``right`` says that the line
    belongs there. With verdicts, also ``right wrong skip``, and ``low high`` of the share of short lines that are junk.
    """
    chance = Random(f"misses {seed} {size}")
    size = max(1, min(size, _MOST))
    total = index.told("overview")["totals"]["documents"]
    chosen = chance.sample(range(total), min(total, _READ * size))
    rows = index.ask(f"SELECT * FROM documents WHERE number IN ({numbers(chosen)}) ORDER BY number")
    kept: list[Answer] = []
    seen = read = 0
    for row in rows:
        try:
            text = documents.article_text(index, row)
        except (InputError, OutputError, UnicodeError, OSError):
            continue
        read += 1
        for line in _short_lines(text):
            seen += 1
            place = len(kept) if len(kept) < size else chance.randrange(seen)
            if place < size:
                kept[place : place + 1] = [_kept_line(row, text, *line)]
    counts = {"right": 0, "wrong": 0, "skip": 0, "": 0}
    for one in kept:
        said = verdicts.of(one) if verdicts else []
        one.update(judged=settled(said), verdicts=[_plain(verdict) for verdict in said])
        counts[one["judged"]] += 1
    low, high = sampling.interval(counts["wrong"], counts["right"])
    answers = {answer: counts[answer] for answer in ("right", "wrong", "skip")}
    return {
        "lines": kept,
        "documents": read,
        "short_lines": seen,
        **answers,
        "low": round(low, 5),
        "high": round(high, 5),
    }


def _filters(rule: str, category: str, site: str, action: str, q: str) -> tuple[str, list[Any]]:
    asked = {"g.rule": rule, "g.category": category, "o.site": site, "g.action": action}
    given = {column: value for column, value in asked.items() if value}
    parts = [f"{column} = ?" for column in given]
    values: list[Any] = list(given.values())
    if q:
        parts.append("contains(sought, lower(?))")
        values.append(shown(q))
    return " AND ".join(parts) or "true", values


def _numbers(held: Standings, on_site: Mapping[int, Standing] | None, state: str) -> np.ndarray:
    if on_site is None:
        return held.numbers(state)
    return np.array([number for number, one in on_site.items() if one.state == state], dtype=np.int64)


def _cursor(after: str) -> list[int]:
    key, _, number = after.partition(":")
    try:
        return [int(key), int(number)]
    except ValueError:
        raise InputError(f"no cursor: {shown(after)!r}; give the `next` of the page before") from None


def _check(name: str, value: str, accepted: Iterable[str]) -> None:
    if value not in accepted:
        raise InputError(f"{name} is {shown(value)!r}; it must be one of {', '.join(accepted)}")


def _group(row: Mapping[str, Any], standing: Standing) -> Answer:
    return {**row, "state": standing.state, "judged": standing.judged}


def _wide(index: "Index", rows: list[Answer]) -> list[Answer]:
    """Groups in this order, with all their columns; those that ``rows`` have hold."""
    asked = numbers(row["number"] for row in rows)
    found = {row["number"]: row for row in index.ask(f"SELECT {_GROUP} FROM groups g WHERE number IN ({asked})")}
    return [{**found[row["number"]], **{name: value for name, value in row.items() if name != "key"}} for row in rows]


def _groups_of(index: "Index", verdicts: Verdicts, wanted: list[int]) -> list[Answer]:
    held = standings(index, verdicts)
    rows = index.known(("groups", *wanted), lambda: _wide(index, [{"number": number} for number in wanted]))
    return [_group(row, held.of(row["number"])) for row in rows]


def _rows_of_group(index: "Index", rule: str, fingerprint: str) -> list[Answer]:
    """What was removed and what was flagged; the larger part first."""

    def found() -> list[Answer]:
        return index.ask(
            f"SELECT {_GROUP} FROM groups g WHERE fingerprint = ? AND rule = ? ORDER BY count DESC", fingerprint, rule
        )

    rows = index.known(("group", rule, fingerprint), found)
    if not rows:
        raise InputError(f"the log holds no group {shown(fingerprint)!r} of a rule {shown(rule)!r}")
    return rows


def _together(rows: list[Answer]) -> Answer:
    sums = {name: sum(row[name] for row in rows) for name in ("count", "chars")}
    most = {name: max(row[name] for row in rows) for name in ("sites", "docs", "longest", "surprise")}
    return {**rows[0], **sums, **most}


def _peers(index: "Index", held: Standings, whole: Answer) -> list[Answer]:
    rows = index.ask(
        "SELECT number FROM groups WHERE rule = ? AND action = ? AND number <> ? "
        "AND number NOT IN (SELECT number FROM listed) "
        f"ORDER BY abs(longest - ?), by_chars LIMIT {_PEERS}",
        *(whole[name] for name in ("rule", "action", "number", "longest")),
        listed={"number": np.concatenate([held.numbers(DONE), held.numbers(SKIPPED)])},
    )
    return [_group(row, held.of(row["number"])) for row in _wide(index, rows)]


def _judged_removals(index: "Index", rows: list[Answer], parts: Mapping[Key, Mapping[str, Verdict]]) -> dict[str, int]:
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


def _contexts(index: "Index", verdicts: Verdicts, ids: list[int]) -> list[Answer]:
    """Removals with what stands around them, no two of one document if it can be helped."""
    rows = {row["id"]: row for row in _removals(index, verdicts, dict.fromkeys(ids))}
    ordered = [rows[one] for one in dict.fromkeys(ids)]
    first: dict[tuple[str, int | None], Answer] = {}
    for row in ordered:
        first.setdefault((row["source"], row["row"]), row)
    chosen = list(first.values())
    chosen += [row for row in ordered if row not in chosen]
    return [_with_context(index, verdicts, row) for row in chosen[:_CONTEXTS]]


def _with_context(index: "Index", verdicts: Verdicts, row: Answer) -> Answer:
    return {**row, "context": documents.context(documents.load(index, row["document"]), verdicts, row)}


def _removals(index: "Index", verdicts: Verdicts, ids: Iterable[int]) -> list[Answer]:
    """Removals by their ids, in the order of the ids that were asked for."""
    wanted = list(ids)
    found = {}
    for row in rows_of(index, wanted):
        said = verdicts.of(row)
        found[row["id"]] = {
            **row,
            "clipped": row["chars"] > TEXT,
            "verdicts": [_plain(verdict) for verdict in said],
            "judged": settled(said),
        }
    return [found[one] for one in wanted if one in found]


def _ids_of(index: "Index", drawn: Sample) -> list[int | None]:
    """Where this log holds what was drawn, perhaps out of another run over the same documents."""
    import pyarrow as pa

    columns = {name: [getattr(item, name) for item in drawn.items] for name in ("doc", "source", "fingerprint")}
    places = {name: [getattr(item, name) for item in drawn.items] for name in ("row", "start", "end")}
    table = pa.table(
        {
            "place": pa.array(range(len(drawn.items)), pa.int64()),
            **{name: pa.array(values, pa.string()) for name, values in columns.items()},
            **{name: pa.array(values, pa.int64()) for name, values in places.items()},
        }
    )
    rows = index.ask(
        "SELECT i.place AS place, min(r.id) AS id FROM items i "
        'JOIN documents d ON d.doc = i.doc AND d.source = i.source AND d."row" IS NOT DISTINCT FROM i."row" '
        'JOIN removals r ON r.document = d.number AND r."start" = i."start" AND r."end" = i."end" '
        "AND r.fingerprint = i.fingerprint WHERE r.rule = ? GROUP BY i.place",
        drawn.rule,
        items=table,
    )
    found = {row["place"]: row["id"] for row in rows}
    return [found.get(place) for place in range(len(drawn.items))]


def _short_lines(text: str) -> Iterable[tuple[int, int, int]]:
    """Start, end and number of the lines that are short and hold a letter."""
    start = 0
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) <= _SHORT and any(map(str.isalpha, line)):
            yield start, start + len(line), number
        start += len(line) + 1


def _kept_line(row: Mapping[str, Any], text: str, start: int, end: int, number: int) -> Answer:
    line = text[start:end]
    return {
        **_only(row, "doc source row url site"),
        "rule": KEPT,
        "category": "",
        "fingerprint": fingerprint_of(line),
        "text": shown(line),
        "before": shown(text[max(0, start - documents.CONTEXT) : start]),
        "after": shown(text[end : end + documents.CONTEXT]),
        "start": start,
        "end": end,
        "line": number,
    }


def _said(verdicts: Verdicts, judged: Mapping[str, Mapping[str, Any]]) -> Answer:
    sums = {name: sum(rule[name] for rule in judged.values()) for name in ("right", "wrong", "skip", "conflicts")}
    return {**sums, "reviewers": verdicts.reviewers(), "damaged": verdicts.damaged}


def _sample_row(verdicts: Verdicts, drawn: Sample) -> Answer:
    counts = tallied(verdicts, drawn)
    right, wrong = counts["right"], counts["wrong"]
    row = {"name": drawn.measure, "rule": drawn.rule, "by": drawn.by, "size": drawn.size, "seed": drawn.seed}
    lower = round(sampling.lower_bound(right, wrong), 5)
    return {**row, "judged": right + wrong, "right": right, "wrong": wrong, "lower": lower}


def _plain(verdict: Verdict) -> Answer:
    return msgspec.structs.asdict(verdict)


def _only(row: Mapping[str, Any], names: str) -> Answer:
    return {name: row[name] for name in names.split()}
