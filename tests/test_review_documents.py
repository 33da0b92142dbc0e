"""A document with its cuts in place is the raw text, to the last character."""

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reviewed import BROKEN, ROWS, make_run, raw

from cleaner.removal_log import DocumentEntry, RemovalEntry
from cleaner.review import documents, queries
from cleaner.review.documents import Loaded
from cleaner.review.index import Index
from cleaner.review.marks import marks_of, row_at
from cleaner.review.verdicts import Verdict, Verdicts
from cleaner.span import Span


@pytest.fixture(scope="module", params=["jsonl", "parquet"])
def finished(request, tmp_path_factory) -> Path:
    return make_run(tmp_path_factory.mktemp("run"), "--log-format", request.param)


@pytest.fixture
def run(finished, tmp_path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "run"))


@pytest.fixture
def index(run):
    with Index.open(run) as index:
        yield index


@pytest.fixture
def verdicts(run) -> Verdicts:
    return Verdicts.open(run / "verdicts.jsonl")


def ids(index: Index) -> range:
    return range(index.told("overview")["totals"]["removals"])


def raws() -> dict[tuple[str, int | None], str]:
    rows = [row for row in range(1, ROWS + 2) if row != BROKEN]
    found = {("a.jsonl", row): raw(number) for number, row in enumerate(rows)}
    return {**found, ("b.txt", None): raw(9), **{("c.parquet", n + 1): raw(20 + n) for n in range(5)}}


def test_each_document_comes_back_with_its_cuts_in_place(index, verdicts):
    met = set()
    for one in ids(index):
        found = queries.document(index, verdicts, id=one)
        key = found["source"], found["row"]
        met.add(key)
        assert found["problem"] == ""
        assert "".join(segment["text"] for segment in found["segments"]) == raws()[key]
        assert (found["start"], found["end"], found["total"]) == (0, len(raws()[key]), len(raws()[key]))
        cuts = [segment for segment in found["segments"] if segment["kind"] != "kept"]
        assert {one} <= {segment["id"] for segment in cuts}
        assert [mark["id"] for mark in found["minimap"]] == [segment["id"] for segment in cuts]
        for segment in found["segments"]:
            assert segment["line"] == raws()[key].count("\n", 0, segment["start"]) + 1
        json.dumps(found, allow_nan=False)
    assert met == raws().keys()


def test_an_article_changed_by_hand_is_not_shown_and_the_others_are(run, index, verdicts):
    path = run / "articles" / "a.jsonl"
    path.write_text(path.read_text().replace("number 1\\n", "number one, changed\\n"))
    problems = {}
    for one in ids(index):
        found = queries.document(index, verdicts, id=one)
        problems[found["doc"]] = found["problem"]
        assert bool(found["segments"]) != bool(found["problem"])
        assert bool(queries.removal(index, verdicts, id=one)["context"]["problem"]) == bool(found["problem"])
    assert [doc for doc, problem in problems.items() if "changed after the run" in problem] == ["d1"]


@pytest.mark.parametrize("name", ["a.jsonl", "b.txt", "c.parquet"])
def test_an_article_that_is_gone_is_told_so(run, index, verdicts, name):
    (run / "articles" / name).unlink()
    for one in ids(index):
        found = queries.document(index, verdicts, id=one)
        assert ("cannot be read" in found["problem"]) == (found["source"] == name)


@pytest.mark.parametrize("left", [b"", b"{}\n"])
def test_an_article_file_that_lost_its_rows_is_told_so(run, index, verdicts, left):
    (run / "articles" / "a.jsonl").write_bytes(left)
    (run / "articles" / "c.parquet").write_bytes(left)
    for one in ids(index):
        found = queries.document(index, verdicts, id=one)
        assert bool(found["problem"]) == (found["source"] != "b.txt")


