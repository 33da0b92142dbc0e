"""Detectors: each looks at a view and yields proposals. They know nothing of each other."""

from collections.abc import Callable, Iterable

from cleaner.annotation import Proposal
from cleaner.view import View

Detector = Callable[[View], Iterable[Proposal]]
