"""``cleaner verify``: is a run still what it was?"""

import argparse
from pathlib import Path

from cleaner.cli.complaints import Complaints
from cleaner.cli.options import Commands
from cleaner.formats.sources import plan
from cleaner.verify import verify_folder


def add_to(commands: Commands) -> None:
    command = commands.add_parser(
        "verify",
        help="check the files of a run, and that it can be undone",
        description="Compares DIR's files with its manifest, and checks that every raw text comes back.",
    )
    command.add_argument("dir", metavar="DIR", type=Path, help="the output folder of a run")
    command.add_argument("input", metavar="INPUT", nargs="*", help="what it read, as it was given: is compared too")
    command.add_argument("--quiet", action="store_true", help="say only what is not right")
    command.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    complaints = Complaints()
    inputs = plan(parsed.input, without=parsed.dir) if parsed.input else None
    seen = verify_folder(parsed.dir, inputs, complaints)
    complaints.finish("")
    told = f"{seen.files} files as the manifest says, {seen.documents} raw texts come back"
    told += f", {seen.inputs} inputs unchanged" if inputs else ""
    if not parsed.quiet:
        print(told + (f"; {seen.failed} things are not right" if seen.failed else ""))
    return 1 if seen.failed else 0
