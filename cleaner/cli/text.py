"""Text on a terminal: colour where wanted, and nothing from an article that could command it."""

import os
import sys
import unicodedata

STYLES = {"bold": "1", "dim": "2", "struck": "9", "red": "31", "green": "32", "yellow": "33", "blue": "34"}
_BIDI = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}


def printable(text: str) -> str:
    """``text`` with control characters made visible, line ends and tabs aside.

    >>> printable("a\\x1b[31mb")
    'a␛[31mb'
    """
    return "".join(map(_shown, text)) if not text.isprintable() else text


def _shown(character: str) -> str:
    code = ord(character)
    if character in "\n\t" or not (unicodedata.category(character) in ("Cc", "Cs") or code in _BIDI):
        return character
    if code < 0x20:
        return chr(0x2400 + code)
    return f"\\u{code:04x}"


def colour_wanted(choice: str) -> bool:
    """Whether to colour standard output: as asked, or on a terminal unless NO_COLOR is set."""
    if choice != "auto":
        return choice == "always"
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def styled(text: str, *styles: str) -> str:
    """``text`` in ANSI styles, line by line so that pagers keep them."""
    codes = ";".join(STYLES[style] for style in styles)
    return "\n".join(f"\x1b[{codes}m{line}\x1b[0m" if line else line for line in text.split("\n"))
