"""Verdicts are never lost, and never taken for what they are not."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest

from cleaner.errors import InputError, OutputError
from cleaner.review.conflicts import conflicts_in
from cleaner.review.verdicts import Verdict, Verdicts, settled

REMOVAL = {
    "rule": "ad-label",
    "fingerprint": "64e04316cb5071cb",
    "site": "esk.example",
    "doc": "d1",
    "source": "a.jsonl",
    "row": 2,
    "start": 18,
    "end": 31,
}
ELSEWHERE = {**REMOVAL, "site": "dor.example", "doc": "d2", "row": 3}
LATER_THERE = {**REMOVAL, "start": 90, "end": 103}


def given(verdict="right", reviewer="ann", scope="text", removal=REMOVAL, **more) -> Verdict:
    return Verdict(reviewer=reviewer, verdict=verdict, scope=scope, **removal, **more)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "verdicts.jsonl"


def said(verdicts: Verdicts, removal=REMOVAL) -> str:
    return settled(verdicts.of(removal))


def test_nothing_is_written_before_something_is_said(path):
    verdicts = Verdicts.open(path)
    assert verdicts.undo("ann") is None
    assert verdicts.of(REMOVAL) == []
    assert not path.exists()


@pytest.mark.parametrize(
    ("scope", "here", "later_there", "elsewhere"),
    [("text", "wrong", "", ""), ("site", "wrong", "wrong", ""), ("group", "wrong", "wrong", "wrong")],
)
def test_a_verdict_reaches_as_far_as_its_scope(path, scope, here, later_there, elsewhere):
    Verdicts.open(path).add(given("wrong", scope=scope))
    found = Verdicts.open(path)
    assert [said(found, one) for one in (REMOVAL, LATER_THERE, ELSEWHERE)] == [here, later_there, elsewhere]
    assert said(found, {**REMOVAL, "rule": "ad-box"}) == said(found, {**REMOVAL, "fingerprint": "00"}) == ""


def test_the_narrowest_of_a_reviewers_verdicts_holds_whenever_it_was_given(path):
    verdicts = Verdicts.open(path)
    verdicts.add(given("wrong"))
    verdicts.add(given("right", scope="group"))
    assert (said(verdicts), said(verdicts, ELSEWHERE)) == ("wrong", "right")


def test_the_majority_decides_a_tie_is_wrong_and_the_conflict_is_shown(path):
    verdicts = Verdicts.open(path)
    verdicts.add(given("right"))
    verdicts.add(given("skip", reviewer="cem"))
    assert conflicts_in(verdicts.current()) == []
    verdicts.add(given("wrong", reviewer="bea"))
    ((key, both),) = conflicts_in(verdicts.current())
    assert key.doc == "d1"
    assert {one.reviewer for one in both} == {"ann", "bea"}
    assert said(verdicts) == "wrong"
    verdicts.add(given("right", reviewer="dan"))
    assert said(verdicts) == "right"


@pytest.mark.parametrize(
    ("ann", "bea", "where"),
    [
        (("group", "wrong"), ("text", "right"), "text"),
        (("group", "wrong"), ("site", "right"), "site"),
        (("site", "wrong"), ("text", "right"), "text"),
        (("group", "wrong"), ("group", "right"), "group"),
        (("group", "wrong"), ("text", "wrong"), ""),
        (("group", "wrong"), ("text", "skip"), ""),
    ],
)
def test_reviewers_may_differ_through_different_scopes(path, ann, bea, where):
    verdicts = Verdicts.open(path)
    for reviewer, (scope, answer) in (("ann", ann), ("bea", bea)):
        verdicts.add(given(answer, reviewer, scope))
    found = conflicts_in(verdicts.current())
    assert [conflict.key.scope for conflict in found] == ([where] if where else [])
    assert all([one.reviewer for one in conflict.verdicts] == ["ann", "bea"] for conflict in found)


@pytest.mark.parametrize("narrow", ["site", "text"])
def test_who_makes_an_exception_does_not_differ_from_himself(path, narrow):
    verdicts = Verdicts.open(path)
    verdicts.add(given("wrong", scope="group"))
    verdicts.add(given("right", scope=narrow))
    assert conflicts_in(verdicts.current()) == []
    verdicts.add(given("right", "bea", scope="site", removal=ELSEWHERE))
    assert [conflict.key.site for conflict in conflicts_in(verdicts.current())] == ["dor.example"]


def test_a_reviewers_own_verdicts_may_be_asked_for(path):
    verdicts = Verdicts.open(path)
    verdicts.add(given("wrong"))
    verdicts.add(given("right", "bea", scope="group"))
    about = verdicts.about(REMOVAL["rule"], REMOVAL["fingerprint"], "bea")
    assert [(key.scope, *by) for key, by in about.items()] == [("group", "bea")]


def test_each_has_a_number_of_its_own(path):
    """What was found out of verdicts is remembered by it; an address in memory comes again."""
    assert len({Verdicts(path).number for _ in range(50)}) == 50


def test_a_reviewer_who_thinks_again_has_one_verdict(path):
    verdicts = Verdicts.open(path)
    for answer in ("right", "wrong", "skip"):
        verdicts.add(given(answer))
    ((held,),) = [list(by.values()) for by in verdicts.current().values()]
    assert held.verdict == "skip"


def test_undo_goes_back_step_by_step_and_only_through_ones_own(path):
    verdicts = Verdicts.open(path)
    verdicts.add(given("right"))
    verdicts.add(given("wrong"))
    verdicts.add(given("right", reviewer="bea"))
    taken = Verdicts.open(path).undo("ann")
    assert taken and taken.verdict == "wrong"
    assert verdicts.refresh()
    assert said(verdicts) == "right"
    assert verdicts.undo("ann").verdict == "right"
    assert verdicts.undo("ann") is None
    assert [one.reviewer for one in Verdicts.open(path).of(REMOVAL)] == ["bea"]
    assert len(path.read_bytes().splitlines()) == 5  # nothing is ever taken out of the file


def test_an_undo_that_names_its_verdict_takes_back_that_one_once(path):
    verdicts = Verdicts.open(path)
    first, second, bea = (verdicts.add(given(**one)) for one in ({}, {"verdict": "wrong"}, {"reviewer": "bea"}))
    for _ in range(3):
        assert verdicts.undo("ann", first).id == first
        assert Verdicts.open(path).undo("ann", first).id == first
    assert verdicts.undo("ann", bea) is verdicts.undo("ann", "nothing") is None
    assert verdicts.last("ann").id == second and verdicts.last("cem") is None
    assert len(path.read_bytes().splitlines()) == 4
    assert sorted(one.verdict for one in Verdicts.open(path).of(REMOVAL)) == ["right", "wrong"]


def test_a_verdict_that_is_added_again_is_written_once_even_if_it_was_taken_back(path):
    verdicts = Verdicts.open(path)
    verdict = given("wrong", id=uuid4().hex)
    assert {verdicts.add(verdict), verdicts.add(verdict), Verdicts.open(path).add(verdict)} == {verdict.id}
    assert len(path.read_bytes().splitlines()) == 1
    verdicts.undo("ann", verdict.id)
    assert verdicts.add(verdict) == verdict.id
    assert said(verdicts) == said(Verdicts.open(path)) == ""
    assert len(path.read_bytes().splitlines()) == 2


def failing_once(monkeypatch) -> None:
    """The disk says once that it failed, though the line was written."""
    real = os.fsync

    def fails(number: int) -> None:
        monkeypatch.setattr(os, "fsync", real)
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)


def test_what_was_written_though_an_error_was_told_is_not_written_again(path, monkeypatch):
    verdicts = Verdicts.open(path)
    verdict = given("wrong", id=uuid4().hex)
    failing_once(monkeypatch)
    with pytest.raises(OutputError):
        verdicts.add(verdict)
    assert verdicts.add(verdict) == verdict.id
    assert len(path.read_bytes().splitlines()) == 1
    failing_once(monkeypatch)
    with pytest.raises(OutputError):
        verdicts.undo("ann", verdict.id)
    assert verdicts.undo("ann", verdict.id).verdict == "wrong"
    assert said(Verdicts.open(path)) == "" and len(path.read_bytes().splitlines()) == 2


def test_a_retry_is_not_told_that_all_is_well_while_the_disk_fails(path, monkeypatch):
    verdicts = Verdicts.open(path)
    verdict = given(id=uuid4().hex)
    for _ in range(2):
        failing_once(monkeypatch)
        with pytest.raises(OutputError):
            verdicts.add(verdict)


def test_an_undo_that_comes_before_its_verdict_holds(path):
    """Files were put together in another order, or one of them holds the verdict again."""
    verdicts = Verdicts.open(path)
    first = verdicts.add(given("wrong"))
    kept = verdicts.add(given("right", removal=ELSEWHERE))
    verdicts.undo("ann", first)
    verdict, other, undo = path.read_bytes().splitlines(keepends=True)
    for text in (undo + verdict + other, verdict + undo + other + verdict, other + undo + undo + verdict + verdict):
        path.write_bytes(text)
        found = Verdicts.open(path)
        assert (said(found), said(found, ELSEWHERE)) == ("", "right")
        assert found.undo("ann", first).verdict == "wrong" and found.last("ann").id == kept
        assert path.read_bytes() == text


@pytest.mark.parametrize("torn", [b'{"schema":1,"id":"7', b"\xff\xfe", b'{"schema":1}\n{"a'])
def test_a_line_that_a_crash_tore_apart_is_passed_over_and_kept(path, torn):
    verdicts = Verdicts.open(path)
    verdicts.add(given("right"))
    with path.open("ab") as stream:
        stream.write(torn)
    found = Verdicts.open(path)
    assert said(found) == "right"
    found.add(given("wrong", removal=ELSEWHERE))
    again = Verdicts.open(path)
    assert (said(again), said(again, ELSEWHERE)) == ("right", "wrong")
    assert again.damaged
    assert torn in path.read_bytes()


def test_a_verdict_that_lacks_only_its_line_end_holds(path):
    Verdicts.open(path).add(given("wrong"))
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    verdicts = Verdicts.open(path)
    verdicts.add(given("right", removal=ELSEWHERE))
    assert (said(verdicts), said(verdicts, ELSEWHERE)) == ("wrong", "right")
    assert verdicts.damaged == []


def test_another_file_in_its_place_is_read_from_its_beginning(path):
    verdicts = Verdicts.open(path)
    verdicts.add(given("right"))
    verdicts.add(given("right", removal=ELSEWHERE))
    lines = path.read_bytes().splitlines(keepends=True)
    before = verdicts.version
    path.write_bytes(lines[1])
    verdicts.refresh()
    assert (said(verdicts), said(verdicts, ELSEWHERE)) == ("", "right")
    assert verdicts.version > before
    assert (REMOVAL["rule"], REMOVAL["fingerprint"]) in verdicts.changed(before)


@pytest.mark.parametrize("how", ["renamed over it", "written over it"])
def test_a_larger_file_in_its_place_is_noticed_too(path, tmp_path, how):
    verdicts = Verdicts.open(path)
    verdicts.add(given("right"))
    other = tmp_path / "other.jsonl"
    for number in range(4):
        Verdicts.open(other).add(given("wrong", "bea", removal={**ELSEWHERE, "start": number}))
    if how == "renamed over it":
        other.replace(path)
    else:
        path.write_bytes(other.read_bytes())
    assert verdicts.refresh() and not verdicts.refresh()
    assert verdicts.reviewers() == {"bea": 4} and said(verdicts) == "" and verdicts.damaged == []
    path.unlink()
    assert verdicts.refresh() and verdicts.reviewers() == {}


def test_whether_verdicts_can_be_kept_is_found_out_without_writing_any(path):
    verdicts = Verdicts.open(path)
    assert verdicts.try_out() == "" and not path.exists()
    lock = path.with_name("verdicts.jsonl.lock")
    lock.unlink(missing_ok=True)
    lock.mkdir()  # root may write everywhere, but not into a folder as if it were a file
    assert "--verdicts" in verdicts.try_out() and "verdicts.jsonl cannot be written" in verdicts.read_only
    with pytest.raises(OutputError):
        verdicts.add(given())
    lock.rmdir()
    verdicts.add(given())
    assert verdicts.read_only == ""


def test_files_of_two_reviewers_may_be_put_together(path, tmp_path):
    other = tmp_path / "other.jsonl"
    Verdicts.open(path).add(given("right"))
    Verdicts.open(other).add(given("wrong", reviewer="bea"))
    path.write_bytes(path.read_bytes() + other.read_bytes() + path.read_bytes())
    assert sorted(one.verdict for one in Verdicts.open(path).of(REMOVAL)) == ["right", "wrong"]
    assert Verdicts.open(path).reviewers() == {"ann": 1, "bea": 1}


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        ({"verdict": "maybe"}, "one of right, wrong, skip"),
        ({"scope": "all"}, "one of text, site, group"),
        ({"reviewer": " "}, "needs a reviewer"),
        ({"reviewer": "a\x1b[2J"}, "printable"),
        ({"removal": {**REMOVAL, "fingerprint": ""}}, "needs a fingerprint"),
        ({"removal": {**REMOVAL, "doc": "\ud800"}}, "half a character"),
    ],
)
def test_what_makes_no_sense_is_not_kept(path, bad, complaint):
    with pytest.raises(InputError, match=complaint):
        Verdicts.open(path).add(given(**bad))
    assert not path.exists() or not path.read_bytes()


def test_halves_of_characters_in_texts_are_replaced(path):
    Verdicts.open(path).add(given(text="a\ud800b\u2028", note="\udfff"))
    (verdict,) = Verdicts.open(path).of(REMOVAL)
    assert (verdict.text, verdict.note) == ("a\ufffdb\u2028", "\ufffd")


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    verdicts = Verdicts(tmp_path / "file" / "verdicts.jsonl")
    with pytest.raises(OutputError, match="--verdicts"):
        verdicts.add(given())


def test_the_fields_of_a_line_are_those_that_are_promised(path):
    Verdicts.open(path).add(given(category="ad", text="Advertisement", sample="s", note="n"))
    line = msgspec.json.decode(path.read_bytes())
    promised = (
        "schema id time reviewer verdict rule fingerprint scope site doc source row start end category text sample"
    )
    assert set(line) == {*promised.split(), "note"}


_MANY = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_verdicts import *
verdicts = Verdicts.open(Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    verdicts.add(given(reviewer=sys.argv[2], removal={{**REMOVAL, "start": number}}))
    print(number, flush=True)
"""


