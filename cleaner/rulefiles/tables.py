"""Reads rule files as tables, and tables into their classes, strictly: what does not fit is named with what would."""

import tomllib
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal, get_origin

import msgspec
import regex

from cleaner.errors import RuleFileError
from cleaner.rules.spec import Override, Rule

_INDEX = regex.compile(r"\[\d*\]")


@dataclass(frozen=True)
class RuleText:
    """A rule file as it was read. Two are the same that have the same place and content."""

    path: Path
    digest: bytes
    data: bytes = field(compare=False, repr=False)


def read_file(path: Path) -> RuleText:
    data = read_bytes(path)
    return RuleText(path, blake2b(data).digest(), data)


def read_toml(path: Path) -> dict[str, Any]:
    """What a rule file holds. Raises ``RuleFileError``."""
    return parsed(read_bytes(path), path)


def parsed(data: bytes, path: Path) -> dict[str, Any]:
    """What ``data``, read from ``path``, holds. Raises ``RuleFileError``."""
    try:
        return tomllib.loads(data.decode("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise RuleFileError(
            f"{path}: not valid TOML: {error}; regexes are best written in literal strings: '''...'''"
        ) from None
    except UnicodeDecodeError as error:
        raise RuleFileError(f"{path}: not UTF-8 at byte {error.start}; rule files are UTF-8") from None


def read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RuleFileError(f"{path}: cannot be read: {error.strerror}") from None


def check_keys(table: dict[str, Any], kind: type[msgspec.Struct], where: str) -> None:
    """Names unknown keys at every depth, with the keys that are accepted there."""
    fields = _fields(kind)
    for key, value in table.items():
        if key not in fields:
            near = get_close_matches(key, fields, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise RuleFileError(f"{where}: {key}: unknown key; {hint}accepted here: {', '.join(fields)}")
        inner = fields[key]
        if inner is None or inner in (Rule, Override):  # each is read by itself, under its name
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                check_keys(item, inner, f"{where}: {key}")


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


def convert(table: dict[str, Any], kind: Any, where: str) -> Any:
    """The table as an object of its class. Raises ``RuleFileError``."""
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
