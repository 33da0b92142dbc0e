"""The model of lines: what goes, what of the same looks stays, why it says so, and how far it goes."""

import numpy as np
import pytest

from cleaner import Cleaner, weights
from cleaner.annotation import Proposal
from cleaner.detectors.lines import LineDetector, doubts, looked_at
from cleaner.errors import ConfigError, ModelError
from cleaner.lines.model import LEVELS, SHAPES, load_lines, model_of
from cleaner.lines.signs import SIGNS, proposed, signs
from cleaner.measures import Measures
from cleaner.span import Span
from cleaner.trees import Trees
from cleaner.view import View

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


def gone(lines: list[str], junk: tuple[int, ...], score: float = 3.5, thoroughness: float = 0.2) -> list[str]:
    """The lines that the detector proposes where others are sure of those numbered ``junk``."""
    view = View("\n".join(lines))
    found = [Proposal(view.span(n), "some-rule", "related", 0.97, "sure") for n in junk]
    return [view.text[slice(*p.span)] for p in LineDetector(model(score), thoroughness)(view, found)]


def test_doubtful_lines_go_where_rules_found_junk():
    assert gone([*BODY, "Read more", "A new ferry for the islands"], junk=(4,)) == ["A new ferry for the islands"]


def test_without_junk_or_without_a_body_it_rests():
    assert gone([*BODY, "A new ferry for the islands"], junk=()) == []
    assert gone(["Read more", "A new ferry for the islands", "Three firms show plans"], junk=(0,)) == []


def test_the_title_stays():
    assert BODY[0] not in gone(["Marrow Bay votes to rebuild its lighthouse", *BODY, "Read more"], junk=(5,))
    assert "Marrow Bay votes" not in gone(["Marrow Bay votes", *BODY, "Read more"], junk=(5,))


@pytest.mark.parametrize(
    "lines",
    [
        ["Q: When will it be built?", "A: In the summer"],
        ["200 g flour", "3 eggs and 1 cup sugar | 4"],
        ["Harbour 3 2 1", "Pier\t4"],
        ["Finch: We waited", "Board: So did we", "Finch: Not so long"],
        ["The board will see these plans, which all have a light of their own:", "A tower of oak", "A tower of steel"],
        ["The keeper, who was not asked about any of the plans,", "said that oak burns well"],
    ],
    ids=["questions", "recipe", "table", "dialogue", "announced list", "broken sentence"],
)
def test_what_has_an_authors_form_stays(lines):
    taken = gone([*BODY, *lines, "Read more"], junk=(len(BODY) + len(lines),))
    assert not set(lines[-2:]) & set(taken)


def test_prose_is_looked_at_only_near_junk_and_at_the_edges():
    far = ["Read more", *BODY * 6]
    view = View("\n\n".join(far))
    page = Measures(view, [(Span(0, 9), "related")])
    asked = looked_at(page, page.junk, set())
    assert asked.tolist() == [1, 2, 3, 4, 21, 22, 23, 24]


def test_sentences_must_be_surer():
    page = Measures(View("\n\n".join(["Menu", BODY[0], "x" * 300])), [])
    assert doubts(page).tolist() == [0, 1, 2]
    assert gone([*BODY, "Read more", "A new ferry"], junk=(4,), score=3.5) == ["A new ferry"]


@pytest.mark.parametrize(("level", "goes"), list(zip(LEVELS, [False, False, True, True], strict=True)))
def test_the_level_says_how_far_it_goes(level, goes):
    assert bool(gone([*BODY, "Read more", "A new ferry"], junk=(4,), score=2.5, thoroughness=level)) == goes


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


def test_the_shipped_model_says_why_and_may_be_left_out():
    lines = [
        *BODY,
        "Related stories",
        "Ferry fares to rise in spring",
        "Pier road open again",
        "Share this",
        "Tags: sea",
    ]
    text = "\n\n".join(lines)
    whole = Cleaner.from_packs(thoroughness=1.0).clean(text)
    assert all(line in whole.text for line in BODY)
    for removal in whole.removals:
        if removal.rule == "line-model":
            assert removal.reason.startswith("looks like junk: ") and 0.5 < removal.confidence < 1
    rules = Cleaner.from_packs().clean(text)
    assert "line-model" not in {removal.rule for removal in rules.removals}
    assert len(rules.text) >= len(whole.text)


def test_the_model_is_small_and_its_thresholds_fall():
    assert len(((weights.files("cleaner.lines")) / weights.WEIGHTS).read_bytes()) < 500_000
    for levels in load_lines().thresholds.values():
        assert list(levels) == sorted(levels, reverse=True) and len(levels) == len(LEVELS)


def test_damaged_weights_leave_the_rules(monkeypatch, tmp_path, caplog):
    monkeypatch.setattr(weights, "files", lambda package: tmp_path)
    load_lines.cache_clear()
    with pytest.raises(ModelError, match=r"weights\.npz: cannot be read: .*or clean without --thoroughness"):
        load_lines()
    cleaned = Cleaner.from_packs(thoroughness=0.2).clean("\n\n".join([*BODY, "Advertisement"]))
    assert [removal.category for removal in cleaned.removals] == ["ad"]
    assert "lines are not weighed" in caplog.text
    load_lines.cache_clear()


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
