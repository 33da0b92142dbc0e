"""``cleaner export``: files that other tools read, with offsets that hold and cells that do not compute."""

import csv
import io
import json
from xml.etree import ElementTree

import pytest
from conftest import Run
from hypothesis import given
from hypothesis import strategies as st
from reviewing import make_run

from cleaner import CATEGORIES
from cleaner.cli import main
from cleaner.formats import logs
from cleaner.removal_log import RemovalEntry
from cleaner.review.exports import FORMATS, WHATS, export, guarded, labelling_config
from cleaner.review.verdicts import Verdict, Verdicts


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """A run; the first five removals got a verdict each, the second two that differ, the third a skip."""
    run = make_run(tmp_path_factory.mktemp("exports"), count=12)
    verdicts = Verdicts.open(run / "verdicts.jsonl")
    answers = [[("ann", "right")], [("ann", "right"), ("bo", "wrong")], [("ann", "skip")], [("bo", "wrong")]]
    for removal, given_ in zip(removals(run), [*answers, [("=cmd()", "right")]], strict=False):
        for reviewer, answer in given_:
            place = {name: getattr(removal, name) for name in ("doc", "source", "row", "start", "end", "text")}
            verdicts.add(
                Verdict(
                    **place,
                    rule=removal.rule,
                    fingerprint=removal.fingerprint,
                    category=removal.category,
                    reviewer=reviewer,
                    verdict=answer,
                    scope="text",
                    note="=2+5",
                )
            )
    return run


def removals(run):
    return list(logs.entries(next(run.glob("removals.*")), RemovalEntry))


def exported(run, format, what="removals", **options):
    out = io.BytesIO()
    done = export(run, out, Verdicts.open(run / "verdicts.jsonl"), format=format, what=what, **options)
    return done.lines, out.getvalue()


def rows_of(data):
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def test_every_removal_is_a_task_whose_span_is_the_cut(judged):
    count, data = exported(judged, "label-studio")
    tasks = json.loads(data)
    assert count == len(tasks) == len(removals(judged))
    for task, removal in zip(tasks, removals(judged), strict=True):
        (prediction,) = task["predictions"]
        (region,) = prediction["result"]
        value = region["value"]
        assert task["data"]["text"][value["start"] : value["end"]] == value["text"]
        assert len(value["text"]) == len(removal.text) and value["labels"] == [removal.category]
        assert (region["from_name"], region["to_name"], region["type"]) == ("category", "text", "labels")
        assert (task["data"]["row"], task["data"]["start"]) == (removal.row, removal.start)


def test_verdicts_become_annotations_of_their_reviewers(judged):
    _, data = exported(judged, "label-studio", "verdicts")
    tasks = json.loads(data)
    assert [len(task["annotations"]) for task in tasks] == [1, 2, 1, 1, 1]
    span, choice = tasks[1]["annotations"][1]["result"]
    assert span["id"] == choice["id"] and span["meta"]["text"][0].startswith("bo, text, ")
    assert choice["value"]["choices"] == ["wrong"] and choice["value"]["start"] == span["value"]["start"]
    (skip,) = tasks[2]["annotations"]
    assert skip["was_cancelled"] and [each["type"] for each in skip["result"]] == ["labels"]


def test_the_labelling_interface_knows_the_names_and_labels_of_the_tasks(judged):
    view = ElementTree.fromstring(labelling_config())
    assert [label.get("value") for label in view.iter("Label")] == list(CATEGORIES)
    assert {node.get("name") for node in view} >= {"category", "text", "verdict"}
    assert all(node.get("toName") == "text" for node in view if node.get("toName"))


def test_doccano_gets_a_line_for_each_text_with_its_span(judged):
    count, data = exported(judged, "doccano")
    lines = [json.loads(line) for line in data.splitlines()]
    assert data.isascii() and count == len(lines)
    for line, removal in zip(lines, removals(judged), strict=True):
        ((start, end, category),) = line["label"]
        assert end - start == len(removal.text) and category == removal.category
        assert end <= len(line["text"])


def test_for_doccano_what_is_wrong_has_no_label(judged):
    _, data = exported(judged, "doccano", "verdicts")
    lines = [json.loads(line) for line in data.splitlines()]
    assert [line["judged"] for line in lines] == ["right", "wrong", "skip", "wrong", "right"]
    assert [len(line["label"]) for line in lines] == [1, 0, 0, 0, 1]
    assert lines[1]["reviewers"] == "ann: right; bo: wrong"


def test_csv_has_a_line_for_each_removal_and_for_each_verdict(judged):
    _, data = exported(judged, "csv")
    assert [row["text"] for row in rows_of(data)] == [guarded(removal.text) for removal in removals(judged)]
    assert data.count(b"\r\n") >= len(removals(judged)) + 1 and not data.startswith(b"\xef\xbb\xbf")
    _, data = exported(judged, "csv", "verdicts")
    rows = rows_of(data)
    assert ("'=cmd()", "right") in {(row["reviewer"], row["verdict"]) for row in rows} and len(rows) == 6
    assert {row["note"] for row in rows} == {"'=2+5"}


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.sampled_from("='+-@\t\r\n")))
def test_a_guard_can_be_taken_away_again(text):
    cell = guarded(text)
    assert not cell.lstrip().startswith(("=", "+", "-", "@")) and not cell.startswith(("\t", "\r"))
    assert cell.removeprefix("'") == text


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "'=1"])
def test_cells_that_would_compute_get_an_apostrophe(text):
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["1+1=2", "a@b.example", "well-read", "", "x\n=1"])
def test_other_cells_stay_as_they_are(text):
    assert guarded(text) == text


