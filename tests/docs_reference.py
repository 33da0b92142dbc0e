"""Writes the generated parts of ``docs/``: run ``python tests/docs_reference.py`` after a change of rule keys."""

from pathlib import Path
from typing import Any, get_args, get_origin

import msgspec

from cleaner.rulefiles.schema import json_schema
from cleaner.rules import spec

DOCS = Path(__file__).resolve().parent.parent / "docs"
MARK = "<!-- generated from cleaner/rules/spec.py -->\n"
TABLES = (
    ("The file", spec.RuleFile),
    ("A rule: `[[rule]]`", spec.Rule),
    ("Conditions: `[rule.when]`", spec.When),
    ("Sure junk close by: `near`", spec.Near),
    ("Shape `words`", spec.Words),
    ("Shape `block`", spec.Block),
    ("Shape `cut`", spec.Cut),
    ("Shape `signs`", spec.Signs),
    ("One sign", spec.Sign),
    ("Exceptions: `[[rule.except]]`", spec.Exempt),
    ("Samples: `[rule.samples]`", spec.Samples),
    ("An override: `[[override]]`", spec.Override),
)


def rule_reference() -> str:
    """The reference of all keys, from the classes that read them."""
    parts = [MARK]
    for title, kind in TABLES:
        rows = [
            f"| `{f.encode_name}` | {_default(f)} | {_description(kind, f)} |" for f in msgspec.structs.fields(kind)
        ]
        parts.append(f"\n### {title}\n\n{kind.__doc__.strip()}\n\n| key | default | meaning |\n|---|---|---|\n")
        parts.append("\n".join(rows) + "\n")
    return "".join(parts)


def _default(field: Any) -> str:
    if field.default is not msgspec.NODEFAULT:
        return "" if field.default is msgspec.UNSET else f"`{field.default!r}`".replace("'", '"')
    return "" if field.default_factory is not msgspec.NODEFAULT else "required"


def _description(kind: type, field: Any) -> str:
    schema = msgspec.json.schema(kind)["$defs"][kind.__name__]["properties"][field.encode_name]
    words = _words(field.type)
    text = " ".join(_texts(field.type)) or schema.get("description", "")
    if not text and (inner := _struct(field.type)):
        text = inner.__doc__.strip().split("\n")[0]
    return (f"{text} One of {', '.join(f'`{word}`' for word in words)}." if 0 < len(words) < 12 else text).replace(
        "|", "\\|"
    )


def _texts(annotation: Any) -> list[str]:
    found = [meta.description for meta in getattr(annotation, "__metadata__", ()) if getattr(meta, "description", None)]
    if not found:
        for inner in get_args(annotation):
            found += _texts(inner)
    return found


def _words(annotation: Any) -> list[str]:
    if str(get_origin(annotation)) == "typing.Literal":
        return [str(word) for word in get_args(annotation)]
    return [word for inner in get_args(annotation) for word in _words(inner)]


def _struct(annotation: Any) -> type | None:
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return annotation
    return next(filter(None, map(_struct, get_args(annotation))), None)


if __name__ == "__main__":
    page = DOCS / "rule-files.md"
    page.write_text(page.read_text().split(MARK)[0] + rule_reference())
    schema = msgspec.json.format(msgspec.json.encode(json_schema()), indent=2)
    (DOCS / "rules.schema.json").write_bytes(schema + b"\n")
