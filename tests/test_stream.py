"""The command in a shell pipe: a line out for a line in, at once; what fails is said and nothing else is lost."""

import contextlib
import io
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_hostile import HOSTILE

from cleaner.removal_log import ErrorEntry
from cleaner.stream import clean_stream
from cleaner.work import Settings

DAM = "The dam held.\n\nAdvertisement\n\nNobody was hurt, the mayor said."
CLEAN = "The dam held.\n\nNobody was hurt, the mayor said."
PATIENCE = 100
RULES = """
description = "labels of advertisements"
[[rule]]
id = "label"
description = "an advertisement's label"
category = "ad"
lines = ['advertisement']
[rule.samples]
remove = ["Advertisement"]
keep = ["The advertisement was torn down."]
"""
#: Few rules are loaded faster than all.
RULED = ("--only-rules", "--rules", "rules.toml")

Pipe = Callable[..., subprocess.Popen[bytes]]
posix = pytest.mark.skipif(os.name != "posix", reason="these are signals of POSIX")


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Pipe]:
    """Starts ``cleaner clean - --out -``."""
    started: list[subprocess.Popen[bytes]] = []
    (tmp_path / "rules.toml").write_text(RULES)

    def start(*options: object, kind: str = "jsonl") -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "cleaner", "clean", "-", "--out", "-", "--stdin", kind, *RULED]
        command += map(str, options)
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        started.append(subprocess.Popen(command, cwd=tmp_path, **streams))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            with contextlib.suppress(OSError):  # what was not sent need not be
                stream.close()


def line(text: str = DAM, **fields: object) -> bytes:
    return json.dumps({**fields, "text": text}).encode() + b"\n"


def exchange(process: subprocess.Popen[bytes], data: bytes) -> dict:
    """Sends a line, and waits for the one that comes back."""
    process.stdin.write(data)
    process.stdin.flush()
    patience = threading.Timer(PATIENCE, process.kill)
    patience.start()
    try:
        return json.loads(process.stdout.readline())
    finally:
        patience.cancel()


def rows(path: Path) -> list[dict]:
    return [json.loads(row) for row in path.read_text().splitlines()]


def test_a_line_comes_out_before_the_next_goes_in(pipe, tmp_path):
    process = pipe("--log", "log.jsonl")
    for number in range(3):
        got = exchange(process, line(id=number, title="Ärger am Damm"))
        assert got == {"id": number, "title": "Ärger am Damm", "text": CLEAN}
        assert [row["doc"] for row in rows(tmp_path / "log.jsonl")] == list(map(str, range(number + 1)))
    out, errors = process.communicate()
    assert (process.returncode, out, errors) == (0, b"", b"")


def test_the_log_has_the_lines_that_a_run_into_a_folder_has(pipe, run, tmp_path):
    given = b"".join(line(id=f"page {number}", url="https://example.org") for number in range(3))
    process = pipe("--log", "log.jsonl")
    out, _ = process.communicate(given)
    assert run("clean", "-", "--stdin", "jsonl", "--out", "folder", *RULED, stdin=given).returncode == 0
    assert (tmp_path / "log.jsonl").read_bytes() == (tmp_path / "folder" / "removals.jsonl").read_bytes() != b""
    assert out == (tmp_path / "folder" / "articles" / "stdin.jsonl").read_bytes()


def test_bad_lines_are_named_and_the_good_ones_come_out(pipe, tmp_path):
    bad = [b"{not json\n", b"\n", b'{"id": 3}\n', b'{"text": "\xff"}\n', b"[1]\n", b'{"text": 7}\n']
    process = pipe("--errors", "errors.jsonl")
    out, errors = process.communicate(b"\xef\xbb\xbf" + line(id=1) + b"".join(bad) + line("Last line.", id=8).rstrip())
    assert process.returncode == 1
    assert [json.loads(row)["id"] for row in out.splitlines()] == [1, 8]
    said = errors.decode().splitlines()
    assert [row.split(":")[:3] for row in said] == [["cleaner", " stdin", f" line {n}"] for n in (2, 4, 5, 6, 7)]
    assert "not valid JSON" in said[0] and "no field 'text' or 'html'" in said[1] and "not UTF-8" in said[2]
    assert [(row["source"], row["row"], row["error"]) for row in rows(tmp_path / "errors.jsonl")] == [
        ("stdin", number, "input") for number in (2, 4, 5, 6, 7)
    ]


def test_a_rule_that_takes_too_long_is_said_and_all_else_is_done(pipe, tmp_path):
    (tmp_path / "hostile.toml").write_text(HOSTILE.format(shape="lines", pattern="(?:q|qq)+"))
    process = pipe("--rules", "hostile.toml")
    out, errors = process.communicate(line("q" * 5_000 + "b\n\nAdvertisement\n\nThe dam held."))
    assert process.returncode == 0 and b"line 1: rule hostile took longer than 1 s" in errors
    assert json.loads(out)["text"].endswith("b\n\nThe dam held.")


def test_every_character_comes_through(pipe):
    text = "Der Damm hielt. 大坝没有决口。 السد صامد. 🏞️ 𝔇am"
    process = pipe()
    got = exchange(
        process, json.dumps({"text": f"{text}\n\nAdvertisement", "ü": "ÿ"}, ensure_ascii=False).encode() + b"\n"
    )
    assert got == {"text": text, "ü": "ÿ"}


def test_a_line_of_fifty_megabytes_is_read(pipe):
    process = pipe()
    out, errors = process.communicate(line(picture="A" * 50_000_000) + line(id=2))
    assert (process.returncode, errors) == (0, b"")
    first, second = map(json.loads, out.splitlines())
    assert first["text"] == second["text"] == CLEAN and len(first["picture"]) == 50_000_000


