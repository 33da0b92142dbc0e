"""A rule made ready to run: its shape, conditions and exceptions, compiled."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeVar

import regex
from msgspec import UNSET
from msgspec.structs import astuple

from cleaner.lazy import cached_property
from cleaner.measures import MEASURES
from cleaner.rules import shapes, spec
from cleaner.rules.conditions import Condition, conditions, surroundings
from cleaner.rules.patterns import Pattern, PatternError, Patterns, spread_quotes
from cleaner.rules.scorecard import Scorecard, Step
from cleaner.rules.shapes import fits
from cleaner.rules.spec import SHAPES, Block, Cut, Near, Rule, Signs, Words
from cleaner.rules.supersets import Superset
from cleaner.span import Span
from cleaner.view import View

Built = TypeVar("Built")

_SEPARATORS = r"[\s,;|/·•&+.:–—-]*"


@dataclass(frozen=True, eq=False)
class CompiledRule:
    """``spans(view, line)`` says what the rule covers at a line; nothing if it does not apply."""

    spec: Rule
    shape: shapes.Shape | Scorecard
    conditions: tuple[Condition, ...]
    surroundings: tuple[Condition, ...]
    exceptions: Pattern | None
    supersets: tuple[Superset | None, ...] = ()
    file: str = ""

    @property
    def id(self) -> str:
        return self.spec.id

    @cached_property
    def near(self) -> Near | None:
        return None if self.spec.when.near is UNSET else self.spec.when.near

    @property
    def leans(self) -> bool:
        """Whether what other rules found matters to this one."""
        return self.near is not None or isinstance(self.shape, Scorecard)

    @cached_property
    def shortest(self) -> int:
        """Characters of the shortest line the rule looks at."""
        return self.spec.when.min_chars

    @cached_property
    def longest(self) -> int:
        return self.spec.when.max_chars

    def spans(self, view: View, number: int, among: Sequence[Pattern] = ()) -> list[Span]:
        """What goes at a line; the cheap questions are asked first.

        ``among`` are the anchors that may match, if that is known. A rule whose patterns take too
        long is noted in the view, and says nothing more there.
        """
        if isinstance(self.shape, Scorecard):  # it looks at whole pages
            return []
        if not (self._may_look(view, number) and self.found(view, number, among)):
            return []
        try:
            return list(self.shape.spans(view, number)) if self._may_act(view, number) else []
        except TimeoutError:
            view.timed_out.add(self.id)
            return []

    def allows(self, view: View, number: int) -> bool:
        """Whether the conditions and exceptions let the rule act at a line."""
        try:
            return self._may_look(view, number) and self._may_act(view, number)
        except TimeoutError:
            view.timed_out.add(self.id)
            return False

    def _may_look(self, view: View, number: int) -> bool:
        if not self.shortest <= len(view.lines[number]) <= self.longest:
            return False
        return not self.conditions or all(check(view, number) for check in self.conditions)

    def _may_act(self, view: View, number: int) -> bool:
        if self.surroundings and not all(check(view, number) for check in self.surroundings):
            return False
        return not (self.exceptions and self.exceptions.search(view.lines[number]))

    def found(self, view: View, number: int, among: Sequence[Pattern] = ()) -> bool:
        """Whether a line is what the rule looks for, wherever it stands."""
        if self.id in view.timed_out:
            return False
        anywhere = not self.shape.anchored
        try:
            for anchor in among or self.shape.anchors:
                if fits(anchor, view, number, anywhere=anywhere):
                    return True
        except TimeoutError:
            view.timed_out.add(self.id)
        return False


def compile_rule(spec: Rule, patterns: Patterns | None = None, file: str = "") -> CompiledRule:
    """The rule made ready. Raises ``PatternError`` with the key at fault for what does not compile."""
    patterns = patterns or Patterns()
    excepted = [exception.pattern for exception in spec.exceptions]
    shape = _shape(spec, patterns)
    keywords = patterns.one("|".join(map(regex.escape, spec.keywords))) if spec.keywords else None
    supersets = [patterns.store.superset(anchor.source, whole_line=shape.anchored) for anchor in shape.anchors]
    instead = patterns.store.superset(keywords.source, whole_line=False) if keywords else None
    return CompiledRule(
        spec,
        shape,
        conditions(spec.when, keywords),
        _at("when", lambda: surroundings(spec.when, patterns)),
        _at("except", lambda: patterns.any(excepted)) if excepted else None,
        tuple(superset or instead for superset in supersets),
        file,
    )


def _at(key: str, build: Callable[[], Built]) -> Built:
    try:
        return build()
    except PatternError as error:
        raise PatternError(f"{key}: {error}") from None


def _shape(spec: Rule, patterns: Patterns) -> shapes.Shape | Scorecard:
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
        patterns.each(block.start),
        header,
        tuple(patterns.one(step) for step in block.then),
        patterns.any(block.members) if block.members else None,
        patterns.any(block.stop) if block.stop else None,
        block.max_lines,
        block.min_lines,
        block.max_gap,
    )


def _cut(cut: Cut, patterns: Patterns) -> shapes.CutToEnd:
    return shapes.CutToEnd(patterns.each(cut.start), cut.min_prose_before, cut.max_prose_share)


def _signs(signs: Signs, patterns: Patterns) -> shapes.WeightedSigns:
    if any((sign.pattern is UNSET) == (sign.feature is UNSET) for sign in signs.signs):
        raise PatternError("each sign has either a pattern or a feature")
    found = [sign for sign in signs.signs if sign.pattern is not UNSET and sign.weight > 0]
    if not found:
        raise PatternError("no sign has both a pattern and a positive weight; at least one must")
    # The weakest together stay below the threshold: a line that reaches it has one of the others.
    without = sum(sign.weight for sign in signs.signs if sign.feature is not UNSET and sign.weight > 0)
    anchors = []
    found.sort(key=lambda sign: sign.weight)
    for sign in found:
        without += sign.weight
        if sign.pattern is not UNSET and (without >= signs.threshold or sign is found[-1]):
            anchors.append(sign.pattern)
    return shapes.WeightedSigns(
        patterns.each(anchors),
        tuple((patterns.one(s.pattern), s.weight) for s in signs.signs if s.pattern is not UNSET),
        tuple((s.feature, s.weight) for s in signs.signs if s.feature is not UNSET),
        signs.threshold,
    )


def _scorecard(card: spec.Scorecard, _: Patterns) -> Scorecard:
    for step in card.steps:
        if step.measure not in MEASURES:
            near = get_close_matches(step.measure, MEASURES, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise PatternError(f"no measure {step.measure!r}; {hint}accepted: {', '.join(sorted(MEASURES))}")
    steps = tuple(Step(*astuple(step)) for step in card.steps)
    return Scorecard(card.base, steps, card.threshold, card.min_junk, card.min_prose)


_BUILDERS: dict[str, Callable[[Any, Patterns], shapes.Shape | Scorecard]] = {
    "lines": lambda given, patterns: shapes.WholeLine(patterns.each(given)),
    "inline": lambda given, patterns: shapes.Inline(patterns.each(given), patterns.any(given)),
    "words": _words,
    "block": _block,
    "cut": _cut,
    "signs": _signs,
    "scorecard": _scorecard,
}
