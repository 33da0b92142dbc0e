"""``cleaner report``: a run on one page."""

import argparse
import sys
from pathlib import Path

from cleaner.cli.options import Commands
from cleaner.cli.single_file import written
from cleaner.errors import ConfigError


def add_to(commands: Commands) -> None:
    command = commands.add_parser(
        "report",
        help="a run on one page, for a colleague or an appendix",
        description="Writes what the run in DIR cut as one HTML file that needs nothing else: "
        "pictures, tables, samples, and what people judged.",
    )
    command.add_argument("dir", metavar="DIR", type=Path, help="the output folder of a run")
    command.add_argument(
        "--out", metavar="FILE", type=Path, help="default: DIR's name + -report.html here; - is standard output"
    )
    command.add_argument("--markdown", action="store_true", help="the same as Markdown (-report.md)")
    command.add_argument(
        "--verdicts", metavar="FILE", type=Path, help="where verdicts are kept (default: DIR/verdicts.jsonl)"
    )
    command.add_argument("--force", action="store_true", help="replace a file that is there")
    command.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    from cleaner.review.report import report_on

    if parsed.verdicts and not parsed.verdicts.exists():
        raise ConfigError(f"--verdicts {parsed.verdicts}: there is no such file")
    name = f"{parsed.dir.resolve().name or 'run'}-report.{'md' if parsed.markdown else 'html'}"
    out = None if parsed.out == Path("-") else parsed.out or Path(name)
    with written("--out", out, force=parsed.force) as stream:
        stream.write(report_on(parsed.dir, parsed.verdicts, markdown=parsed.markdown).encode())
    if out:
        print(f"cleaner: the report is {out}", file=sys.stderr)
    return 0