def many(path: Path, reviewer: str, count: int) -> subprocess.Popen:
    code = _MANY.format(tests=str(Path(__file__).parent))
    command = [sys.executable, "-c", code, str(path), reviewer, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_two_processes_may_write_at_once(path):
    both = [many(path, reviewer, 60) for reviewer in ("ann", "bea")]
    assert [process.communicate()[0].count("\n") for process in both] == [60, 60]
    assert Verdicts.open(path).reviewers() == {"ann": 60, "bea": 60}
    assert Verdicts.open(path).damaged == []


@pytest.mark.skipif(os.name == "nt", reason="nothing is killed like this on Windows")
def test_what_was_said_before_a_kill_is_there_after_it(path):
    process = many(path, "ann", 100_000)
    told = [int(process.stdout.readline()) for _ in range(40)]
    process.send_signal(signal.SIGKILL)
    told += [int(line) for line in process.communicate()[0].splitlines()]
    verdicts = Verdicts.open(path)
    assert {one.start for (one,) in (by.values() for by in verdicts.current().values())} >= set(told)
    verdicts.add(given(reviewer="bea"))


def test_what_holds_no_verdicts_is_not_written_to(tmp_path):
    prose = tmp_path / "notes.txt"
    prose.write_text("Nothing of ours.\nNor this.\n")
    with pytest.raises(OutputError, match="holds no verdict in 2 lines"):
        Verdicts.open(prose)
    with pytest.raises(OutputError, match="no such folder"):
        Verdicts.open(tmp_path / "nowhere" / "verdicts.jsonl")
    assert not (tmp_path / "nowhere").exists()
