"""A run that is cut short goes on, and ends as if nothing had happened."""

import gzip
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from test_bad_input import tree
from test_survey import StandIn, no_model

from cleaner.batch import clean_batch
from cleaner.cli import main
from cleaner.errors import OutputError, RuleFileError
from cleaner.formats.jsonl import Fields
from cleaner.formats.sources import plan
from cleaner.restore import restore_folder
from cleaner.tasks import Selection, Task, Work
from cleaner.verify import verify_folder
from cleaner.work import Settings
from cleaner.workers import Local

RULES = """
description = "One rule"

[[rule]]
id = "ad"
category = "ad"
description = "a label"
confidence = 0.95
lines = ['advertisement']
[rule.samples]
remove = ["Advertisement"]
keep = ["An advertisement ran."]
"""


def text(number: int) -> str:
    return f"Ship {number} sailed from the old harbour.\n\nAdvertisement\n\nThe crew of {number} was well.\n"


@pytest.fixture
def box(tmp_path) -> Path:
    """An input of all kinds, 48 documents."""
    box = tmp_path / "in"
    (box / "texts").mkdir(parents=True)
    rows = [json.dumps({"id": number, "text": text(number)}) + "\n" for number in range(20)]
    (box / "b.jsonl").write_text("".join([*rows[:4], "{broken\n", *rows[4:10]]))
    with gzip.open(box / "c.jsonl.gz", "wt") as stream:
        stream.write("".join(rows[10:]))
    for number in range(20, 28):
        (box / "texts" / f"{number}.txt").write_text(text(number))
    with tarfile.open(box / "d.tar", "w") as archive:
        for number in range(28, 36):
            data, info = text(number).encode(), tarfile.TarInfo(f"{number}.txt")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    parquet(box / "a.parquet", range(36, 48))
    return box


def parquet(path: Path, numbers: range) -> None:
    import pyarrow as pa
    from pyarrow.parquet import write_table

    table = pa.table({"id": list(numbers), "text": [text(number) for number in numbers]})
    write_table(table, path, row_group_size=3)


@pytest.fixture(autouse=True)
def small_tasks(monkeypatch):
    monkeypatch.setattr("cleaner.tasks.TASK_ITEMS", 2)


@pytest.fixture
def rules(tmp_path) -> Path:
    path = tmp_path / "rules.toml"
    path.write_text(RULES)
    return path


class Stops:
    """An engine that is stopped after so many tasks, and counts those it did."""

    def __init__(self, after: int = 10**9) -> None:
        self.after, self.done = after, 0

    def __call__(self, work, hire, lost) -> Iterator:
        for done in Local()(work, hire, lost):
            if self.done >= self.after:
                raise KeyboardInterrupt
            self.done += 1
            yield done


def clean(box: Path, out: Path, rules: Path, **options):
    settings = Settings(rules=(str(rules),), only_rules=True)
    options = {"load": StandIn, "checkpoints": 0, **options}
    return clean_batch(plan([str(box)]), out, settings, **options)


@pytest.mark.parametrize("log_format", ["jsonl", "parquet"])
def test_wherever_it_is_stopped_it_ends_the_same(box, tmp_path, rules, log_format):
    go = partial(clean, box, rules=rules, log_format=log_format)
    whole = Stops()
    _, made = go(out=tmp_path / "whole", engine=whole)
    expected = tree(tmp_path / "whole")
    assert made["documents"] == 48 and made["failed"] == 1
    for stop in range(0, whole.done, 6):
        out = tmp_path / f"out{stop}"
        with pytest.raises(KeyboardInterrupt):
            go(out=out, engine=Stops(stop))
        rest = Stops()
        assert go(out=out, engine=rest)[1] == made
        assert tree(out) == expected
        assert rest.done <= whole.done - stop + 1, "no more than the task in hand is done again"


def test_it_may_be_stopped_again_and_again(box, tmp_path, rules):
    clean(box, tmp_path / "whole", rules)
    for _ in range(100):
        try:
            clean(box, tmp_path / "out", rules, engine=Stops(2))
            break
        except KeyboardInterrupt:
            continue
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")


