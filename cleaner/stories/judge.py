"""Which runs of paragraphs may tell another story, and how likely each does.

seams (all) ─> the likeliest ─> runs between them ─> log-odds that a run is foreign
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cleaner.lazy import cached_property
from cleaner.span import Span
from cleaner.stories.measures import Measured, runs, seams
from cleaner.stories.model import Model
from cleaner.stories.ties import cosine

#: So many of the likeliest seams are looked at: 95 % of the true ones are among them.
SEAMS = 8
#: Shorter runs, and what would leave less of the text, are not judged.
MIN_RUN, MIN_REST = 500, 400
MIN_PARAGRAPHS = 2
#: Lists of names and figures have a smaller share of function words. They are part of something, not a story.
MIN_COMMON = 0.2
#: Texts whose word vectors run on so smoothly over every seam are coherent, and not looked at further: two in five
#: genuine articles, and one in eight hundred of the foreign characters that would be found.
SMOOTH, AROUND = 0.27, 4
#: Seams closer to an end of the text are not counted, in characters.
_END = 300


@dataclass(frozen=True)
class Run:
    """The paragraphs of ``place``, and the log-odds that they are foreign."""

    place: Span
    score: float


@dataclass(frozen=True)
class Judge:
    """A model's view of one text."""

    text: Measured
    model: Model

    @cached_property
    def odds(self) -> np.ndarray:
        """The log-odds that the story changes at each seam."""
        return self.model.seams(seams(self.text))

    def likely(self) -> list[Run]:
        """The runs between the likeliest seams."""
        if len(self.text) < 2 * MIN_PARAGRAPHS or coherent(self.text):
            return []
        return [run for run in self.scored(pairs(self.text, self.odds)) if self._is_prose(run)]

    def scored(self, places: Sequence[tuple[int, int]] | np.ndarray) -> list[Run]:
        """The runs at ``places``, R × 2."""
        if not len(places):
            return []
        start, end = np.asarray(places).T
        scores = self.model.runs(runs(self.text, start, end, 1 / (1 + np.exp(-self.odds))))
        return [
            Run(Span(a, b), score) for a, b, score in zip(start.tolist(), end.tolist(), scores.tolist(), strict=True)
        ]

    def _is_prose(self, run: Run) -> bool:
        return float(self.text.passages.style[run.place.start : run.place.end, 0].mean()) >= MIN_COMMON


def coherent(text: Measured) -> bool:
    """Whether the paragraphs below every seam are about the same as those above."""
    at = np.arange(1, len(text))
    at = at[(text.chars[at] >= _END) & (text.chars[-1] - text.chars[at] >= _END)]
    above, below = np.maximum(at - AROUND, 0), np.minimum(at + AROUND, len(text))
    alike = cosine(text.vectors[at] - text.vectors[above], text.vectors[below] - text.vectors[at])
    return bool(alike.min(initial=1) > SMOOTH)


def pairs(text: Measured, odds: np.ndarray) -> np.ndarray:
    """The runs between the likeliest seams, and from them to the end of the text: R × 2."""
    likeliest = np.argsort(-odds, kind="stable")[:SEAMS] + 1
    bounds = [*sorted(likeliest.tolist()), len(text)]
    between = [(a, b) for place, a in enumerate(bounds) for b in bounds[place + 1 :] if b - a >= MIN_PARAGRAPHS]
    found = np.array(between, dtype=np.int64).reshape(-1, 2)
    chars = text.chars[found[:, 1]] - text.chars[found[:, 0]]
    return found[(chars >= MIN_RUN) & (text.chars[-1] - chars >= MIN_REST)]
