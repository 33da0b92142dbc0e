"""Reads rule files. What is wrong with one is said here, once; later code trusts the rules."""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache, lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_origin

import msgspec
import regex

from cleaner.errors import RuleFileError
from cleaner.rulefiles.cache import cached_store
from cleaner.rules.compiled import CompiledRule, compile_rule
from cleaner.rules.patterns import PatternError, Patterns, Store
from cleaner.rules.scorecard import Scorecard
from cleaner.rules.spec import Rule, RuleFile

_INDEX = regex.compile(r"\[\d*\]")
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
    """Compiled rules of one or more rule files, ordered by file and place; retired rules left out."""

    rules: Rules
    files: tuple[Path, ...]

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
    contents = blake2b(digest_size=16)
    for file in files:
        contents.update(blake2b(_read(file)).digest())
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
    origin = Origin(tuple(str(path.absolute()) for path in given), only, digest_of(files))
    with cached_store(origin.digest) as store:
        rules = _rules(files, store)
    return Packs(Rules.of((rule for rule in rules if rule.spec.status != "retired"), origin), files)


def _rules(files: Iterable[Path], store: Store) -> list[CompiledRule]:
    seen: dict[str, Path] = {}
    rules: list[CompiledRule] = []
    for file in files:
        for rule in read_rule_file(file, store):
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
    table = _read_toml(path)
    _check_keys(table, RuleFile, str(path))
    entries = table.get("rule")
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise RuleFileError(f"{path}: rule: a rule file holds one or more [[rule]] tables; found none")
    specs = [_rule(entry, f"{path}: {_name(entry, place)}") for place, entry in enumerate(entries, 1)]
    header = _convert({**table, "rule": [msgspec.to_builtins(specs[0])]}, RuleFile, str(path))
    patterns = Patterns(header.define, store or Store())
    return [_compiled(spec, patterns, path) for spec in specs]


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_read(path).decode("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise RuleFileError(
            f"{path}: not valid TOML: {error}; regexes are best written in literal strings: '''...'''"
        ) from None
    except UnicodeDecodeError as error:
        raise RuleFileError(f"{path}: not UTF-8 at byte {error.start}; rule files are UTF-8") from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RuleFileError(f"{path}: cannot be read: {error.strerror}") from None


def _name(entry: dict[str, Any], place: int) -> str:
    rule_id = entry.get("id")
    return f"rule {rule_id!r}" if isinstance(rule_id, str) else f"rule number {place} (without an id)"


def _rule(entry: dict[str, Any], where: str) -> Rule:
    _check_keys(entry, Rule, where)
    samples = entry.get("samples")
    for kind, meaning in (("remove", "texts that must go"), ("keep", "look-alikes that must stay")):
        if not isinstance(samples, dict) or not samples.get(kind):
            raise RuleFileError(f"{where}: samples.{kind}: found none; every rule shows {meaning}")
    rule = _convert(entry, Rule, where)
    if rule.action == "remove" and rule.category is msgspec.UNSET:
        raise RuleFileError(f"{where}: category: missing; one of {', '.join(_categories())}")
    return rule


def _categories() -> list[str]:
    from cleaner.categories import CATEGORIES

    return list(CATEGORIES)


def _check_keys(table: dict[str, Any], kind: type[msgspec.Struct], where: str) -> None:
    """Names unknown keys at every depth, with the keys that are accepted there."""
    fields = _fields(kind)
    for key, value in table.items():
        if key not in fields:
            near = get_close_matches(key, fields, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise RuleFileError(f"{where}: {key}: unknown key; {hint}accepted here: {', '.join(fields)}")
        inner = fields[key]
        if inner is None or inner is Rule:
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                _check_keys(item, inner, f"{where}: {key}")


@cache
def _fields(kind: type[msgspec.Struct]) -> dict[str, type[msgspec.Struct] | None]:
    """The keys of a table, with the class of the tables inside."""
    return {field.encode_name: _struct_in(field.type) for field in msgspec.structs.fields(kind)}


def _struct_in(annotation: Any) -> type[msgspec.Struct] | None:
    """The table class inside an annotation such as ``list[Sign] | UnsetType``."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return annotation
    inner = (_struct_in(argument) for argument in getattr(annotation, "__args__", ()))
    return next((found for found in inner if found), None)


def _convert(table: dict[str, Any], kind: Any, where: str) -> Any:
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        key = path.rstrip("`").lstrip(".")
        raise RuleFileError(
            f"{where}: {key + ': ' if key else ''}{message}{_found(table, key)}{_accepted(kind, key)}"
        ) from None


def _found(table: Any, key: str) -> str:
    """What stands at ``key``, for messages."""
    try:
        for part in key.replace("[", ".").replace("]", "").split("."):
            table = table[int(part)] if isinstance(table, list) else table[part]
    except (KeyError, ValueError, IndexError, TypeError):
        return ""
    return f"; found {table!r}"


def _accepted(kind: Any, key: str) -> str:
    """The words accepted at ``key``, where only some are."""
    for part in filter(None, _INDEX.sub("", key).split(".")):
        fields = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
        annotation = fields.get(part)
        kind = _struct_in(annotation)
        if kind is None:
            words = _words_in(annotation)
            return f"; accepted: {', '.join(words)}" if words else ""
    return ""


def _words_in(annotation: Any) -> list[str]:
    """The words of the ``Literal`` inside an annotation."""
    if get_origin(annotation) is Literal:
        return [str(word) for word in annotation.__args__]
    return next(filter(None, map(_words_in, getattr(annotation, "__args__", ()))), [])


def _compiled(spec: Rule, patterns: Patterns, path: Path) -> CompiledRule:
    try:
        return compile_rule(spec, patterns, path.name)
    except PatternError as error:
        raise RuleFileError(f"{path}: rule {spec.id!r}: {error}") from None