@pytest.mark.parametrize("step", ["documents.jsonl", "summary.json", "articles"])
def test_it_may_be_stopped_while_the_files_get_their_places(box, tmp_path, rules, step, monkeypatch):
    clean(box, tmp_path / "whole", rules)
    replace = Path.replace

    def stops(path: Path, target: Path):
        if target == tmp_path / "out" / step:
            raise KeyboardInterrupt
        return replace(path, target)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "replace", stops)
        clean(box, tmp_path / "out", rules)
    assert not (tmp_path / "out" / "summary.json").exists(), "it comes last"
    rest = Stops()
    clean(box, tmp_path / "out", rules, engine=rest)
    assert rest.done == 0 and tree(tmp_path / "out") == tree(tmp_path / "whole")


def test_a_killed_command_goes_on(box, tmp_path):
    for number in range(400):
        (box / "texts" / f"more{number}.txt").write_text(text(number) * 20)
    command = [sys.executable, "-m", "cleaner", "clean", box, "--jobs", "2", "--checkpoints", "0", "--out"]
    subprocess.run([*command, tmp_path / "whole"], check=False, capture_output=True)
    killed = subprocess.Popen([*command, tmp_path / "out"], stderr=subprocess.DEVNULL)
    checkpoint, end = tmp_path / "out" / ".partial" / "checkpoint.json", time.monotonic() + 120
    while time.monotonic() < end and not (checkpoint.exists() and b'"clean"' in checkpoint.read_bytes()):
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not (tmp_path / "out" / "summary.json").exists()
    subprocess.run([*command, tmp_path / "out"], check=False, capture_output=True)
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")


def stopped(box: Path, out: Path, rules: Path, after: int = 20) -> None:
    with pytest.raises(KeyboardInterrupt):
        clean(box, out, rules, engine=Stops(after))


def _touch(box: Path, rules: Path) -> None:
    (box / "b.jsonl").write_text('{"text": "Other."}\n')


def _add(box: Path, rules: Path) -> None:
    (box / "texts" / "new.txt").write_text("New.\n")


def _take(box: Path, rules: Path) -> None:
    (box / "texts" / "20.txt").unlink()


def _edit(box: Path, rules: Path) -> None:
    rules.write_text(RULES.replace("0.95", "0.9"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param(_touch, "the input b.jsonl was changed since it began", id="an input changed"),
        pytest.param(_add, "the input texts/new.txt is new", id="an input more"),
        pytest.param(_take, "the input texts/20.txt is gone", id="an input less"),
        pytest.param(_edit, "the digest of the rule files was .*, and is", id="a rule changed"),
    ],
)
def test_another_run_is_not_gone_on_with(box, tmp_path, rules, change, says):
    stopped(box, tmp_path / "out", rules)
    change(box, rules)
    kept = tree(tmp_path / "out")
    with pytest.raises(OutputError, match=f"holds an unfinished run, and {says}.*begin anew with --force"):
        clean(box, tmp_path / "out", rules)
    assert tree(tmp_path / "out") == kept, "nothing of the other run is lost"
    clean(box, tmp_path / "out", rules, force=True)
    clean(box, tmp_path / "whole", rules)
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"single_pass": True}, "single_pass was False, and is True;"),
        ({"log_format": "parquet"}, "log_format was 'jsonl', and is 'parquet';"),
        ({"selection": Selection(0.5)}, "share was 1.0, and is 0.5;"),
    ],
)
def test_other_settings_are_not_gone_on_with(box, tmp_path, rules, other, said):
    stopped(box, tmp_path / "out", rules)
    with pytest.raises(OutputError, match=f"holds an unfinished run, and the option {said} give the same command"):
        clean(box, tmp_path / "out", rules, **other)


def test_a_clock_that_runs_backwards_changes_nothing(box, tmp_path, rules):
    clean(box, tmp_path / "whole", rules)
    for path in box.rglob("*.*"):
        os.utime(path, (4e9, 4e9))
    stopped(box, tmp_path / "out", rules)
    clean(box, tmp_path / "out", rules)
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")


