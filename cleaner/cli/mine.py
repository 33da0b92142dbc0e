"""``cleaner mine``: proposes rules from a corpus that nobody labelled."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cleaner.cli.options import Commands, add_cleaning_options, config_of, settings_of
from cleaner.cli.text import printable
from cleaner.errors import ConfigError
from cleaner.formats.sources import STDIN, plan
from cleaner.mine import Find, Mined, mine, rule_file
from cleaner.work import Settings

_BLOCKS = "▁▂▃▄▅▆▇█"
_TEMPLATE_WIDTH = 100
_CONTEXT_WIDTH = 40
_CONTEXTS = 2


def add_to(commands: Commands) -> None:
    command = commands.add_parser(
        "mine",
        help="propose rules from lines that recur",
        description="Finds lines and line templates that recur over documents and sites, sit where junk sits, "
        "and that no rule knows yet. Reads the inputs twice.",
    )
    command.add_argument("input", nargs="+", metavar="INPUT", help="files and folders, as for clean")
    command.add_argument(
        "--min-docs", metavar="N", type=int, default=5, help="least documents of a template (default: 5)"
    )
    command.add_argument(
        "--min-sites", metavar="N", type=int, help="least sites of a template (default: 2, or 1 without any URL)"
    )
    command.add_argument("--top", metavar="N", type=int, default=50, help="how many templates to show (default: 50)")
    command.add_argument("--toml", metavar="FILE", type=Path, help="write a rule file with a rule for each")
    command.add_argument("--json", action="store_true", help="print JSON instead of a table")
    add_cleaning_options(command)
    command.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    _check(parsed)
    settings = settings_of(parsed, config_of(parsed))
    work = plan(parsed.input)
    mined = mine(work, settings, min_docs=parsed.min_docs, min_sites=parsed.min_sites, top=parsed.top, complain=_say)
    for message in remarks(mined):
        _say(message)
    if parsed.json:
        print(json.dumps(as_dict(mined), indent=1))
    elif mined.finds:
        print("\n".join(table(mined.finds)))
    if parsed.toml and mined.finds:
        _write(parsed.toml, mined.finds, settings)
    return 1 if mined.failed else 0


def _check(parsed: argparse.Namespace) -> None:
    """What would be noticed only after the corpus was read."""
    if STDIN in parsed.input:
        raise ConfigError("-: mine reads its inputs twice and standard input comes only once; save it to a file")
    for option, value in (("--min-docs", parsed.min_docs), ("--min-sites", parsed.min_sites), ("--top", parsed.top)):
        if value is not None and value < 1:
            raise ConfigError(f"{option} {value}: must be at least 1")
    if parsed.toml and parsed.toml.exists():
        raise ConfigError(f"--toml {parsed.toml}: exists already; name a new file, so that no reviewed rule is lost")
    if parsed.toml and not parsed.toml.parent.is_dir():
        raise ConfigError(f"--toml {parsed.toml}: there is no folder {parsed.toml.parent}")


def _say(message: str) -> None:
    print(printable(f"cleaner: {message}"), file=sys.stderr)


def remarks(mined: Mined) -> Iterator[str]:
    """What the numbers alone do not say."""
    if not mined.documents:
        yield "no document to mine: the inputs hold none that can be read"
        return
    if not mined.with_url:
        yield f"no document has a URL: folders stand in for sites, and --min-sites is {mined.min_sites}"
    elif mined.with_url < mined.documents:
        yield f"{mined.documents - mined.with_url} documents have no URL: their folders stand in for sites"
    if not mined.finds:
        yield (
            f"nothing that no rule knows recurs in {mined.min_docs} or more of {mined.documents} documents "
            f"and on {mined.min_sites} or more of {mined.sites} sites; see --min-docs and --min-sites"
        )


def _write(path: Path, finds: Sequence[Find], settings: Settings) -> None:
    stub = rule_file(finds, {rule.id for rule in settings.packs().rules})
    for template in stub.left_out:
        _say(f"no rule made for {template!r}: its pattern would take a look-alike, or none of its lines")
    if stub.text:
        path.write_text(stub.text, encoding="utf-8", newline="\n")
        _say(f"{len(finds) - len(stub.left_out)} rules in {path}; next: cleaner rules test {path}")


def table(finds: Sequence[Find]) -> Iterator[str]:
    """A line for each find, and below it lines it was found between."""
    yield "rank  docs sites position   near  template"
    for rank, find in enumerate(finds, 1):
        near = find.near / find.occurrences
        template = printable(_shortened(find.template, _TEMPLATE_WIDTH))
        yield f"{rank:4} {find.documents:5} {len(find.sites):5} {bar(find.tenths)} {near:5.0%}  {template}"
        for context in find.contexts.kept()[:_CONTEXTS]:
            yield " " * 29 + printable(" | ".join(_shortened(line, _CONTEXT_WIDTH) for line in context))


def bar(counts: Sequence[int]) -> str:
    """Counts as blocks of eight heights, the highest for the largest; a dot for none.

    >>> bar([8, 0, 1, 4])
    '█·▁▄'
    """
    most = max(counts)
    return "".join(_BLOCKS[(count * 8 - 1) // most] if count else "·" for count in counts)


def _shortened(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def as_dict(mined: Mined) -> dict[str, Any]:
    """The result as plain data."""
    return {
        "documents": mined.documents,
        "failed": mined.failed,
        "documents_with_url": mined.with_url,
        "sites": mined.sites,
        "min_docs": mined.min_docs,
        "min_sites": mined.min_sites,
        "templates": [_find(rank, find) for rank, find in enumerate(mined.finds, 1)],
    }


def _find(rank: int, find: Find) -> dict[str, Any]:
    return {
        "rank": rank,
        "template": find.template,
        "score": round(find.score, 4),
        "documents": find.documents,
        "sites": len(find.sites),
        "site_names": sorted(find.sites)[:10],
        "occurrences": find.occurrences,
        "tenths": find.tenths,
        "near_junk": find.near,
        "outside_prose": find.outside,
        "sentences": find.sentences,
        "documents_in_prose": find.in_prose,
        "category": find.category,
        "lines": find.lines.kept(),
        "contexts": find.contexts.kept(),
    }
