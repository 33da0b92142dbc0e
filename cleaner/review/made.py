"""What a run was made with, in words: version, settings, rules and models, as its summary has them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from cleaner.errors import OutputError
from cleaner.output import SUMMARY

#: So much of a digest tells two apart.
_DIGEST = 8


def summary_of(run: Path) -> dict[str, Any]:
    """The summary of a run; empty if there is none. Raises ``OutputError`` for one that is damaged."""
    try:
        found: dict[str, Any] = msgspec.json.decode((run / SUMMARY).read_bytes(), type=dict[str, Any])
    except FileNotFoundError:
        return {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise OutputError(f"{run / SUMMARY}: damaged: {error}; cleaning again makes it anew") from None
    for name in ("rules", "categories", "normalize", "stories", "lines", "survey", "recurrences"):
        if not isinstance(found.get(name), dict | None):
            raise OutputError(f"{run / SUMMARY}: damaged: `{name}` must be an object; cleaning again makes it anew")
    return found


def made_with(summary: Mapping[str, Any]) -> dict[str, str]:
    """What decides what goes, each with what it was; nothing of what an older version did not write down.

    What finds the lines that rules look at is not among it: it changes speed alone.
    """
    said: dict[str, Callable[[Any], str]] = {
        "cleaner": str,
        "profile": str,
        "categories": lambda found: _pairs(found) or "as the profile has them",
        "normalize": _normalize,
        "rules": lambda found: f"{found.get('count')} ({_short(found.get('digest'))})",
        "lines": _lines,
        "stories": lambda found: _weights(found or {}),
        "survey": lambda found: f"{found.get('documents')} documents" if found else "none",
        "recurrences": lambda found: f"{found.get('pages')} pages" if found else "none",
    }
    return {_NAMES.get(name, name): words(summary[name]) for name, words in said.items() if name in summary}


_NAMES = {
    "lines": "model of lines",
    "stories": "model of spliced stories",
    "survey": "stories known from",
    "recurrences": "lines known from",
}


#: Settings of the normalizer: what each is without being set, and what it does if it is.
_UNUSUAL = (
    ("straight_quotes", False, "straight quotes"),
    ("plain_dashes", False, "plain dashes"),
    ("repair_mojibake", True, "mojibake kept"),
)


def _pairs(found: Mapping[str, Any] | None) -> str:
    return ", ".join(f"{name}={value}" for name, value in (found or {}).items())


def _normalize(found: Mapping[str, Any] | None) -> str:
    said = found or {}
    words = [words for name, usual, words in _UNUSUAL if said.get(name, usual) != usual]
    return ", ".join(words) or "as usual"


def _lines(found: Mapping[str, Any] | None) -> str:
    return f"{found.get('thoroughness')} ({_weights(found)})" if found else "left out"


def _weights(found: Mapping[str, Any]) -> str:
    return _short(found["weights"]) if found.get("weights") else "could not be used"


def _short(digest: object) -> str:
    return str(digest)[:_DIGEST]
