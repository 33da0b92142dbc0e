"""The splice detector: a foreign story below the article is found, an article that wanders is left alone."""

import time

import pytest

from cleaner.detectors.splice import propose_splices
from cleaner.view import View

FERRY = """\
The ferry line between Port Ellery and Saint Maren will stop for the winter, the harbour board said on Tuesday.
Ingrid Vaalund, who chairs the harbour board, told islanders in Saint Maren that the hull of the ferry had cracked.
Islanders who crowded the harbour hall asked Vaalund why the ferry had not been repaired in a Port Ellery dock.
The engineer Tobias Krell had warned the harbour board of corrosion in the hull of the ferry two winters ago.
Krell found corrosion below the waterline, and Vaalund ordered a second inspection of the hull in Port Ellery.
A repair in the dock of Port Ellery would cost nine million crowns, more than the harbour board earns in a year.
Captain Oskar Lindqvist has sailed the ferry to Saint Maren for thirty years and calls the hull a patchwork.
Passengers told Lindqvist that they would rather wait for a repaired ferry than cross with fishing boats.
The islanders want the harbour board to charter a vessel from Norrholm until the ferry leaves the dock.
Norrholm has lent a vessel before, when corrosion kept the ferry from Saint Maren for most of a spring.
Vaalund promised islanders that the harbour board would write to Norrholm about a vessel before the first ice.
Until then, Lindqvist said, passengers from Saint Maren would reach Port Ellery only when the weather allowed it."""

ORCHESTRA = """\
The violinist Mirela Danescu won the Castellane prize on Sunday with a concerto that no soloist had dared for decades.
Danescu played the concerto by Anton Brezina with the Halloway orchestra under the conductor Yusuf Adeyemi.
The Castellane jury praised the violinist for the slow movement of the concerto, which Brezina rewrote in exile.
Adeyemi met Danescu when the orchestra toured and the violinist stepped in for a soloist who had fallen ill.
Critics in the Halloway concert hall rose after the slow movement, and the orchestra laid down its bows for Danescu.
The violinist learned the concerto from a manuscript that the widow of Brezina had left to the Castellane archive.
Adeyemi will record the concerto with Danescu and the Halloway orchestra, and the archive will print the manuscript.
The Castellane prize brings the violinist a tour of twelve concert halls, which ends with Adeyemi in Halloway.
Brezina never heard an orchestra play the slow movement; the manuscript of the concerto lay in a trunk for decades."""

SUBTOPIC = """\
The yards of Norrholm have built vessels since the islanders of Saint Maren began to trade herring for timber.
On Sunday the museum of Norrholm opens a show about the shipwrights whose drawings Tobias Krell collected as a student.
The shipwrights drew every vessel by candlelight, and Krell keeps some of the drawings in his Port Ellery office.
Oskar Lindqvist lent the museum a compass and the logbook of a herring vessel that his grandfather had built.
The museum also shows timber from the first ferry to Saint Maren, which the shipwrights finished in one winter.
Ingrid Vaalund will open the show with a speech about herring, timber and the harbour board of Port Ellery.
Lindqvist hopes that the drawings and the logbook will bring passengers to Norrholm when the ferry sails again.
The shipwrights would have mended the hull with tar and timber, Krell said, and Vaalund would have thanked them."""

PLAYER = "Please use Chrome browser for a more accessible video player"


def cut(text: str) -> list[str]:
    return [text[proposal.span.start : proposal.span.end] for proposal in propose_splices(View(text))]


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
    (proposal,) = propose_splices(View(FERRY + "\n" + ORCHESTRA))
    assert (proposal.rule, proposal.category) == ("splice-tail", "spliced-story")
    assert proposal.reason.startswith("shares 0 of ")
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


@pytest.mark.parametrize(
    "text",
    ["Word and more of it. " * 240_000, "\n".join([*FERRY.split("\n")] * 17_000), "Aa\n" * 60_000],
    ids=["one line of 5 MB", "200,000 lines", "labels"],
)
def test_texts_that_are_too_long_to_be_articles_cost_nothing(text):
    view, start = View(text), time.perf_counter()
    assert list(propose_splices(view)) == []
    assert time.perf_counter() - start < 1
