"""A rule made ready to run: its shape, conditions and exceptions, compiled."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import regex
from msgspec import UNSET

from cleaner.rules import shapes
from cleaner.rules.conditions import Condition, conditions
from cleaner.rules.hints import Hints
from cleaner.rules.patterns import Pattern, PatternError, Patterns, spread_quotes
from cleaner.rules.spec import SHAPES, Block, Cut, Near, Rule, Signs, Words
from cleaner.span import Span
from cleaner.view import View

Built = TypeVar("Built")

_SEPARATORS = r"[\s,;|/·•&+.:–—-]*"


@dataclass(frozen=True)
class CompiledRule:
    """``spans(view, line)`` says what the rule covers at a line; nothing if it does not apply."""

    spec: Rule
    shape: shapes.Shape
    conditions: tuple[Condition, ...]
    exceptions: Pattern | None
    hints: Hints | None = None
    file: str = ""

    @property
    def id(self) -> str:
        return self.spec.id

    @property
    def near(self) -> Near | None:
        return None if self.spec.when.near is UNSET else self.spec.when.near

    def spans(self, view: View, number: int) -> Iterator[Span]:
        if not all(check(view, number) for check in self.conditions):
            return
        for span in self.shape.spans(view, number):
            if self.exceptions and self.exceptions.search(view.lines[number]):
                return
            yield span


def compile_rule(spec: Rule, patterns: Patterns | None = None, file: str = "") -> CompiledRule:
    """The rule made ready. Raises ``PatternError`` with the key at fault for what does not compile."""
    patterns = patterns or Patterns()
    excepted = [exception.pattern for exception in spec.exceptions]
    shape = _shape(spec, patterns)
    return CompiledRule(
        spec,
        shape,
        _at("when", lambda: conditions(spec.when, patterns)),
        _at("except", lambda: patterns.any(excepted)) if excepted else None,
        patterns.store.hints(shape.anchor.source, whole_line=shape.anchored),
        file,
    )


def _at(key: str, build: Callable[[], Built]) -> Built:
    try:
        return build()
    except PatternError as error:
        raise PatternError(f"{key}: {error}") from None


def _shape(spec: Rule, patterns: Patterns) -> shapes.Shape:
    given = [name for name in SHAPES if getattr(spec, name) is not UNSET]
    if len(given) != 1:
        found = " and ".join(given) or "none"
        raise PatternError(f"found {found}; a rule has exactly one shape: {', '.join(SHAPES)}")
    return _at(given[0], lambda: _BUILDERS[given[0]](getattr(spec, given[0]), patterns))


def _words(words: Words, patterns: Patterns) -> shapes.WordList:
    word = "|".join(f"(?:{item})" for item in words.items)
    patterns.any(words.items)
    line = patterns.one(rf"(?:(?:{word})(?!\w){_SEPARATORS})+")
    return shapes.WordList(line, patterns.one(rf"(?<!\w)(?:{word})(?!\w)"), words.at_least, words.max_gap)


def _block(block: Block, patterns: Patterns) -> shapes.LineBlock:
    header = None if block.header is UNSET else spread_quotes(patterns.expand(block.header))
    if header is not None:
        patterns.one(regex.sub(r"\{\w+\}", "", header))
    return shapes.LineBlock(
        patterns.any(block.start),
        header,
        tuple(patterns.one(step) for step in block.then),
        patterns.any(block.members) if block.members else None,
        patterns.any(block.stop) if block.stop else None,
        block.max_lines,
        block.min_lines,
        block.max_gap,
    )


def _cut(cut: Cut, patterns: Patterns) -> shapes.CutToEnd:
    return shapes.CutToEnd(patterns.any(cut.start), cut.min_prose_before, cut.max_prose_share)


def _signs(signs: Signs, patterns: Patterns) -> shapes.WeightedSigns:
    if any((sign.pattern is UNSET) == (sign.feature is UNSET) for sign in signs.signs):
        raise PatternError("each sign has either a pattern or a feature")
    anchors = [sign.pattern for sign in signs.signs if sign.pattern is not UNSET and sign.weight > 0]
    if not anchors:
        raise PatternError("no sign has both a pattern and a positive weight; at least one must")
    return shapes.WeightedSigns(
        patterns.any(anchors),
        tuple((patterns.one(s.pattern), s.weight) for s in signs.signs if s.pattern is not UNSET),
        tuple((s.feature, s.weight) for s in signs.signs if s.feature is not UNSET),
        signs.threshold,
    )


_BUILDERS: dict[str, Callable[[Any, Patterns], shapes.Shape]] = {
    "lines": lambda given, patterns: shapes.WholeLine(patterns.any(given)),
    "inline": lambda given, patterns: shapes.Inline(patterns.any(given)),
    "words": _words,
    "block": _block,
    "cut": _cut,
    "signs": _signs,
}
