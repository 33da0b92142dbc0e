"""``cleaner rules check``: the rules against labelled records."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import shorten

import msgspec

from cleaner.cli.options import Commands, add_rule_options, rule_packs
from cleaner.detectors.rules import RulesDetector
from cleaner.errors import ConfigError, InputError
from cleaner.formats import compression
from cleaner.matcher import matcher_for
from cleaner.pipeline import Cleaner
from cleaner.rulefiles import Packs
from cleaner.rulefiles.cache import DISK_SHELF
from cleaner.rulefiles.check import (
    FEWEST_REMOVALS,
    HALVES,
    Check,
    Record,
    Row,
    Site,
    below,
    by_rule,
    by_site,
    half,
    on_one_site,
    read_record,
)

#: Of a rule or site in a table; with it and eleven columns a line has at most 120 characters.
_WIDEST_NAME = 32


def add_to(inner: Commands) -> None:
    check = inner.add_parser("check", help="what the rules take from labelled records: junk and article text")
    check.add_argument("records", metavar="RECORDS", type=Path, help="JSON Lines, also as .gz or .zst")
    add_rule_options(check)
    check.add_argument("--by", choices=("rule", "site"), default="rule", help="a table of rules, or of sites")
    check.add_argument("--json", action="store_true", help="everything as JSON")
    check.add_argument("--alone", action="store_true", help="count only removals that no other rule had a hand in")
    check.add_argument("--maker", metavar="NAME", nargs="+", action="extend", help="only records of these makers")
    check.add_argument("--split", choices=HALVES, help="only one half of the sites")
    check.add_argument("--bound", metavar="SHARE", type=float, default=0.9, help="lowest precision (default: 0.9)")
    check.set_defaults(run=run_check)


def run_check(parsed: argparse.Namespace) -> int:
    if not 0 <= parsed.bound <= 1:
        raise ConfigError(f"--bound {parsed.bound:g}: accepted: a share between 0 and 1")
    packs, records = rule_packs(parsed), _selected(parsed)
    cleaner = Cleaner([RulesDetector(matcher_for(packs.rules, shelf=DISK_SHELF))], overrides=packs.overrides)
    check = Check()
    for record in records:
        check.add(record, () if record.gold_gaps else cleaner.clean(record.raw, record.url).removed)
    hits = [hit for hit in check.hits if not (parsed.alone and hit.also)]
    rows, sites = by_rule(hits), by_site(hits)
    doubtful = below(rows, parsed.bound)
    if parsed.json:
        print(_json(check, rules=rows, sites=sites, below=[row.rule for row in doubtful]))
        return 0
    tables = (
        _rule_table(rows) if parsed.by == "rule" else [*_site_table(sites), "", *_one_site_table(on_one_site(rows))]
    )
    print("\n".join([*_seen(check, alone=parsed.alone), "", *tables, "", *_totals(check)]))
    if doubtful:
        print("\n".join(["", *_demotions(doubtful, packs, parsed.bound)]))
    return 0


def _selected(parsed: argparse.Namespace) -> list[Record]:
    """The records that the options ask for, all of them read and found in order."""
    records = list(_records(parsed.records))
    makers = {record.maker for record in records}
    if unknown := sorted(set(parsed.maker or ()) - makers):
        raise ConfigError(f"--maker {unknown[0]}: no record is of this maker; found: {', '.join(sorted(makers))}")
    selected = [
        record
        for record in records
        if (not parsed.maker or record.maker in parsed.maker) and parsed.split in (None, half(record.domain))
    ]
    if not selected:
        raise InputError(f"{parsed.records}: no record to check; of {len(records)} the options leave none")
    return selected


def _records(path: Path) -> Iterator[Record]:
    for number, line in _lines(path):
        try:
            yield read_record(line)
        except InputError as error:
            raise InputError(f"{path}: line {number}: {error}") from None


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as stream:
            pieces = compression.chunks(stream, compression.SUFFIXES.get(path.suffix, ""))
            for number, line in enumerate(compression.lines(pieces), 1):
                if line.strip():
                    yield number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _json(check: Check, **tables: object) -> str:
    seen = {
        "records": check.records,
        "gold_gaps": check.gaps,
        "pages": len(check.pages),
        "sites_seen": len(check.sites),
    }
    totals = {
        "junk": check.junk,
        "article": check.article,
        "junk_taken": check.taken[0],
        "article_taken": check.taken[1],
    }
    return msgspec.json.format(msgspec.json.encode({**seen, **totals, **tables}), indent=2).decode()


def _seen(check: Check, *, alone: bool) -> Iterator[str]:
    yield f"{check.records:,} records of {len(check.pages):,} pages on {len(check.sites):,} sites"
    if check.gaps:
        yield f"{check.gaps:,} more are left out, junk and article: their gold is known to have gaps"
    yield "hits: removals; junk, article: word characters (no spaces, no punctuation) in them, by their labels"
    if alone:
        yield "counted are only removals that no other rule had a hand in"


def _rule_table(rows: Sequence[Row]) -> Iterator[str]:
    yield "right: share of junk, with a 95 % interval over pages where they differ; top: share from the commonest site"
    yield "shared: share of removals that other rules had a hand in; alone: characters of those that none had"
    yield ""
    head = ("rule", "hits", "junk", "article", "right", "95 %", "pages", "sites", "top", "shared", "alone")
    yield from _aligned([head, *map(_rule_cells, rows)])


def _rule_cells(row: Row) -> Sequence[str]:
    return (
        row.rule,
        *_counts(row),
        "–" if row.precision is None else f"{row.precision:.3f}",
        _interval(row),
        str(row.pages),
        str(row.sites),
        _percent(row.site_share),
        _percent(1 - row.alone / row.size if row.size else None),
        f"{row.alone:,}",
    )


def _counts(row: Row | Site) -> Sequence[str]:
    return f"{row.hits:,}", f"{row.junk:,}", f"{row.article:,}"


def _interval(row: Row) -> str:
    low, high = row.interval or (0, 0)
    return f"{low:.3f}–{high:.3f}" if low < high else ""


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _site_table(sites: Sequence[Site]) -> Iterator[str]:
    yield "worst rules: those that took most article characters there"
    yield ""
    head = ("site", "hits", "junk", "article", "worst rules")
    cells = [(site.site, *_counts(site), _worst(site)) for site in sites if site.article]
    yield from _aligned([head, *cells], last_left=True) if cells else ["no site lost article text"]


def _worst(site: Site) -> str:
    rules = ", ".join(f"{_shortened(rule)}:{article}" for rule, article in site.worst.items())
    return shorten(rules, 56, break_on_hyphens=False, placeholder=" …")


def _one_site_table(rows: Sequence[Row]) -> Iterator[str]:
    yield "rules with several hits, all on one site:"
    head = ("rule", "hits", "junk", "article", "pages", "site")
    cells = [(row.rule, *_counts(row), str(row.pages), _shortened(row.site)) for row in rows]
    yield from _aligned([head, *cells], last_left=True) if cells else ["none"]


def _aligned(rows: Sequence[Sequence[str]], *, last_left: bool = False) -> Iterator[str]:
    """The rows in columns: the first to the left, the others to the right."""
    rows = [(_shortened(first), *rest) for first, *rest in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *rest in rows:
        cells = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        if last_left:
            cells[-1] = rest[-1]
        yield "  ".join([first.ljust(widths[0]), *cells]).rstrip()


def _shortened(name: str) -> str:
    return (name or "(none)") if len(name) <= _WIDEST_NAME else name[: _WIDEST_NAME - 1] + "…"


def _totals(check: Check) -> Iterator[str]:
    """What all rules together took; under ``--alone`` too."""
    for name, taken, whole in zip(("junk", "article"), check.taken, (check.junk, check.article), strict=True):
        share = f" ({taken / whole:.3%})" if whole else ""
        yield f"{name} taken by all rules: {taken:,} of {whole:,} characters{share}"


def _demotions(rows: Sequence[Row], packs: Packs, bound: float) -> Iterator[str]:
    yield f"below the bound: {FEWEST_REMOVALS} hits or more, and the lower end of what is right is under {bound:g};"
    yield 'to let a rule only flag, put into its table: status = "experimental"'
    head = ("rule", "file", "hits", "right", "95 %")
    cells = [
        (row.rule, packs.rule(row.rule).file, f"{row.hits:,}", f"{row.precision:.3f}", _interval(row)) for row in rows
    ]
    yield from _aligned([head, *cells])
