"""What each shape of a rule covers, given a view and the line its anchor stands on.

A shape has ``anchors``: patterns one of which must fit a line (``anchored``) or be found in it for the
shape to be asked at all. Everything else it needs is read from the lines around. Shapes know nothing
of conditions, categories or other rules.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import regex

from cleaner.rules.features import FEATURES
from cleaner.rules.patterns import FLAGS, Pattern
from cleaner.span import Span
from cleaner.view import SHORT, View


def fits(pattern: Pattern, view: View, number: int, *, anywhere: bool = False) -> bool:
    """Whether a pattern matches a line from end to end, as it is or without its decoration; or ``anywhere`` in it."""
    line = view.lines[number]
    memo = pattern.known[anywhere] if len(line) <= SHORT else view.memo.setdefault((pattern, anywhere), {})
    known: bool | None = memo.get(line)
    if known is None:
        found = pattern.search(line) if anywhere else match_line(pattern, view, number)
        known = memo[line] = found is not None
    return known


def match_line(pattern: Pattern, view: View, number: int) -> regex.Match[str] | None:
    """The match of a whole-line pattern."""
    line = view.lines[number]
    return pattern.fullmatch(line) or (pattern.fullmatch(bare) if (bare := view.bare(number)) != line else None)


@dataclass(frozen=True)
class WholeLine:
    """Lines that fit a pattern from end to end."""

    anchors: tuple[Pattern, ...]
    anchored: ClassVar[bool] = True

    def spans(self, view: View, number: int) -> Iterator[Span]:
        yield view.span(number)


@dataclass(frozen=True)
class Inline:
    """Parts of a line."""

    anchors: tuple[Pattern, ...]
    any: Pattern
    anchored: ClassVar[bool] = False

    def spans(self, view: View, number: int) -> Iterator[Span]:
        start = view.starts[number]
        for match in self.any.matches(view.lines[number]):
            if match.end() > match.start():
                yield Span(start + match.start(), start + match.end())


@dataclass(frozen=True)
class WordList:
    """Runs of lines that hold nothing but words of a closed list."""

    line: Pattern  # such words from end to end
    word: Pattern
    at_least: int
    max_gap: int
    anchored: ClassVar[bool] = True

    @property
    def anchors(self) -> tuple[Pattern, ...]:
        return (self.line,)

    def spans(self, view: View, number: int) -> Iterator[Span]:
        if self._goes_on(view, number):
            return
        last, items = number, self._items(view, number)
        for below in view.after(number):
            if below - last > self.max_gap + 1 or not self._holds(view, below):
                break
            last, items = below, items + self._items(view, below)
        if items >= self.at_least:
            yield view.span(number, last)

    def _holds(self, view: View, number: int) -> bool:
        return fits(self.line, view, number)

    def _goes_on(self, view: View, number: int) -> bool:
        """Whether the run began further up, so that it was found from there."""
        above = next(view.before(number), None)
        return above is not None and number - above <= self.max_gap + 1 and self._holds(view, above)

    def _items(self, view: View, number: int) -> int:
        return len(self.word.matches(view.lines[number]))


@dataclass(frozen=True)
class LineBlock:
    """An opening line and the lines that belong to it."""

    anchors: tuple[Pattern, ...]
    header: str | None = None
    then: tuple[Pattern, ...] = ()
    members: Pattern | None = None
    stop: Pattern | None = None
    max_lines: int = 12
    min_lines: int = 1
    max_gap: int = 2
    anchored: ClassVar[bool] = True

    def spans(self, view: View, number: int) -> Iterator[Span]:
        lines = [number, *self._below(view, number)]
        if len(lines) >= self.min_lines:
            yield view.span(self._first(view, number), lines[-1])

    def _below(self, view: View, number: int) -> Iterator[int]:
        steps, last, left = list(self.then), number, self.max_lines - 1
        for below in view.after(number):
            if not left or below - last > self.max_gap + 1 or (self.stop and fits(self.stop, view, below)):
                return
            if steps and fits(steps[0], view, below):
                del steps[0]
            elif not (self.members and fits(self.members, view, below)):
                return
            else:
                steps.clear()
            yield below
            last, left = below, left - 1

    def _first(self, view: View, number: int) -> int:
        above = next(view.before(number), None)
        match = next(filter(None, (match_line(anchor, view, number) for anchor in self.anchors)), None)
        if self.header is None or match is None or above is None or number - above > self.max_gap + 1:
            return number
        groups = {name: regex.escape(text or "") for name, text in match.groupdict().items()}
        header = regex.sub(r"\{(\w+)\}", lambda m: groups.get(m[1], m[0]), self.header)
        lines = (view.lines[above], view.bare(above))
        return above if any(regex.fullmatch(header, line, FLAGS) for line in lines) else number


@dataclass(frozen=True)
class CutToEnd:
    """A header from which everything goes, if the article stands above it."""

    anchors: tuple[Pattern, ...]
    min_prose_before: int
    max_prose_share: float
    anchored: ClassVar[bool] = True

    def spans(self, view: View, number: int) -> Iterator[Span]:
        above = view.prose_chars(0, number)
        below = view.prose_chars(number + 1, len(view.lines))
        if above >= self.min_prose_before and below <= self.max_prose_share * (above + below):
            yield view.span(number, view.filled[-1])


@dataclass(frozen=True)
class WeightedSigns:
    """A line whose signs add up."""

    anchors: tuple[Pattern, ...]
    patterns: tuple[tuple[Pattern, float], ...]
    features: tuple[tuple[str, float], ...]
    threshold: float
    anchored: ClassVar[bool] = False

    def spans(self, view: View, number: int) -> Iterator[Span]:
        line = view.lines[number]
        weight = sum(w for pattern, w in self.patterns if pattern.search(line))
        weight += sum(w for feature, w in self.features if FEATURES[feature](line))
        if weight >= self.threshold:
            yield view.span(number)


Shape = WholeLine | Inline | WordList | LineBlock | CutToEnd | WeightedSigns
