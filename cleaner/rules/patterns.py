"""From a pattern as people write it to a compiled ``regex``.

Patterns ignore case. An apostrophe matches every kind of apostrophe and a double quote every kind
of double quote, so that no rule need spell them out. ``{{name}}`` stands for a definition of the
rule file.
"""

from collections.abc import Mapping

import regex

APOSTROPHES = "'’‘ʼ`´"
QUOTES = '"“”„‟«»″'
_DEFINED = regex.compile(r"\{\{([\w-]+)\}\}")
_QUOTE_OR_CLASS = regex.compile(r"\\.|[\[\]'\"]", regex.DOTALL)

FLAGS = regex.IGNORECASE


class PatternError(ValueError):
    """A pattern that does not compile; the message says where."""


def compile_pattern(pattern: str, define: Mapping[str, str] | None = None) -> regex.Pattern[str]:
    """The compiled pattern.

    >>> bool(compile_pattern("don't miss", {}).fullmatch("Don’t miss"))
    True
    """
    source = spread_quotes(expand(pattern, define or {}))
    try:
        return regex.compile(source, FLAGS)
    except regex.error as error:
        raise PatternError(f"{error} in {pattern!r}") from None


def alternatives(patterns: list[str], define: Mapping[str, str] | None = None) -> regex.Pattern[str]:
    """One pattern that matches what any of ``patterns`` matches; each is checked on its own first."""
    for pattern in patterns:
        compile_pattern(pattern, define)
    return compile_pattern("|".join(f"(?:{pattern})" for pattern in patterns), define)


def expand(pattern: str, define: Mapping[str, str]) -> str:
    """``pattern`` with its ``{{names}}`` replaced by what ``define`` says.

    >>> expand("at {{time}}", {"time": r"\\d+:\\d+"})
    'at (?:\\\\d+:\\\\d+)'
    """

    def definition(match: regex.Match[str]) -> str:
        if match[1] not in define:
            known = ", ".join(sorted(define)) or "none"
            raise PatternError(f"{{{{{match[1]}}}}} is not defined in this file (defined: {known})")
        return f"(?:{expand(define[match[1]], {k: v for k, v in define.items() if k != match[1]})})"

    return _DEFINED.sub(definition, pattern)


def spread_quotes(pattern: str) -> str:
    """``pattern`` with each straight quote replaced by a class of all quotes of its kind."""
    depth, parts, position = 0, [], 0
    for match in _QUOTE_OR_CLASS.finditer(pattern):
        token = match.group()
        parts.append(pattern[position : match.start()])
        position = match.end()
        if token == "[":
            depth += 1
        elif token == "]":
            depth = max(0, depth - 1)
        elif token in "'\"":
            kinds = APOSTROPHES if token == "'" else QUOTES
            token = kinds if depth else f"[{kinds}]"
        parts.append(token)
    return "".join(parts) + pattern[position:]
