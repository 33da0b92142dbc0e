"""The splice detector: a foreign story below the article is found, an article that wanders is left alone."""

import time

import pytest
from stories import FERRY, ORCHESTRA, SUBTOPIC

from cleaner.annotation import Proposal
from cleaner.detectors.splice import SpliceDetector
from cleaner.stories.model import load_model
from cleaner.view import View

PLAYER = "Please use Chrome browser for a more accessible video player"


def proposals(text: str) -> list[Proposal]:
    return [one for one in SpliceDetector(load_model())(View(text)) if one.confidence >= 0.75]


def cut(text: str) -> list[str]:
    return [text[one.span.start : one.span.end] for one in proposals(text) if one.action == "remove"]


@pytest.mark.parametrize(
    "between",
    ["\n", "\n\n", f"\n{PLAYER}\n4:03\n"],
    ids=["next line", "blank line", "player notice"],
)
def test_a_story_with_other_people_and_words_is_cut_from_its_first_line_to_the_end(between):
    assert cut(FERRY + between + ORCHESTRA) == [ORCHESTRA]


def test_the_headline_of_the_foreign_story_goes_with_it():
    story = "Danescu wins the Castellane prize with a lost concerto\n" + ORCHESTRA
    assert cut(FERRY + "\n" + story) == [story]


def test_the_proposal_says_what_speaks_for_it():
    (proposal,) = proposals(FERRY + "\n" + ORCHESTRA)
    assert (proposal.rule, proposal.category) == ("splice", "spliced-story")
    assert proposal.reason.startswith(
        "9 paragraphs from “The violinist Mirela Danescu won the Castellane prize on…” share 0 of"
    )
    assert "starts like a lead (weekday)" in proposal.reason


def _one_long_list() -> str:
    parts = [line for pair in zip(FERRY.split("\n"), ORCHESTRA.split("\n"), strict=False) for line in pair]
    return "\n".join(f"{number}. {line}" for number, line in enumerate(parts * 5, 1))


@pytest.mark.parametrize(
    "text",
    [
        FERRY,
        ORCHESTRA,
        FERRY + "\n" + SUBTOPIC,
        "\n".join(FERRY.split("\n")[:4] + ORCHESTRA.split("\n")[:3]),
        _one_long_list(),
        "\n".join(f"{n}. Part {n} of {part}" for n in range(1, 40) for part in ("the harbour", "the orchestra")),
        (FERRY + "\n" + ORCHESTRA).translate(str.maketrans("aeiourstn", "яеиоурстн")),
        "",
    ],
    ids=["article", "other article", "same people", "short", "long list", "list of labels", "not English", "empty"],
)
def test_what_is_one_story_or_cannot_be_judged_stays(text):
    assert cut(text) == []


def test_in_a_whole_page_a_story_is_only_flagged():
    text = FERRY + "\n" + ORCHESTRA
    menu = "\n".join(f"Section {number} of the paper" for number in range(200))
    page = View(f"{menu}\n{text}\n{menu}")
    assert page.page == "dump"
    found = list(SpliceDetector(load_model())(View(text, before=page)))
    assert found and {one.action for one in found} == {"flag"}


@pytest.mark.parametrize(
    "text",
    ["Word and more of it. " * 240_000, "\n".join([*FERRY.split("\n")] * 17_000), "Aa\n" * 60_000],
    ids=["one line of 5 MB", "200,000 lines", "labels"],
)
def test_texts_that_are_too_long_to_be_articles_cost_nothing(text):
    view, start = View(text), time.perf_counter()
    assert list(SpliceDetector(load_model())(view)) == []
    assert time.perf_counter() - start < 1
