"""The trainer's parts that need no data of others: trees exported to arrays, documents built from articles."""

import numpy as np
import pytest

WHY = "training needs `pip install cleaner[train]`"
lightgbm = pytest.importorskip("lightgbm", reason=WHY)
pytest.importorskip("sklearn", reason=WHY)


def test_exported_trees_answer_like_the_library():
    from benchmarks.stories.trees import RUN_TREES
    from benchmarks.trees import as_arrays

    rng = np.random.default_rng(3)
    rows = rng.normal(size=(3_000, 6))
    truth = rows[:, 0] * rows[:, 1] + rng.normal(size=3_000) > 0
    booster = lightgbm.train(RUN_TREES[1], lightgbm.Dataset(rows, truth), 40)
    fresh = rng.normal(size=(500, 6))
    assert np.allclose(as_arrays(booster)(fresh), booster.predict(fresh, raw_score=True), atol=1e-9)


def test_spliced_documents_begin_with_their_main_story():
    from benchmarks.stories.articles import Article
    from benchmarks.stories.splices import documents

    def lines(k: int) -> list[str]:
        return [
            f"In part {part} of story s{k}w{part} there is topic{k % 6} and theme{k % 4} again." for part in range(12)
        ]

    articles = [Article("Courier", lines(k)) for k in range(12)]
    built = list(documents(articles, seed=1))
    spliced = [one for one in built if not one.genuine]
    assert len([one for one in built if one.genuine]) == len(articles)
    assert spliced
    assert all(one.lines[0].story == 0 for one in spliced)
    assert [one.lines for one in documents(articles, seed=1)] == [one.lines for one in built]
