"""``cleaner review``: see every cut of a run and judge it, in the browser or in the terminal."""

import argparse
import getpass
import sys
from importlib.util import find_spec
from pathlib import Path

from cleaner.cli.options import Commands
from cleaner.cli.text import printable
from cleaner.errors import ConfigError
from cleaner.output import SUMMARY

#: How long a reviewer's name may be.
_NAME = 80


def add_to(commands: Commands) -> None:
    command = commands.add_parser(
        "review",
        help="see what a run cut, and judge it",
        description="Opens a page, on this machine alone, that shows what the run in DIR cut, and keeps verdicts.",
    )
    command.add_argument("dir", metavar="DIR", type=Path, help="the output folder of a run")
    command.add_argument("--port", metavar="N", type=int, default=0, help="the port of the page (default: a free one)")
    command.add_argument("--no-browser", action="store_true", help="only print the address")
    command.add_argument("--reviewer", metavar="NAME", help="who judges (default: the user's name)")
    command.add_argument(
        "--verdicts", metavar="FILE", type=Path, help="where verdicts are kept (default: DIR/verdicts.jsonl)"
    )
    command.add_argument(
        "--mine",
        action="store_true",
        help="with --terminal: to judge is what you have not judged, whatever others said",
    )
    command.add_argument("--terminal", action="store_true", help="ask in the terminal, without a page")
    command.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    reviewer = _name(parsed.reviewer)
    if not (parsed.dir / SUMMARY).is_file():
        raise ConfigError(f"{parsed.dir}: not a finished run: there is no {SUMMARY}; name the --out folder of a clean")
    _say_if_read_only(parsed)
    if parsed.terminal:
        from cleaner.review import terminal

        return terminal.run(parsed.dir, reviewer=reviewer, verdicts=parsed.verdicts, mine=parsed.mine)
    if parsed.mine:
        raise ConfigError("--mine goes with --terminal; on the page the queue lets you choose who is to judge")
    if not 0 <= parsed.port <= 65535:
        raise ConfigError(f"--port {parsed.port}: must be from 1 to 65535")
    if not (find_spec("starlette") and find_spec("uvicorn")):
        raise ConfigError("the page needs two more libraries: pip install 'cleaner[review]', or give --terminal")
    return _serve(parsed, reviewer)


def _say_if_read_only(parsed: argparse.Namespace) -> None:
    """Before anybody judges in vain."""
    from cleaner.review.verdicts import VERDICTS, Verdicts

    path = parsed.verdicts or parsed.dir / VERDICTS
    if path.parent.is_dir() and (why := Verdicts(path).try_out()):
        print(printable(f"cleaner: {path.parent}: no verdict can be kept here: {why}"), file=sys.stderr)


def _serve(parsed: argparse.Namespace, reviewer: str) -> int:
    from cleaner.review.verdicts import VERDICTS
    from cleaner.review.web.desk import Desk
    from cleaner.review.web.server import serve

    desk = Desk(parsed.dir.resolve(), reviewer, parsed.verdicts or parsed.dir / VERDICTS)
    try:
        serve(desk, parsed.port, browser=not parsed.no_browser, say=lambda message: print(message, flush=True))
    except KeyboardInterrupt:  # how people end it
        print()
    finally:
        desk.close()
    return 0


def _name(given: str | None) -> str:
    """The reviewer's name, as it stands in each verdict."""
    name = (_user() if given is None else given).strip()
    if not name or len(name) > _NAME or not name.isprintable():
        raise ConfigError(f"--reviewer {name!r}: a name of 1 to {_NAME} printable characters")
    return name


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        raise ConfigError("--reviewer NAME is needed: this machine does not know the user's name") from None
