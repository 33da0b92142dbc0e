"""Scorecards and what they weigh: measures of paragraphs, pages told apart by shape, broken paragraphs made whole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaner.detectors.rules import RulesDetector
from cleaner.errors import RuleFileError
from cleaner.matcher import PlainMatcher
from cleaner.measures import FAR, MEASURES, Measures
from cleaner.rulefiles.load import read_rule_file
from cleaner.span import Span
from cleaner.view import View

PROSE = "The council of the island met on Monday and put the vote on the ferry off for the third time."
MENU = ["Home", "Harbour", "Council", "Sport", "Weather", "Tides", "Letters", "Archive"]

CARD = """
description = "a card for tests"
[[rule]]
id = "odd"
description = "short lines below sure junk"
category = "other"
[rule.scorecard]
base = -1
threshold = 0.5
min_prose = 80
steps = [
  { measure = "junk-before", at_least = 3, weight = -9 },
  { measure = "chars", at_least = 40, weight = -5 },
  { measure = "after-prose", at_least = 1, weight = 2 },
]
[rule.samples]
remove = ["x"]
keep = ["y"]
[[rule]]
id = "label"
description = "a label"
category = "related"
lines = ['related']
[rule.samples]
remove = ["Related"]
keep = ["relation"]
"""


@pytest.fixture
def rules(tmp_path):
    def load(text):
        path = tmp_path / "rules.toml"
        path.write_text(text)
        return read_rule_file(path)

    return load


def proposed(rules, text):
    return {(p.rule, text[slice(*p.span)]): p for p in RulesDetector(PlainMatcher(rules))(View(text))}


def test_a_card_takes_what_adds_up_and_says_why(rules):
    text = f"A ferry story\n{PROSE}\nRelated\nFerry back\nMayor out"
    found = proposed(rules(CARD), text)
    assert set(found) == {("label", "Related"), ("odd", "Ferry back"), ("odd", "Mayor out")}
    proposal = found["odd", "Ferry back"]
    assert proposal.reason == "short lines below sure junk: junk before 1, chars 10"
    assert proposal.confidence == pytest.approx(1 / (1 + np.exp(-1)))


def test_a_card_that_needs_junk_rests_without_it(rules):
    text = f"A ferry story\n{PROSE}\nFerry back\nMayor out"
    assert proposed(rules(CARD), text) == {}


def test_a_card_rests_where_there_is_no_body(rules):
    text = f"A ferry story\n{PROSE}\nRelated\nFerry back\nMayor out"
    assert set(proposed(rules(CARD.replace("min_prose = 80", "min_prose = 100")), text)) == {("label", "Related")}


def test_a_card_leaves_title_and_headline(rules):
    text = f"Ferry vote put off again | Tarn Post\nRelated\nFerry vote put off again\nMayor out\n{PROSE}"
    card = CARD.replace('"after-prose", at_least = 1, weight = 2', '"chars", at_least = 1, weight = 2')
    assert {span for _, span in proposed(rules(card), text)} == {"Related", "Mayor out"}


def test_an_unknown_measure_is_named_with_what_is_accepted(rules):
    with pytest.raises(
        RuleFileError, match=r"rule 'odd': scorecard: no measure 'chras'; did you mean 'chars'\? accepted: "
    ):
        rules(CARD.replace('"chars"', '"chras"'))


def test_a_list_that_a_sentence_announces_stays(rules):
    label = 'description = "labels"\n' + CARD[CARD.index('[[rule]]\nid = "label"') :].replace(
        "'related'", "'like', 'share'"
    )
    listed = "Asked for the names of the buttons, the pupils wrote these down:\nLike\nShare"
    assert proposed(rules(label), listed) == {}
    assert len(proposed(rules(label), listed + "\n\nLike")) == 1, "the list ends with the empty line"
    assert len(proposed(rules(label), "Share this:\nLike\nShare")) == 2, "a label announces nothing"


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        (["You can follow us on", "Twitter", "and elsewhere", "."], "You can follow us on Twitter and elsewhere ."),
        (["The mayor, who read", "the report", ", said no."], "The mayor, who read the report , said no."),
        (["Home", "about us", "contact"], "Home\nabout us\ncontact"),
        (["Written By", "The ferry came."], "Written By\nThe ferry came."),
        (["He came to the", "", "harbour."], "He came to the\n\nharbour."),
    ],
)
def test_broken_paragraphs_are_made_whole(lines, joined):
    text = "\n".join(lines)
    view = View(text).joined
    assert view.text == joined
    assert len(view.text) == len(text), "offsets stay"


def test_a_whole_page_is_told_by_its_short_lines():
    assert View("\n".join([*MENU * 12, PROSE, PROSE])).page == "dump"
    assert View("\n".join([*MENU, *[PROSE] * 80])).page == "text"
    assert View("\n".join(MENU)).page == "text", "too little to tell"


texts = st.lists(st.sampled_from([*MENU, PROSE, "Read more …", "", "Why?", "He left,", "and came back."]), max_size=30)


@given(texts, st.integers(0, 40), st.integers(1, 60))
def test_every_measure_has_a_number_for_every_paragraph(lines, start, size):
    view = View("\n".join(lines)).joined
    end = min(start + size, len(view.text))
    page = Measures(view, [(Span(start, end), "related")] if start < end else [])
    for name in MEASURES:
        numbers = page[name]
        assert numbers.shape == (len(view.filled),), name
        assert np.isfinite(numbers).all(), name


def test_measures_of_place_and_surroundings():
    view = View("\n".join(["Ferry vote | Tarn Post", "Home", PROSE, PROSE, "Related", "Ferry back", "© 2020"]))
    page = Measures(view, [(view.span(4), "related")])
    assert page["junk-before"].tolist() == [FAR, FAR, FAR, FAR, FAR, 1, 2]
    assert page["junk-after"].tolist() == [4, 3, 2, 1, FAR, FAR, FAR]
    assert page["below-related"].tolist() == page["junk-before"].tolist()
    assert page["before-body"].tolist() == [2, 1, 0, 0, 0, 0, 0]
    assert page["after-body"].tolist() == [0, 0, 0, 0, 1, 2, 3]
    assert page["prose-above"].tolist() == [0, 0, 0, len(PROSE), *[2 * len(PROSE)] * 3]
    assert page["run"].tolist() == [2, 2, 0, 0, 3, 3, 3]
