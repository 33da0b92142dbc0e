"""``cleaner review --terminal``: real key presses on a real (pseudo) terminal, and lines of keys through a pipe."""

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import filelock
import pytest
from reviewing import make_run

from cleaner.cli import main
from cleaner.review import queries
from cleaner.review.index import Index
from cleaner.review.verdicts import Verdict, Verdicts
from cleaner.review.visible import width, wrapped

pty = pytest.importorskip("pty", reason="there are no pseudo-terminals here")
#: How pages end.
ENDS = r"q end|\? q\r?\n|d q\r?\n|q back|q: back|any key|order:chars|verdicts? by"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run that is reviewed again and again, each time with another file of verdicts."""
    run = make_run(tmp_path_factory.mktemp("terminal"), count=25)
    Index.open(run).close()
    return run


def command(run: Path, verdicts: Path) -> list[str]:
    options = ["--terminal", "--reviewer", "ann", "--verdicts", str(verdicts)]
    return [sys.executable, "-m", "cleaner", "review", str(run), *options]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "TERM": "xterm", "COLUMNS": "", "LINES": "", **more}


class Terminal:
    """The command on a pseudo-terminal of some size."""

    def __init__(self, run: Path, verdicts: Path, columns: int = 80, rows: int = 24, **more: str) -> None:
        self.verdicts = verdicts
        self._ours, theirs = pty.openpty()
        import fcntl
        import struct
        import termios

        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process = subprocess.Popen(
            command(run, verdicts),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment(**more),
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        self._theirs = theirs
        self.all = b""
        self.page = self.read()

    def read(
        self, until: str = r"q end|\? q|d q\n|q back|q: back|any key|order:chars|verdicts? by", seconds: float = 20
    ) -> str:
        """What is shown next, once it has ended."""
        taken, end = b"", time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([self._ours], [], [], 0.05)[0]:
                try:
                    taken += os.read(self._ours, 65536)
                except OSError:  # it ended
                    break
            elif re.search(ENDS, taken.decode(errors="replace")) or self.process.poll() is not None:
                break
        self.all += taken
        return taken.decode(errors="replace").replace("\r\n", "\n")

    def press(self, keys: str) -> str:
        os.write(self._ours, keys.encode())
        self.page = self.read()
        return self.page

    def lines(self) -> list[dict]:
        return [json.loads(line) for line in self.verdicts.read_text().splitlines()]

    def end(self) -> int:
        """Leaves, and gives the exit status; what is still shown must be read, or the command waits."""
        if self.process.poll() is None:
            os.write(self._ours, b"qqqq")
        deadline = time.monotonic() + 30
        while self.process.poll() is None and time.monotonic() < deadline:
            if select.select([self._ours], [], [], 0.05)[0]:
                self.all += os.read(self._ours, 65536)
        status = self.process.wait(timeout=5)
        os.close(self._ours)
        os.close(self._theirs)
        return status


def test_groups_are_judged_undone_and_filtered_by_single_presses(made, tmp_path):
    terminal = Terminal(made, tmp_path / "v.jsonl")
    pages = [terminal.page, *(terminal.press(key) for key in "yns")]
    assert "1 of " in pages[1] and "right: '" in pages[1] and "wrong: '" in pages[2] and "skipped: '" in pages[3]
    assert [line["verdict"] for line in terminal.lines()] == ["right", "wrong", "skip"]
    assert {line["scope"] for line in terminal.lines()} == {"group"}
    undone = terminal.press("u")
    assert "undone: skipped" in undone and terminal.lines()[-1]["undo"] == terminal.lines()[2]["id"]
    assert "rule:" in terminal.press("/")
    assert "only: rule:zap-line" in terminal.press("rule:zap-line\n")
    terminal.press("y")
    assert terminal.lines()[-1]["rule"] == "zap-line"
    assert "2 right" not in terminal.page and terminal.end() == 0
    with Index.open(made):
        assert Verdicts.open(tmp_path / "v.jsonl").reviewers() == {"ann": 3}


def test_a_group_opens_into_its_removals_and_their_documents(made, tmp_path):
    terminal = Terminal(made, tmp_path / "v.jsonl")
    terminal.press("/")
    terminal.press("order:count\n")
    assert "1 of " in terminal.press("\r")
    single = terminal.press("n")
    assert "wrong: '" in single and terminal.lines()[-1]["scope"] == "text"
    assert re.search(r"lines \d+ to \d+ of \d+", terminal.press("d"))
    assert "q end" in terminal.press("q") or "q back" in terminal.page
    terminal.press("q")
    terminal.press("a")
    assert (terminal.lines()[-1]["verdict"], terminal.lines()[-1]["scope"]) == ("right", "site")
    terminal.press("e")
    assert (terminal.lines()[-1]["verdict"], terminal.lines()[-1]["scope"]) == ("wrong", "site")
    assert "undo your last verdict" in terminal.press("?")
    assert terminal.end() == 0


def test_arrows_move_and_unknown_keys_do_nothing(made, tmp_path):
    terminal = Terminal(made, tmp_path / "v.jsonl")
    first = terminal.page
    second = terminal.press("\x1b[B")
    assert body(second) != body(first) and body(terminal.press("\x1b[A")) == body(first)
    assert body(terminal.press("ö")) == body(first) and body(terminal.press("\x1b[3~")) == body(first)
    assert not (tmp_path / "v.jsonl").exists() and terminal.end() == 0


def body(page: str) -> list[str]:
    """A page without what was said last."""
    return re.sub(r"\x1b\[[\d;]*[A-Za-z]", "", page).split("\n")[:6]


def test_nothing_is_lost_when_it_is_killed(made, tmp_path):
    terminal = Terminal(made, tmp_path / "v.jsonl")
    for count in range(1, 6):
        terminal.press("yn"[count % 2])
        assert len(terminal.lines()) == count  # on disk before the next group is shown
    os.write(terminal._ours, b"y")  # and in the middle of a key
    os.kill(terminal.process.pid, signal.SIGKILL)
    terminal.end()
    again = Terminal(made, tmp_path / "v.jsonl")
    given = Verdicts.open(tmp_path / "v.jsonl")
    assert given.reviewers()["ann"] in (5, 6) and not given.damaged
    assert f"{given.reviewers()['ann']} of " in again.page and again.end() == 0


def test_ctrl_c_and_the_end_of_input_leave_cleanly(made, tmp_path):
    terminal = Terminal(made, tmp_path / "v.jsonl")
    terminal.press("y")
    assert "1 verdict by ann" in terminal.press("\x03") and terminal.end() == 0
    terminal = Terminal(made, tmp_path / "v.jsonl")
    assert "0 verdicts by ann" in terminal.press("\x04") and terminal.end() == 0


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (40, 16)])
def test_pages_fit_the_terminal(made, tmp_path, columns, rows):
    terminal = Terminal(made, tmp_path / "v.jsonl", columns, rows, NO_COLOR="1")
    pages = [terminal.page, *(terminal.press(key) for key in "jjjjjj?jjj"), terminal.press("\r"), terminal.press("d")]
    terminal.end()
    for page in pages:
        shown = page.removeprefix("\x1b[H\x1b[2J\x1b[3J").rstrip("\n").split("\n")
        assert "\x1b" not in "".join(shown)
        assert len(shown) < rows and all(width(line) < columns for line in shown), page


def test_no_article_commands_the_terminal(made, tmp_path):
    """Every text of the hostile pages, with colour: only our own codes come through."""
    terminal = Terminal(made, tmp_path / "v.jsonl")
    terminal.press("/")
    terminal.press("rule:zap-line\n")
    for _ in range(12):
        terminal.press("j" * 8)
    terminal.end()
    sent = terminal.all.decode(errors="replace")
    codes = set(re.findall(r"\x1b.{0,5}", sent))
    assert all(re.match(r"\x1b\[(\d{0,2}[mHJ])", code) for code in codes), codes
    assert not set(sent) & set("\x07\x08\x9b\u202e\u2066\u200b")


def piped(made: Path, verdicts: Path, keys: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command(made, verdicts), input=keys.encode(), capture_output=True, env=environment(COLUMNS="80"), check=False
    )
    return subprocess.CompletedProcess([], done.returncode, done.stdout.decode(), done.stderr.decode())


def test_keys_may_come_through_a_pipe(made, tmp_path):
    done = piped(made, tmp_path / "v.jsonl", "y\nn\nu\n/rule:zap-line\nyyy\n")
    assert done.returncode == 0 and "\x1b" not in done.stdout
    lines = [json.loads(line) for line in (tmp_path / "v.jsonl").read_text().splitlines()]
    assert [line.get("verdict") for line in lines] == ["right", "wrong", None, "right", "right", "right"]
    assert {line["rule"] for line in lines[3:]} == {"zap-line"}
    assert done.stdout.rstrip().split("\n")[-1].startswith("4 verdicts by ann now, 4 in all in ")
    again = piped(made, tmp_path / "v.jsonl", "q").stdout.rstrip()
    assert again.endswith(f"0 verdicts by ann now, 4 in all in {tmp_path}/v.jsonl")


def test_help_swallows_no_key_of_a_pipe(made, tmp_path):
    done = piped(made, tmp_path / "v.jsonl", "?\ny\n?n\n")
    assert done.returncode == 0 and "undo your last verdict" in done.stdout
    lines = [json.loads(line) for line in (tmp_path / "v.jsonl").read_text().splitlines()]
    assert [line["verdict"] for line in lines] == ["right", "wrong"]


def test_no_verdict_is_lost_without_a_word(made, tmp_path):
    """Where the file cannot be written that is said before the first key and at each, and nobody is led on."""
    (tmp_path / "v.jsonl.lock").mkdir()
    done = piped(made, tmp_path / "v.jsonl", "y\nn\nu\n\ny\nq\nq\n")
    assert "no verdict can be kept here: v.jsonl cannot be written" in done.stderr and "--verdicts" in done.stderr
    assert done.stdout.count("NOT KEPT:") == 6, "at the start, at each of four keys, and at the end"
    assert "0 verdicts by ann" in done.stdout and done.stdout.rstrip().endswith("NOT KEPT: 4") and done.returncode == 1
    pages = re.findall(r"^(\S+)  \[.*0 of ", done.stdout, flags=re.MULTILINE)
    assert len(set(pages)) == 1, "the group that was to be judged is still the one that is shown"


def test_ctrl_c_is_heard_while_another_process_writes(made, tmp_path):
    terminal = Terminal(made, tmp_path / "v.jsonl")
    with filelock.FileLock(tmp_path / "v.jsonl.lock"):
        os.write(terminal._ours, b"y")
        time.sleep(0.5)
        assert "NOT KEPT: 1" in terminal.press("\x03")
    assert terminal.end() == 1 and not (tmp_path / "v.jsonl").exists()


def test_who_judges_for_themselves_sees_what_others_judged(made, tmp_path):
    verdicts = Verdicts.open(tmp_path / "v.jsonl")
    with Index.open(made) as index:
        first, second = queries.groups(index, verdicts, limit=2)["groups"]
    for one in (first, second):
        known = {name: one[name] for name in ("rule", "fingerprint", "category")}
        verdicts.add(Verdict(reviewer="bea", verdict="right", scope="group", **known))
    assert "2 of " in piped(made, tmp_path / "v.jsonl", "q\n").stdout
    options = [*command(made, tmp_path / "v.jsonl"), "--mine"]
    done = subprocess.run(options, input=b"n\nk\nq\n", capture_output=True, env=environment(), check=False)
    pages = done.stdout.decode()
    assert "0 of " in pages and "judged by you" in pages
    line = json.loads((tmp_path / "v.jsonl").read_text().splitlines()[-1])
    assert (line["reviewer"], line["fingerprint"]) == ("ann", first["fingerprint"])
    assert "! reviewers differ: bea right, ann WRONG" in pages
    assert main(["review", str(made), "--mine", "--no-browser"]) == 2


def test_with_a_site_the_numbers_are_those_of_the_site(made, tmp_path):
    done = piped(made, tmp_path / "v.jsonl", "/site:marrowbaycourier.example order:count\nq\n")
    assert re.search(r"\d+ here with \d+ characters, of [\d,]+ times on \d+ sites", done.stdout)


def test_a_filter_that_makes_no_sense_is_explained(made, tmp_path):
    done = piped(made, tmp_path / "v.jsonl", "/order:sideways\n/no-such-words-anywhere\n/\nq\n")
    assert "it must be one of chars" in done.stdout and "Nothing more to judge with this filter" in done.stdout
    assert done.returncode == 0


def test_lines_are_broken_by_cells():
    assert wrapped("日本語の記事", 6) == ["日本語", "の記事"] and width("日本") == 4
    assert wrapped("a" * 7, 3) == ["aaa", "aaa", "a"] and wrapped("", 5) == [""]
