"""``cleaner rules apply``: verdicts become overrides, shown first with what they would change."""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from shlex import quote

from cleaner.cli.counts import many
from cleaner.cli.options import Commands
from cleaner.cli.text import printable
from cleaner.errors import ConfigError
from cleaner.feedback.effects import Effects, Tally, effects, only_flagged
from cleaner.feedback.overrides import Bounds, Draft, Subject, drafted, merged, subjects_of
from cleaner.feedback.rulefile import OVERRIDES, write, written_before
from cleaner.restore import log_of
from cleaner.review.loading import digest_of
from cleaner.review.verdicts import VERDICTS, Verdicts
from cleaner.review.visible import one_line
from cleaner.rulefiles.load import ids_at
from cleaner.rules.spec import Override

_WIDTH, _NAMES = 90, 4


def add_to(inner: Commands) -> None:
    bounds = Bounds()
    command = inner.add_parser(
        "apply",
        help="make overrides of the verdicts on a run",
        description="Turns the verdicts on the run in DIR into overrides, and shows what they would change in it. "
        "Writes nothing without --write.",
    )
    command.add_argument("dir", metavar="DIR", type=Path, help="the output folder of a run")
    command.add_argument("--verdicts", metavar="FILE", type=Path, help=f"default: DIR/{VERDICTS}")
    command.add_argument("--out", metavar="FILE", type=Path, help=f"the rule file (default: DIR/{OVERRIDES})")
    command.add_argument("--write", action="store_true", help="write the rule file")
    command.add_argument("--force", action="store_true", help="write over a file that this command did not write")
    command.add_argument(
        "--rules", metavar="PATH", action="append", help="rules of yours that the run was made with; repeatable"
    )
    command.add_argument(
        "--min-precision",
        metavar="SHARE",
        type=float,
        default=bounds.precision,
        help=f"a rule that is surely right less often only flags (default: {bounds.precision})",
    )
    command.add_argument(
        "--min-judged",
        metavar="N",
        type=int,
        default=bounds.judged,
        help=f"if so many of a random sample of its removals were judged (default: {bounds.judged})",
    )
    command.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    _check(parsed)
    source, target = parsed.verdicts or parsed.dir / VERDICTS, parsed.out or parsed.dir / OVERRIDES
    if not source.is_file():
        raise ConfigError(
            f"{source}: no verdicts here; judge first with `cleaner review`, or name them with --verdicts"
        )
    verdicts = Verdicts.open(source)
    log = digest_of(log_of(parsed.dir, "removals"))
    bounds, flagged = Bounds(parsed.min_precision, parsed.min_judged), only_flagged(parsed.dir, subjects_of(verdicts))
    draft = drafted(verdicts, ids_at(parsed.rules or ()), bounds, log, flagged)
    before = written_before(target, force=parsed.force)
    after = merged(draft, before)
    for remark in _remarks(draft, verdicts, parsed.dir):
        print(printable(f"cleaner: {remark}"), file=sys.stderr)
    for line in _changes(before, effects(parsed.dir, after)):
        print(printable(line))
    if parsed.write:
        for line in _write(target, after):
            print(printable(line))
    elif after != before:
        print(printable(f"nothing is written; with --write {target} would be"))
    return 0


def _check(parsed: argparse.Namespace) -> None:
    if not 0 <= parsed.min_precision <= 1:
        raise ConfigError(f"--min-precision {parsed.min_precision:g}: accepted: a share between 0 and 1")
    if parsed.min_judged < 1:
        raise ConfigError(f"--min-judged {parsed.min_judged}: must be at least 1")


def _write(target: Path, overrides: Sequence[Override]) -> Iterator[str]:
    if overrides:
        write(target, overrides)
        yield f"{target}: {many(len(overrides), 'override')}. Clean again with them into another folder:"
        yield f"  cleaner clean INPUT... --out NEW --rules {quote(str(target))}"
    elif target.exists():
        target.unlink()
        yield f"{target}: taken away; no override is left"
    else:
        yield "nothing to write: the verdicts ask for no override"


