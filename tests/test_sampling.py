"""What verdicts on a random sample prove."""

from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaner.removal_log import DocumentEntry, RemovalEntry
from cleaner.review import queries
from cleaner.review.index import Index
from cleaner.review.precision import proved
from cleaner.review.sampling import beta, draw, interval, lower_bound, needed
from cleaner.review.verdicts import Verdict, Verdicts

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


#: Removals of one rule: site, which text, and how many characters.
CUTS = [("a", "x", 10)] * 6 + [("a", "y", 40)] * 3 + [("b", "x", 10)] * 2 + [("c", "z", 160)]
_SEEDS, _SIZE = 40, 50


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    run = tmp_path_factory.mktemp("sampled")
    cuts, documents = [], []
    for number, (site, text, chars) in enumerate(CUTS):
        source = f"{number}.txt"
        documents.append(
            DocumentEntry(source, source, "", 1000, 1000 - chars, None, f"https://{site}.example/", removed=1)
        )
        known = {"doc": source, "source": source, "start": 0, "end": chars, "line": 1, "text": text * chars}
        of_rule = {"category": "ad", "rule": "gull-line", "action": "removed", "confidence": 1.0, "also": []}
        cuts.append(RemovalEntry(**known, **of_rule, reason="", fingerprint=text * 16))
    for name, entries in (("removals", cuts), ("documents", documents)):
        (run / f"{name}.jsonl").write_bytes(b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries))
    (run / "summary.json").write_text("{}")
    with Index.open(run) as index:
        yield index


def shares(by: str) -> list[float]:
    """How likely each removal is to be drawn."""
    sites, texts = Counter(site for site, _, _ in CUTS), Counter(text for _, text, _ in CUTS)
    weights = {
        "removals": [1.0] * len(CUTS),
        "characters": [chars for _, _, chars in CUTS],
        "sites": [1 / sites[site] for site, _, _ in CUTS],
        "groups": [1 / texts[text] for _, text, _ in CUTS],
    }[by]
    return [weight / sum(weights) for weight in weights]


@pytest.mark.parametrize(("by", "size"), [("removals", 1), ("characters", _SIZE), ("sites", _SIZE), ("groups", 1)])
def test_each_is_drawn_as_often_as_its_chance_says(index, by, size):
    """Pearson's chi-squared over many seeds, which are always the same ones."""
    seeds = _SEEDS if size > 1 else 10 * _SEEDS
    counts = Counter(one for seed in range(seeds) for one in draw(index, "gull-line", by, size, seed)[1])
    expected = [share * seeds * size for share in shares(by)]
    squared = sum((counts[one] - chance) ** 2 / chance for one, chance in enumerate(expected))
    assert counts.keys() <= set(range(len(CUTS)))
    assert squared < 31.3, "by chance once in a thousand times, with 11 degrees of freedom"


@pytest.mark.parametrize("by", ["removals", "groups"])
def test_none_is_drawn_twice_where_that_is_said(index, by):
    for seed in range(20):
        sample, ids = draw(index, "gull-line", by, 100, seed)
        assert len(set(ids)) == len(ids) == sample.population == (12 if by == "removals" else 3)


def test_what_is_drawn_twice_counts_twice(index, tmp_path):
    verdicts = Verdicts.open(tmp_path / "verdicts.jsonl")
    sample = queries.start_sample(index, verdicts, rule="gull-line", by="characters", size=30)
    often, times = Counter(item["id"] for item in sample["items"]).most_common(1)[0]
    assert times > 1
    row = next(item["removal"] for item in sample["items"] if item["id"] == often)
    names = ("rule", "fingerprint", "site", "doc", "source", "row", "start", "end")
    verdicts.add(Verdict(reviewer="ann", verdict="wrong", scope="text", **{name: row[name] for name in names}))
    after = queries.sample(index, verdicts, name=sample["name"])
    assert (after["wrong"], after["left"]) == (times, 30 - times)
    assert sum(item["judged"] == "wrong" for item in after["items"]) == times