def test_rules_that_change_while_it_runs_stop_it(box, tmp_path, rules, monkeypatch):
    class Edits(Local):
        def __call__(self, work, hire, lost):
            _edit(box, rules)
            return super().__call__(work, hire, lost)

    with pytest.raises(RuleFileError, match="were changed while the run went on"):
        clean(box, tmp_path / "out", rules, engine=Edits(2), load=no_model)


def test_what_is_cut_off_by_others_is_noticed(box, tmp_path, rules):
    stopped(box, tmp_path / "out", rules, after=45)
    log = tmp_path / "out" / ".partial" / "documents.jsonl"
    log.write_bytes(log.read_bytes()[:10])
    with pytest.raises(OutputError, match=r"documents\.jsonl: is shorter than it was; begin anew with --force"):
        clean(box, tmp_path / "out", rules)


def test_ctrl_c_says_how_to_go_on(box, tmp_path, capsys, monkeypatch):
    def stops(*given, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("cleaner.cli.clean.clean_batch", stops)
    assert main(["clean", str(box), "--out", str(tmp_path / "out")]) == 130
    assert "stopped; nothing was kept yet; the same command begins anew" in capsys.readouterr().err
    (tmp_path / "out" / ".partial").mkdir(parents=True)
    (tmp_path / "out" / ".partial" / "checkpoint.json").write_text('{"identity": {}}')
    assert main(["clean", str(box), "--out", str(tmp_path / "out")]) == 130
    assert "give the same command (without --force) to go on" in capsys.readouterr().err


def _names(out: Path) -> list[str]:
    return sorted(json.loads(line)["doc"] for line in (out / "documents.jsonl").read_text().splitlines())


def test_a_limit_is_kept_over_stops(box, tmp_path, rules):
    limit = {"selection": Selection(limit=17)}
    whole = Stops()
    _, made = clean(box, tmp_path / "whole", rules, engine=whole, **limit)
    assert made["documents"] + made["failed"] == 17
    for stop in range(0, whole.done, 2):
        with pytest.raises(KeyboardInterrupt):
            clean(box, tmp_path / f"out{stop}", rules, engine=Stops(stop), **limit)
        clean(box, tmp_path / f"out{stop}", rules, **limit)
        assert tree(tmp_path / f"out{stop}") == tree(tmp_path / "whole")


def test_a_sample_is_the_same_each_time_and_a_part_of_larger_ones(box, tmp_path, rules):
    found = []
    for share in (0.1, 0.4, 0.4, 1):
        out = tmp_path / f"out{len(found)}"
        clean(box, out, rules, selection=Selection(share))
        found.append(_names(out))
    assert found[1] == found[2] and set(found[0]) < set(found[1]) < set(found[3])
    assert 8 <= len(found[1]) <= 32


class Fatal:
    """A worker that dies of one document, and lists the others."""

    def __call__(self, task: Task) -> list[int | None]:
        if any(b"fatal" in item.data for item in task.items if isinstance(item.data, bytes)):
            os._exit(9)
        return [item.row for item in task.items]


def _lost(task: Task) -> list[str]:
    return [f"lost {item.row}" for item in task.items]


def test_a_document_that_kills_its_worker_takes_no_other_with_it(tmp_path):
    lines = ['{"text": "fatal"}' if row in (4, 9) else '{"text": "well"}' for row in range(1, 13)]
    (tmp_path / "rows.jsonl").write_text("\n".join(lines) + "\n")
    work = Work(plan([str(tmp_path / "rows.jsonl")]).sources, Fields())
    ends = [task.end for task in work.tasks()]
    done = list(Local(2)(work, Fatal, _lost))
    rows = [one for _, made in done for one in made]
    assert rows == [0, 1, 2, 3, "lost 4", 5, 6, 7, 8, "lost 9", 10, 11, 12, -1]
    assert [task.end for task, _ in done if task.end] == ends


def test_a_run_can_be_verified_and_undone(box, tmp_path, rules):
    for log_format in ("jsonl", "parquet"):
        out = tmp_path / log_format
        clean(box, out, rules, log_format=log_format)
        seen = verify_folder(out, plan([str(box)]))
        assert (seen.documents, seen.inputs, seen.failed) == (48, 12, 0)
        assert restore_folder(out, out / "raw").documents == 48
        assert all((out / "raw" / "texts" / f"{n}.txt").read_text() == text(n) for n in range(20, 28))


def _append(out: Path) -> None:
    path = out / "articles" / "b.jsonl"
    path.write_bytes(path.read_bytes().replace(b"sailed", b"Sailed", 1))


def _remove(out: Path) -> None:
    (out / "articles" / "texts" / "20.txt").unlink()


def _insert(out: Path) -> None:
    (out / "articles" / "more.txt").write_text("More.\n")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        pytest.param(_append, "articles/b.jsonl: was changed after the run", id="changed"),
        pytest.param(_remove, "articles/texts/20.txt: cannot be read: No such file", id="gone"),
        pytest.param(_insert, "articles/more.txt: is not in the manifest", id="new"),
    ],
)
def test_what_was_changed_after_the_run_is_found(box, tmp_path, rules, spoil, says):
    clean(box, tmp_path / "out", rules)
    spoil(tmp_path / "out")
    said = []
    assert verify_folder(tmp_path / "out", None, said.append).failed
    assert any(f"{error.source}: {error.message}".startswith(says) for error in said)