def test_control_characters_do_not_shift_offsets(tmp_path):
    text = "The ferry 👩\u200d🚀 left at dawn.\r\n\r\nAdvertisement\r\n\r\nNobody \x00 saw it \x1b[31m go.\r\n"
    (tmp_path / "in.jsonl").write_text(json.dumps({"id": "a", "text": text}) + "\n")
    assert main(["clean", str(tmp_path / "in.jsonl"), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    (task,) = json.loads(exported(tmp_path / "out", "label-studio")[1])
    value = task["predictions"][0]["result"][0]["value"]
    line = json.loads(exported(tmp_path / "out", "doccano")[1])
    for shown, (start, end) in (
        (task["data"]["text"], (value["start"], value["end"])),
        (line["text"], line["label"][0][:2]),
    ):
        assert len(shown) == len(text) and shown[start:end].strip() == "Advertisement"
        assert not set(shown) & {"\r", "\x00", "\x1b"}


def test_halves_of_characters_are_replaced():
    assert guarded("a\ud83db") == "a\ufffdb"


def test_a_rule_and_a_limit_can_be_asked_for(judged):
    rule = removals(judged)[0].rule
    wanted = [removal for removal in removals(judged) if removal.rule == rule]
    assert exported(judged, "doccano", rule=rule)[0] == len(wanted)
    assert exported(judged, "csv", limit=3)[0] == 3


@pytest.mark.parametrize(("rule", "hint"), [("add-label", "did you mean ad-label"), ("zzz", "ad-label, ")])
def test_a_rule_that_the_log_does_not_know_is_refused_with_those_that_it_does(judged, capsys, rule, hint):
    for format in FORMATS:
        for what in WHATS:
            assert main(["export", str(judged), "--format", format, "--what", what, "--rule", rule]) == 2
            said = capsys.readouterr()
            assert hint in said.err and f"--rule {rule}" in said.err


def test_what_is_known_of_verdicts_alone_may_be_asked_for(judged, tmp_path):
    """Of another run, or on lines that were kept."""
    verdicts = Verdicts.open(tmp_path / "v.jsonl")
    verdicts.add(Verdict(reviewer="ann", verdict="wrong", rule="kept-line", fingerprint="0" * 16, scope="text"))
    out = io.BytesIO()
    assert export(judged, out, verdicts, format="csv", what="verdicts", rule="kept-line") == (1, 1)


@pytest.mark.parametrize(
    ("format", "what", "message"),
    [
        ("csv", "verdicts", "cleaner: 6 verdicts\n"),
        ("doccano", "verdicts", "cleaner: 6 verdicts on 5 removals\n"),
        ("label-studio", "verdicts", "cleaner: 6 verdicts on 5 removals\n"),
    ],
)
def test_what_was_written_is_told_in_its_own_words(judged, capsys, format, what, message):
    assert main(["export", str(judged), "--format", format, "--what", what]) == 0
    assert capsys.readouterr().err == message


def test_a_changed_article_still_gives_what_was_cut(tmp_path):
    (tmp_path / "a.txt").write_text("Ships sail.\n\nAdvertisement\n")
    main(["clean", str(tmp_path / "a.txt"), "--out", str(tmp_path / "out"), "--quiet"])
    (tmp_path / "out" / "articles" / "a.txt").write_text("Ships do not sail.\n")
    (row,) = rows_of(exported(tmp_path / "out", "csv")[1])
    assert row["text"].strip() == "Advertisement" and not row["before"]


def test_the_logs_as_parquet_give_the_same(tmp_path):
    (tmp_path / "a.txt").write_text("Ships sail.\n\nAdvertisement\n")
    for name in ("jsonl", "parquet"):
        out = ["--out", str(tmp_path / name), "--log-format", name]
        assert main(["clean", str(tmp_path / "a.txt"), *out, "--quiet"]) == 0
    for format in FORMATS:
        for what in WHATS:
            assert exported(tmp_path / "jsonl", format, what) == exported(tmp_path / "parquet", format, what)


def test_files_appear_whole_and_are_not_replaced_unasked(judged, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    arguments = ["export", str(judged), "--format", "label-studio", "--out", "tasks.json", "--config", "view.xml"]
    assert main(arguments) == 0
    said = capsys.readouterr()
    assert "removals in tasks.json" in said.err and not said.out
    assert json.loads((tmp_path / "tasks.json").read_text()) and (tmp_path / "view.xml").exists()
    assert main(arguments) == 2 and main([*arguments, "--force"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tasks.json", "view.xml"]


@pytest.mark.parametrize("wrong", [["--config", "x.xml"], ["--limit", "0"], ["--verdicts", "missing"], ["--out", "."]])
def test_options_that_make_no_sense_are_refused(judged, wrong):
    assert main(["export", str(judged), "--format", "csv", *wrong]) == 2


def test_standard_output_takes_what_has_no_file(run: Run, judged):
    done = run("export", judged, "--format", "doccano", "--limit", "2")
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 2 and "2 removals" in done.stderr
