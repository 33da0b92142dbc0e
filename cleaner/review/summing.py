"""Sums over a loaded index: groups of like removals in every order they may be asked for, and what the overview shows.

All that takes more than a moment on a million removals is done here, once.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: Characters of a group's example; bins of places and shares; how many are shown of the most surprising, and of sites.
EXAMPLE, BINS, SHOWN, SITES = 300, 20, 10, 50
#: A document that lost most must have had so many characters: of a line, everything is soon gone.
_LONG = 500

_GROUPS = (
    # Sites before groups: what is summed twice need not be held twice.
    """CREATE TEMP TABLE spread AS
    SELECT fingerprint, rule, action, site, count(*) AS count, sum(chars)::BIGINT AS chars, max(chars) AS longest,
        count(*) FILTER (group_here) AS docs, sum(confidence) AS confidence, min(id) AS first, min(category) AS category
    FROM removals GROUP BY ALL""",
    # A rule, or a detector, may have several categories: the one that took most characters comes first.
    """CREATE TEMP TABLE kinds AS
    SELECT rule, list(category ORDER BY cut DESC, chars DESC, category) AS categories FROM (
        SELECT rule, category, coalesce(sum(chars) FILTER (action = 'removed'), 0) AS cut, sum(chars) AS chars
        FROM removals GROUP BY rule, category) GROUP BY rule""",
    """CREATE TEMP TABLE rules AS
    SELECT rule, any_value(categories)[1] AS category, any_value(categories) AS categories,
        count(*) FILTER (action = 'removed') AS cuts, count(*) FILTER (action <> 'removed') AS flags,
        coalesce(sum(chars) FILTER (action = 'removed'), 0)::BIGINT AS chars, count(*) FILTER (rule_here) AS documents,
        round(avg(confidence), 4) AS confidence, approx_quantile(chars, 0.5) AS middle
    FROM removals JOIN kinds USING (rule) GROUP BY rule""",
    """CREATE TEMP TABLE mixed AS
    SELECT fingerprint, rule, action, first(category ORDER BY chars DESC, category) AS most FROM (
        SELECT fingerprint, rule, action, category, sum(chars) AS chars
        FROM removals SEMI JOIN (FROM kinds WHERE len(categories) > 1) USING (rule) GROUP BY ALL)
    GROUP BY fingerprint, rule, action""",
    """CREATE TEMP TABLE reach AS
    SELECT rule, count(DISTINCT site) AS sites, count(DISTINCT (fingerprint, action)) AS groups, any_value(site) AS site
    FROM spread GROUP BY rule""",
    """CREATE TEMP TABLE parts AS
    SELECT fingerprint, rule, action, coalesce(any_value(most), min(category)) AS category, sum(count)::BIGINT AS count,
        sum(chars)::BIGINT AS chars, count(*) AS sites, sum(docs)::BIGINT AS docs, max(longest) AS longest,
        round(sum(confidence) / sum(count), 4) AS confidence, min(first) AS first
    FROM spread LEFT JOIN mixed USING (fingerprint, rule, action) GROUP BY fingerprint, rule, action""",
    # Out of the ordinary: many times its rule's middle length, unsure, only flagged, of a rule known of one site.
    """CREATE TEMP TABLE surprising AS
    SELECT fingerprint, rule, action, round(greatest(0, ln(longest / greatest(middle, 1)))
        + 3 * (1 - p.confidence) + CASE WHEN action <> 'removed' THEN 1 ELSE 0 END
        + CASE WHEN reach.sites = 1 AND all_sites > 1 AND rules.documents > 1 THEN 1 ELSE 0 END, 3) AS surprise
    FROM parts p JOIN rules USING (rule) JOIN reach USING (rule),
        (SELECT count(DISTINCT site) AS all_sites FROM documents)""",
    # By number they stand in the order in which they are mostly asked for.
    """CREATE TEMP TABLE summed AS
    SELECT row_number() OVER (ORDER BY surprise DESC, p.chars DESC, fingerprint, rule, action) - 1 AS number, p.*,
        surprise
    FROM parts p JOIN surprising USING (fingerprint, rule, action)""",
    # Texts are joined last: what is sorted so often should be small.
    """CREATE TEMP TABLE ranks AS
    SELECT number, row_number() OVER (ORDER BY chars DESC, number) AS by_chars,
        row_number() OVER (ORDER BY count DESC, chars DESC, number) AS by_count,
        row_number() OVER (ORDER BY confidence, chars DESC, number) AS by_confidence, number AS by_surprise
    FROM summed""",
    f"""CREATE TEMP TABLE examples AS
    SELECT id, left(text, {EXAMPLE}) AS text, length(text) > {EXAMPLE} AS clipped
    FROM removals SEMI JOIN summed ON id = first""",
    """CREATE TABLE groups AS
    SELECT s.*, text, clipped, lower(text) || ' ' || lower(rule) AS sought, by_chars, by_count, by_confidence,
        by_surprise
    FROM summed s JOIN ranks USING (number) JOIN examples ON id = first ORDER BY number""",
    """CREATE TABLE on_sites AS
    SELECT site, number, s.count, s.chars, s.docs, s.first FROM spread s JOIN summed USING (fingerprint, rule, action)
    ORDER BY site, number""",
    """CREATE TABLE members AS
    SELECT number, r.site, r.id, r.chars FROM removals r JOIN summed USING (fingerprint, rule, action)
    ORDER BY number, r.site, r.id""",
)
_TOTALS = """
SELECT * FROM (SELECT count(*) AS documents, count(*) FILTER (removed > 0) AS documents_cut,
        count(DISTINCT site) FILTER (site <> '') AS sites, coalesce(sum(chars_in), 0)::BIGINT AS chars_in,
        coalesce(sum(chars_out), 0)::BIGINT AS chars_out, coalesce(sum(chars_cut), 0)::BIGINT AS chars_cut,
        coalesce(sum(removed), 0)::BIGINT AS cuts, coalesce(sum(flagged), 0)::BIGINT AS flags FROM documents),
    (SELECT count(*) AS groups FROM groups), (SELECT count(*) AS rules FROM rules),
    (SELECT count(*) AS removals FROM removals)