@pytest.mark.parametrize(
    ("kind", "given", "clean"),
    [
        pytest.param("text", DAM, f"{CLEAN}\n", id="text"),
        pytest.param("text", "Advertisement\n", "", id="nothing left"),
        pytest.param("text", "", "", id="nothing given"),
        pytest.param("markdown", f"# Dam\n\n    code\n\n{DAM}", f"# Dam\n\n    code\n\n{CLEAN}\n", id="Markdown"),
    ],
)
def test_all_of_standard_input_is_one_document(pipe, tmp_path, kind, given, clean):
    process = pipe("--log", "log.jsonl", kind=kind)
    out, errors = process.communicate(given.encode())
    assert (process.returncode, out.decode(), errors) == (0, clean, b"")
    assert all((row["doc"], row["row"]) == ("stdin", None) for row in rows(tmp_path / "log.jsonl"))


def test_a_page_is_extracted_and_what_is_no_text_is_refused(pipe):
    page = f"<html><body><article><p>{'The dam held through the night. ' * 9}</p></article></body></html>"
    out, _ = pipe(kind="html").communicate(page.encode())
    assert out.decode().startswith("The dam held through the night.")
    process = pipe(kind="text")
    out, errors = process.communicate(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    assert (process.returncode, out) == (1, b"")
    assert errors == b"cleaner: stdin: not a text file: it looks like a PNG picture\n"


def test_a_reader_that_goes_away_ends_it_quietly(pipe):
    process = pipe()
    exchange(process, line())
    process.stdout.close()
    process.stdin.write(line() * 100)
    process.stdin.close()
    assert (process.wait(PATIENCE), process.stderr.read()) == (0, b"")


@posix
def test_ctrl_c_ends_it_quietly(pipe):
    process = pipe()
    exchange(process, line())
    process.send_signal(signal.SIGINT)
    assert (process.wait(PATIENCE), process.stdout.read(), process.stderr.read()) == (130, b"", b"")


@posix
@pytest.mark.parametrize("kill", ["SIGTERM", "SIGKILL"])
def test_what_was_written_before_it_was_killed_is_whole(pipe, tmp_path, kill):
    process = pipe("--log", "log.jsonl")
    for number in range(3):
        exchange(process, line(id=number))
    process.send_signal(getattr(signal, kill))
    process.wait(PATIENCE)
    assert len(rows(tmp_path / "log.jsonl")) == 3


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--state", "seen"], "--state makes no sense with --out -"),
        (["--jobs", "2"], "--jobs makes no sense with --out -"),
        (["--force"], "--force makes no sense with --out -"),
        (["--log", "full.jsonl"], "full.jsonl: is there already and is not replaced; choose another --log"),
        (["--log", "no/such/folder"], "cannot be written: No such file or directory; choose another --log"),
    ],
)
def test_options_that_make_no_sense_are_refused(run, tmp_path, options, says):
    (tmp_path / "full.jsonl").write_text("mine\n")
    done = run("clean", "-", "--out", "-", *options, stdin=line())
    assert (done.returncode, done.stdout) == (2, "") and says in done.stderr
    assert (tmp_path / "full.jsonl").read_text() == "mine\n"


def test_files_go_into_folders_and_logs_of_the_pipe_with_the_pipe(run, tmp_path):
    (tmp_path / "a.txt").write_text(DAM)
    done = run("clean", "a.txt", "--out", "-")
    assert done.returncode == 2 and "--out - cleans standard input alone; give - instead of a.txt" in done.stderr
    done = run("clean", "a.txt", "--out", "folder", "--log", "log.jsonl")
    assert done.returncode == 2 and "--log goes with --out -" in done.stderr and not (tmp_path / "folder").exists()


@posix
def test_a_full_disk_is_said(pipe):
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    process = pipe("--log", "/dev/full")
    _, errors = process.communicate(line())
    assert process.returncode == 2 and b"No space left on device" in errors and b"Traceback" not in errors


class Trickle(io.RawIOBase):
    """Bytes that come a few at a time, as through a slow pipe."""

    def __init__(self, data: bytes, chance: random.Random) -> None:
        self._data, self._chance = data, chance

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        size = min(len(buffer), self._chance.randint(1, 40), len(self._data))
        buffer[:size], self._data = self._data[:size], self._data[size:]
        return size


ONE_RULE = Settings(rules=(str(Path(__file__).parent.parent / "fixtures" / "valid_rules.toml"),), only_rules=True)
given_lines = st.lists(
    st.one_of(st.text().map(line), st.sampled_from([b"\n", b"  \r\n", b"{\n", line(DAM)])), max_size=8
)


@settings(max_examples=25)
@given(given_lines, st.booleans(), st.randoms(use_true_random=False))
def test_however_the_bytes_come_every_line_is_cleaned_or_complained_of(lines, ended, chance):
    data = b"".join(lines) if ended else b"".join(lines).removesuffix(b"\n")
    out, complaints = io.BytesIO(), []
    tally = clean_stream(io.BufferedReader(Trickle(data, chance)), out, ONE_RULE, complain=complaints.append)
    assert [type(one) for one in complaints] == [ErrorEntry] * tally.failed
    asked = [number for number, one in enumerate(lines, 1) if one.strip()]
    assert [one.row for one in complaints] == [number for number in asked if lines[number - 1] == b"{\n"]
    assert len(out.getvalue().splitlines()) == tally.documents == len(asked) - tally.failed
