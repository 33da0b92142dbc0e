"""The splice detector: a foreign story below the article is found, an article that wanders is left alone."""

import time
from collections.abc import Iterable

import pytest
from stories import FERRY, FERRY_ELSEWHERE, ORCHESTRA, SUBTOPIC

from cleaner.annotation import Proposal
from cleaner.detectors.splice import SpliceDetector
from cleaner.span import Span
from cleaner.stories.judge import Judge, Run
from cleaner.stories.model import load_model
from cleaner.survey import Survey
from cleaner.view import View

PLAYER = "Please use Chrome browser for a more accessible video player"
#: A story of the ferry's own town: its odds to be foreign are even.
CONCERT = ORCHESTRA.replace("Halloway", "Port Ellery")


def proposals(text: str, survey: Survey | None = None) -> list[Proposal]:
    return [one for one in SpliceDetector(load_model(), survey)(View(text)) if one.confidence >= 0.75]


def cut(text: str, survey: Survey | None = None) -> list[str]:
    return [text[one.span.start : one.span.end] for one in proposals(text, survey) if one.action == "remove"]


@pytest.fixture
def survey_of(tmp_path):
    """A survey of some texts."""
    opened = []

    def made(*texts: str) -> Survey:
        path = tmp_path / "survey.sqlite"
        with Survey.create_or_open(path, "v") as survey:
            survey.add(one for text in texts if (one := load_model().outline(text)))
            survey.finish()
        opened.append(Survey.open(path, "v"))
        return opened[-1]

    yield made
    for survey in opened:
        survey.close()


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


@pytest.fixture
def judged(monkeypatch):
    """Makes the judge find these runs, with these scores."""

    def made(runs: Iterable[tuple[int, int, float]]) -> None:
        found = [Run(Span(start, end), score) for start, end, score in runs]
        monkeypatch.setattr(Judge, "likely", lambda _: found)

    return made


@pytest.mark.parametrize(
    ("runs", "gone"),
    [
        ([(12, 17, 4.0), (12, 21, 2.9)], [(12, 21)]),
        ([(12, 17, 4.0), (12, 21, 2.4)], [(12, 17)]),
        ([(12, 17, 3.0), (12, 21, 2.9)], []),
        ([(3, 6, 4.0), (6, 9, 4.0), (3, 12, 2.9)], [(3, 12)]),
        ([(3, 6, 4.0), (9, 12, 4.0), (3, 12, 2.9)], [(3, 6), (9, 12)]),
    ],
    ids=["likely", "less likely", "no part is sure", "parts side by side", "the story goes on between them"],
)
def test_a_likely_run_goes_with_a_sure_part_of_it(judged, runs, gone):
    judged(runs)
    text = FERRY + "\n" + ORCHESTRA
    lines = text.split("\n")
    assert sorted(cut(text)) == sorted("\n".join(lines[a:b]) for a, b in gone)


@pytest.mark.parametrize(
    ("runs", "gone"),
    [
        ([(12, 17, 1.5), (17, 21, 1.0)], [(12, 17), (17, 21)]),
        ([(12, 16, 1.5), (17, 21, 1.0)], [(12, 16)]),
        ([(8, 12, 2.4), (12, 21, 1.5)], [(12, 21)]),
        ([(12, 21, 0.5)], []),
    ],
    ids=["side by side", "apart from the surest", "the story's own part", "its own odds are even"],
)
def test_what_pages_on_the_same_event_do_not_know_goes(survey_of, judged, runs, gone):
    text = FERRY + "\n" + ORCHESTRA
    judged(runs)
    lines = text.split("\n")
    assert sorted(cut(text, survey_of(text, *FERRY_ELSEWHERE))) == sorted("\n".join(lines[a:b]) for a, b in gone)
    assert cut(text) == []


def test_a_doubtful_story_goes_if_the_same_page_stands_elsewhere_without_it(survey_of):
    text = FERRY + "\n" + CONCERT
    assert cut(text) == []
    survey = survey_of(text, FERRY)
    assert cut(text, survey) == [CONCERT]
    (proposal,) = proposals(text, survey)
    assert proposal.rule == "splice-absent"
    assert proposal.reason.endswith("1 other page with the same story lacks it")


@pytest.mark.parametrize(
    ("text", "others"),
    [
        (FERRY, ["\n".join(FERRY.split("\n")[:6])]),
        (FERRY + "\n" + SUBTOPIC, [FERRY]),
        (FERRY + "\n" + CONCERT, FERRY_ELSEWHERE[:1]),
    ],
    ids=["the beginning of it", "a shorter version", "another page on the event"],
)
def test_what_other_pages_lack_for_other_reasons_stays(survey_of, text, others):
    assert cut(text, survey_of(text, *others)) == []


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
