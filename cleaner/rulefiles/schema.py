"""The JSON Schema of rule files: editors complete keys and underline mistakes with it."""

from typing import Any

import msgspec

from cleaner.rules.spec import RuleFile


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of a rule file."""
    (schema,), components = msgspec.json.schema_components([RuleFile], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "cleaner rule file",
        **schema,
        "$defs": components,
    }
