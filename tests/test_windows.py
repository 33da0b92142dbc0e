"""Very long texts: seen through windows, and cleaned as they would be whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaner import Cleaner, windows
from cleaner.annotation import Proposal
from cleaner.document import Document
from cleaner.edit import Track
from cleaner.rules.conditions import HEAD_SHARE, TAIL_SHARE, in_head, in_tail
from cleaner.view import View

STORY = [f"On day {day} the ferry sailed at noon, and {day} passengers saw the harbour." for day in range(90)]
JUNK = ["Advertisement", "Sign up for our newsletter", "Share on Facebook"]


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(windows, "LONGEST", 1500)
    monkeypatch.setattr(windows, "CORE", 1000)
    monkeypatch.setattr(windows, "MARGIN", 600)


@pytest.fixture(scope="module")
def cleaner():
    return Cleaner.from_packs()


def mixed(junk_after):
    lines = [line for number, line in enumerate(STORY) for line in (line, *JUNK[: junk_after.get(number, 0)])]
    return "\n\n".join(lines)


def test_junk_goes_wherever_it_stands_and_the_story_stays(cleaner):
    raw = mixed(dict.fromkeys(range(0, 90, 4), 1))
    cleaned = cleaner.clean(raw)
    assert cleaned.text == "\n\n".join(STORY)
    assert cleaned.restore() == raw


@given(st.dictionaries(st.integers(0, 89), st.integers(1, 3), max_size=30))
def test_what_goes_comes_back(cleaner, junk_after):
    raw = mixed(junk_after)
    cleaned = cleaner.clean(raw)
    assert cleaned.restore() == raw
    assert cleaned.text.split("\n\n") == STORY


@pytest.mark.parametrize("condition", [in_head, in_tail])
def test_the_ends_of_a_window_are_not_taken_for_those_of_the_text(condition):
    text = mixed({})
    whole = View(text)

    def at_an_end(view):
        for number in view.filled:
            if condition(view, number):
                yield Proposal(view.span(number), "end", "other", 1.0, "at an end")

    found = list(windows.proposed([at_an_end], [], View(text), Track([])))
    assert found
    assert all(condition(whole, whole.line_at(proposal.span.start)) for proposal in found)


def test_a_margin_hides_what_rules_take_for_the_head_and_the_tail():
    window = windows.CORE + 2 * windows.MARGIN
    assert max(HEAD_SHARE, 1 - TAIL_SHARE) * window <= windows.MARGIN


def test_each_line_is_shown_once_with_what_stands_around_it():
    text = mixed({})
    shown = []

    def every_line(view):
        for number in view.filled:
            yield Proposal(view.span(number), "any", "other", 1.0, "a line")
            shown.append(view.lines[number])

    found = list(windows.proposed([every_line], [], View(text), Track([])))
    assert [text[p.span.start : p.span.end] for p in found] == STORY
    assert len(shown) > len(STORY), "margins are shown too"


def test_what_reaches_the_end_of_a_window_is_not_believed():
    text = mixed({})

    def to_the_end(view):
        for number in view.filled:
            yield Proposal(view.span(number, len(view.lines) - 1), "rest", "other", 1.0, "all that follows")

    found = list(windows.proposed([to_the_end], [], View(text), Track([])))
    assert found
    assert {proposal.span.end for proposal in found} == {len(text)}, "only the last window ends where the text does"


def test_a_window_that_stays_as_it_was_is_not_asked_again():
    document = Document(mixed({}))
    asked = []

    def counts(view):
        asked.append(view.text)
        return ()

    view = View(document.raw, document)
    assert not list(windows.proposed([counts], [], view, Track([])))
    before = len(asked)
    assert not list(windows.proposed([counts], [], View(document.raw, document, view), Track([])))
    assert len(asked) == before > 3


def test_a_text_without_line_ends_is_one_window(cleaner):
    raw = " ".join(STORY)
    assert cleaner.clean(raw).text == raw
