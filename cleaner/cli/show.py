"""``cleaner show``: a document with the junk struck through, each cut with its rule; nothing is written."""

import argparse
import sys
from collections.abc import Iterator

from cleaner.annotation import Removal
from cleaner.cli.options import Commands, add_cleaning_options, config_of, settings_of
from cleaner.cli.text import colour_wanted, printable, styled
from cleaner.document import Document
from cleaner.formats.read import read_documents
from cleaner.formats.sources import plan
from cleaner.pipeline import Cleaned


def add_to(commands: Commands) -> None:
    command = commands.add_parser(
        "show",
        help="show what would go, and why",
        description="Prints each document with the junk struck through and the rule behind it. Writes nothing.",
    )
    command.add_argument("file", metavar="FILE", help="a file of any kind that clean reads, a folder of them, or -")
    command.add_argument("--id", metavar="ID", help="only the document with this id")
    command.add_argument("--url", metavar="URL", help="the page it came from, for rules that ask for the site")
    command.add_argument("--color", choices=("auto", "always", "never"), default="auto")
    command.add_argument("--flagged", action="store_true", help="show what is only flagged, too")
    add_cleaning_options(command)
    command.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    settings = settings_of(parsed, config_of(parsed))
    cleaner, colour = settings.cleaner(), colour_wanted(parsed.color)
    shown = failed = 0
    for document in read_documents(plan([parsed.file]), settings.fields):
        if isinstance(document, str):
            print(printable(f"cleaner: {document}"), file=sys.stderr)
            failed += 1
        elif parsed.id in (None, document.id):
            if parsed.url:
                document = Document(document.raw, document.id, parsed.url, document.markdown)
            print("\n".join(page(cleaner.clean_document(document), colour, flagged=parsed.flagged)))
            shown += 1
    if parsed.id is not None and not shown:
        print(f"cleaner: {parsed.file}: no document with the id {parsed.id!r}", file=sys.stderr)
        return 2
    return 1 if failed else 0


def page(cleaned: Cleaned, colour: bool, *, flagged: bool = False) -> Iterator[str]:
    """The document as it is shown: a heading, the marked text, the reasons."""
    removals = [r for r in cleaned.removals if flagged or r.action == "removed"]
    raw = cleaned.document.raw
    cut = sum(len(r.text) for r in cleaned.removed)
    head = f"{cleaned.document.id}: {len(cleaned.removed)} cuts, {cut:,} of {len(raw):,} characters"
    yield styled(printable(head), "bold") if colour else printable(head)
    yield ""
    yield _marked(raw, removals, colour)
    if removals:
        yield ""
    for removal in removals:
        yield _reason(removal)


def _marked(raw: str, removals: list[Removal], colour: bool) -> str:
    parts, position = [], 0
    for removal in removals:
        if removal.span.start < position:  # a flag inside a cut was dropped long ago; two flags may overlap
            continue
        parts.append(printable(raw[position : removal.span.start]))
        parts.append(_mark(removal, colour))
        position = removal.span.end
    parts.append(printable(raw[position:]))
    return "".join(parts).strip("\n")


def _mark(removal: Removal, colour: bool) -> str:
    text, gone = printable(removal.text), removal.action == "removed"
    if not colour:
        return f"[{'-' if gone else '?'}{text}{'-' if gone else '?'}]{{{removal.rule}}}"
    body = styled(text, "red", "struck") if gone else styled(text, "yellow")
    return f"{body} {styled(removal.rule, 'dim')}"


def _reason(removal: Removal) -> str:
    also = f" (also {', '.join(removal.also)})" if removal.also else ""
    size = f", {len(removal.text):,} characters" if "\n" in removal.text else ""
    verb = "" if removal.action == "removed" else "flagged: "
    return printable(
        f"line {removal.line}{size}: {verb}{removal.category} by {removal.rule} "
        f"({removal.confidence:.2f}): {removal.reason}{also}"
    )
