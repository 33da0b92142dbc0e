"""``cleaner``: reads the arguments and hands over to a command.

Exit status: 0 all done, 1 some documents failed or a model could not be used, 2 could not start.
"""

import argparse
import io
import logging
import os
import sys
from collections.abc import Sequence

from cleaner import __version__
from cleaner.cli import clean, diff, export, mine, report, restore, review, rules, show, verify
from cleaner.cli.text import printable
from cleaner.errors import CleanerError


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command in ``arguments`` (by default the process's own) and returns its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a pipe on Windows may not know every character
            stream.reconfigure(errors="backslashreplace")
    parsed = parser().parse_args(arguments)
    _say_what_is_logged()
    try:
        return parsed.run(parsed)
    except CleanerError as error:
        print(printable(f"cleaner: {error}"), file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of our output went away: `cleaner rules list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(printable(f"cleaner: {error.filename or ''}: {error.strerror or error}"), file=sys.stderr)
        return 2
    except KeyboardInterrupt as stop:
        print(f"cleaner: {stop if stop.args else 'stopped'}", file=sys.stderr)
        return 130


def _say_what_is_logged() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("cleaner: %(message)s"))
    own = logging.getLogger("cleaner")
    own.handlers = [handler]
    own.setLevel(logging.INFO)


def parser() -> argparse.ArgumentParser:
    """The whole command line, for running and for the reference in ``docs/``."""
    top = argparse.ArgumentParser(
        prog="cleaner",
        description="Strips web boilerplate from scraped article text and logs every cut so that it can be undone.",
        epilog="Exit status: 0 all done, 1 some documents failed or a model could not be used (see errors.jsonl), "
        "2 could not start.",
    )
    top.add_argument("--version", action="version", version=f"cleaner {__version__}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    for command in (clean, show, review, report, export, restore, verify, diff, mine, rules):
        command.add_to(commands)
    return top
