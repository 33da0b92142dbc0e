"""The model of lines: what goes, what of the same looks stays, why it says so, and how far it goes."""

import itertools
import pickle

import numpy as np
import pytest

from cleaner import Cleaner, weights
from cleaner.annotation import Proposal
from cleaner.cli.main import main
from cleaner.detectors.lines import LineDetector, doubts, looked_at
from cleaner.errors import ConfigError, ModelError
from cleaner.lines.kinship import kinship, stems
from cleaner.lines.model import LEVELS, SHAPES, load_lines, model_of
from cleaner.lines.reasons import in_words, told
from cleaner.lines.signs import SIGNS, proposed, signs
from cleaner.measures import Measures
from cleaner.policy import Policy
from cleaner.trees import Trees
from cleaner.view import View

TITLE = "Marrow Bay votes to rebuild its lighthouse"
BODY = [
    "The harbour board of Marrow Bay voted on Tuesday to rebuild the lighthouse that fell in the storm of January.",
    "Nobody was hurt when the tower came down, but two boats were crushed and the road to the pier was closed.",
    "The board has asked three firms for plans, and the first of them are to be shown in the town hall in March.",
    "“We want the light back before the herring come,” said Orla Finch, who has kept the tower since she was twenty.",
]


def always(score: float) -> Trees:
    """Trees that give every line the same log-odds."""
    return Trees(
        roots=np.array([0]),
        feature=np.array([0]),
        threshold=np.array([0.0]),
        left=np.array([0]),
        right=np.array([0]),
        value=np.array([score]),
        depth=0,
    )


def model(score: float):
    return model_of(
        {
            name: value
            for shape in SHAPES
            for name, value in {**always(score).arrays(shape), f"{shape}.thresholds": np.array([4.0, 3, 2, 1])}.items()
        },
        "",
    )


DECK = "Three firms are to show their plans"
JUNK = ["Read more", "Share", "Log in"]


def proposals(lines: list[str], score: float = 3.5, thoroughness: float = 0.2) -> list[Proposal]:
    """What the detector proposes of lines below the title; others are sure of those in ``JUNK``."""
    view = View("\n".join([TITLE, *lines]))
    found = [
        Proposal(view.span(n), "some-rule", "related", 0.97, "sure")
        for n, line in enumerate(view.lines)
        if line in JUNK
    ]
    return list(LineDetector(model(score), thoroughness)(view, found))


def gone(lines: list[str], score: float = 3.5, thoroughness: float = 0.2) -> list[str]:
    text = "\n".join([TITLE, *lines])
    return [text[slice(*proposal.span)] for proposal in proposals(lines, score, thoroughness)]


def test_doubtful_lines_go_where_rules_found_junk():
    assert gone([*BODY, *JUNK, "A new ferry for the islands"]) == ["A new ferry for the islands"]


def test_without_junk_or_without_a_body_it_rests():
    assert gone([*BODY, "A new ferry for the islands"]) == []
    assert gone([*JUNK, "A new ferry for the islands", "Three firms show plans"]) == []


def test_one_line_of_junk_is_no_proof_of_more_amid_the_text():
    amid = [*BODY[:2], "Read more", "A new ferry for the islands", *BODY[2:]]
    assert gone(amid) == []
    assert gone([*amid, "Share", "Log in"]) == ["A new ferry for the islands"]


def test_an_ending_goes_as_a_whole_where_no_line_is_sure_by_itself():
    ending = ["They go on Sunday.", "We liked the first one more, I must say.", "Me too, and so did my aunt."] * 2
    found = proposals([*BODY[:3], "Read more", *ending], score=4.9)
    assert len(found) == 6 and not gone([*BODY[:3], "Read more", *ending[:1]], score=4.9)
    assert {proposal.reason.partition(",")[0] for proposal in found} == {
        "the 6 last lines that no rule takes look like junk together"
    }


def test_an_ending_begins_below_what_is_plainly_the_authors():
    ending = ["They go on Sunday", "We liked the first one more", "Me too", "And so did my aunt"] * 3
    recipe = ["200 g flour", "2 cups milk", "50 g butter"]
    assert gone([*BODY[:3], "Read more", *ending, *recipe], score=9) == []
    assert gone([*BODY[:3], "Read more", *recipe, *ending], score=9) == ending[3:]


