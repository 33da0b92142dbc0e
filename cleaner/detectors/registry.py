"""The detectors that run, in no order that matters."""

from cleaner.detectors import Detector
from cleaner.detectors.repeats import propose_repeats
from cleaner.detectors.rules import RulesDetector
from cleaner.detectors.splice import propose_splices
from cleaner.matcher import Matcher, PlainMatcher


def detectors_for(matcher: Matcher | PlainMatcher) -> tuple[Detector, ...]:
    return (RulesDetector(matcher), propose_repeats, propose_splices)
