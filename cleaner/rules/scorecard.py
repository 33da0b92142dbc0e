"""The shape ``scorecard``: signs of a paragraph's looks, place and surroundings, each with a weight.

A generalized additive model written out: what each sign adds to the log-odds that a paragraph is
junk. No sign decides alone, and each can be read, and changed, in the rule file.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import exp
from typing import ClassVar, NamedTuple

import numpy as np

from cleaner.measures import Measures
from cleaner.rules.patterns import Pattern


class Scored(NamedTuple):
    """A paragraph that goes, how sure that is, and what spoke for it most."""

    line: int
    confidence: float
    reasons: tuple[str, ...]


class Step(NamedTuple):
    """What a measure adds from a value on."""

    measure: str
    at_least: float
    weight: float


#: So many signs are named as reasons.
_TOLD = 4


@dataclass(frozen=True)
class Scorecard:
    """Paragraphs whose signs add up to ``threshold``, given what is junk already."""

    base: float
    steps: tuple[Step, ...]
    threshold: float
    needs_junk: bool = True
    anchors: ClassVar[tuple[Pattern, ...]] = ()
    anchored: ClassVar[bool] = True

    def scores(self, page: Measures) -> np.ndarray:
        """The log-odds of every paragraph."""
        total = np.full(len(page), self.base)
        for measure, (values, sums) in self._stairs.items():
            total += sums[np.searchsorted(values, page[measure], side="right")]
        return total

    @cached_property
    def _stairs(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """For each measure where its steps are, and what they add up to below the first, from the first on, …."""
        steps: dict[str, list[Step]] = {}
        for step in sorted(self.steps, key=lambda step: step.at_least):
            steps.setdefault(step.measure, []).append(step)
        return {
            measure: (
                np.array([step.at_least for step in those]),
                np.cumsum([0.0, *(step.weight for step in those)]),
            )
            for measure, those in steps.items()
        }

    def scored(self, page: Measures) -> Iterator[Scored]:
        """The paragraphs that go. Not those that are junk already, nor the title and the headline."""
        if self.needs_junk and not page.junk.any():
            return
        scores = self.scores(page)
        for place in np.flatnonzero((scores >= self.threshold) & (page.junk == 0)):
            if place in (0, page.headline):
                continue
            yield Scored(
                page.paragraphs[place], 1 / (1 + exp(-float(scores[place]))), tuple(self._reasons(page, int(place)))
            )

    def _reasons(self, page: Measures, place: int) -> Iterator[str]:
        """The measures that spoke for the removal most, with their values."""
        spoke: dict[str, float] = {}
        for step in self.steps:
            there = page[step.measure][place] >= step.at_least
            # A sign that is missing speaks too: it would have weighed against.
            spoke[step.measure] = spoke.get(step.measure, 0) + max(step.weight if there else -step.weight, 0)
        for measure in sorted(spoke, key=lambda name: (-spoke[name], name))[:_TOLD]:
            yield f"{measure.replace('-', ' ')} {page[measure][place]:g}"
