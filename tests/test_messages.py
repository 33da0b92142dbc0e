"""What is said when something is wrong names the place, what was found, and what to do; and says it once."""

import io
import json
import signal
import threading

import pyarrow as pa
import pytest
from pyarrow.parquet import write_table

from cleaner.cli import main
from cleaner.cli.complaints import Complaints
from cleaner.errors import InputError
from cleaner.removal_log import ErrorEntry
from cleaner.stream import clean_stream
from cleaner.work import Settings


@pytest.fixture
def clean(tmp_path, capsys):
    def clean(*arguments):
        status = main(["clean", *map(str, arguments), "--out", str(tmp_path / "out"), "--quiet", "--single-pass"])
        return status, capsys.readouterr().err

    return clean


def test_the_same_of_one_file_is_said_three_times(capsys):
    complaints = Complaints()
    for row in range(10):
        complaints(ErrorEntry("a.jsonl", row, None, "input", f"broken at byte {row}"))
    complaints(ErrorEntry("b.parquet", 7, None, "input", "the text is null"))
    complaints.finish("; all are in out/errors.jsonl")
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "cleaner: a.jsonl: line 0: broken at byte 0"
    assert said[3:] == [
        "cleaner: b.parquet: row 7: the text is null",
        "cleaner: 7 more problems like these; all are in out/errors.jsonl",
    ]


def test_an_input_that_holds_nothing_is_said(tmp_path, clean):
    (tmp_path / "box").mkdir()
    (tmp_path / "box" / "photo.jpg").write_bytes(b"x")
    status, said = clean(tmp_path / "box")
    assert status == 0
    assert "holds nothing to clean; 1 files of other kinds were passed over; known endings: .txt" in said


@pytest.mark.parametrize("seconds", ["nan", "-1"])
def test_a_time_between_checkpoints_is_no_less_than_nothing(tmp_path, clean, seconds):
    (tmp_path / "a.txt").write_text("The ferry sailed.")
    status, said = clean(tmp_path / "a.txt", "--checkpoints", seconds)
    assert status == 2 and "a number of seconds from 0 on" in said


def test_a_column_without_any_text_gives_way_to_the_page(tmp_path, clean):
    page = "<p>A page of its own, with a sentence in it.</p>"
    write_table(pa.table({"text": pa.nulls(2), "html": [page, page]}), tmp_path / "a.parquet")
    assert clean(tmp_path / "a.parquet") == (0, "")
    table = pa.parquet.read_table(tmp_path / "out" / "articles" / "a.parquet")
    assert table["text"].to_pylist() == ["A page of its own, with a sentence in it."] * 2


def test_packed_lines_in_a_pipe_are_refused_with_a_word_on_what_to_do():
    with pytest.raises(InputError, match=r"holds gzip data.*decompress it first"):
        clean_stream(io.BytesIO(b"\x1f\x8b\x08 and so on"), io.BytesIO(), Settings())


def test_a_run_that_is_not_finished_says_how_to_finish_it(tmp_path, capsys, monkeypatch):
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "The ferry sailed."}) + "\n")
    command = ["clean", str(tmp_path / "a.jsonl"), "--out", str(tmp_path / "out"), "--quiet", "--checkpoints", "0"]

    def stopped(self, text, known):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("cleaner.output.OutputFolder.complete", stopped)
        main(command)
    for again in (["verify", str(tmp_path / "out")], ["restore", str(tmp_path / "out"), "--out", str(tmp_path / "r")]):
        assert main(again) == 2
        assert "the run is not finished; give the command that began it again" in capsys.readouterr().err
    assert main(command) == 0


def test_what_ends_a_process_is_as_it_was_after_a_run(tmp_path, clean):
    (tmp_path / "a.txt").write_text("The ferry sailed.")
    before = signal.getsignal(signal.SIGTERM)
    assert clean(tmp_path / "a.txt")[0] == 0
    assert signal.getsignal(signal.SIGTERM) is before
    statuses = []
    thread = threading.Thread(target=lambda: statuses.append(clean(tmp_path / "a.txt", "--force")[0]))
    thread.start()
    thread.join()
    assert statuses == [0], "in a thread signals cannot be set"
