"""A report as one HTML file: no scripts, nothing from outside, and whatever came from articles escaped and inert."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from html import escape
from importlib.resources import files
from itertools import count
from typing import Any

import regex

from cleaner.review.excerpts import Piece
from cleaner.review.report import pictures
from cleaner.review.report.contents import Block, Column, Cut, Cuts, Facts, Histogram, Prose, Quoted, Report, Table
from cleaner.review.report.words import percent
from cleaner.review.visible import parts

_TAGS = {"kept": "span", "removed": "del", "flagged": "u"}
_BRIEF = 20
_BLANK = regex.compile(r"\s*\n\s*\n\s*")
_CODE = regex.compile(r"`([^`]+)`")


def as_html(report: Report) -> str:
    """The page."""
    style = files("cleaner.review.report").joinpath("style.css").read_text(encoding="utf-8")
    allowed = b64encode(sha256(style.encode()).digest()).decode()
    numbers = _Numbers()
    name = quoted(report.name)
    head = "\n".join(_block(block, numbers) for block in report.head)
    links = "".join(f'<li><a href="#{section.id}">{escape(section.title)}</a></li>' for section in report.sections)
    body = "\n".join(
        f'<section id="{section.id}" aria-labelledby="{section.id}-title">\n'
        f'<h2 id="{section.id}-title">{escape(section.title)}</h2>\n'
        + "\n".join(_block(block, numbers) for block in section.blocks)
        + "\n</section>"
        for section in report.sections
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-{allowed}'; img-src data:; \
base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>What was removed: {_plain(report.name)}</title>
<style>{style}</style>
</head>
<body>
<header>
<p class="kicker">What was removed</p>
<h1>{name}</h1>
{head}
<nav aria-label="Sections"><ol>{links}</ol></nav>
</header>
<main>
{body}
</main>
</body>
</html>
"""


class _Numbers:
    """The numbers of figures and tables."""

    def __init__(self) -> None:
        self._next = {"Figure": count(1), "Table": count(1)}

    def caption(self, words: str, picture: bool) -> str:
        kind = "Figure" if picture else "Table"
        return f"<b>{kind} {next(self._next[kind])}.</b> {escape(words)}"


def quoted(text: str) -> str:
    """Text that is not ours: escaped, what hides shown, and its direction kept to itself."""
    return f'<bdi lang="">{_shown(text)}</bdi>'


def _shown(text: str) -> str:
    return "".join(f"<i>{escape(part.text)}</i>" if part.marked else escape(part.text) for part in parts(text))


def _plain(text: str) -> str:
    return escape("".join(part.text for part in parts(text)))


def _said(words: Iterable[str | Quoted]) -> str:
    return "".join(quoted(one.text) if isinstance(one, Quoted) else _own(one) for one in words)


def _own(words: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(words)).replace(" %", "\N{NO-BREAK SPACE}%")


def _block(block: Block, numbers: _Numbers) -> str:
    match block:
        case Prose():
            return f"<p>{_said(block.words)}</p>"
        case Facts():
            return _facts(block)
        case Table():
            return _table(block, numbers)
        case Histogram():
            return _histogram(block, numbers)
        case Cuts():
            return _cuts(block)


def _facts(facts: Facts) -> str:
    rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{_said([value])}</dd></div>" for name, value in facts.facts)
    return f'<dl class="{"large" if facts.large else "facts"}">{rows}</dl>'


def _table(table: Table, numbers: _Numbers) -> str:
    most = [
        max((row[place] for row in table.rows), default=0) if column.kind == "number" else 1
        for place, column in enumerate(table.columns)
    ]
    head = "".join(f'<th scope="col" class="{_kind(column)}">{escape(column.title)}</th>' for column in table.columns)
    rows = "\n".join(f"<tr>{_row(table.columns, row, most)}</tr>" for row in table.rows)
    caption = numbers.caption(table.caption, table.picture)
    plain = "" if any(column.bar for column in table.columns) else ' class="plain"'
    return (
        f'<figure class="table"><figcaption>{caption}</figcaption>\n'
        f"<table{plain}>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table></figure>"
    )


def _kind(column: Column) -> str:
    return f"{column.kind} drawn" if column.bar else column.kind


def _row(columns: Sequence[Column], row: Sequence[Any], most: Sequence[float]) -> str:
    cells = []
    for place, (column, value) in enumerate(zip(columns, row, strict=True)):
        tag, scope = ("th", ' scope="row"') if place == 0 else ("td", "")
        bar = pictures.bar(value / (most[place] or 1)) if column.bar else ""
        cells.append(
            f'<{tag}{scope} class="{_kind(column)}" data-title="{escape(column.title)}">'
            f"{bar}{_cell(column, value)}</{tag}>"
        )
    return "".join(cells)


def _cell(column: Column, value: Any) -> str:
    match column.kind:
        case "text":
            return _term(value) if value else ""
        case "number":
            return f"<span>{value:,}</span>"
        case "share":
            return f"<span>{escape(percent(value))}</span>"
        case "strip":
            return pictures.strip(value)
        case "precision":
            return _precision(value)
        case _:
            return escape(value)


def _term(text: str) -> str:
    """A cell of text; what is short stays on one line."""
    return f'<span class="brief">{quoted(text)}</span>' if len(text) <= _BRIEF else quoted(text)


def _precision(judged: dict[str, Any]) -> str:
    if not judged["basis"] or not judged["right"] + judged["wrong"]:
        return '<span class="none">not judged</span>'
    said = judged["right"] + judged["wrong"]
    right, low, high = (escape(percent(share, 0)) for share in (judged["right"] / said, judged["low"], judged["high"]))
    return f"{pictures.precision(judged)}<span>{right} <small>{low} to {high}, {said:,} judged</small></span>"


def _histogram(found: Histogram, numbers: _Numbers) -> str:
    caption = numbers.caption(found.caption, True)
    words = escape(f"{found.none:,} lost nothing; by steps of 5 %: {', '.join(map(str, found.bins))}")
    top = max(found.none, *found.bins, 0)
    return (
        f'<figure><figcaption>{caption}</figcaption><div class="plot"><p class="top">{top:,}</p>'
        f"{pictures.histogram(found.none, found.bins, words)}"
        '<p class="ticks"><span>none</span><span>0 %</span><span>25</span><span>50</span><span>75</span>'
        "<span>100 %</span></p></div></figure>"
    )


def _cuts(found: Cuts) -> str:
    title = _said([found.title])
    words = f"<p>{_own(found.words)}</p>\n" if found.words else ""
    return f"<h3>{title}</h3>\n{words}" + "\n".join(map(_cut, found.cuts))


def _cut(cut: Cut) -> str:
    pieces = "".join(map(_piece, cut.pieces))
    notes = " · ".join(_said([note]) for note in cut.notes)
    return (
        f'<figure class="cut"><blockquote lang="" dir="auto">{pieces}</blockquote>\n'
        f"<figcaption><b>{quoted(cut.rule)}</b> · {notes}<br>{quoted(cut.reason)}</figcaption></figure>"
    )


def _piece(piece: Piece) -> str:
    tag, main = _TAGS[piece.kind], ' class="main"' if piece.main else ""
    return f"<{tag}{main}>{_shown(_BLANK.sub(chr(10), piece.text))}</{tag}>"
