"""Warnings about rules that load and yet are likely to be wrong, slow or unreadable."""

from collections.abc import Iterator, Sequence

import msgspec
import regex

from cleaner.rulefiles.load import Packs
from cleaner.rulefiles.reference import candidates_per_megabyte, reference_texts
from cleaner.rules.compiled import CompiledRule
from cleaner.rules.spec import SHAPES, Rule

#: Lines per MB of reference text from which a prefilter is weak; every fifth or so.
_OFTEN = 1000
#: Repetitions without bound inside repetitions.
_NESTED = regex.compile(r"\((?:\?[:>])?[^()]*[^\\()+*][+*](?!\+)[^()]*\)[+*{](?!\+)")
_UNBOUNDED = regex.compile(r"(?<!\\)(?:\.|\[\^?[^\]]+\])[*+](?![+?])")


def warnings(rules: Sequence[CompiledRule]) -> Iterator[str]:
    """One line per doubt: file, rule, what was found, what would be better."""
    often = candidates_per_megabyte(rules, reference_texts())
    for rule in rules:
        for doubt in (*_doubts(rule.spec), *_costs(rule, often[rule.id]), *_uncovered(rule)):
            yield f"{rule.file}: {rule.id}: {doubt}"


def override_warnings(packs: Packs) -> Iterator[str]:
    """One line per override that cannot do anything, or hides what another one says."""
    whole = {o.rule for o in packs.overrides if not (o.fingerprints or o.sites or o.documents)}
    protecting = {rule.id for rule in packs.rules if rule.spec.action == "keep"}
    for override in packs.overrides:
        if override.rule in protecting:
            yield f"override of {override.rule}: the rule protects text and removes none: nothing to override"
        elif override.action == "flag" and override.rule in whole and (override.sites or override.documents):
            yield f"override of {override.rule}: needless: another one lets the rule only flag everywhere"
        if override.documents and "" in override.documents:
            yield f"override of {override.rule}: it holds for documents whose id is empty, of which there may be many"


def _costs(rule: CompiledRule, often: float) -> Iterator[str]:
    if None in rule.supersets:
        yield (
            "no string that lines could be scanned for: asked at every line it is wide enough for "
            f"({often:,.0f} per MB of reference text); begin a pattern with words, or give keywords"
        )
    elif often > _OFTEN:
        yield (
            f"weak prefilter: {often:,.0f} lines per MB of reference text must be looked at; longer or rarer words "
            "at the start of its patterns, a smaller max_chars or keywords would help"
        )


def _uncovered(rule: CompiledRule) -> Iterator[str]:
    """Samples that must go, and whose lines hold no keyword."""
    keywords = [word.casefold() for word in rule.spec.keywords]
    for sample in rule.spec.samples.remove if keywords else ():
        if not any(word in sample.casefold() for word in keywords):
            yield f"keywords do not cover its patterns: none of them is in the sample {sample!r}"


def _doubts(spec: Rule) -> Iterator[str]:
    patterns = list(_patterns(spec))
    for pattern in patterns:
        if _NESTED.search(pattern):
            yield f"nested quantifiers in {pattern!r}: slow on hostile text; make the inner one possessive (++)"
    if spec.inline is not msgspec.UNSET:
        for pattern in spec.inline:
            if _UNBOUNDED.search(pattern):
                yield f"unbounded repetition in the inline pattern {pattern!r}: bound it, as in {{0,80}}"
    else:
        for pattern in patterns:
            if pattern.startswith("^") or (pattern.endswith("$") and not pattern.endswith(r"\$")):
                yield f"needless anchor in {pattern!r}: whole-line patterns always match from end to end"
    if len(spec.description) > 120 or spec.description.endswith("."):
        yield "the description should be one line of at most 120 characters without a final stop"
    if both := set(spec.samples.remove) & set(spec.samples.keep):
        yield f"samples that must both go and stay: {sorted(both)}"


def _patterns(spec: Rule) -> Iterator[str]:
    """All patterns of the rule's shape, as written."""
    for name in SHAPES:
        if (value := getattr(spec, name)) is not msgspec.UNSET:
            yield from _strings(msgspec.to_builtins(value))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
