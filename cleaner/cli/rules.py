"""``cleaner rules``: look at the rules, and check them."""

import argparse
import sys
from collections.abc import Iterator, Sequence

import msgspec

from cleaner.categories import CATEGORIES
from cleaner.cli import apply, check, detectors
from cleaner.cli.options import Commands, add_rule_options, rule_packs
from cleaner.cli.text import printable
from cleaner.rulefiles import Packs, load_packs
from cleaner.rulefiles.lint import override_warnings, warnings
from cleaner.rulefiles.reference import candidates_per_megabyte, reference_texts
from cleaner.rulefiles.samples import run_samples
from cleaner.rulefiles.schema import json_schema
from cleaner.rules.compiled import CompiledRule
from cleaner.rules.spec import SHAPES, Override
from cleaner.scanner import chosen


def add_to(commands: Commands) -> None:
    rules = commands.add_parser(
        "rules", help="list, explain, lint, test and check rules; make overrides of verdicts; print the JSON Schema"
    )
    inner = rules.add_subparsers(required=True, metavar="COMMAND")
    listing = inner.add_parser("list", help="all rules, a line each")
    listing.add_argument("--category", choices=CATEGORIES, metavar="NAME", help="only this category")
    explain = inner.add_parser("explain", help="one rule in full, or a detector in short")
    explain.add_argument("id", metavar="ID")
    for command, run in ((listing, run_list), (explain, run_explain)):
        add_rule_options(command)
        command.set_defaults(run=run)
    lint = inner.add_parser("lint", help="warn of rules that are likely to be wrong or slow")
    test = inner.add_parser("test", help="run the samples of the rules")
    for command, run in ((lint, run_lint), (test, run_test)):
        command.add_argument("paths", nargs="*", metavar="PATH", help="rule files or folders instead of the shipped")
        command.set_defaults(run=run)
    lint.add_argument("--strict", action="store_true", help="exit with 1 if there are warnings")
    check.add_to(inner)
    apply.add_to(inner)
    schema = inner.add_parser("schema", help="the JSON Schema of rule files, for editors")
    schema.set_defaults(run=run_schema)


def _checked(parsed: argparse.Namespace) -> Packs:
    return load_packs(parsed.paths, only=bool(parsed.paths))


def run_list(parsed: argparse.Namespace) -> int:
    packs = rule_packs(parsed)
    rules = [r for r in packs.rules if parsed.category in (None, r.spec.category)]
    width = max((len(rule.id) for rule in rules), default=0)
    for rule in rules:
        spec = rule.spec
        category = spec.category or "keep"
        status = "demoted" if packs.overrides.of_rule(rule.id) else spec.status
        print(f"{rule.id:<{width}}  {category:<15} {spec.confidence:.2f} {status:<12} {spec.description}")
    sys.stdout.flush()
    print(f"cleaner: {detectors.mentioned()}", file=sys.stderr)
    return 0


def run_explain(parsed: argparse.Namespace) -> int:
    packs = rule_packs(parsed)
    overrides = [line for override in packs.overrides.about(parsed.id) for line in _override(override)]
    if parsed.id in detectors.DETECTORS:
        print("\n".join([*detectors.explained(parsed.id), *overrides]))
        return 0
    rule = packs.rule(parsed.id)
    print("\n".join([*explanation(rule), *_scanned_for(rule), *overrides]))
    return 0


def _override(override: Override) -> Iterator[str]:
    """An override in words."""
    verb = "kept by an override" if override.action == "keep" else "only flagged by an override"
    limits = (("on", override.sites), ("in", override.documents))
    where = "; ".join(f"{word} {', '.join(names)}" for word, names in limits if names)
    yield printable(f"  {verb}{f', {where}' if where else ''}: {override.reason}")
    if override.fingerprints:
        yield printable(f"    {', '.join(override.fingerprints)} {' '.join(override.text.split())!r}")


def _scanned_for(rule: CompiledRule) -> Sequence[str]:
    """How the lines are found at which the rule is asked."""
    often = candidates_per_megabyte([rule], reference_texts())[rule.id]
    engine = chosen("auto")
    if engine == "plain" or None in rule.supersets:
        how = "every line" if engine != "plain" else "every line (neither hyperscan nor google-re2 is installed)"
    else:
        parts = {part for superset in rule.supersets for part in superset or ()}
        heads = sum(part.head for part in parts)
        how = f"{engine}, {heads} expressions at the start of lines and {len(parts) - heads} anywhere"
    return [f"  scanned for: {how}; {often:,.0f} lines per MB of reference text are looked at"]


def explanation(rule: CompiledRule) -> Sequence[str]:
    """A rule in words and patterns, with its evidence."""
    spec = rule.spec
    shape = next(name for name in SHAPES if getattr(spec, name) is not msgspec.UNSET)
    verb = "protects" if spec.action == "keep" else f"removes {spec.category}"
    lines = [
        f"{rule.id}  ({rule.file})",
        f"  {spec.description}",
        f"  {verb}; confidence {spec.confidence}; {spec.status}",
    ]
    lines += [f"  {shape}:", *_indented(_plain(getattr(spec, shape)))]
    if when := _plain(spec.when):
        lines += ["  when:", *_indented(when)]
    lines += [f"  except {e.pattern}  because {e.reason}" for e in spec.exceptions]
    for title, samples in (("goes", spec.samples.remove), ("stays", spec.samples.keep), ("missed", spec.samples.miss)):
        lines += [f"  {title}: {sample!r}" for sample in samples]
    return lines


def _plain(value: object) -> object:
    """``value`` as plain data, without the keys that stand at their defaults."""
    plain = msgspec.to_builtins(value)
    if isinstance(value, msgspec.Struct):
        defaults = {f.name: f.default for f in msgspec.structs.fields(value)}
        return {key: item for key, item in plain.items() if item != defaults.get(key) and item not in ([], {})}
    return plain


def _indented(value: object) -> list[str]:
    if isinstance(value, dict):
        return [f"    {key}: {item}" for key, item in value.items()]
    return [f"    {item}" for item in value] if isinstance(value, list) else [f"    {value}"]


def run_lint(parsed: argparse.Namespace) -> int:
    packs = _checked(parsed)
    found = [*warnings(packs.rules), *override_warnings(packs)]
    for warning in found:
        print(warning)
    print(f"{len(found)} warnings", file=sys.stderr)
    return 1 if found and parsed.strict else 0


def run_test(parsed: argparse.Namespace) -> int:
    packs = _checked(parsed)
    own = {rule.id for rule in packs.rules}
    around = [*packs.rules, *(rule for rule in load_packs().rules if rule.id not in own)]  # for rules with near
    count = failed = 0
    for outcome in run_samples(packs.rules, around):
        count += 1
        if outcome.problem:
            failed += 1
            print(f"{outcome.file}: {outcome.rule}: {outcome.kind} sample {outcome.sample!r}: {outcome.problem}")
    beside = f"; {len(packs.overrides)} overrides" if packs.overrides else ""
    print(f"{len(packs.rules)} rules, {count} samples, {failed} failed{beside}")
    return 1 if failed else 0


def run_schema(parsed: argparse.Namespace) -> int:
    print(msgspec.json.format(msgspec.json.encode(json_schema()), indent=2).decode())
    return 0
