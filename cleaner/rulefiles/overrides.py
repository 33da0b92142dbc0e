"""Reads the overrides of rule files. Each must say which texts it means, and name a rule that there is."""

from collections import Counter
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec
import regex

from cleaner.errors import RuleFileError
from cleaner.rulefiles.tables import check_keys, convert, read_toml
from cleaner.rules.overrides import ANY, DETECTOR_IDS
from cleaner.rules.spec import Override

_FINGERPRINT = regex.compile(r"[0-9a-f]{16}")
_LISTS = ("fingerprints", "sites", "documents")


def read_overrides(table: dict[str, Any], path: Path) -> list[Override]:
    """The overrides in the table of a rule file. Raises ``RuleFileError`` naming file, override and key."""
    entries = table.get("override", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise RuleFileError(f"{path}: override: found {entries!r}; accepted: [[override]] tables")
    overrides = [_override(entry, _named(entry, place, path)) for place, entry in enumerate(entries, 1)]
    _refuse_twice(overrides, path)
    return overrides


def overrides_in(path: Path) -> list[Override]:
    """The overrides of one rule file, its rules aside. Raises ``RuleFileError``."""
    return read_overrides(read_toml(path), path)


def check_rules(overrides: Iterable[Override], known: Collection[str], path: Path) -> None:
    """Raises ``RuleFileError`` for an override of what is neither a detector nor a rule that is ``known``."""
    for rule in (override.rule for override in overrides):
        if rule == ANY or rule in DETECTOR_IDS or rule in known:
            continue
        near = get_close_matches(rule, [*known, *DETECTOR_IDS], n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "`cleaner rules list` shows all rules"
        raise RuleFileError(
            f"{path}: override: rule: there is no rule or detector {rule!r}; {hint}; "
            "if it stands in a file of yours, name that with --rules as well"
        )


def rule_ids(files: Iterable[Path]) -> set[str]:
    """The ids of the rules in rule files, read without compiling anything. Raises ``RuleFileError``."""
    entries = [entry for file in files for entry in read_toml(file).get("rule", ())]
    return {str(entry.get("id")) for entry in entries if isinstance(entry, dict)}


def _named(entry: dict[str, Any], place: int, path: Path) -> str:
    rule = entry.get("rule")
    return (
        f"{path}: override number {place} ({rule!r})" if isinstance(rule, str) else f"{path}: override number {place}"
    )


def _override(entry: dict[str, Any], where: str) -> Override:
    check_keys(entry, Override, where)
    for key in _LISTS:
        if isinstance(entry.get(key), list):
            _check_list(entry[key], f"{where}: {key}")
    if isinstance(entry.get("fingerprints"), list):
        _check_fingerprints(entry["fingerprints"], f"{where}: fingerprints")
    override = convert(entry, Override, where)
    if override.action == "keep" and override.fingerprints is msgspec.UNSET:
        raise RuleFileError(
            f"{where}: fingerprints: missing; an override that keeps names the texts it means, or it would undo the "
            'rule. To let the rule only flag, write action = "flag"; to protect lines by a pattern, a [[rule]] with '
            'action = "keep"'
        )
    if override.rule == ANY and override.fingerprints is msgspec.UNSET and not (override.sites or override.documents):
        raise RuleFileError(
            f"{where}: rule: '*' without fingerprints, sites or documents would let nothing be removed anywhere; "
            "name a rule, or say where"
        )
    for site in override.sites or ():
        if not site or "/" in site or site != site.lower():
            raise RuleFileError(
                f"{where}: sites: found {site!r}; accepted: a host in lower case, such as 'example.org', no URL"
            )
    return override


def _check_list(values: list[Any], where: str) -> None:
    if not values:
        raise RuleFileError(f"{where}: found an empty list, which would fit nothing; fill it or leave the key out")
    if twice := [value for value, count in Counter(map(repr, values)).items() if count > 1]:
        raise RuleFileError(f"{where}: {twice[0]} is given twice; once is enough")


def _check_fingerprints(values: list[Any], where: str) -> None:
    for value in values:
        if not isinstance(value, str) or not _FINGERPRINT.fullmatch(value):
            raise RuleFileError(
                f"{where}: found {value!r}; accepted: 16 hexadecimal digits in lower case, as in the removal log"
            )


def _refuse_twice(overrides: Iterable[Override], path: Path) -> None:
    """One text in two overrides of the same scope: they say the same, or contradict each other."""
    seen: dict[tuple[Any, ...], int] = {}
    for place, one in enumerate(overrides, 1):
        scope = tuple(sorted(one.sites or ())), tuple(sorted(one.documents or ()))
        for fingerprint in one.fingerprints or ("",):
            first = seen.setdefault((one.rule, fingerprint, *scope), place)
            if first != place:
                what = f"fingerprint {fingerprint}" if fingerprint else "the whole rule"
                raise RuleFileError(
                    f"{path}: override number {place} ({one.rule!r}): {what} stands in override number {first} too, "
                    "for the same sites and documents; leave one out"
                )
