"""A report as Markdown: the same numbers, and text of articles in code spans, where nothing in it can act.

In a code span there is no HTML, no link and no emphasis. What could end a span or a cell of a table is seen to: the
fence is longer than any run of backticks within, and a bar is shown as ``¦`` (readers of Markdown differ on escapes).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import regex

from cleaner.review.report.contents import Block, Column, Cut, Cuts, Facts, Histogram, Prose, Quoted, Report, Table
from cleaner.review.report.words import percent
from cleaner.review.visible import one_line, visible

_BLOCKS = "▁▂▃▄▅▆▇█"
_TICKS = regex.compile("`+")
_NUMBERS = ("number", "share")


def as_markdown(report: Report) -> str:
    """The page."""
    parts = [f"# What was removed: {code(report.name)}", *_blocks(report.head)]
    for section in report.sections:
        parts += [f"## {section.title}", *_blocks(section.blocks)]
    return "\n\n".join(parts) + "\n"


def code(text: str) -> str:
    """Text that is not ours as a code span.

    >>> code("a `tick` | <b>")
    '``a `tick` ¦ <b>``'
    """
    shown = one_line(visible(text)).replace("|", "¦")
    if not shown:
        return ""
    fence = "`" * (max(map(len, _TICKS.findall(shown)), default=0) + 1)
    room = " " if shown[0] == "`" or shown[-1] == "`" else ""
    return f"{fence}{room}{shown}{room}{fence}"


def _blocks(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        match block:
            case Prose():
                yield _said(block.words)
            case Facts():
                yield "\n".join(f"- {name}: {_said([value])}" for name, value in block.facts)
            case Table():
                yield f"**{block.caption}**"
                yield _table(block.columns, block.rows)
            case Histogram():
                yield f"**{block.caption}**"
                yield _table((Column("share", "words"), Column("documents", "number")), tuple(_bins(block)))
            case Cuts():
                yield f"### {_said([block.title])}"
                yield from filter(None, (block.words, *map(_cut, block.cuts)))


def _said(words: Iterable[str | Quoted]) -> str:
    return "".join(code(one.text) if isinstance(one, Quoted) else one for one in words)


def _bins(found: Histogram) -> Iterator[tuple[str, int]]:
    yield "nothing", found.none
    step = 1 / len(found.bins)
    for place, count in enumerate(found.bins):
        yield f"{percent(place * step, 0)} to {percent((place + 1) * step, 0)}", count


def _table(columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> str:
    lines = [
        [column.title for column in columns],
        ["---:" if column.kind in _NUMBERS else "---" for column in columns],
        *([_cell(column, value) for column, value in zip(columns, row, strict=True)] for row in rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(column: Column, value: Any) -> str:
    match column.kind:
        case "text":
            return code(value)
        case "number":
            return f"{value:,}"
        case "share":
            return percent(value)
        case "strip":
            return _strip(value)
        case "precision":
            return _precision(value)
        case _:
            return str(value)


def _strip(counts: Sequence[int]) -> str:
    most = max(counts)
    return "".join(_BLOCKS[(count * 8 - 1) // most] if count else "·" for count in counts)


def _precision(judged: dict[str, Any]) -> str:
    said = judged["right"] + judged["wrong"]
    if not judged["basis"] or not said:
        return ""
    drawn = "" if judged["basis"] == "sample" else ", chosen"
    low, high = percent(judged["low"], 0), percent(judged["high"], 0)
    return f"{percent(judged['right'] / said, 0)} ({low} to {high}, {said:,} judged{drawn})"


def _cut(cut: Cut) -> str:
    pieces = " ".join(_piece(piece.kind, piece.text, piece.main) for piece in cut.pieces if piece.text.strip())
    notes = " · ".join(_said([note]) for note in cut.notes)
    return f"> {pieces}\n>\n> {code(cut.rule)} · {notes} · {code(cut.reason)}"


def _piece(kind: str, text: str, main: bool) -> str:
    mark = {"removed": "~~", "flagged": "_"}.get(kind, "")
    bold = "**" if main else ""
    return f"{bold}{mark}{code(text)}{mark}{bold}"