@pytest.mark.parametrize("category", ["credit", "timestamp", "caption", "embed"])
def test_what_only_the_strict_profile_takes_is_left_to_it(category):
    view = View("\n".join([TITLE, DECK, "Orla Finch, Marrow Bay", *BODY, *JUNK]))
    sure = [Proposal(view.span(n), "some-rule", "related", 0.97, "sure") for n in (7, 8, 9)]
    flagged = Proposal(view.span(2), "byline", category, 0.6, "a byline")
    detector = LineDetector(model(3.5), 0.2)
    assert list(detector(view, [*sure, flagged])) == []
    assert [view.line_at(proposal.span.start) for proposal in detector(view, sure)] == [2]


@pytest.mark.parametrize("above", [[], ["Log in"]], ids=["first", "below junk"])
def test_the_title_and_its_deck_stay(above):
    view = View("\n".join([*above, TITLE, DECK, *BODY, *JUNK]))
    found = [
        Proposal(view.span(n), "some-rule", "account", 0.97, "sure")
        for n, line in enumerate(view.lines)
        if line in (*above, *JUNK)
    ]
    assert not {TITLE, DECK} & {view.text[slice(*p.span)] for p in LineDetector(model(9.0), 0.2)(view, found)}


@pytest.mark.parametrize(
    "lines",
    [
        ["Q: When will it be built?", "A: In the summer"],
        ["200 g flour", "3 eggs and 1 cup sugar | 4"],
        ["Harbour 3 2 1", "Pier\t4"],
        ["Finch: We waited", "Board: So did we", "Finch: Not so long"],
        ["The board will see these plans, which all have a light of their own:", "A tower of oak", "A tower of steel"],
        ["The keeper, who was not asked about any of the plans,", "said that oak burns well"],
        ["1. The old tower was of oak.", "2. The new one will be of steel."],
        ["Finch, Orla. “Forty Winters Under One Light.” Marrow Bay Press", "Board, Harbour. “Plans for a Tower”"],
        ["Updated at 5:21 p.m.", "Veröffentlicht am 3. Mai 2031"],
        ["* * *", "___"],
        ["A very long paragraph " * 20, "A long comment " * 30],
        ["How long will it take?", "Two winters", "Who pays?", "All of us", "And the gulls?", "They wait"],
        ["2019: The board says no", "2021: A storm takes the roof", "2024: The board says yes"],
        ["Marrow Bay 3", "Sallow Point 1", "Finch 12"],
        ["Sir – I have kept the light for years.", "Name supplied", "Sir – Enough of lights.", "Sir – Never."],
        ["“I missed the boat,” she said.", "“So did we.”"],
        ["200 g flour", "2 cups milk", "50 g butter", "Stir them.", "Bake until brown", "Serve it warm."],
    ],
    ids=[
        "questions",
        "recipe",
        "table",
        "dialogue",
        "announced list",
        "broken sentence",
        "numbered sentences",
        "references",
        "when it was published",
        "nothing but marks",
        "too long to be measured",
        "interview",
        "years",
        "results",
        "letters",
        "quotes",
        "method",
    ],
)
def test_what_has_an_authors_form_stays(lines):
    assert not set(lines[-2:]) & set(gone([*BODY, *lines, *BODY[:1], *JUNK]))


def test_prose_is_looked_at_only_near_junk_and_at_the_edges():
    body = [*BODY[:3], "The light was out for nine weeks, and three boats lost their way in the fog of that winter."]
    view = View("\n\n".join([*JUNK, *body * 6]))
    page = Measures(view, [(view.span(2 * n), "related") for n in range(3)])
    assert looked_at(page, page.junk, []).singles.tolist() == [3, 4, 5, 6, 23, 24, 25, 26]


def test_sentences_must_be_surer():
    page = Measures(
        View("\n\n".join(["Menu", "Pages", "Nobody there is known to have seen it yet, they say.", "x" * 300])), []
    )
    assert doubts(page).tolist() == [0, 0, 2, 3]


def test_what_speaks_of_the_story_must_be_surer():
    akin, other = "Three firms plan towers for the harbour board", "Nine ways of keeping houseplants green all winter"
    page = Measures(View("\n\n".join([TITLE, *BODY, "Menu", akin, other])), [])
    assert doubts(page)[-2:].tolist() == [1, 0]


def test_the_last_sentence_of_the_story_must_be_surer():
    page = Measures(
        View(
            "\n\n".join(
                [TITLE, *BODY, "Gulls will fight and claw, come what may.", "Menu", "Or so they say at the pier."]
            )
        ),
        [],
    )
    assert doubts(page)[-3:].tolist() == [1, 0, 0]


@pytest.mark.parametrize(("level", "goes"), list(zip(LEVELS, [False, False, True, True], strict=True)))
def test_the_level_says_how_far_it_goes(level, goes):
    assert bool(gone([*BODY, *JUNK, "A new ferry"], score=2.5, thoroughness=level)) == goes


