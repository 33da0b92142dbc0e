"""``cleaner restore``: the raw texts again."""

import argparse
from pathlib import Path

from cleaner.cli.complaints import Complaints
from cleaner.cli.options import Commands
from cleaner.restore import restore_folder


def add_to(commands: Commands) -> None:
    command = commands.add_parser(
        "restore",
        help="rebuild the raw texts of a run",
        description="Rebuilds every raw text from DIR's articles and logs, under its own name.",
    )
    command.add_argument("dir", metavar="DIR", type=Path, help="the output folder of a run")
    command.add_argument("--out", metavar="RAW", type=Path, required=True, help="a new or empty folder")
    command.add_argument("--quiet", action="store_true", help="say only what failed")
    command.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    complaints = Complaints()
    restored = restore_folder(parsed.dir, parsed.out, complaints)
    complaints.finish("")
    if not parsed.quiet:
        print(f"{restored.documents} documents restored" + (f", {restored.failed} failed" if restored.failed else ""))
    return 1 if restored.failed else 0
