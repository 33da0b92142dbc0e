"""What a batch says of a run of paragraphs: where else it stands, and who knows its people."""

import pytest
from stories import FERRY, FERRY_ELSEWHERE, ORCHESTRA

from cleaner.corroboration import Absence, Repeat, absences, repeats, support
from cleaner.span import Span
from cleaner.stories.measures import Measured
from cleaner.stories.model import load_model
from cleaner.stories.outline import digest, outline
from cleaner.survey import Survey

SEAM, END = len(FERRY.split("\n")), len((FERRY + "\n" + ORCHESTRA).split("\n"))
BELOW = Span(SEAM, END)


def measured(text: str) -> Measured:
    model = load_model()
    return Measured(model.passages(text.split("\n")), model.openings)


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


def found(text: str, survey: Survey) -> list[Repeat]:
    own = outline(measured(text).passages)
    return repeats(measured(text), own, survey.pages(own.paragraphs, digest(text)))


def missing(text: str, survey: Survey) -> list[Absence]:
    own = outline(measured(text).passages)
    return absences(measured(text), own, survey.pages(own.paragraphs, digest(text)))


def test_the_lead_of_another_page_is_found_where_it_was_spliced_in(survey_of):
    text = FERRY + "\n" + ORCHESTRA
    assert found(text, survey_of(text, ORCHESTRA)) == [Repeat(BELOW, 1, leads=True)]


def test_a_story_spliced_into_two_pages_is_found_in_both(survey_of):
    text, other = FERRY + "\n" + ORCHESTRA, FERRY_ELSEWHERE[0] + "\n" + ORCHESTRA
    assert found(text, survey_of(text, other)) == [Repeat(BELOW, 1, leads=False)]


def test_the_page_whose_own_story_it_is_keeps_it(survey_of):
    text = FERRY + "\n" + ORCHESTRA
    assert found(ORCHESTRA, survey_of(text, ORCHESTRA)) == []


def test_an_earlier_version_of_the_same_story_is_no_witness(survey_of):
    earlier = "\n".join(FERRY.split("\n")[1:])
    assert found(FERRY, survey_of(FERRY, earlier)) == []


def test_two_paragraphs_may_be_background(survey_of):
    text, background = FERRY + "\n" + ORCHESTRA, "\n".join(ORCHESTRA.split("\n")[:2])
    assert found(text, survey_of(text, FERRY_ELSEWHERE[0] + "\n" + background)) == []


def test_a_story_that_the_same_page_does_not_have_elsewhere_is_found(survey_of):
    text = FERRY + "\n" + ORCHESTRA
    survey = survey_of(text, FERRY, FERRY + "\nIslanders have until the first of March to write to the harbour board.")
    assert missing(text, survey) == [Absence(BELOW, 2)]


def test_it_is_found_in_the_midst_of_the_story_too(survey_of):
    lines = FERRY.split("\n")
    text = "\n".join([*lines[:5], ORCHESTRA, *lines[5:]])
    assert missing(text, survey_of(text, FERRY)) == [Absence(Span(5, 5 + END - SEAM), 1)]


@pytest.mark.parametrize(
    ("text", "other"),
    [
        (FERRY + "\n" + ORCHESTRA, "\n".join(FERRY.split("\n")[::2])),
        (FERRY + "\n" + ORCHESTRA, ORCHESTRA),
        (FERRY + "\n" + ORCHESTRA, FERRY_ELSEWHERE[0]),
        (FERRY + "\n" + "\n".join(ORCHESTRA.split("\n")[:2]), FERRY),
        ("\n".join([*ORCHESTRA.split("\n")[:5], FERRY]), FERRY),
    ],
    ids=[
        "half of the story",
        "the other story",
        "another page on the event",
        "two paragraphs",
        "what it begins with",
    ],
)
def test_what_else_another_page_lacks_is_not_foreign(survey_of, text, other):
    assert missing(text, survey_of(text, other)) == []


def test_pages_on_the_same_event_know_the_story_and_not_the_splice(survey_of):
    text = FERRY + "\n" + ORCHESTRA
    peers = support(measured(text), outline(measured(text).passages), survey_of(text, *FERRY_ELSEWHERE), digest(text))
    assert peers is not None
    assert peers.peers == 2
    terms, names = peers.of(BELOW)
    rest_terms, rest_names = peers.beyond(BELOW)
    assert names < 0.1 < 0.6 < rest_names
    assert terms < rest_terms


@pytest.mark.parametrize(
    "others", [FERRY_ELSEWHERE[:1], [ORCHESTRA, ORCHESTRA + "\nIt rained."]], ids=["one", "strangers"]
)
def test_too_few_witnesses_say_nothing(survey_of, others):
    text = FERRY + "\n" + ORCHESTRA
    assert support(measured(text), outline(measured(text).passages), survey_of(text, *others), digest(text)) is None


def test_a_reprint_is_no_witness(survey_of):
    text = FERRY + "\n" + ORCHESTRA
    reprints = [FERRY + f"\nA reader in {place} found this." for place in ("Halden and in the hills above", "Oxley")]
    assert support(measured(text), outline(measured(text).passages), survey_of(text, *reprints), digest(text)) is None
