"""Detectors: each looks at a view and yields proposals. They know nothing of each other."""

from collections.abc import Callable, Iterable, Sequence

from cleaner.annotation import Proposal
from cleaner.view import View

Detector = Callable[[View], Iterable[Proposal]]
#: Asked after the others, with what they propose: it weighs a line by what is junk around it.
Weigher = Callable[[View, Sequence[Proposal]], Iterable[Proposal]]
