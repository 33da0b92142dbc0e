"""The detectors that run, in no order that matters."""

from collections.abc import Sequence

from cleaner.detectors import Detector
from cleaner.detectors.repeats import propose_repeats
from cleaner.detectors.rules import RulesDetector
from cleaner.detectors.splice import propose_splices
from cleaner.rules.compiled import CompiledRule


def detectors_for(rules: Sequence[CompiledRule]) -> tuple[Detector, ...]:
    return (RulesDetector(rules), propose_repeats, propose_splices)
