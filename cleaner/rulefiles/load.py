"""Reads rule files. What is wrong with one is said here, once; later code trusts the rules."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import lru_cache
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from cleaner.collector import at_rest
from cleaner.errors import RuleFileError
from cleaner.rulefiles.cache import cached_store, cached_tables
from cleaner.rulefiles.overrides import check_rules, read_overrides, rule_ids
from cleaner.rulefiles.tables import RuleText, check_keys, convert, read_file, read_toml
from cleaner.rules.compiled import CompiledRule, compile_rule
from cleaner.rules.overrides import NO_OVERRIDES, Overrides
from cleaner.rules.patterns import PatternError, Patterns, Store
from cleaner.rules.scorecard import Scorecard
from cleaner.rules.spec import Rule, RuleFile

_PACKAGE = Path(__file__).resolve().parent.parent


class Origin(NamedTuple):
    """What it takes to load the same rules again: what :func:`load_packs` was given, and what it found."""

    paths: tuple[str, ...]
    only: bool
    digest: str
    by_words: bool = False


class Rules(tuple[CompiledRule, ...]):
    """Compiled rules. Pickled, they are their files, which are read again at the other end."""

    origin: Origin

    @classmethod
    def of(cls, rules: Iterable[CompiledRule], origin: Origin) -> "Rules":
        made = cls(rules)
        made.origin = origin
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return _load_again, (self.origin,)


@lru_cache(maxsize=4)  # a pool pickles what it calls once for each task
def _load_again(origin: Origin) -> Rules:
    """The rules of that origin. Raises ``RuleFileError`` if their files are others now."""
    packs = load_packs(origin.paths, only=origin.only)
    if packs.rules.origin.digest != origin.digest:
        named = ", ".join(("the shipped rules",) * (not origin.only) + origin.paths)
        raise RuleFileError(
            f"{named}: the rule files are not those that the pickled Cleaner was made with; make a new one from them, "
            "or install the same version of cleaner here"
        )
    return packs.by_words().rules if origin.by_words else packs.rules


@dataclass(frozen=True)
class Packs:
    """Compiled rules of one or more rule files, ordered by file and place, and overrides; retired rules left out."""

    rules: Rules
    files: tuple[Path, ...]
    overrides: Overrides = NO_OVERRIDES

    def digest(self) -> str:
        """A hash of the files' contents: two runs with the same digest had the same rules."""
        return digest_of(self.files)

    def by_words(self) -> "Packs":
        """The rules that go by what a line says; scorecards, which weigh any line, left out."""
        rules = (rule for rule in self.rules if not isinstance(rule.shape, Scorecard))
        return replace(self, rules=Rules.of(rules, self.rules.origin._replace(by_words=True)))

    def rule(self, rule_id: str) -> CompiledRule:
        """The rule of that id. Raises ``RuleFileError`` with near misses."""
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        near = get_close_matches(rule_id, [rule.id for rule in self.rules], n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else "; `cleaner rules list` shows all ids"
        raise RuleFileError(f"there is no rule {rule_id!r}{hint}")


def digest_of(files: Iterable[Path]) -> str:
    return _digest(read_file(file) for file in files)


def _digest(files: Iterable[RuleText]) -> str:
    contents = blake2b(digest_size=16)
    for file in files:
        contents.update(file.digest)
    return contents.hexdigest()


def shipped_rules() -> Path:
    """The folder of the shipped rule files: inside the installed package, or beside it in a checkout."""
    return shipped("_rules", "rules")


def shipped(packed: str, unpacked: str) -> Path:
    """A folder that comes with the program: inside the installed package, or in a checkout beside it."""
    for folder in (_PACKAGE / packed, _PACKAGE.parent / unpacked):
        if folder.is_dir():
            return folder
    raise RuleFileError(f"the shipped {unpacked} are missing: neither {_PACKAGE / packed} nor a checkout's exists")


def load_packs(paths: Iterable[str | Path] = (), *, only: bool = False) -> Packs:
    """The shipped rules and those at ``paths`` (files or folders); with ``only``, just the latter."""
    given = tuple(map(Path, paths))
    roots = [*([] if only else [shipped_rules()]), *given]
    files = tuple(dict.fromkeys(file for root in roots for file in _rule_files(root)))
    read = tuple(map(read_file, files))
    return _loaded(Origin(tuple(str(path.absolute()) for path in given), only, _digest(read)), read)


@lru_cache(maxsize=2)
@at_rest()
def _loaded(origin: Origin, files: tuple[RuleText, ...]) -> Packs:
    """The packs of these files; those that were loaded last are not loaded again."""
    tables = dict(zip((file.path for file in files), cached_tables(files, origin.digest), strict=True))
    overrides = {file: read_overrides(table, file) for file, table in tables.items()}
    # Overrides compile nothing: rules are found compiled, whatever overrides stand beside them.
    with cached_store(_digest(file for file in files if tables[file.path].get("rule"))) as store:
        rules = _rules(tables, store)
    known = {rule.id for rule in rules} | (ids_at() if origin.only and any(overrides.values()) else set())
    for file, own in overrides.items():
        check_rules(own, known, file)
    loaded = Rules.of((rule for rule in rules if rule.spec.status != "retired"), origin)
    return Packs(loaded, tuple(tables), Overrides(chain.from_iterable(overrides.values())))


def ids_at(paths: Iterable[str | Path] = ()) -> set[str]:
    """The ids of the shipped rules and those at ``paths``, retired ones too. Nothing is compiled."""
    return rule_ids(file for root in (shipped_rules(), *map(Path, paths)) for file in _rule_files(root))


def _rules(tables: dict[Path, dict[str, Any]], store: Store) -> list[CompiledRule]:
    seen: dict[str, Path] = {}
    rules: list[CompiledRule] = []
    for file, table in tables.items():
        for rule in _compiled_rules(table, file, store):
            if rule.id in seen:
                raise RuleFileError(
                    f"{file}: rule {rule.id!r}: id is used twice, also in {seen[rule.id]}; ids must be unique "
                    "over all loaded files: rename one"
                )
            seen[rule.id] = file
            rules.append(rule)
    return rules


def _rule_files(root: Path) -> Iterator[Path]:
    if root.is_dir():
        found = sorted(root.rglob("*.toml"))
        if not found:
            raise RuleFileError(f"{root}: no rule file here; rule files end in .toml")
        yield from found
    elif root.is_file():
        yield root
    else:
        raise RuleFileError(f"{root}: no such rule file or folder")


def read_rule_file(path: Path, store: Store | None = None) -> list[CompiledRule]:
    """The compiled rules of one file. Raises ``RuleFileError`` naming file, rule and key."""
    return _compiled_rules(read_toml(path), path, store or Store())


def _compiled_rules(table: dict[str, Any], path: Path, store: Store) -> list[CompiledRule]:
    check_keys(table, RuleFile, str(path))
    entries = table.get("rule", [])
    tables = isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)
    if not tables or not (entries or table.get("override")):
        raise RuleFileError(
            f"{path}: rule: a rule file holds one or more [[rule]] tables, [[override]] tables or both; found none"
        )
    specs = [_rule(entry, f"{path}: {_name(entry, place)}") for place, entry in enumerate(entries, 1)]
    header = convert({**table, "rule": [], "override": []}, RuleFile, str(path))
    patterns = Patterns(header.define, store)
    return [_compiled(spec, patterns, path) for spec in specs]


def _name(entry: dict[str, Any], place: int) -> str:
    rule_id = entry.get("id")
    return f"rule {rule_id!r}" if isinstance(rule_id, str) else f"rule number {place} (without an id)"


def _rule(entry: dict[str, Any], where: str) -> Rule:
    check_keys(entry, Rule, where)
    samples = entry.get("samples")
    for kind, meaning in (("remove", "texts that must go"), ("keep", "look-alikes that must stay")):
        if not isinstance(samples, dict) or not samples.get(kind):
            raise RuleFileError(f"{where}: samples.{kind}: found none; every rule shows {meaning}")
    rule = convert(entry, Rule, where)
    if rule.action == "remove" and rule.category is msgspec.UNSET:
        raise RuleFileError(f"{where}: category: missing; one of {', '.join(_categories())}")
    return rule


def _categories() -> list[str]:
    from cleaner.categories import CATEGORIES

    return list(CATEGORIES)


def _compiled(spec: Rule, patterns: Patterns, path: Path) -> CompiledRule:
    try:
        return compile_rule(spec, patterns, path.name)
    except PatternError as error:
        raise RuleFileError(f"{path}: rule {spec.id!r}: {error}") from None
