"""Two runs side by side: what was gained, lost and changed is counted by rule, whatever the form of the logs."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
    assert moved == {("ad-label", "removed"): (2, 11, 1, 6), ("ad-label", "flagged"): (1, 6, 0, 0)}
    changed = {(one.rule, one.action, one.now_rule): (one.count, one.chars) for one in found.changed}
    assert changed == {("ad-label", "removed", "bird-line"): (1, 9)}
    assert (found.a.removals, found.a.chars, found.b.removals, found.documents_in_both) == (3, 24, 4, 3)


def sums(found) -> tuple[int, int]:
    """Cuts and characters gained, less those lost."""
    cut = [one for one in found.moved if one.action == "removed"]
    return (
        sum(one.gained.count - one.lost.count for one in cut),
        sum(one.gained.chars - one.lost.chars for one in cut),
    )


def test_what_was_only_flagged_is_gained_and_what_is_only_flagged_now_is_lost(tmp_path, capsys):
    old = a_run(
        tmp_path / "old",
        cut("a", 0, "Gull news", action="flagged"),
        cut("a", 0, "Gull news", "bird-line", action="flagged"),
        cut("b", 0, "Tern news"),
        cut("c", 0, "Flagged", action="flagged"),
    )
    new = a_run(
        tmp_path / "new",
        cut("a", 0, "Gull news", "bird-line"),
        cut("a", 30, "Puffin", "bird-line"),
        cut("b", 0, "Tern news", action="flagged"),
        cut("c", 0, "Flagged", "bird-line", action="flagged"),
    )
    found = compared(old, new)
    told = {
        (one.rule, one.action, name): (side.count, side.chars, side.flagged, [each.text for each in side.examples])
        for one in found.moved
        for name, side in (("+", one.gained), ("-", one.lost))
        if side.count
    }
    assert told == {
        ("bird-line", "removed", "+"): (2, 15, 1, ["Gull news", "Puffin"]),
        ("ad-label", "removed", "-"): (1, 9, 1, ["Tern news"]),
    }
    (changed,) = found.changed
    assert (changed.rule, changed.action, changed.now_rule, changed.count) == ("ad-label", "flagged", "bird-line", 1)
    assert main(["diff", str(old), str(new)]) == 0
    shown = capsys.readouterr().out
    assert "+ bird-line: 2 removals, 1 of them only flagged in A" in shown
    assert "- ad-label: 1 removal, 1 of them only flagged in B" in shown
    assert "~ ad-label (flagged), now bird-line (flagged): 1 removal" in shown


PLACES = st.dictionaries(
    st.tuples(st.sampled_from("ab"), st.integers(0, 3)),
    st.tuples(st.sampled_from(["removed", "flagged"]), st.sampled_from(["x", "y"])),
)


@settings(max_examples=20, deadline=None)
@given(PLACES, PLACES)
def test_what_is_gained_and_lost_adds_up_to_the_difference(was, now):
    with TemporaryDirectory() as folder:
        runs = []
        for name, places in (("old", was), ("new", now)):
            cuts = (cut(doc, n * 10, "word" * (n + 1), rule, action) for (doc, n), (action, rule) in places.items())
            runs.append(a_run(Path(folder) / name, *cuts))
        found = compared(*runs)
        back = compared(*reversed(runs))
    assert sums(found) == (found.b.removals - found.a.removals, found.b.chars - found.a.chars)
    swapped = {(one.rule, one.action): (one.lost.count, one.gained.count) for one in back.moved}
    assert {(one.rule, one.action): (one.gained.count, one.lost.count) for one in found.moved} == swapped


WEIGHTS = {"thoroughness": 0.2, "weights": "aaaabbbbcc"}
SUMMARY = {
    "schema": 1,
    "cleaner": "0.1.0",
    "profile": "article",
    "categories": {},
    "normalize": {"straight_quotes": False, "plain_dashes": False, "repair_mojibake": True},
    "rules": {"count": 908, "digest": "0123456789abcdef"},
    "stories": {"weights": "fedcba9876543210"},
    "lines": WEIGHTS,
    "matcher": "hyperscan",
    "survey": None,
    "recurrences": {"pages": 9},
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"matcher": "plain"}, ""),
        ({"profile": "strict"}, "profile: A article, B strict"),
        ({"rules": {"count": 910, "digest": "99999999ff"}}, "rules: A 908 (01234567), B 910 (99999999)"),
        ({"categories": {"caption": "keep"}}, "categories: A as the profile has them, B caption=keep"),
        ({"normalize": {"plain_dashes": True}}, "normalize: A as usual, B plain dashes"),
        ({"lines": None}, "model of lines: A 0.2 (aaaabbbb), B left out"),
        ({"lines": WEIGHTS | {"thoroughness": 1.0}}, "model of lines: A 0.2 (aaaabbbb), B 1.0 (aaaabbbb)"),
        ({"lines": WEIGHTS | {"weights": None}}, "model of lines: A 0.2 (aaaabbbb), B 0.2 (could not be used)"),
        ({"stories": {"weights": "77"}}, "model of spliced stories: A fedcba98, B 77"),
        ({"survey": {"documents": 5}}, "stories known from: A none, B 5 documents"),
        ({"recurrences": {"pages": 8}}, "lines known from: A 9 pages, B 8 pages"),
    ],
)
def test_what_the_runs_were_made_with_is_named_where_it_differs(tmp_path, capsys, change, said):
    for name, more in (("old", {}), ("new", change)):
        a_run(tmp_path / name)
        (tmp_path / name / "summary.json").write_text(json.dumps(SUMMARY | more))
    assert main(["diff", str(tmp_path / "old"), str(tmp_path / "new")]) == 0
    shown = [line for line in capsys.readouterr().out.splitlines() if line.startswith("made with ")]
    assert shown == ([f"made with {said}"] if said else [])


def test_of_an_older_run_only_what_it_wrote_down_is_compared(tmp_path, capsys):
    for name in ("old", "new"):
        a_run(tmp_path / name)
    older = {name: SUMMARY[name] for name in ("cleaner", "profile", "rules")} | {"profile": "light"}
    (tmp_path / "old" / "summary.json").write_text(json.dumps(older))
    (tmp_path / "new" / "summary.json").write_text(json.dumps(SUMMARY))
    (one,) = compared(tmp_path / "old", tmp_path / "new").made_with
    assert (one.name, one.a, one.b) == ("profile", "light", "article")
    for damage in (b"{", b'{"lines": [1]}', b"\xff"):
        (tmp_path / "old" / "summary.json").write_bytes(damage)
        assert main(["diff", str(tmp_path / "old"), str(tmp_path / "new")]) == 2
        assert "summary.json: damaged: " in capsys.readouterr().err


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