@pytest.mark.parametrize("level", LEVELS)
def test_what_just_passes_the_level_just_passes_the_article_profile(level):
    threshold = dict(zip(LEVELS, (4.0, 3, 2, 1), strict=True))[level]
    [proposal] = proposals([*BODY, *JUNK, "A new ferry"], score=threshold, thoroughness=level)
    assert (
        proposal.confidence == 0.75 and Policy("article")(proposal) == "remove" and Policy("light")(proposal) == "flag"
    )


def test_signs_have_a_column_each_and_neighbours_stand_where_they_should():
    view = View("\n\n".join([*BODY, "Read more"]))
    proposals = [Proposal(view.span(8), "weak", "related", 0.6, "perhaps")]
    page = Measures(view, [])
    wanted = proposed(page, proposals)
    rows = signs(page, wanted)
    assert rows.shape == (5, len(SIGNS))
    assert wanted.tolist() == [0, 0, 0, 0, 0.6]
    assert rows[:, SIGNS.index("proposed, line below")].tolist() == [0, 0, 0, 0.6, -1]
    assert rows[:, SIGNS.index("proposed, second line below")].tolist() == [0, 0, 0.6, -1, -1]
    assert rows[1:, SIGNS.index("chars, line above")].tolist() == [len(line) for line in BODY]


def test_kinship_is_what_a_line_shares_with_the_story():
    page = Measures(
        View("\n\n".join([TITLE, *BODY, "The harbour board and its lighthouse", "Houseplants in winter: green"])), []
    )
    kin = kinship(page)
    assert kin["kin to story"][-2:].tolist() == [1, 0]
    assert kin["kin to title"][0] == 1 and kin["kin to title"][-1] == 0
    assert kin["new words"][-1] == 3 and kin["kicker"].tolist() == [0, 0, 0, 0, 0, 0, 1]


def test_scripts_without_spaces_share_pairs_of_characters():
    assert stems("灯塔在一月倒塌") & stems("灯塔重建")
    assert not stems("灯塔在一月倒塌") & stems("冬季植物")


@pytest.mark.parametrize("sign", SIGNS)
def test_every_sign_can_be_told_in_words(sign):
    assert all(isinstance(in_words(sign, value), str) for value in (-1.0, 0.0, 0.3, 1.0, 7.0, 40.0))
    assert not any("_" in in_words(sign, value) for value in (0.0, 1.0))


@pytest.mark.parametrize(
    ("sign", "value", "said"),
    [
        ("words", 8, "8 words"),
        ("final-stop", 0, "no final stop"),
        ("capitals", 0.9, "title case"),
        ("below-related", 1, "right below related junk"),
        ("junk-within-5", 0.4, "40% of the lines up to 5 away are junk"),
        ("kin to story", 0.2, "shares 20% of its longer words with the story"),
        ("proposed, line below", 0.9, "the line below is wanted by a rule"),
        ("chars, line above", -1, "no line above"),
    ],
)
def test_reasons_can_be_checked_against_the_text(sign, value, said):
    assert in_words(sign, value) == said


def test_signs_of_one_thing_are_told_once():
    values = {"chars": 40.0, "words": 8.0, "share-above": 1.0, "after-body": 3.0, "call": 1.0}
    assert list(told(list(values), values, most=4)) == [
        "40 characters",
        "all of the story above",
        "begins with a call to do something",
    ]


def test_nothing_is_said_of_what_was_not_measured():
    values = {
        "chars, line above": 900.0,
        "glue, line above": 0.0,
        "final-stop, line above": 1.0,
        "previous-digits": 0.0,
    }
    assert list(told(["glue, line above", "previous-digits", "final-stop, line above"], values, most=4)) == [
        "the line above ends like a sentence"
    ]


def test_a_pickled_cleaner_finds_the_model_that_ships():
    model = load_lines()
    assert pickle.loads(pickle.dumps(model)) is model
    assert len(pickle.dumps(model)) < 1000


TEASERS = [
    "Ferry fares to rise in spring",
    "Pier road open again after slide",
    "What we know about the Tessel Head fire",
]
PAGE = [
    TITLE,
    "Share on Facebook",
    *BODY[:2],
    "Advertisement",
    *BODY[2:],
    "Follow us on Twitter",
    *TEASERS,
    "Sign up for our newsletter",
    "© 2031 Marrow Bay Courier",
    "All rights reserved",
]


