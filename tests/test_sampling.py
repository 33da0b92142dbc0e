"""What verdicts on a random sample prove."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaner.review.sampling import beta, interval, lower_bound, needed

counts = st.integers(0, 3000)


@pytest.mark.parametrize(
    ("right", "wrong", "bound"),
    # The lower ends of exact intervals as tables give them.
    [(0, 5, 0.0), (10, 0, 0.7411), (59, 0, 0.9505), (58, 0, 0.9497), (299, 0, 0.9900), (9, 1, 0.6058), (95, 5, 0.8977)],
)
def test_the_lower_bound_is_the_exact_one(right, wrong, bound):
    assert lower_bound(right, wrong) == pytest.approx(bound, abs=6e-5)


@given(counts, counts)
def test_the_bound_is_where_so_many_right_would_be_too_lucky(right, wrong):
    bound = lower_bound(right, wrong)
    assert 0 <= bound <= 1
    if right:
        assert beta(bound, right, wrong + 1) == pytest.approx(0.05, abs=1e-6)


@given(st.integers(1, 60), st.integers(0, 60), st.floats(0.01, 0.99))
def test_the_incomplete_beta_function_is_the_tail_of_a_binomial_sum(right, wrong, share):
    from math import comb

    total = right + wrong
    tail = sum(comb(total, k) * share**k * (1 - share) ** (total - k) for k in range(right, total + 1))
    assert beta(share, right, wrong + 1) == pytest.approx(tail, abs=1e-9)


@given(counts, counts)
def test_bounds_are_those_of_scipy(right, wrong):
    stats = pytest.importorskip("scipy.stats", reason="scipy is not installed")
    expected = stats.binomtest(right, right + wrong, alternative="greater").proportion_ci(0.95).low if right else 0
    assert lower_bound(right, wrong) == pytest.approx(expected, abs=1e-7)


@given(counts, counts)
def test_the_interval_holds_what_was_found(right, wrong):
    low, high = interval(right, wrong)
    assert low <= lower_bound(right, wrong) <= high
    assert right + wrong == 0 or low <= right / (right + wrong) <= high


@pytest.mark.parametrize(
    ("right", "wrong", "target", "more"),
    [(0, 0, 0.95, 59), (0, 0, 0.99, 299), (59, 0, 0.95, 0), (58, 0, 0.95, 1), (0, 1, 0.95, 92), (91, 1, 0.95, 1)],
)
def test_it_is_said_how_many_more_are_needed(right, wrong, target, more):
    assert needed(right, wrong, target) == more


@given(st.integers(0, 400), st.integers(0, 20), st.sampled_from([0.9, 0.95, 0.99]))
def test_so_many_more_are_enough_and_one_less_is_not(right, wrong, target):
    more = needed(right, wrong, target)
    assert lower_bound(right + more, wrong) >= target - 1e-9
    assert more == 0 or lower_bound(right + more - 1, wrong) < target + 1e-9
