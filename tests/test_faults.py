"""What is killed goes on and loses nothing: a small part of ``benchmarks.faults``, and the bugs that it found."""

import gzip
import json
import os
import pickle
import random
import signal
import time
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest
from test_bad_input import errors, tree
from test_resume import RULES, Stops, clean, text

from benchmarks.faults import damage, kills
from benchmarks.faults.runs import Count
from cleaner.checkpoint import Checkpoint, end
from cleaner.errors import CleanerError
from cleaner.formats.jsonl import Fields
from cleaner.formats.sources import plan
from cleaner.processes import Died, Helper
from cleaner.tasks import Task, Work
from cleaner.workers import TRIES, Crew, Local

pytestmark = pytest.mark.skipif(os.name != "posix", reason="kills process groups")


@pytest.fixture
def rules(tmp_path) -> Path:
    path = tmp_path / "rules.toml"
    path.write_text(RULES)
    return path


@pytest.fixture
def small_tasks(monkeypatch) -> None:
    monkeypatch.setattr("cleaner.tasks.TASK_ITEMS", 2)


@pytest.mark.parametrize(("kind", "way"), [("parquet", "group"), ("warc.gz", "worker")])
def test_a_killed_run_ends_as_if_nothing_had_happened(tmp_path, monkeypatch, kind, way):
    monkeypatch.setattr(kills, "STORIES", 40)
    row = kills.Row()
    kills.Rounds(tmp_path, random.Random(5), [way]).killed(kind, row, 1)
    assert (row.count, row.different, row.unverified, row.said) == (Count(), 0, 0, [])


@pytest.mark.parametrize("kind", ["jsonl.gz", "tar"])
def test_documents_come_out_around_damage(tmp_path, kind):
    told = damage.made(tmp_path, 4, [kind], 1, lambda said: None)
    assert not told.wrong


def test_what_no_checkpoint_vouches_for_is_written_again(tmp_path, rules, small_tasks):
    box = tmp_path / "in"
    box.mkdir()
    for name in ("a", "b", "c"):
        rows = (json.dumps({"text": text(number)}) + "\n" for number in range(8))
        (box / f"{name}.jsonl").write_text("".join(rows))
    clean(box, tmp_path / "whole", rules)
    for stop in range(8, 22, 3):
        out = tmp_path / f"out{stop}"
        with pytest.raises(KeyboardInterrupt):
            clean(box, out, rules, engine=Stops(stop))
        kills.scribble(out / ".partial", random.Random(stop))
        clean(box, out, rules)
        assert tree(out) == tree(tmp_path / "whole")


def test_a_file_that_breaks_off_is_reported_once_wherever_the_run_was_stopped(tmp_path, rules, small_tasks):
    box = tmp_path / "in"
    box.mkdir()
    rows = "".join(json.dumps({"id": number, "text": text(number)}) + "\n" for number in range(4)).encode()
    (box / "a.jsonl.gz").write_bytes(gzip.compress(rows + random.Random(1).randbytes(3000).hex().encode())[:-40])
    whole = Stops()
    clean(box, tmp_path / "whole", rules, engine=whole)
    assert len(errors(tmp_path / "whole")) == 1
    for stop in range(whole.done):
        out = tmp_path / f"out{stop}"
        with pytest.raises(KeyboardInterrupt):
            clean(box, out, rules, engine=Stops(stop))
        clean(box, out, rules)
        assert tree(out) == tree(tmp_path / "whole")


def _stopped_in_its_last_step(box: Path, out: Path, rules: Path, monkeypatch) -> None:
    replace = Path.replace

    def stops(path: Path, target: Path):
        if target == out / "summary.json":
            raise KeyboardInterrupt
        return replace(path, target)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "replace", stops)
        clean(box, out, rules, force=True)


@pytest.fixture
def half_replaced(tmp_path, rules, monkeypatch) -> Path:
    """A folder in which half of a run has replaced another."""
    box, out = tmp_path / "in", tmp_path / "out"
    box.mkdir()
    (box / "a.txt").write_text(text(1))
    clean(box, out, rules)
    (box / "b.txt").write_text(text(2))
    _stopped_in_its_last_step(box, out, rules, monkeypatch)
    return out