def test_a_verdict_is_seen_in_the_document(index, verdicts):
    row = queries.removal(index, verdicts, id=0)
    key = {name: row[name] for name in ("rule", "fingerprint", "site", "doc", "source", "row", "start", "end")}
    verdicts.add(Verdict(reviewer="ann", verdict="wrong", scope="text", **key))
    judged = [
        segment.get("judged") for segment in queries.document(index, verdicts, id=0)["segments"] if "id" in segment
    ]
    assert judged == ["wrong", "", ""]


def entry(raw: str, *cuts: tuple[int, int, str], category: str = "ad") -> Loaded:
    made = [
        RemovalEntry(
            "d", start, end, 1, category, "r", action, 1.0, raw[start:end], [], "", f"{start:016x}", "a.txt", None
        )
        for start, end, action in cuts
    ]
    return Loaded(DocumentEntry("d", "a.txt", "", len(raw), 0, None, None), made, 0, "", raw)


words = st.text(st.sampled_from("ab\n é🚢"), min_size=1, max_size=60)


@given(words, st.data())
def test_segments_are_the_text_of_any_window_whatever_overlaps(tmp_path_factory, text, data):
    places = st.integers(0, len(text))
    pairs = st.tuples(places, places, st.sampled_from(["removed", "flagged"])).map(
        lambda one: (min(one[:2]), max(one[:2]), one[2])
    )
    cuts = sorted(data.draw(st.lists(pairs, max_size=6)))
    start, end = sorted((data.draw(places), data.draw(places)))
    verdicts = Verdicts(tmp_path_factory.getbasetemp() / "none.jsonl")
    found = documents.segments(entry(text, *cuts), verdicts, Span(start, end))
    assert "".join(segment["text"] for segment in found) == text[start:end]
    assert all(text[segment["start"] : segment["end"]] == segment["text"] for segment in found)
    for segment in found:
        if segment["kind"] == "kept":
            assert not any(a < segment["end"] and segment["start"] < b for a, b, _ in cuts if a < b)


def test_of_a_long_document_a_window_is_shown():
    assert documents.window_of(100, 50) == Span(0, 100)
    assert documents.window_of(1_000_000, 0) == Span(0, documents.WINDOW)
    assert documents.window_of(1_000_000, 500_000) == Span(470_000, 530_000)
    assert documents.window_of(1_000_000, 1_000_000) == Span(940_000, 1_000_000)


def test_the_minimap_shows_the_largest_cuts_in_order():
    cuts = [(place * 10, place * 10 + 1 + place % 7, "removed") for place in range(1000)]
    marks = documents.minimap(entry("x" * 10_000, *cuts))
    assert len(marks) == documents.MARKS
    assert [mark["id"] for mark in marks] == sorted(mark["id"] for mark in marks)
    assert min(mark["size"] for mark in marks) >= 0.0004


def test_beside_a_spliced_story_stands_how_the_document_begins():
    text = "Advertisement\n" + "a" * 100 + "OTHER STORY" + "b" * 1000
    cuts = [(0, 14, "removed"), (114, 125, "removed")]
    begins = documents.story_start(entry(text, *cuts, category="spliced-story"))
    assert begins == "a" * 100 + "b" * 500
    assert documents.story_start(entry(text, *cuts, category="ad")) == ""


def test_halves_of_characters_are_shown_as_replacements():
    loaded = entry("a\ud800b\udfffc", (1, 2, "removed"))
    found = documents.segments(loaded, Verdicts(Path("none.jsonl")), Span(0, 5))
    assert [segment["text"] for segment in found] == ["a", "\ufffd", "b\ufffdc"]


def test_any_row_of_a_large_file_is_found(tmp_path):
    path = tmp_path / "rows.jsonl"
    lines = [f"{number}:" + "x" * (number * 7919 % 40_000) for number in range(300)]
    path.write_text("\n".join(lines) + "\n")
    marks = list(marks_of(path))
    assert 4 < len(marks) < 20
    for number in (0, 1, 57, 150, 298, 299):
        assert row_at(path, marks, number).decode() == lines[number] + "\n"
