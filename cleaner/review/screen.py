"""What ``cleaner review --terminal`` shows: plain text that fits the terminal, and nothing that could command it.

On a terminal each page begins on a clean screen; elsewhere pages follow each other. Colour only helps: what it says,
signs in front of the lines say too.
"""

import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cleaner.review.excerpts import Piece, excerpt
from cleaner.review.visible import one_line, visible, width, wrapped

#: In front of lines that went, that were flagged, and that stayed.
SIGNS = {"removed": "- ", "flagged": "? ", "kept": "  "}
_STYLES = {"removed": "31", "flagged": "33", "bold": "1", "dim": "2", "right": "32", "wrong": "31"}
_LEAST, _MOST = 24, 100
_SPLIT = " (reviewers differ)"
_WORDS = {"right": "right", "wrong": "WRONG", "skip": "skipped", "": "not judged"}


class Screen:
    """The terminal, or whatever standard output is."""

    def __init__(self) -> None:
        self.tty = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
        self.colour = self.tty and not os.environ.get("NO_COLOR")
        if self.tty and sys.platform == "win32":
            os.system("")  # a Windows console obeys codes only after this

    @property
    def columns(self) -> int:
        return max(_LEAST, min(_MOST, shutil.get_terminal_size().columns - 1))

    @property
    def rows(self) -> int:
        return max(10, shutil.get_terminal_size().lines)

    def page(self, lines: Iterable[str]) -> None:
        """Shows a page, on a clean screen where there is one."""
        if self.tty:
            sys.stdout.write("\x1b[H\x1b[2J\x1b[3J")
        print("\n".join(lines), flush=True)

    def styled(self, text: str, style: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.colour and text and style in _STYLES else text

    def rule(self) -> str:
        return self.styled("-" * self.columns, "dim")

    def wide(self, left: str, right: str) -> list[str]:
        """Two texts at either side, or the one above the other."""
        room = self.columns - width(left) - width(right)
        return [f"{left}{' ' * room}{right}"] if room > 1 else wrapped(f"{left} {right}", self.columns)

    def says(self, text: str, style: str = "") -> list[str]:
        return [self.styled(line, style) for line in wrapped(text, self.columns)]

    def marked(self, pieces: Sequence[Piece]) -> list[str]:
        """Text line by line, each with the sign of what became of it; the removal that is meant in bold signs."""
        lines: list[str] = []
        for piece in pieces:
            sign = SIGNS[piece.kind]
            if piece.main:
                sign = sign[0] + ">"
            for line in wrapped(visible(piece.text).strip("\n"), self.columns - 3):
                if line.strip():
                    lines.append(self.styled(f"{sign} {line}", piece.kind if piece.kind != "kept" else "dim"))
        return lines


def group_page(screen: Screen, found: Mapping[str, Any], at: int, progress: str, said: str, filters: str) -> list[str]:
    """A group: what it is, one of its places in full, the others in a line each, and the keys."""
    title = f"{visible(found['rule'])}  [{visible(found['category'])}, {found['action']}]"
    head = [*screen.wide(title, progress), *screen.says(_counts(found))]
    if found["conflicts"]:
        head += screen.says(_differing(found), "bold")
    if filters:
        head += screen.says(f"only: {filters}", "dim")
    shown = found["contexts"][at] if found["contexts"] else None
    foot = [screen.rule(), *_said(screen, said), *screen.says(_group_keys(screen))]
    body = [] if shown is None else _context(screen, found, shown, at, screen.rows - len(head) - len(foot) - 3)
    return [*head, screen.rule(), *body, *foot]


def _counts(found: Mapping[str, Any]) -> str:
    """How often a group occurs, where a site is asked for on that site, and everywhere."""
    known = any(one["site"] for one in found["by_site"])
    sites = f" on {found['sites']:,} {'site' if found['sites'] == 1 else 'sites'}" if known else ""
    told = f"{found['count']:,} {'time' if found['count'] == 1 else 'times'}{sites}, {found['chars']:,} characters"
    if "here" in found:
        there = found["here"]
        told = f"{there['count']:,} here with {there['chars']:,} characters, of {told}"
    return f"{told}, confidence {found['confidence']:.2f}, {_WORDS[found.get('here', found)['judged']]}"


def _differing(found: Mapping[str, Any]) -> str:
    """Who says what, where reviewers differ."""
    first, more = found["conflicts"][0], found["conflicts_count"] - 1
    where = {"group": "", "site": f" on {visible(first['site'])}", "text": f" in {one_line(visible(first['doc']), 40)}"}
    said = ", ".join(f"{visible(one['reviewer'])} {_WORDS[one['verdict']]}" for one in first["verdicts"])
    return f"! reviewers differ{where[first['scope']]}: {said}{f', and {more:,} times more' if more else ''}"


def _context(screen: Screen, found: Mapping[str, Any], shown: Mapping[str, Any], at: int, room: int) -> list[str]:
    where = f"{place_of(shown)} ({at + 1} of {len(found['contexts'])})"
    lines = [*screen.says(where, "dim"), *_reason(screen, shown)]
    return [*lines, *_fitted(screen, shown, room - len(lines))]


def _reason(screen: Screen, removal: Mapping[str, Any]) -> list[str]:
    """Why, in two lines, or in one where there is little room."""
    lines = 2 if screen.rows >= 20 else 1
    return screen.says(one_line(visible(removal["reason"]), lines * (screen.columns - 6)), "dim")


def _fitted(screen: Screen, removal: Mapping[str, Any], room: int) -> list[str]:
    """As much of the surroundings as there are lines for."""
    for around, longest in ((400, 2000), (200, 900), (90, 400), (40, 200), (0, 120)):
        lines = screen.marked(excerpt(removal, around, longest, lines=max(2, room)))
        if len(lines) <= room:
            return lines
    return [*lines[: max(1, room - 1)], "   ..."]


def single_page(screen: Screen, removal: Mapping[str, Any], number: str, said: str) -> list[str]:
    """One removal in its surroundings."""
    head = [
        *screen.wide(f"{visible(removal['rule'])}  [{visible(removal['category'])}]", number),
        *screen.says(f"{place_of(removal)}, {_WORDS[removal['judged']]}{_SPLIT if removal['conflict'] else ''}"),
        *_reason(screen, removal),
    ]
    keys = "y right  n wrong  s skip  u undo  a/e right/wrong on this site  j/k move  d document  q back"
    foot = [screen.rule(), *_said(screen, said), *screen.says(keys if screen.columns > 60 else "y n s u a e j k d q")]
    room = screen.rows - len(head) - len(foot) - 2
    return [*head, screen.rule(), *_fitted(screen, removal, room), *foot]


def document_lines(screen: Screen, found: Mapping[str, Any]) -> tuple[list[str], int]:
    """The document as lines, and where among them the removal is that was asked for."""
    lines: list[str] = []
    focus = 0
    for segment in found["segments"]:
        main = segment.get("id") == found["focus"]
        if main and not focus:
            focus = len(lines)
        lines += screen.marked([Piece(segment["kind"], segment["text"], main)])
    return lines, focus


def document_page(screen: Screen, found: Mapping[str, Any], lines: Sequence[str], top: int) -> list[str]:
    """A page of it."""
    room = document_room(screen)
    last = min(len(lines), top + room)
    head = screen.wide(
        one_line(visible(found["doc"]), screen.columns // 2), f"lines {top + 1} to {last} of {len(lines)}"
    )
    part = "" if found["end"] - found["start"] >= found["total"] else " (a part of it)"
    keys = f"j/k or space: move  q: back{part}"
    return [*head, screen.rule(), *lines[top:last], screen.rule(), *screen.says(keys)]


def document_room(screen: Screen) -> int:
    return max(4, screen.rows - 6)


def help_pages(screen: Screen) -> list[list[str]]:
    """All keys, on as many pages as they need."""
    keys = (
        ("y", "right: it had to go (the whole group)"),
        ("n", "wrong: it belongs to the article"),
        ("s", "skip"),
        ("u", "undo your last verdict"),
        ("a", "right on this site: that of the place shown"),
        ("e", "make an exception: wrong on this site"),
        ("j k", "next, back"),
        ("<- ->", "another place of the group"),
        ("Enter", "its removals one by one"),
        ("d", "the document around it"),
        ("/", "filter: words, or rule: category: site: action: order: (alone: all again)"),
        ("q", "back, or the end"),
    )
    lines = [line for key, words in keys for line in _hung(f"{key:<7}", words, screen.columns)]
    signs = "'-' went, '?' was flagged, '>' the one that is meant. Verdicts are on disk before the next group is shown."
    lines += ["", *screen.says(signs)]
    room = screen.rows - 5
    pages = [lines[place : place + room] for place in range(0, len(lines), room)]
    return [["Keys", screen.rule(), *page, screen.rule(), "any key: on"] for page in pages]


def _hung(head: str, text: str, columns: int) -> list[str]:
    first, *rest = wrapped(text, columns - len(head))
    return [head + first, *(" " * len(head) + line for line in rest)]


def place_of(removal: Mapping[str, Any]) -> str:
    site = f"{visible(removal['site'])}: " if removal["site"] else ""
    return f"{site}{one_line(visible(removal['doc']), 60)}, line {removal['line']:,}"


def _group_keys(screen: Screen) -> str:
    if screen.columns <= 60:
        return "y n s u a e j k / Enter d ? q"
    return (
        "y right  n wrong  s skip  u undo  a/e right/wrong on this site  j/k move  "
        "/ filter  Enter singles  d document  ? help  q end"
    )


def _said(screen: Screen, said: str) -> list[str]:
    return screen.says(said, "bold") if said else []
