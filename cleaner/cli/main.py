"""``cleaner``: reads the arguments and hands over to a command.

Exit status: 0 all done, 1 some documents failed or a model could not be used, 2 could not start, 130 stopped.

What the commands need is loaded within ``main``: it takes a moment, and Ctrl-C is heard from the first.
"""

import argparse
import io
import logging
import os
import signal
import sys
from collections.abc import Sequence

from cleaner import __version__
from cleaner.errors import CleanerError
from cleaner.interrupt import heard


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command in ``arguments`` (by default the process's own) and returns its exit status."""
    try:
        with heard(signal.SIGINT, last=arguments is None):
            return _run(arguments)
    except KeyboardInterrupt as stop:
        print(f"cleaner: {stop if stop.args else 'stopped'}", file=sys.stderr)
        exec("")  # else, had it struck in what `exec` runs, as `dataclass` does, `python -m` would end by a signal
        return 130
    except CleanerError as error:
        _say(str(error))
        return 2
    except BrokenPipeError:  # the reader of our output went away: `cleaner rules list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        _say(f"{error.filename or ''}: {error.strerror or error}")
        return 2


def _run(arguments: Sequence[str] | None) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a pipe on Windows may not know every character
            stream.reconfigure(errors="backslashreplace")
    parsed = parser().parse_args(arguments)
    _say_what_is_logged()
    return parsed.run(parsed)


def _say(message: str) -> None:
    from cleaner.cli.text import printable

    print(printable(f"cleaner: {message}"), file=sys.stderr)


def _say_what_is_logged() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("cleaner: %(message)s"))
    own = logging.getLogger("cleaner")
    own.handlers = [handler]
    own.setLevel(logging.INFO)


def parser() -> argparse.ArgumentParser:
    """The whole command line, for running and for the reference in ``docs/``."""
    from cleaner.cli import clean, diff, export, mine, report, restore, review, rules, show, verify

    top = argparse.ArgumentParser(
        prog="cleaner",
        description="Strips web boilerplate from scraped article text and logs every cut so that it can be undone.",
        epilog="Exit status: 0 all done, 1 some documents failed or a model could not be used (see errors.jsonl), "
        "2 could not start, 130 stopped.",
    )
    top.add_argument("--version", action="version", version=f"cleaner {__version__}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    for command in (clean, show, review, report, export, restore, verify, diff, mine, rules):
        command.add_to(commands)
    return top
