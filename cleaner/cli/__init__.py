"""The command line: one file per command, errors said in a line, exit codes that scripts can trust."""

from cleaner.cli.main import main

__all__ = ["main"]