def test_a_run_that_replaces_another_may_be_stopped_in_its_last_step(tmp_path, rules, half_replaced):
    rest = Stops()
    clean(tmp_path / "in", half_replaced, rules, force=True, engine=rest)
    clean(tmp_path / "in", tmp_path / "whole", rules)
    assert rest.done == 0 and tree(half_replaced) == tree(tmp_path / "whole")


def test_then_it_may_be_replaced_by_a_third(tmp_path, rules, half_replaced):
    (tmp_path / "in" / "c.txt").write_text(text(3))
    for engine in (Stops(0), Stops()):
        try:
            clean(tmp_path / "in", half_replaced, rules, force=True, engine=engine)
        except KeyboardInterrupt:
            continue
    clean(tmp_path / "in", tmp_path / "whole", rules)
    assert tree(half_replaced) == tree(tmp_path / "whole")


def test_a_run_that_is_to_replace_another_goes_on_without_force(tmp_path, rules, small_tasks):
    box, out = tmp_path / "in", tmp_path / "out"
    box.mkdir()
    for number in range(8):
        (box / f"{number}.txt").write_text(text(number))
    clean(box, out, rules)
    (box / "more.txt").write_text(text(9))
    with pytest.raises(KeyboardInterrupt):
        clean(box, out, rules, force=True, engine=Stops(8))
    clean(box, out, rules)
    clean(box, tmp_path / "whole", rules)
    assert tree(out) == tree(tmp_path / "whole")


def test_the_checkpoint_goes_last_when_a_run_has_ended(tmp_path, monkeypatch):
    Checkpoint({}, stage="publish").write(tmp_path)
    (tmp_path / "documents.jsonl").touch()
    (tmp_path / "articles").mkdir()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "rmdir", _stops)
        patch.setattr("cleaner.checkpoint.os.rmdir", _stops)
        end(tmp_path)
    assert Checkpoint.read(tmp_path)
    end(tmp_path)
    assert not tmp_path.exists()


def _stops(*given, **options):
    raise KeyboardInterrupt


class Fatal:
    """A worker that dies of one row of a batch, and lists the others."""

    def __call__(self, task: Task) -> list[tuple[int, ...] | None]:
        chosen = [item.chosen or tuple(range(item.rows)) for item in task.items if item.documents]
        if any(4 in rows for rows in chosen):
            os.kill(os.getpid(), signal.SIGKILL)
        return list(chosen)


def _lost(task: Task) -> list[str]:
    return [f"lost {item.chosen}" for item in task.items]


def test_a_row_that_kills_its_worker_takes_no_other_of_its_batch_with_it(tmp_path):
    import pyarrow as pa
    from pyarrow.parquet import write_table

    write_table(pa.table({"text": [text(number) for number in range(7)]}), tmp_path / "a.parquet")
    work = Work(plan([str(tmp_path / "a.parquet")]).sources, Fields())
    done = list(Local(2)(work, Fatal, _lost))
    assert [one for _, made in done for one in made] == [(0, 1, 2), (3,), "lost (4,)", (5, 6)]
    assert [task.end for task, _ in done if task.end] == [task.end for task in work.tasks()]


