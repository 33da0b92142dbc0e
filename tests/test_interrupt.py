"""Ctrl-C ends a command with one plain line and the status 130, at whatever moment it comes, and nothing is lost."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import wraps
from importlib import import_module
from itertools import cycle
from pathlib import Path

import psutil
import pytest
from conftest import ROOT
from test_bad_input import tree
from test_resume import RULES, text

import cleaner
from cleaner.cli import main
from cleaner.errors import StateError
from cleaner.interrupt import heard, heed, held, too_late

posix = pytest.mark.skipif(os.name != "posix", reason="SIGINT is sent")
PATIENCE = 60


def ctrl_c() -> None:
    signal.raise_signal(signal.SIGINT)


class Turned(Exception):
    """What a library makes of it."""


def test_what_a_library_makes_of_it_ends_the_block_all_the_same():
    with pytest.raises(KeyboardInterrupt), heard(signal.SIGINT):
        try:
            ctrl_c()
        except KeyboardInterrupt:
            raise Turned from None


def test_without_it_an_error_is_an_error():
    with pytest.raises(Turned), heard(signal.SIGINT):
        raise Turned
    with pytest.raises(Turned), heard(signal.SIGINT):
        with pytest.raises(KeyboardInterrupt), heard(signal.SIGINT):
            ctrl_c()
        raise Turned


class Clears:
    def __del__(self):
        ctrl_c()


def test_what_is_dropped_is_not_printed_and_heeded_at_the_next_step(capsys):
    with pytest.raises(KeyboardInterrupt), heard(signal.SIGINT):
        Clears()
        heed()
    heed()
    assert capsys.readouterr().err == ""


def test_what_else_is_dropped_is_printed_as_ever(capsys):
    class Fails:
        def __del__(self):
            raise Turned

    with heard(signal.SIGINT):
        Fails()
    assert "Turned" in capsys.readouterr().err


def test_it_is_heard_as_before_when_the_block_has_ended():
    before = signal.getsignal(signal.SIGINT)
    with heard(signal.SIGINT):
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_where_it_is_ignored_it_stays_so():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with heard(signal.SIGINT):
            ctrl_c()
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_step_that_must_not_be_cut_short_is_not():
    done = []
    with pytest.raises(KeyboardInterrupt), heard(signal.SIGINT):
        with held():
            ctrl_c()
            done.append("a process begins")
        done.append("and then")
    assert done == ["a process begins"]


def test_nothing_is_stopped_that_has_ended():
    with heard(signal.SIGINT):
        too_late()
        ctrl_c()
        heed()
    with pytest.raises(KeyboardInterrupt), heard(signal.SIGINT):
        ctrl_c()


def test_all_that_the_package_offers_is_there_though_loaded_late():
    assert {name for names in cleaner._HOMES.values() for name in names} == {*cleaner.__all__} - {"__version__"}
    assert all(getattr(cleaner, name) is not None for name in cleaner.__all__) and {*cleaner.__all__} <= {*dir(cleaner)}
    assert not hasattr(cleaner, "Scrubber")


@pytest.fixture(scope="module")
def box(tmp_path_factory) -> Path:
    """A folder with something to clean in ``in``, and in ``whole`` what a run makes of it that nobody stopped."""
    box = tmp_path_factory.mktemp("box")
    (box / "in").mkdir()
    for number in range(12):
        (box / "in" / f"{number}.txt").write_text(text(number))
    (box / "rules.toml").write_text(RULES)
    assert main(command(box, box / "whole")) == 0
    return box


def command(box: Path, out: Path, jobs: int = 1) -> list[str]:
    rules = ["--only-rules", "--rules", str(box / "rules.toml")]
    return ["clean", str(box / "in"), "--out", str(out), "--quiet", "--checkpoints", "0", "--jobs", str(jobs), *rules]


#: What a run does, from first to last, and the how manieth time it is cut short there.
STEPS = [
    ("cleaner.cli.clean.plan", 1),
    ("cleaner.work.Settings.packs", 1),
    ("cleaner.output.OutputFolder._begin", 1),
    ("cleaner.survey.Survey.create_or_open", 1),
    ("cleaner.recurrence.counting._begin", 1),
    ("cleaner.work.Surveyor._note", 1),
    ("cleaner.work.Surveyor._note", 9),
    ("cleaner.first_pass._Notes.commit", 2),
    ("cleaner.output.OutputFolder.checkpoint", 3),
    ("cleaner.survey.Survey.finish", 1),
    ("cleaner.recurrence.Recurrences.finish", 1),
    ("cleaner.recurrence.Recurrences.write_table", 1),
    ("cleaner.work.Settings.cleaner", 1),
    ("cleaner.work.Worker._clean_one", 1),
    ("cleaner.work.Worker._clean_one", 10),
    ("cleaner.output.OutputFolder.article", 5),
    ("cleaner.output.OutputFolder.log", 8),
    ("cleaner.output.OutputFolder.checkpoint", 9),
    ("cleaner.output.OutputFolder._complete", 1),
    ("cleaner.output.sync_folder", 1),
]
#: What becomes of the exception on its way.
MADE = [None, RuntimeError, StateError]


def cut_short(monkeypatch, name: str, time: int, made: type[Exception] | None) -> None:
    """Ctrl-C comes when that is done for the so manieth time."""
    where, _, last = name.rpartition(".")
    try:
        place = import_module(where)
    except ModuleNotFoundError:
        module, _, kind = where.rpartition(".")
        place = getattr(import_module(module), kind)
    given, calls = vars(place)[last], []
    does = given.__func__ if isinstance(given, classmethod) else given

    @wraps(does)
    def stops(*arguments, **options):
        done = does(*arguments, **options)
        calls.append(1)
        if len(calls) == time:
            try:
                ctrl_c()
            except KeyboardInterrupt:
                if made:
                    raise made("interrupted") from None
                raise
        return done

    monkeypatch.setattr(place, last, classmethod(stops) if isinstance(given, classmethod) else stops)


@pytest.mark.parametrize(("step", "made"), list(zip(STEPS, cycle(MADE), strict=False)), ids=str)
def test_a_run_is_stopped_in_any_of_its_steps_and_goes_on(box, tmp_path, monkeypatch, capsys, step, made):
    monkeypatch.setattr("cleaner.tasks.TASK_ITEMS", 2)
    with monkeypatch.context() as patch:
        cut_short(patch, *step, made)
        assert main(command(box, tmp_path / "out")) == 130
    said = capsys.readouterr().err
    assert said.startswith("cleaner: stopped") and len(said.splitlines()) == 1
    assert main(command(box, tmp_path / "out")) == 0
    assert tree(tmp_path / "out") == tree(box / "whole")


def test_one_that_is_whole_is_not_stopped_any_more(box, tmp_path, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        cut_short(patch, "cleaner.output.end", 1, None)
        assert main(command(box, tmp_path / "out")) == 0
    assert capsys.readouterr().err == ""
    assert tree(tmp_path / "out") == tree(box / "whole")


@pytest.fixture
def begun(box, tmp_path) -> Iterator[Callable[[int], subprocess.Popen]]:
    """Runs as processes of their own, each the first of a group; at the end none of these may be left."""
    groups = []

    def begin(jobs: int) -> subprocess.Popen:
        words = [sys.executable, "-m", "cleaner", *command(box, tmp_path / "out", jobs)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(words, stderr=subprocess.PIPE, env=environment, start_new_session=True)
        groups.append(process)
        return process

    yield begin
    for process in groups:
        _, left = psutil.wait_procs(members(process.pid), PATIENCE / 10)
        for one in left:
            one.kill()
        assert not left


def members(group: int) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError):
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def children(process: subprocess.Popen) -> list[psutil.Process]:
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


@posix
@pytest.mark.parametrize("after", [0.0, 0.1, 0.4])
def test_workers_that_are_just_beginning_say_nothing(begun, after):
    process = begun(2)
    while process.poll() is None and len(children(process)) < 2:
        time.sleep(0.002)
    time.sleep(after)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert said.startswith(b"cleaner: stopped") and len(said.splitlines()) == 1, said.decode()


@posix
def test_it_is_heard_while_the_command_is_loaded(begun):
    process = begun(1)
    time.sleep(0.25)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert said.startswith(b"cleaner: stopped") and len(said.splitlines()) == 1, said.decode()


@posix
def test_the_status_is_130_too_when_it_strikes_in_code_that_is_made_as_it_loads(tmp_path):
    (tmp_path / "struck.py").write_text(
        "import sys, cleaner.cli.rules\n"
        "cleaner.cli.rules.add_to = lambda commands: exec('import signal; signal.raise_signal(signal.SIGINT)')\n"
        "from cleaner.cli import main; sys.exit(main())"
    )
    words, places = [sys.executable, "-m", "struck"], os.pathsep.join([str(tmp_path), str(ROOT)])
    done = subprocess.run(words, capture_output=True, env={**os.environ, "PYTHONPATH": places}, check=False)
    assert (done.returncode, done.stderr) == (130, b"cleaner: stopped\n")
