"""The parts of the story detector: trees, paragraphs, outlines, weights that fail."""

import numpy as np
import pytest

from cleaner import Cleaner, weights
from cleaner.errors import ModelError
from cleaner.stories.model import load_model, model_of
from cleaner.stories.outline import digest, paragraph_hash
from cleaner.stories.passages import choose
from cleaner.trees import Trees

STORY = "\n".join(
    f"The {noun} of the island was closed on Tuesday because the harbour board had found cracks in the {noun} wall."
    for noun in ("ferry dock", "fish market", "school", "lighthouse", "customs house", "tower", "bakery", "library")
)


def tree() -> Trees:
    """Measure 0 up to 1: -1; else measure 1 up to 5: 2, else 3."""
    return Trees(
        roots=np.array([0]),
        feature=np.array([0, 0, 1, 0, 0]),
        threshold=np.array([1.0, 0, 5, 0, 0]),
        left=np.array([1, 1, 3, 3, 4]),
        right=np.array([2, 1, 4, 3, 4]),
        value=np.array([0, -1.0, 0, 2, 3]),
        depth=2,
    )


def test_trees_go_left_up_to_the_threshold():
    rows = np.array([[1.0, 9], [1.1, 5], [2, 5.1]])
    assert tree()(rows).tolist() == [-1, 2, 3]


def test_trees_asked_with_one_measure_exchanged_answer_as_for_that_row():
    rows = np.random.default_rng(1).normal(size=(40, 2)) * 4
    for row, other in zip(rows[::2], rows[1::2], strict=True):
        exchanged = [tree()(np.array([one]))[0] for one in ([other[0], row[1]], [row[0], other[1]])]
        assert tree().exchanged(row, other).tolist() == exchanged


def test_trees_are_asked_about_nothing():
    assert tree()(np.zeros((0, 2))).tolist() == []


def test_trees_survive_being_stored():
    rows = np.random.default_rng(0).normal(size=(20, 2)) * 4
    assert (Trees.of(tree().arrays("x"), "x")(rows) == tree()(rows)).all()


def test_short_lines_belong_to_the_paragraph_below_and_junk_is_no_paragraph():
    long = "The harbour board met for three hours and decided nothing at all about the ferry."
    lines = [
        long,
        "",
        "A crack in the hull",
        long,
        "Sign up for our newsletter and get the best of the islands every morning",
        long,
    ]
    chosen = choose(lines)
    assert chosen.lines == [0, 3, 5]
    assert chosen.short_above == [(0, 0, 0), (1, 1, 0), (1, 0, 1)]


def test_paragraphs_are_known_again_whatever_their_digits_and_spaces():
    assert paragraph_hash("On 3 May, 12 people came.") == paragraph_hash("on 4 May  9 people came")
    assert paragraph_hash("Nobody came.") != paragraph_hash("Somebody came.")


def test_a_digest_is_the_outlines_own():
    outline = load_model().outline(STORY)
    assert outline is not None
    assert digest(STORY) == outline.digest
    assert set(outline.names.tolist()) <= set(outline.terms.tolist())
    assert set(outline.opening.tolist()) <= set(outline.terms.tolist())


def test_the_model_survives_being_stored():
    model = load_model()
    again = model_of(model.arrays(), model.digest)
    assert again.levels == model.levels
    assert (again.passages(STORY.split("\n")).vectors == model.passages(STORY.split("\n")).vectors).all()


def test_the_weights_are_no_larger_than_promised():
    folder = weights.files("cleaner.stories")
    assert len((folder / weights.WEIGHTS).read_bytes()) < 12_000_000


@pytest.fixture
def weights_at(monkeypatch, tmp_path):
    """A folder to put weights in, looked at instead of the package's."""
    monkeypatch.setattr(weights, "files", lambda package: tmp_path)
    load_model.cache_clear()
    yield tmp_path
    load_model.cache_clear()


def test_missing_weights_are_named(weights_at):
    with pytest.raises(ModelError, match=r"weights\.npz: cannot be read: .*install cleaner again"):
        load_model()


def test_damaged_weights_are_named(weights_at):
    (weights_at / weights.WEIGHTS).write_bytes(b"not what it was")
    (weights_at / weights.CHECKSUM).write_text("0" * 64 + "  weights.npz\n")
    with pytest.raises(ModelError, match=r"is damaged: its checksum is [0-9a-f]{64}, not 0{64}"):
        load_model()


def test_without_weights_everything_else_is_cleaned(weights_at, caplog):
    cleaned = Cleaner.from_packs().clean("The dam held.\n\nAdvertisement\n\nNobody was hurt, the mayor said.")
    assert [removal.category for removal in cleaned.removals] == ["ad"]
    assert "spliced stories are not looked for" in caplog.text