def _remarks(draft: Draft, verdicts: Verdicts, run: Path) -> Iterator[str]:
    if verdicts.damaged:
        numbers = ", ".join(map(str, verdicts.damaged[:_NAMES]))
        yield f"{verdicts.path}: {many(len(verdicts.damaged), 'line')} cannot be read and passed over: {numbers}"
    for rule, count in sorted(draft.unknown.items()):
        yield f"left out: {many(count, 'verdict')} on {rule!r}, which no rule file has; name its file with --rules"
    if draft.vague:
        yield (
            f"left out: {many(draft.vague, 'verdict')} on a site, of documents without one, or without a sound "
            "fingerprint; judge single texts or whole groups there"
        )
    for subject, text in draft.only_flagged:
        yield (
            f"nothing to keep: {subject.rule}{_where(subject)} {one_line(text, _WIDTH)!r} was only flagged, and stays; "
            "no override is made"
        )
    for tie in draft.ties:
        yield (
            f"stays, though reviewers differ: {tie.subject.rule}{_where(tie.subject)} {one_line(tie.text, _WIDTH)!r}: "
            f"wrong {', '.join(tie.wrong)}; right {', '.join(tie.right)}"
        )
    for subject, text, right in draft.overruled:
        where = f"on {subject.name}" if subject.scope == "site" else "everywhere"
        yield (
            f"stays {where}, though more narrowly judged right: {subject.rule} {one_line(text, _WIDTH)!r}: "
            f"right: {_names(right)}"
        )
    for rule, count in sorted(draft.unmeasured.items()):
        yield (
            f"{rule}: {many(count, 'verdict')} say{'s' if count == 1 else ''} wrong; measure the rule first: "
            f"cleaner review {quote(str(run))}, page Measure"
        )


def _where(subject: Subject) -> str:
    return f" ({subject.name})" if subject.name else ""


def _changes(before: Sequence[Override], found: Effects) -> Iterator[str]:
    """The overrides, new ones with a plus and those that go with a minus, and what they would change."""
    after = [override for override, _ in found.of]
    for override in before:
        if override not in after:
            yield from _heading("-", override)
    for override, tally in found.of:
        yield from _heading(" " if override in before else "+", override)
        yield from _effect(override, tally)
    for verb, tally in (("would stay", found.kept), ("would only be flagged", found.flagged)):
        if tally.removals:
            yield f"{verb}: {_counted(tally)}"
    unchanged = found.removals - found.kept.removals - found.flagged.removals
    yield f"would go as before: {many(unchanged, 'removal')} of {found.removals:,}"


def _heading(sign: str, override: Override) -> Iterator[str]:
    places = (("on", override.sites), ("in", override.documents))
    where = "".join(f" {word} {_names(names)}" for word, names in places if names)
    text = f": {one_line(override.text, _WIDTH)}" if override.text else ""
    yield f"{sign} {override.action} {override.rule}{where}{text}"
    yield f"    {one_line(override.reason, _WIDTH)}"


def _effect(override: Override, tally: Tally) -> Iterator[str]:
    if not tally.removals:
        yield "    nothing in this run"
        return
    yield f"    {_counted(tally)} {'stay' if override.action == 'keep' else 'only flagged'}"
    if tally.shared and not override.fingerprints:
        yield f"    other rules wanted {tally.shared:,} of these too, and may take them instead"
    for entry in tally.examples:
        yield f"      {one_line(entry.doc, 40)} line {entry.line}: {one_line(entry.text, _WIDTH)}"


def _counted(tally: Tally) -> str:
    sites = f" on {many(len(tally.sites), 'site')}" if tally.sites else ""
    return (
        f"{many(tally.removals, 'removal')}, {many(tally.chars, 'character')} "
        f"in {many(tally.documents, 'document')}{sites}"
    )


def _names(names: Iterable[str]) -> str:
    names = list(names)
    more = [f"{len(names) - _NAMES:,} more"] if len(names) > _NAMES else []
    return ", ".join([*(one_line(name, 40) for name in names[:_NAMES]), *more])
