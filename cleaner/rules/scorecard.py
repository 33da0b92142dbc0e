"""The shape ``scorecard``: signs of a paragraph's looks, place and surroundings, each with a weight.

A generalized additive model written out: what each sign adds to the log-odds that a paragraph is
junk. No sign decides alone, and each can be read, and changed, in the rule file.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp
from typing import ClassVar, NamedTuple

import numpy as np

from cleaner.lazy import cached_property
from cleaner.measures import Measures
from cleaner.rules.patterns import Pattern


class Scored(NamedTuple):
    """A paragraph that goes, how sure that is, and what spoke for it most."""

    place: int
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
    min_junk: int = 1
    min_prose: int = 0
    anchors: ClassVar[tuple[Pattern, ...]] = ()
    anchored: ClassVar[bool] = True

    def scores(self, page: Measures) -> np.ndarray:
        """The log-odds of every paragraph."""
        return self.base + self._said(page).sum(axis=0)

    def scored(self, page: Measures) -> Iterator[Scored]:
        """The paragraphs that go. Not those that are junk already, nor the title and the headline."""
        if page.junk.sum() < self.min_junk or page.prose_chars.sum() < self.min_prose:
            return
        said = self._said(page)
        scores = self.base + said.sum(axis=0)
        # What sets a line apart is what speaks against it more than against the page's own prose.
        usual = said[:, page.prose].mean(axis=1) if page.prose.any() else np.zeros(len(said))
        for place in np.flatnonzero((scores >= self.threshold) & (page.junk == 0)):
            if place not in (0, page.headline):
                confidence = 1 / (1 + exp(-float(scores[place])))
                yield Scored(int(place), confidence, self._reasons(page, place, said[:, place] - usual))

    def _said(self, page: Measures) -> np.ndarray:
        """What each measure says of each paragraph, in log-odds: a row for every measure."""
        return np.stack(
            [
                sums[np.searchsorted(values, page[measure], side="right")]
                for measure, (values, sums) in self._stairs.items()
            ]
        )

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

    def _reasons(self, page: Measures, place: np.intp, against: np.ndarray) -> tuple[str, ...]:
        """The measures that spoke against a paragraph most, with their values."""
        names = list(self._stairs)
        most = [row for row in np.argsort(-against, kind="stable")[:_TOLD] if against[row] > 0]
        return tuple(self._told(names[row], float(page[names[row]][place])) for row in most)

    def _told(self, measure: str, value: float) -> str:
        """A measure and its value in words; one that is either there or not needs no number."""
        yes_or_no = self._stairs[measure][0].tolist() == [1]
        return measure.replace("-", " ") + ("" if yes_or_no else f" {value:.3g}")
