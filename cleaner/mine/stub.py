"""A rule file made of finds, for a reviewer to finish: it loads, and its samples pass."""

import json
from collections.abc import Container, Iterator, Sequence
from typing import NamedTuple

import regex

from cleaner.mine.find import Find
from cleaner.mine.templates import pattern_of, words_of
from cleaner.rulefiles.samples import CLOSE, OPEN
from cleaner.rules.patterns import Patterns
from cleaner.view import bare

_LOOK_ALIKE = "He pointed at the words “{}” on the wall and laughed about them for a minute."
_HEAD = """\
# Proposed by `cleaner mine` from lines that recur; nobody has looked at them yet. Experimental rules only flag.
# See docs/mining.md for what to do with each: delete it, or give it a better name, pattern and samples.
description = "Lines that recur over many documents, proposed by mining"
"""
_ASCII_WORD = regex.compile(r"[a-z0-9]+")
_WORDS_IN_ID = 6


class Stub(NamedTuple):
    """A rule file, and the templates that no sound rule could be made of."""

    text: str
    left_out: list[str]


def rule_file(finds: Sequence[Find], taken: Container[str] = ()) -> Stub:
    """The rule file for ``finds``, in their order; no id is one of ``taken``. Without rules its text is empty."""
    rules, left_out, used = [], [], set[str]()
    for find in finds:
        lines = find.lines.kept()
        pattern = pattern_of(lines[0])
        samples = [line for line in lines if _fits(pattern, line)]
        alike = _LOOK_ALIKE.format(bare(lines[0]))
        if not samples or _fits(pattern, alike) or _marked(alike):
            left_out.append(find.template)
            continue
        name = next(name for name in _names(lines[0]) if name not in used and name not in taken)
        used.add(name)
        rules.append(_rule(find, name, pattern, samples, alike))
    return Stub("\n".join([_HEAD, *rules]) if rules else "", left_out)


def _fits(pattern: str, line: str) -> bool:
    """Whether the pattern takes the line, as rules do: as it is or bare."""
    compiled = Patterns().one(pattern)
    return not _marked(line) and bool(compiled.fullmatch(line) or compiled.fullmatch(bare(line)))


def _marked(line: str) -> bool:
    return OPEN in line or CLOSE in line


def _names(line: str) -> Iterator[str]:
    """Ids made of the line's words, the best first."""
    words = [word for word in words_of(line) if _ASCII_WORD.fullmatch(word)]
    name = "-".join(words[:_WORDS_IN_ID]) or "mined"
    yield name
    count = 2
    while True:
        yield f"{name}-{count}"
        count += 1


def _rule(find: Find, name: str, pattern: str, samples: Sequence[str], alike: str) -> str:
    shares = f"{find.near / find.occurrences:.0%} near junk, {find.outside / find.occurrences:.0%} outside the prose"
    about = find.template if len(find.template) <= 60 else find.template[:59] + "…"
    return "\n".join(
        [
            f"# {find.documents} documents, {len(find.sites)} sites, {find.occurrences} times; {shares}",
            "[[rule]]",
            f'id = "{name}"',
            f"description = {_basic('a line that recurs: ' + about)}",
            f'category = "{find.category}"',
            'status = "experimental"',
            "confidence = 0.8",
            f"lines = [{_literal(pattern)}]",
            "[rule.samples]",
            f"remove = [{', '.join(map(_basic, samples))}]",
            "# Made up by a machine: put a real sentence here that must stay and looks most like the lines above.",
            f"keep = [{_basic(alike)}]",
            "",
        ]
    )


def _basic(text: str) -> str:
    """A TOML string with escapes. JSON's are the same, but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _literal(pattern: str) -> str:
    """A TOML string without escapes, where it can be one."""
    return _basic(pattern) if "'''" in pattern or pattern.endswith("'") else f"'''{pattern}'''"
