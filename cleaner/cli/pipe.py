"""``cleaner clean - --out -``: a filter in a shell pipe."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from cleaner.cli.complaints import say
from cleaner.config import Config
from cleaner.errors import ConfigError, OutputError
from cleaner.formats.sources import STDIN
from cleaner.removal_log import ErrorEntry
from cleaner.stream import clean_stream
from cleaner.work import Settings

#: ``--out`` that stands for standard output.
STDOUT = "-"
#: What belongs to a run into a folder: the option, and its value where it is not given.
_NOT_HERE = {
    "--force": False,
    "--jobs": None,
    "--state": None,
    "--limit": None,
    "--sample": None,
    "--log-format": "jsonl",
    "--engine": "local",
    "--ray-address": "",
    "--work": None,
    "--checkpoints": 10.0,
}
_ONLY_HERE = ("--log", "--errors")


def add_to(command: argparse.ArgumentParser) -> None:
    command.add_argument("--log", metavar="FILE", type=Path, help="with --out -: write the lines of removals.jsonl")
    command.add_argument("--errors", metavar="FILE", type=Path, help="with --out -: write the lines of errors.jsonl")


def refuse(parsed: argparse.Namespace) -> None:
    """Options of the pipe without one."""
    for option in _ONLY_HERE:
        if _given(parsed, option):
            raise ConfigError(f"{option} goes with --out -; a run into a folder writes its logs there")


def run(parsed: argparse.Namespace, config: Config, settings: Settings) -> int:
    if parsed.input != [STDIN]:
        raise ConfigError(f"--out - cleans standard input alone; give - instead of {' '.join(parsed.input)}")
    for option, default in _NOT_HERE.items():
        if _given(parsed, option) != default:
            raise ConfigError(
                f"{option} makes no sense with --out -, which cleans one document after another; leave it out"
            )
    if config.state:
        print(
            "cleaner: with --out - documents are judged by themselves; state in --config is not used", file=sys.stderr
        )
    with _writable(parsed.log, "--log") as log, _writable(parsed.errors, "--errors") as errors:
        complaints = _Complaints(errors)
        try:
            tally = clean_stream(
                sys.stdin.buffer,
                sys.stdout.buffer,
                settings,
                kind=parsed.stdin,
                log=log,
                complain=complaints,
            )
        except KeyboardInterrupt:
            return 130
        except BrokenPipeError:
            raise
        except OSError as error:
            _forget_output()
            raise OutputError(
                f"standard input, output or a log: {error.strerror}; lines written before are whole"
            ) from None
    return 1 if tally.failed or complaints.of_models else 0


def _forget_output() -> None:
    """What could not be written is not tried again when the process ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _given(parsed: argparse.Namespace, option: str) -> object:
    return getattr(parsed, option.removeprefix("--").replace("-", "_"), _NOT_HERE.get(option))


@contextmanager
def _writable(path: Path | None, option: str) -> Iterator[BinaryIO | None]:
    if path is None:
        yield None
        return
    try:
        if path.is_file() and path.stat().st_size:
            raise OutputError(f"{path}: is there already and is not replaced; choose another {option}")
        stream = path.open("wb")
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}; choose another {option}") from None
    with stream:
        yield stream


class _Complaints:
    """Says what failed on standard error, and writes it down."""

    def __init__(self, errors: BinaryIO | None) -> None:
        self._errors, self.of_models = errors, 0

    def __call__(self, error: ErrorEntry) -> None:
        if error.error == "model":
            self.of_models += 1  # it was said when the cleaner was made
        else:
            say(error)
        if self._errors:
            self._errors.write(msgspec.json.encode(error) + b"\n")
            self._errors.flush()
