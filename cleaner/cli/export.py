"""``cleaner export``: removals and verdicts of a run for other tools."""

import argparse
import sys
from pathlib import Path

from cleaner.cli.counts import many
from cleaner.cli.options import Commands
from cleaner.cli.single_file import written
from cleaner.errors import ConfigError
from cleaner.review.exports import FORMATS, WHATS, Format, What, Written, export, labelling_config


def add_to(commands: Commands) -> None:
    command = commands.add_parser(
        "export",
        help="removals and verdicts for Label Studio, doccano or a spreadsheet",
        description="Writes what the run in DIR cut, each removal with the text around it, or what people judged.",
    )
    command.add_argument("dir", metavar="DIR", type=Path, help="the output folder of a run")
    command.add_argument("--format", choices=FORMATS, required=True)
    command.add_argument("--what", choices=WHATS, default="removals", help="default: removals")
    command.add_argument("--rule", metavar="ID", default="", help="only those of this rule")
    command.add_argument("--limit", metavar="N", type=int, help="the first N alone")
    command.add_argument("--out", metavar="FILE", type=Path, help="default: standard output")
    command.add_argument("--config", metavar="FILE", type=Path, help="write the labelling interface for Label Studio")
    command.add_argument(
        "--verdicts", metavar="FILE", type=Path, help="where verdicts are kept (default: DIR/verdicts.jsonl)"
    )
    command.add_argument("--force", action="store_true", help="replace files that are there")
    command.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    from cleaner.review.verdicts import VERDICTS, Verdicts

    if parsed.limit is not None and parsed.limit < 1:
        raise ConfigError(f"--limit {parsed.limit}: must be at least 1")
    if parsed.config and parsed.format != "label-studio":
        raise ConfigError("--config is for --format label-studio")
    if parsed.verdicts and not parsed.verdicts.exists():
        raise ConfigError(f"--verdicts {parsed.verdicts}: there is no such file")
    verdicts = Verdicts.open(parsed.verdicts or parsed.dir / VERDICTS)
    out = None if parsed.out in (None, Path("-")) else parsed.out
    with written("--out", out, force=parsed.force) as stream:
        done = export(
            parsed.dir, stream, verdicts, format=parsed.format, what=parsed.what, rule=parsed.rule, limit=parsed.limit
        )
    if parsed.config:
        with written("--config", parsed.config, force=parsed.force) as stream:
            stream.write(labelling_config().encode())
    where = f" in {out}" if out else ""
    print(f"cleaner: {_told(done, parsed.what, parsed.format)}{where}", file=sys.stderr)
    return 0


def _told(done: Written, what: What, format: Format) -> str:
    if what == "removals":
        return many(done.lines, "removal")
    verdicts = many(done.verdicts, "verdict")
    return verdicts if format == "csv" else f"{verdicts} on {many(done.lines, 'removal')}"