class Large:
    """A worker with long answers, that is killed in the middle of the first."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __call__(self, task: Task) -> bytes:
        if not self.mark.exists():
            self.mark.touch()
            signal.setitimer(signal.ITIMER_REAL, 0.3)  # its signal ends a process that does not expect it
            return bytes(300_000_000)
        return b"well"


class Hired:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __call__(self) -> Large:
        return Large(self.mark)


def test_a_worker_that_is_killed_in_the_middle_of_an_answer_does_not_leave_the_others_waiting(tmp_path):
    for number in range(12):
        (tmp_path / f"{number}.txt").write_text(text(number) * 9000)
    work = Work(plan([str(tmp_path)]).sources, Fields())
    done = [made for _, made in Local(2)(work, Hired(tmp_path / "mark"), lambda task: b"lost")]
    assert b"lost" not in done and len(done) == len(list(work.tasks()))


class DiesAtFirst:
    """Is killed as it begins, as often as it is told."""

    def __init__(self, folder: Path, times: int) -> None:
        self.folder, self.times = folder, times

    def __call__(self) -> Large:
        deaths = len(list(self.folder.iterdir()))
        if deaths < self.times:
            (self.folder / str(deaths)).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        (self.folder / "mark").touch()
        return Large(self.folder / "mark")


def test_a_worker_that_is_killed_as_it_begins_begins_again(tmp_path):
    (tmp_path / "deaths").mkdir()
    (tmp_path / "a.txt").write_text(text(1))
    work = Work(plan([str(tmp_path / "a.txt")]).sources, Fields())
    assert [made for _, made in Local(2)(work, DiesAtFirst(tmp_path / "deaths", 2), lambda task: b"lost")] == [b"well"]


def test_one_that_is_killed_each_time_it_begins_ends_the_run_and_loses_nothing(tmp_path):
    (tmp_path / "deaths").mkdir()
    (tmp_path / "a.txt").write_text(text(1))
    work = Work(plan([str(tmp_path / "a.txt")]).sources, Fields())
    with pytest.raises(CleanerError, match="was killed again and again as it began"):
        list(Local(2)(work, DiesAtFirst(tmp_path / "deaths", 99), lambda task: b"lost"))


class DiesOf:
    """Stands in for a process that is killed with one document in hand, so often; tells of what was done and ended."""

    def __init__(self, name: str, times: int) -> None:
        self.name, self.times, self.deaths, self.rests = name, times, 0, 0

    def do(self, task: Task, hire: bytes) -> list[str]:
        names = [item.source.name for item in task.items]
        if self.name in names and self.deaths < self.times:
            self.deaths += 1
            raise Died
        return names

    def rest(self) -> None:
        self.rests += 1


@pytest.mark.parametrize(
    ("times", "deaths", "comes_out"),
    [
        pytest.param(2 + TRIES - 1, 2 + TRIES - 1, "b.txt", id="killed from outside, with its neighbours and alone"),
        pytest.param(99, 2 + TRIES, "lost", id="fatal, and given up"),
    ],
)
def test_a_document_is_tried_alone_more_than_once_before_it_is_lost(tmp_path, times, deaths, comes_out):
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.txt").write_text(text(1))
    process: Any = DiesOf("b.txt", times)
    crew: Crew[list[str]] = Crew([process], _lost, lambda task: ["lost"])
    for task in Work(plan([str(tmp_path)]).sources, Fields()).tasks():
        crew.give(task)
    assert [name for _, made in crew.take() for name in made] == ["a.txt", comes_out, "c.txt"]
    assert (process.deaths, process.rests) == (deaths, 1), "the last time it is alone on the machine"
    crew.dissolve()


def test_one_that_is_killed_while_it_waits_for_work_takes_no_document_with_it():
    helper, hire = Helper(), pickle.dumps(Telling("one"))
    task = Task([], 0, None)
    _, pid = helper.do(task, hire)
    os.kill(pid, signal.SIGKILL)
    while pid in {child.pid for child in active_children()}:
        time.sleep(0.01)
    name, other = helper.do(task, hire)
    assert name == "one" and other != pid
    helper.dismiss()
    before = active_children()
    with pytest.raises(Died):
        helper.do(task, hire)
    assert active_children() == before, "one that is dismissed does not begin again"


class Told:
    """A worker that tells what it was hired for, and the process that it is."""

    def __init__(self, name: str = "") -> None:
        self.name = name

    def __call__(self, task: Task) -> tuple[str, int]:
        return self.name, os.getpid()


class Telling(Told):
    def __call__(self) -> Told:
        return Told(self.name)


def test_processes_serve_one_pass_after_another_unless_one_is_left_early(tmp_path, small_tasks):
    for number in range(12):
        (tmp_path / f"{number}.txt").write_text(text(number))
    work = Work(plan([str(tmp_path)]).sources, Fields())
    with Local(2).session() as engine:
        first, second = ({made for _, made in engine(work, Telling(name), _lost)} for name in ("one", "two"))
        assert {name for name, _ in second} == {"two"}
        before = {pid for _, pid in first | second}
        assert len(before) <= 2
        left = engine(work, Telling("left"), _lost)
        next(left)
        left.close()
        pids = {pid for _, (_, pid) in engine(work, Telling("new"), _lost)}
        assert not pids & before
