"""Two runs side by side: what was gained, lost and changed is counted by rule, whatever the form of the logs."""

import json
from pathlib import Path

import msgspec
import pytest

from cleaner.cli.main import main
from cleaner.errors import OutputError
from cleaner.feedback.compare import compared
from cleaner.fingerprint import fingerprint
from cleaner.formats.logs import to_parquet
from cleaner.removal_log import DocumentEntry, RemovalEntry, digest

Cut = tuple[str, int, str, str, str]  # doc, start, text, rule, action


def a_run(folder: Path, *cuts: Cut, docs: str = "abc", other: str = "", form: str = "jsonl") -> Path:
    """A run of the documents named by the letters ``docs``; those in ``other`` have another raw text."""
    folder.mkdir()
    documents = [
        DocumentEntry(doc, f"{doc}.txt", digest(doc + ("!" if doc in other else "")), 90, 80, None, None)
        for doc in docs
    ]
    removals = [
        RemovalEntry(
            doc, start, start + len(text), 1, "ad", rule, action, 0.9, text, [], "", fingerprint(text), f"{doc}.txt"
        )
        for doc, start, text, rule, action in cuts
    ]
    for name, kind, rows in (("documents", DocumentEntry, documents), ("removals", RemovalEntry, removals)):
        path = folder / f"{name}.jsonl"
        path.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
        if form == "parquet":
            to_parquet(path, folder / f"{name}.parquet", kind)
            path.unlink()
    return folder


def cut(doc: str, start: int, text: str, rule: str = "ad-label", action: str = "removed") -> Cut:
    return doc, start, text, rule, action


SAME = cut("a", 0, "Gull news")


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_gained_lost_and_changed_are_told_apart(tmp_path, form):
    old = a_run(
        tmp_path / "old",
        SAME,
        cut("a", 20, "Tern news"),
        cut("b", 5, "Advert"),
        cut("c", 5, "Flagged", action="flagged"),
    )
    new = a_run(
        tmp_path / "new",
        SAME,
        cut("a", 20, "Tern news", "bird-line"),
        cut("b", 7, "vert"),
        cut("c", 5, "Flagged"),
        cut("c", 40, "Puffin", action="flagged"),
        form=form,
    )
    found = compared(old, new)
    moved = {
        (one.rule, one.action): (one.gained.count, one.gained.chars, one.lost.count, one.lost.chars)
        for one in found.moved
    }
    assert moved == {("ad-label", "removed"): (1, 4, 1, 6), ("ad-label", "flagged"): (1, 6, 0, 0)}
    changed = {(one.rule, one.action, one.now_rule, one.now_action): (one.count, one.chars) for one in found.changed}
    assert changed == {
        ("ad-label", "removed", "bird-line", "removed"): (1, 9),
        ("ad-label", "flagged", "ad-label", "removed"): (1, 7),
    }
    assert (found.a.removals, found.a.chars, found.b.removals, found.documents_in_both) == (3, 24, 4, 3)


def test_a_run_does_not_differ_from_itself(tmp_path):
    twice = cut("b", 5, "Seen", action="flagged")
    old = a_run(tmp_path / "old", SAME, twice, twice)
    assert compared(old, old).same
    new = a_run(tmp_path / "new", SAME, twice)
    (moved,) = compared(old, new).moved
    assert (moved.action, moved.lost.count) == ("flagged", 1), "one of two alike"


def test_documents_of_one_run_and_other_texts_are_counted_apart(tmp_path):
    old = a_run(tmp_path / "old", SAME, cut("b", 5, "Advert"), docs="ab")
    new = a_run(tmp_path / "new", SAME, cut("b", 9, "Advert"), cut("c", 0, "Advert"), docs="abc", other="b")
    found = compared(old, new)
    assert found.same
    counts = found.documents_in_both, found.documents_only_in_a, found.documents_only_in_b
    assert (*counts, found.documents_with_other_text) == (2, 0, 1, 1)


def test_examples_are_one_of_each_text_the_commonest_first(tmp_path):
    many = [cut("a", n * 10, f"Part {n}") for n in range(4)]
    old = a_run(tmp_path / "old")
    new = a_run(tmp_path / "new", *many, cut("b", 0, "A longer text"))
    (moved,) = compared(old, new, examples=1).moved
    (example,) = moved.gained.examples
    assert (example.count, example.chars, example.doc, example.text) == (4, 24, "a", "Part 0")
    (moved,) = compared(old, new).moved
    assert [one.count for one in moved.gained.examples] == [4, 1]


def test_the_command_prints_a_table_and_guards_the_terminal(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    a_run(tmp_path / "old", SAME, cut("b", 0, "\x1b[2Jgone \u202e"))
    a_run(tmp_path / "new", SAME, cut("c", 0, "More\nnews", "gull-line"))
    assert main(["diff", "old", "new"]) == 0
    shown = capsys.readouterr().out
    assert "A  old: 3 documents, 2 cuts," in shown
    assert "+ gull-line: 1 removal" in shown and "  + c line 1: More news" in shown
    assert "- ad-label: 1 removal" in shown and "␛[2Jgone" in shown
    assert "all cuts" in shown and not any(c in shown for c in "\x1b\u202e")
    assert main(["diff", "old", "old"]) == 0
    assert "no removal differs" in capsys.readouterr().out
    assert main(["diff", "old", "new", "--examples", "0", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["moved"][0]["gained"]["examples"] == []


def test_json_is_utf_8_as_everything_else(tmp_path, capsysbinary):
    a_run(tmp_path / "old", cut("b", 0, "Fähre 🚢 naht"))
    a_run(tmp_path / "new")
    assert main(["diff", str(tmp_path / "old"), str(tmp_path / "new"), "--json"]) == 0
    shown = capsysbinary.readouterr().out
    assert "Fähre 🚢 naht".encode() in shown and json.loads(shown)


def test_runs_with_nothing_in_common_and_no_runs_are_named(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    a_run(tmp_path / "old", docs="a")
    a_run(tmp_path / "new", docs="b")
    assert main(["diff", "old", "new"]) == 0
    assert "no document is in both: compare runs over the same inputs" in capsys.readouterr().out
    assert main(["diff", "old", "none"]) == 2
    assert "none: not a finished run" in capsys.readouterr().err
    assert main(["diff", "old", "new", "--examples", "-1"]) == 2
    (tmp_path / "new" / "removals.jsonl").write_text("{torn\n")
    with pytest.raises(OutputError, match="line 1: damaged"):
        compared(tmp_path / "old", tmp_path / "new")
