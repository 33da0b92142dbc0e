"""The detectors that run, in no order that matters."""

import logging

from cleaner.detectors import Detector, Weigher
from cleaner.detectors.lines import LineDetector
from cleaner.detectors.recurring import RecurringDetector
from cleaner.detectors.repeats import propose_repeats
from cleaner.detectors.rules import RulesDetector
from cleaner.detectors.splice import SpliceDetector
from cleaner.errors import ModelError
from cleaner.lines.model import checked_level, load_lines
from cleaner.matcher import Matcher, PlainMatcher
from cleaner.recurrence import RecurrenceTable
from cleaner.stories.model import load_model
from cleaner.survey import Survey

_log = logging.getLogger(__name__)


def detectors_for(matcher: Matcher | PlainMatcher, recurrences: RecurrenceTable | None = None) -> tuple[Detector, ...]:
    found: tuple[Detector, ...] = (RulesDetector(matcher), propose_repeats)
    return (*found, RecurringDetector(recurrences)) if recurrences else found


def weighers_for(thoroughness: float | None) -> tuple[Weigher, ...]:
    """What weighs lines by what the detectors found; nothing but a logged warning if the model cannot be used.

    Raises ``ConfigError`` for a thoroughness that the model has no threshold for.
    """
    level = checked_level(thoroughness)
    if level is None:
        return ()
    try:
        return (LineDetector(load_lines(), level),)
    except ModelError as error:
        _log.warning("lines are not weighed: %s", error)
        return ()


def last_detectors(survey: Survey | None = None) -> tuple[Detector, ...]:
    """What judges the text clean of other junk; nothing but a logged warning if the model cannot be used."""
    try:
        return (SpliceDetector(load_model(), survey),)
    except ModelError as error:
        _log.warning("spliced stories are not looked for: %s", error)
        return ()