def test_an_input_that_was_changed_after_the_run_is_found(box, tmp_path, rules):
    clean(box, tmp_path / "out", rules)
    (box / "b.jsonl").write_text('{"text": "Other."}\n')
    (box / "texts" / "20.txt").unlink()
    said = []
    verify_folder(tmp_path / "out", plan([str(box)]), said.append)
    assert [(error.source, error.message) for error in said] == [
        ("b.jsonl", "the input was changed since the run read it"),
        ("texts/20.txt", "the input is not among those given"),
    ]


def test_an_unfinished_run_outlives_a_start_that_fails(box, tmp_path, rules):
    out = tmp_path / "out"
    stopped(box, out, rules, after=45)
    kept = tree(out / ".partial")
    (out / ".lock").unlink(missing_ok=True)
    (out / ".lock").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        clean(box, out, rules)
    assert tree(out / ".partial") == kept
    (out / ".lock").rmdir()
    clean(box, out, rules)
    clean(box, tmp_path / "whole", rules)
    assert tree(out) == tree(tmp_path / "whole")


def test_input_that_is_read_once_does_not_replace_an_unfinished_run(box, tmp_path, rules, monkeypatch):
    stopped(box, tmp_path / "out", rules, after=45)
    kept = tree(tmp_path / "out")
    monkeypatch.setattr("sys.stdin", (box / "b.jsonl").open())
    settings = Settings(rules=(str(rules),), only_rules=True)
    with pytest.raises(OutputError, match="holds an unfinished run, and this one, whose input can be read only once"):
        clean_batch(plan(["-"]), tmp_path / "out", settings, single_pass=True)
    assert tree(tmp_path / "out") == kept


def test_what_is_not_cleaners_is_not_swept_away(box, tmp_path, rules):
    (tmp_path / "out" / ".partial").mkdir(parents=True)
    (tmp_path / "out" / ".partial" / "precious").write_text("mine")
    with pytest.raises(OutputError, match="holds 'precious', which is not cleaner's"):
        clean(box, tmp_path / "out", rules)
    assert (tmp_path / "out" / ".partial" / "precious").read_text() == "mine"


def test_a_checkpoint_that_cannot_be_read_is_not_begun_over(box, tmp_path, rules):
    stopped(box, tmp_path / "out", rules, after=45)
    (tmp_path / "out" / ".partial" / "checkpoint.json").write_text('{"of": "another version"}')
    with pytest.raises(OutputError, match="whose checkpoint cannot be read"):
        clean(box, tmp_path / "out", rules)


def test_what_unpacks_to_much_makes_small_tasks(tmp_path):
    rows = [json.dumps({"text": "a" * 1_000_000}) + "\n" for _ in range(40)]
    with gzip.open(tmp_path / "big.jsonl.gz", "wt") as stream:
        stream.writelines(rows)
    held = [sum(item.held for item in task.items) for task in Work(plan([str(tmp_path)]).sources, Fields()).tasks()]
    assert sum(held) > 40_000_000 and max(held) < 1_500_000