def judge_all(index, verdicts, sample: dict, answers: list[str]) -> dict:
    names = ("rule", "fingerprint", "site", "doc", "source", "row", "start", "end")
    rows = {item["id"]: item["removal"] for item in sample["items"]}.values()
    for row, answer in zip(rows, answers, strict=False):
        verdicts.add(Verdict(reviewer="ann", verdict=answer, scope="text", **{name: row[name] for name in names}))
    return queries.sample_standing(index, verdicts, name=sample["name"])


@pytest.mark.parametrize(
    ("by", "size", "distinct"), [("removals", 100, 12), ("groups", 100, 3), ("characters", 400, 12), ("sites", 200, 12)]
)
def test_of_a_sample_that_is_all_there_is_nothing_is_left_to_chance(index, tmp_path, by, size, distinct):
    verdicts = Verdicts.open(tmp_path / "verdicts.jsonl")
    sample = queries.start_sample(index, verdicts, rule="gull-line", by=by, size=size)
    assert sample["whole"] and not sample["exact"] and len({item["id"] for item in sample["items"]}) == distinct
    assert sample["needed_99"] <= distinct
    after = judge_all(index, verdicts, sample, ["right"] * (distinct - 1))
    assert after["whole"] and not after["exact"] and after["low"] < after["high"] == 1 and after["needed_99"] <= 1
    after = judge_all(index, verdicts, sample, ["right"] * distinct)
    assert after["exact"] and {after[name] for name in ("low", "high", "lower")} == {1}
    assert (after["needed_95"], after["needed_99"]) == (0, 0)


def test_the_exact_share_weighs_as_the_sample_was_drawn(index, tmp_path):
    """The one long text is wrong: much of the characters, a whole site, one of twelve removals."""
    wanted = {"removals": 11 / 12, "characters": 200 / 360, "sites": 2 / 3, "groups": 2 / 3}
    for by, share in wanted.items():
        verdicts = Verdicts.open(tmp_path / f"{by}.jsonl")
        sample = queries.start_sample(index, verdicts, rule="gull-line", by=by, size=400)
        rows = {item["id"]: item["removal"] for item in sample["items"]}.values()
        after = judge_all(index, verdicts, sample, ["wrong" if row["site"] == "c.example" else "right" for row in rows])
        assert after["exact"] and after["lower"] == pytest.approx(share, abs=1e-5)
        assert after["needed_95"] is after["needed_99"] is None, "no verdict is left that could help"


def test_a_part_of_the_population_is_not_taken_for_all(index, tmp_path):
    verdicts = Verdicts.open(tmp_path / "verdicts.jsonl")
    sample = queries.start_sample(index, verdicts, rule="gull-line", size=11)
    assert not sample["whole"] and "11 of 12 removals" in sample["stated"]
    assert (sample["needed_95"], sample["needed_99"]) == (12, 12)
    after = judge_all(index, verdicts, sample, ["right"] * 11)
    assert not after["exact"] and after["lower"] == pytest.approx(11 / 12, abs=1e-5) and after["needed_95"] == 1
    (rule,) = queries.overview(index, verdicts)["rules"]
    assert rule["judged"]["lower"] == after["lower"] and rule["judged"]["basis"] == "sample"


def test_all_removals_are_said_to_be_all(index, tmp_path):
    verdicts = Verdicts.open(tmp_path / "verdicts.jsonl")
    sample = queries.start_sample(index, verdicts, rule="gull-line", size=100)
    assert sample["stated"].startswith("all 12 removals that there are")
    assert queries.overview(index, verdicts)["samples"][0]["whole"]


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 2000))
def test_never_more_is_needed_than_is_left(right, wrong, left):
    population = right + wrong + left
    proof = proved(right, wrong, population)
    assert 0 <= proof["low"] <= proof["lower"] <= proof["high"] <= 1
    for target, name in ((0.95, "needed_95"), (0.99, "needed_99")):
        more = proof[name]
        if more is None:
            assert population == 0 or (right + left) / population < target
        else:
            assert more <= left or population == 0
            assert proved(right + more, wrong, population)["lower"] >= target - 1e-5
    assert proof["exact"] == (left == 0 and population > 0)


def test_other_seeds_draw_others(index):
    drawn = {tuple(draw(index, "gull-line", "sites", 10, seed)[1]) for seed in range(5)}
    assert len(drawn) == 5