"""
_CATEGORIES = """
SELECT category, count(*) FILTER (action = 'removed') AS cuts, count(*) FILTER (action <> 'removed') AS flags,
    coalesce(sum(chars) FILTER (action = 'removed'), 0)::BIGINT AS chars,
    coalesce(sum(chars) FILTER (action <> 'removed'), 0)::BIGINT AS flag_chars
FROM removals GROUP BY category ORDER BY chars DESC, category
"""
_ACTIONS = (
    "SELECT action, count(*) AS count, sum(chars)::BIGINT AS chars FROM removals GROUP BY action ORDER BY action DESC"
)
_SITES = f"""
SELECT site, count(*) AS documents, sum(chars_in)::BIGINT AS chars_in, sum(chars_cut)::BIGINT AS chars_cut,
    sum(removed)::BIGINT AS cuts, round(sum(chars_cut) / greatest(sum(chars_in), 1), 5) AS share
FROM documents GROUP BY site ORDER BY chars_cut DESC, site LIMIT {SITES}
"""
_SHARES = f"""
SELECT least({BINS - 1}, floor(chars_cut * {BINS} / chars_in))::INTEGER AS bin, count(*) AS count
FROM documents WHERE chars_cut > 0 AND chars_in > 0 GROUP BY bin
"""
_RULES = """
SELECT rule, category, categories, cuts, flags, chars, documents, sites, groups, confidence, middle,
    sites = 1 AND documents > 1 AS one_site, site FROM rules JOIN reach USING (rule) ORDER BY chars DESC, rule
"""
_POSITIONS = f"""
SELECT rule, greatest(0, least({BINS - 1}, floor(place * {BINS})))::INTEGER AS bin, count(*) AS count
FROM removals GROUP BY rule, bin
"""
_LOST = f"""
SELECT first AS id, doc, source, row, url, site, chars_in, chars_out, chars_cut,
    round(chars_cut / greatest(chars_in, 1), 5) AS share
FROM documents WHERE removed > 0 AND chars_in >= {{least}} ORDER BY {{order}} DESC, number LIMIT {SHOWN}
"""
_SURPRISES = {
    "longest": f"SELECT id FROM removals WHERE action = 'removed' ORDER BY chars DESC, id LIMIT {SHOWN}",
    "unsure": f"SELECT id FROM removals WHERE action = 'removed' ORDER BY confidence, chars DESC, id LIMIT {SHOWN}",
    "flagged": f"SELECT number FROM groups WHERE action <> 'removed' ORDER BY by_chars LIMIT {SHOWN}",
}


def sum_up(db: "DuckDBPyConnection", progress: Callable[[float], object]) -> None:
    """Makes the tables ``groups``, ``on_sites`` and ``members``, and notes in ``meta`` what the overview shows."""
    for done, statement in enumerate(_GROUPS, 1):
        db.execute(statement)
        progress(done / (len(_GROUPS) + 1))
    overview = {
        "totals": _rows(db, _TOTALS)[0],
        "categories": _rows(db, _CATEGORIES),
        "actions": _rows(db, _ACTIONS),
        "sites": _rows(db, _SITES),
        "shares": _shares(db),
        "rules": _rules(db),
        "surprises": {
            **{name: [row[0] for row in db.execute(query).fetchall()] for name, query in _SURPRISES.items()},
            "lost_share": _rows(db, _LOST.format(least=_LONG, order="share")),
            "lost_chars": _rows(db, _LOST.format(least=0, order="chars_cut")),
        },
    }
    db.execute("INSERT INTO meta VALUES ('overview', ?)", [msgspec.json.encode(overview).decode()])
    progress(1.0)


def _rows(db: "DuckDBPyConnection", query: str) -> list[dict[str, Any]]:
    found = db.execute(query)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _shares(db: "DuckDBPyConnection") -> dict[str, Any]:
    bins = [0] * BINS
    for place, count in db.execute(_SHARES).fetchall():
        bins[place] = count
    ((untouched,),) = db.execute("SELECT count(*) FROM documents WHERE chars_cut = 0 OR chars_in = 0").fetchall()
    return {"bins": bins, "untouched": untouched}


def _rules(db: "DuckDBPyConnection") -> list[dict[str, Any]]:
    positions: dict[str, list[int]] = {}
    for rule, place, count in db.execute(_POSITIONS).fetchall():
        positions.setdefault(rule, [0] * BINS)[place] = count
    return [{**row, "positions": positions[row["rule"]]} for row in _rows(db, _RULES)]
