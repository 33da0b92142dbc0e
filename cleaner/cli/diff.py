"""``cleaner diff``: two runs side by side, by rule."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from cleaner.cli.counts import many
from cleaner.cli.options import Commands
from cleaner.cli.text import printable
from cleaner.errors import ConfigError
from cleaner.feedback.compare import Comparison, Example, Moved, RunTotals, compared
from cleaner.review.visible import one_line

_WIDTH = 90


def add_to(commands: Commands) -> None:
    command = commands.add_parser(
        "diff",
        help="compare two runs: what went in one of them only, by rule",
        description="Compares the removals of two runs over the same inputs: gained, lost, and taken by another rule.",
    )
    command.add_argument("a", metavar="RUN_A", type=Path, help="the output folder of a run")
    command.add_argument("b", metavar="RUN_B", type=Path, help="that of another")
    command.add_argument("--examples", metavar="N", type=int, default=3, help="examples of each kind (default: 3)")
    command.add_argument("--json", action="store_true", help="everything as one JSON object")
    command.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    if parsed.examples < 0:
        raise ConfigError(f"--examples {parsed.examples}: must be at least 0")
    found = compared(parsed.a, parsed.b, parsed.examples)
    if parsed.json:
        sys.stdout.flush()
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
        sys.stdout.buffer.flush()
    else:
        for line in _page(found, str(parsed.a), str(parsed.b)):
            print(printable(line))
    return 0


def _page(found: Comparison, a: str, b: str) -> Iterator[str]:
    yield from (_run("A", a, found.a), _run("B", b, found.b))
    yield from (f"made with {setting.name}: A {setting.a}, B {setting.b}" for setting in found.made_with)
    yield from _documents(found)
    if found.same:
        yield "" if not found.documents_in_both else "no removal differs"
        return
    if found.moved:
        yield from ("", *_table(found.moved))
    for one in found.moved:
        for sign, side, other in (("+", one.gained, "A"), ("-", one.lost, "B")):
            if side.examples:
                flagged = f", {side.flagged:,} of them only flagged in {other}" if side.flagged else ""
                yield from ("", f"{sign} {_named(one.rule, one.action)}: {many(side.count, 'removal')}{flagged}")
                yield from _examples(sign, side.examples)
    for change in found.changed:
        was, now = _named(change.rule, change.action), _named(change.now_rule, change.action)
        yield from ("", f"~ {was}, now {now}: {many(change.count, 'removal')}, {many(change.chars, 'character')}")
        yield from _examples("~", change.examples)


def _run(name: str, path: str, totals: RunTotals) -> str:
    counts = (many(totals.documents, "document"), many(totals.removals, "cut"), many(totals.chars, "character"))
    return f"{name}  {path}: {', '.join(counts)}"


def _documents(found: Comparison) -> Iterator[str]:
    if not found.documents_in_both:
        yield "no document is in both: compare runs over the same inputs, given in the same way"
    for count, what in (
        (found.documents_only_in_a, "only in A"),
        (found.documents_only_in_b, "only in B"),
        (found.documents_with_other_text, "in both with another raw text, and not compared"),
    ):
        if count:
            yield f"{many(count, 'document')} {what}"


def _table(moved: Sequence[Moved]) -> Iterator[str]:
    rows: list[tuple[str, ...]] = [("rule", "gained", "characters", "lost", "characters")]
    rows += [(_named(one.rule, one.action), *_counts(one)) for one in moved]
    cut = [one for one in moved if one.action == "removed"]
    if len(cut) > 1:
        sides = [one.gained for one in cut], [one.lost for one in cut]
        sums = [count for side in sides for count in (sum(s.count for s in side), sum(s.chars for s in side))]
        rows.append(("all cuts", *(f"{count:,}" for count in sums)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *rest in rows:
        cells = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        yield "  ".join([first.ljust(widths[0]), *cells])


def _counts(one: Moved) -> tuple[str, ...]:
    return tuple(f"{count:,}" for side in (one.gained, one.lost) for count in (side.count, side.chars))


def _examples(sign: str, examples: Sequence[Example]) -> Iterator[str]:
    for one in examples:
        times = f" (and {one.count - 1:,} alike)" if one.count > 1 else ""
        yield f"  {sign} {one_line(one.doc, 40)} line {one.line}: {one_line(one.text, _WIDTH)}{times}"


def _named(rule: str, action: str) -> str:
    return rule if action == "removed" else f"{rule} (flagged)"
