"""Text on a terminal: colour where wanted, and nothing from an article that could command it."""

import os
import sys

from cleaner.review.visible import visible

STYLES = {"bold": "1", "dim": "2", "struck": "9", "red": "31", "green": "32", "yellow": "33", "blue": "34"}


def printable(text: str) -> str:
    """``text`` with what would hide, or command the terminal, made visible; line ends and tabs stay.

    >>> printable("a\\x1b[31mb")
    'a␛[31mb'
    """
    return visible(text)


def colour_wanted(choice: str) -> bool:
    """Whether to colour standard output: as asked, or on a terminal unless NO_COLOR is set."""
    if choice != "auto":
        return choice == "always"
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def styled(text: str, *styles: str) -> str:
    """``text`` in ANSI styles, line by line so that pagers keep them."""
    codes = ";".join(STYLES[style] for style in styles)
    return "\n".join(f"\x1b[{codes}m{line}\x1b[0m" if line else line for line in text.split("\n"))
