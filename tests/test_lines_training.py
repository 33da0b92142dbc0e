"""The training of the model of lines: on made-up signs, the same weights each time, and levels that mean something."""

import numpy as np
import pytest

WHY = "training needs LightGBM and scikit-learn: pip install 'cleaner[train]'"
pytest.importorskip("lightgbm", reason=WHY)
pytest.importorskip("sklearn", reason=WHY)

from benchmarks import lines  # noqa: E402
from cleaner.lines.model import LEVELS, SHAPES, model_of  # noqa: E402
from cleaner.lines.signs import SIGNS  # noqa: E402
from cleaner.weights import CHECKSUM, WEIGHTS  # noqa: E402


def page(number: int) -> lines.Page:
    """Lines of which the second sign says, with some noise, whether they are junk."""
    rng = np.random.default_rng(number)
    junk = rng.random(40) < 0.4
    rows = rng.normal(size=(40, len(SIGNS))).astype(np.float32)
    chars = rng.integers(20, 200, 40).astype(float)
    rows[:, SIGNS.index("chars")] = chars
    rows[:, 1] += 3.5 * junk
    nothing = np.zeros(40)
    shape = SHAPES[number % 2]
    return lines.Page(
        site=f"site-{number // 2}.example",
        maker="wild-made-up",
        shape=shape,
        signs=rows,
        asked=np.ones(40, dtype=bool),
        last=np.arange(40) > 20,
        authors=rng.random(40) < 0.1,
        doubts=nothing,
        taken=nothing > 0,
        junk=chars * junk,
        article=chars * ~junk,
    )


@pytest.fixture(scope="module")
def pages():
    return [page(number) for number in range(40)]


@pytest.fixture(scope="module")
def found(pages):
    return lines.scored(pages)


def test_the_same_pages_give_the_same_weights(pages, found, tmp_path, capsys):
    for name in ("once", "again"):
        (tmp_path / name).mkdir()
        lines.write(pages, found, tmp_path / name)
    once, again = ((tmp_path / name / WEIGHTS).read_bytes() for name in ("once", "again"))
    assert once == again
    assert (tmp_path / "once" / CHECKSUM).read_text().endswith(f"  {WEIGHTS}\n")
    assert "signs" in capsys.readouterr().out


def test_what_was_written_answers_as_what_was_grown(pages, found, tmp_path):
    lines.write(pages, found, tmp_path)
    with np.load(tmp_path / WEIGHTS) as arrays:
        model = model_of(dict(arrays), "")
    for shape in SHAPES:
        those = [page for page in pages if page.shape == shape]
        rows = np.concatenate([page.signs for page in those])
        assert np.allclose(model.trees[shape](rows), lines.grown(those).predict(rows, raw_score=True), atol=1e-9)


def test_a_higher_level_goes_further_and_stays_within_its_share(found):
    for shape in SHAPES:
        those = [one for one in found if one[0].shape == shape]
        chosen = lines.thresholds(found, shape)
        assert list(chosen) == sorted(chosen, reverse=True)
        for level, at in zip(LEVELS, chosen, strict=True):
            assert lines.lost(those, at)[1] <= lines.lost(those, np.inf)[1] + lines.SHARE[shape] * level / 100 + 1e-12


def test_the_picture_has_a_curve_and_a_dot_for_every_maker(found):
    drawn = lines.picture(found)
    assert drawn.startswith("<svg ") and drawn.count("<polyline") == drawn.count("<circle") == 1


def test_what_is_scored_was_never_seen(pages):
    for site in {page.site for page in pages}:
        assert len({lines.fold(page) for page in pages if page.site == site}) == 1
