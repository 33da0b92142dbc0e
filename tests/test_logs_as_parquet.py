"""Logs as Parquet say what they say as JSON Lines, to a program and to a query."""

from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaner.errors import OutputError
from cleaner.formats import logs
from cleaner.removal_log import DocumentEntry, ErrorEntry, RemovalEntry

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = st.integers(0, 2**40)
removals = st.builds(
    RemovalEntry,
    *(words, numbers, numbers, numbers, words, words, words, st.floats(0, 1), words, st.lists(words, max_size=3)),
    *(words, words, words, st.none() | numbers),
)
documents = st.builds(
    DocumentEntry,
    *(words, words, words, numbers, numbers),
    row=st.none() | numbers,
    url=st.none() | words,
    bom=st.booleans(),
    stray=st.lists(st.tuples(numbers, numbers), max_size=3),
    edits=st.lists(st.tuples(words, words, st.lists(numbers, max_size=3)), max_size=3),
)
errors = st.builds(ErrorEntry, words, st.none() | numbers, st.none() | words, words, words)


def jsonl(folder: Path, entries: list[msgspec.Struct]) -> Path:
    path = folder / "log.jsonl"
    path.write_bytes(b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries))
    return path


def as_parquet(path: Path, kind: type[msgspec.Struct]) -> Path:
    target = path.with_suffix(".parquet")
    logs.to_parquet(path, target, kind)
    return target


@pytest.mark.parametrize(("kind", "made"), [(RemovalEntry, removals), (DocumentEntry, documents), (ErrorEntry, errors)])
def test_entries_come_back_from_either_form(tmp_path, kind, made):
    @given(st.lists(made, max_size=6))
    def check(entries):
        path = jsonl(tmp_path, entries)
        assert list(logs.entries(path, kind)) == entries
        assert list(logs.entries(as_parquet(path, kind), kind)) == entries

    check()


REMOVALS = [
    RemovalEntry(
        "a", 3, 16, 1, "ad", "ad-label", "removed", 0.97, "Advertisement", ["id-ad"], "a label", "64e0", "a.txt"
    ),
    RemovalEntry("b", 0, 4, 1, "player", "clock", "flagged", 1.0, "4:03\n☃", [], "a time", "77aa", "b.jsonl", 2),
]
DOCUMENTS = [
    DocumentEntry(
        "a", "a.txt", "0f", 20, 7, None, None, stray=[(5, 255), (9, 254)], edits=[("\r\n", "\n", [1, 3])], bom=True
    ),
    DocumentEntry("b", "b.jsonl", "1f", 4, 0, 2, "https://b.example/", removed=1, article="c.jsonl"),
]


def answers(query: str) -> list[tuple]:
    return pytest.importorskip("duckdb", reason="duckdb is not installed").sql(query).fetchall()


def described(query: str) -> dict[str, str]:
    return {name: kind for name, kind, *_ in answers(f"DESCRIBE {query}")}


def test_a_query_meets_the_same_columns_and_values_of_removals(tmp_path):
    path = jsonl(tmp_path, REMOVALS)
    target = as_parquet(path, RemovalEntry)
    assert described(f"FROM read_parquet('{target}')") == described(f"FROM read_json_auto('{path}')")
    both = [answers(f"FROM {read}") for read in (f"read_parquet('{target}')", f"read_json_auto('{path}')")]
    assert both[0] == both[1]


def test_a_query_meets_the_same_columns_of_documents_but_edits_have_names(tmp_path):
    """JSON leaves out what is at its default, and has no names for the parts of an edit."""
    path = jsonl(tmp_path, DOCUMENTS)
    target = as_parquet(path, DocumentEntry)
    parquet = described(f"FROM read_parquet('{target}')")
    json = described(f"FROM read_json_auto('{path}')")
    assert parquet.pop("edits").replace('"', "") == "STRUCT(was VARCHAR, now VARCHAR, distances BIGINT[])[]"
    assert json.pop("edits") == "JSON[][]"
    assert json.items() <= parquet.items()
    assert answers(f"SELECT edits[1].was FROM '{target}'")[0] == ("\r\n",)


def test_a_log_without_entries_has_its_columns(tmp_path):
    target = as_parquet(jsonl(tmp_path, []), RemovalEntry)
    assert pq.read_schema(target).names == [field.name for field in msgspec.structs.fields(RemovalEntry)]
    assert list(logs.entries(target, RemovalEntry)) == []


def test_the_same_log_makes_the_same_bytes(tmp_path):
    path = jsonl(tmp_path, REMOVALS * 3000)
    assert as_parquet(path, RemovalEntry).read_bytes() == as_parquet(path, RemovalEntry).read_bytes()


def test_a_damaged_line_is_named_and_leaves_no_file(tmp_path):
    path = jsonl(tmp_path, REMOVALS)
    with path.open("ab") as stream:
        stream.write(b'{"doc": "c"}\n')
    with pytest.raises(OutputError, match="line 3: damaged"):
        as_parquet(path, RemovalEntry)
    with pytest.raises(OutputError, match="line 3: damaged"):
        list(logs.entries(path, RemovalEntry))
    assert [file.name for file in tmp_path.iterdir()] == ["log.jsonl"]


def test_a_parquet_file_that_is_no_log_of_this_kind_is_refused(tmp_path):
    target = as_parquet(jsonl(tmp_path, REMOVALS), RemovalEntry)
    with pytest.raises(OutputError, match="there is no column 'digest'"):
        list(logs.entries(target, DocumentEntry))
    target.write_bytes(target.read_bytes()[:-3])
    with pytest.raises(OutputError, match="breaks off before its end"):
        list(logs.entries(target, RemovalEntry))