def taken(thoroughness: float | None, lines: list[str] = PAGE) -> dict[str, str]:
    """What the shipped model takes, and why. All of the story stays."""
    cleaned = Cleaner.from_packs(thoroughness=thoroughness).clean("\n".join(lines))
    assert all(line in cleaned.text for line in (TITLE, *BODY))
    return {removal.text: removal.reason for removal in cleaned.removed if removal.rule == "line-model"}


def test_the_shipped_model_takes_teasers_says_why_and_may_be_left_out():
    found = taken(0.2)
    assert set(TEASERS[::2]) <= set(found) <= set(TEASERS)
    assert all(reason.startswith("looks like junk: ") and len(reason) > 40 for reason in found.values())
    assert taken(None) == {}


def test_a_higher_level_takes_no_less_of_a_text_and_is_surer_of_it():
    removed = [Cleaner.from_packs(thoroughness=level).clean("\n".join(PAGE)).removed for level in LEVELS]
    by_level = [{r.text: r.confidence for r in found if r.rule == "line-model"} for found in removed]
    for lower, higher in itertools.pairwise(by_level):
        assert lower and all(higher[text] > confidence for text, confidence in lower.items())


def test_the_same_lines_stay_where_the_story_announces_them():
    led = [*PAGE[:5], *BODY[2:3], "These are the stories that were told in the hall on that long evening:", *TEASERS]
    assert taken(1.0, [*led, BODY[3], *PAGE[7 + len(TEASERS) + 1 :]]) == {}


def test_the_model_is_small_and_its_thresholds_fall():
    assert len(((weights.files("cleaner.lines")) / weights.WEIGHTS).read_bytes()) < 500_000
    for levels in load_lines().thresholds.values():
        assert list(levels) == sorted(levels, reverse=True) and len(levels) == len(LEVELS)


def test_damaged_weights_leave_the_rules(monkeypatch, tmp_path, caplog):
    monkeypatch.setattr(weights, "files", lambda package: tmp_path)
    load_lines.cache_clear()
    with pytest.raises(ModelError, match=r"weights\.npz: cannot be read: .*or clean with --no-line-model"):
        load_lines()
    cleaned = Cleaner.from_packs().clean("\n\n".join([*BODY, "Advertisement"]))
    assert [removal.category for removal in cleaned.removals] == ["ad"]
    assert "lines are not weighed" in caplog.text
    load_lines.cache_clear()


def test_a_run_with_damaged_weights_says_so_once_and_goes_on(monkeypatch, tmp_path, caplog):
    (tmp_path / "raw").mkdir()
    for name in "ab":
        (tmp_path / "raw" / f"{name}.txt").write_text("\n\n".join([TITLE, *BODY, "Advertisement"]))
    real = weights.files
    monkeypatch.setattr(weights, "files", lambda package: tmp_path if package == "cleaner.lines" else real(package))
    load_lines.cache_clear()
    assert main(["clean", str(tmp_path / "raw"), "--out", str(tmp_path / "out"), "--jobs", "1"]) == 1
    load_lines.cache_clear()
    errors = (tmp_path / "out" / "errors.jsonl").read_text().splitlines()
    assert len(errors) == 1 and '"error":"model"' in errors[0] and "--no-line-model" in errors[0]
    assert "Advertisement" not in (tmp_path / "out" / "articles" / "a.txt").read_text()


def test_a_thoroughness_without_the_shipped_rules_is_refused(capsys):
    assert main(["show", "x.txt", "--only-rules", "--rules", "mine.toml", "--thoroughness", "0.5"]) == 2
    assert "--thoroughness is that of the model of lines" in capsys.readouterr().err


def test_a_level_that_was_not_trained_is_refused(tmp_path):
    from cleaner.config import read_config

    (tmp_path / "cleaner.toml").write_text("thoroughness = 0.3\n")
    with pytest.raises(ConfigError, match=r"thoroughness: 0.3; accepted: 0.1, 0.2, 0.5, 1.0"):
        read_config(tmp_path / "cleaner.toml")


def test_the_arrays_answer_as_the_library_that_grew_them():
    lightgbm = pytest.importorskip("lightgbm", reason="the trees are grown by LightGBM: pip install 'cleaner[train]'")
    from benchmarks.trees import as_arrays

    rng = np.random.default_rng(1)
    rows = rng.normal(size=(500, 6)).astype(np.float32)
    truth = rows[:, 0] + rows[:, 1] * rows[:, 2] > 0
    booster = lightgbm.train(
        {"verbose": -1, "num_leaves": 15, "objective": "binary"}, lightgbm.Dataset(rows, truth), 40
    )
    assert np.allclose(as_arrays(booster)(rows.astype(float)), booster.predict(rows, raw_score=True), atol=1e-9)
