"""What documents of a batch tell of each other is the same in whatever order they come, and is never half told."""

import json
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple
from inspect import signature
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_bad_input import as_anyone

from cleaner import Cleaner
from cleaner.batch import clean_batch
from cleaner.errors import ModelError, StateError
from cleaner.formats.jsonl import Fields
from cleaner.formats.sources import plan
from cleaner.stories.outline import Outline
from cleaner.survey import MOST_PAGES, MOST_PEERS, PEERS, Survey
from cleaner.tasks import Work
from cleaner.work import Settings, Surveyor
from cleaner.workers import Local

WORDS = "the words of a test"


def outline(digest: int, paragraphs: Sequence[int], opening: Sequence[int] = ()) -> Outline:
    terms = np.array(sorted(opening), dtype=np.uint32)
    return Outline(digest, np.array(paragraphs, dtype=np.uint64), np.array(opening, dtype=np.uint32), terms, terms[:1])


def survey_of(path: Path, *parts: Iterable[Outline]) -> Survey:
    """A finished survey, opened to be asked."""
    with Survey.create_or_open(path, WORDS) as survey:
        for part in parts:
            survey.add(part)
        survey.finish()
    return Survey.open(path, WORDS)


def pages(survey: Survey, paragraphs: Sequence[int], but: int = -1) -> dict[int, list[int]]:
    found = survey.pages(np.array(paragraphs, dtype=np.uint64), but)
    return {digest: page.tolist() for digest, page in found.items()}


def peers(survey: Survey, opening: Sequence[int], but: int = -1) -> list[int]:
    return [peer.digest for peer in survey.peers(np.array(opening, dtype=np.uint32), but)]


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "state" / "survey.sqlite"


def test_a_paragraph_is_found_on_all_other_pages(path):
    high = 2**64 - 1
    survey = survey_of(path, [outline(1, [10, high, 11]), outline(2, [high, 20, high]), outline(3, [30])])
    assert pages(survey, [high, 10], but=1) == {2: [high, 20, high]}
    assert pages(survey, [high]) == {1: [10, high, 11], 2: [high, 20, high]}
    assert pages(survey, [99]) == pages(survey, []) == {}


def test_pages_that_begin_alike_are_peers_and_the_closest_come_first(path):
    survey = survey_of(
        path,
        [
            outline(1, [1], [1, 2, 3, 4]),
            outline(2, [2], [7, 3, 2, 1]),
            outline(3, [3], [4, 3, 2, 1]),
            outline(4, [4], [1, 2, 8, 9]),
            outline(5, [5], [*range(20, 32), 1, 2, 3]),
        ],
    )
    assert peers(survey, [1, 2, 3, 4], but=1) == [3, 2], "two shared terms are too few; those after the twelfth no keys"
    assert peers(survey, [*range(20, 32), 1, 2, 3, 4]) == [5]
    ((peer),) = survey.peers(np.array([20, 21, 22], dtype=np.uint32), 0)
    assert [np.asarray(part).tolist() for part in astuple(peer)] == [
        np.asarray(part).tolist() for part in astuple(outline(5, [5], [*range(20, 32), 1, 2, 3]))
    ]


def test_boilerplate_is_not_asked_after(path):
    many = [outline(digest, [7, digest]) for digest in range(100, 100 + MOST_PAGES)]
    survey = survey_of(path, many)
    assert len(pages(survey, [7])) == MOST_PAGES
    survey = survey_of(path, [outline(1, [7, 8])])
    assert pages(survey, [7, 8]) == {1: [7, 8]}


def test_common_keys_are_not_asked_after_and_peers_are_not_without_number(path):
    many = [outline(digest, [digest], [1, 2, 3, 4]) for digest in range(100, 100 + MOST_PEERS)]
    survey = survey_of(path, many)
    assert peers(survey, [1, 2, 3], but=101) == [100, *range(102, 101 + PEERS)]
    survey = survey_of(path, [outline(1, [1], [3])])
    assert peers(survey, [1, 2, 3]) == [], "the third is too common now"


def test_batches_add_up_and_equal_texts_are_one(path):
    survey_of(path, [outline(1, [1]), outline(2, [2])])
    survey = survey_of(path, [outline(2, [2]), outline(3, [1])])
    assert len(survey) == 3
    assert pages(survey, [1, 2], but=2) == {1: [1], 3: [1]}


few = st.integers(0, 5)
outlines = st.builds(outline, few, st.lists(few, max_size=4), st.lists(few, max_size=5, unique=True))


@given(st.lists(outlines, max_size=12), st.randoms(use_true_random=False))
def test_order_and_parts_change_no_answer(given_outlines, chance):
    again = [*given_outlines, *chance.choices(given_outlines or [outline(1, [])], k=3 if given_outlines else 0)]
    chance.shuffle(again)
    cuts = sorted(chance.choices(range(len(again) + 1), k=2))
    parts = [again[a:b] for a, b in pairwise([0, *cuts, len(again)])]
    with TemporaryDirectory() as folder:
        one = survey_of(Path(folder, "one", "survey.sqlite"), given_outlines)
        other = survey_of(Path(folder, "other", "survey.sqlite"), *parts)
        assert _all(one) == _all(other)


def _all(survey: Survey) -> list:
    with survey:
        return [(pages(survey, [one], but), peers(survey, range(6), but)) for one in range(6) for but in range(-1, 6)]


def test_what_was_not_finished_is_forgotten(path):
    survey_of(path, [outline(1, [1])])
    with Survey.create_or_open(path, WORDS) as survey:
        survey.add([outline(2, [1])])
    assert pages(survey_of(path), [1]) == {1: [1]}


def test_a_run_that_is_killed_while_it_writes_leaves_what_was_there(path):
    survey_of(path, [outline(digest, [1, digest], [1, 2, 3]) for digest in range(50)])
    before = path.read_bytes()
    dies = f"""
import os, signal, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_survey import *
survey = Survey.create_or_open(Path({str(path)!r}), WORDS)
survey._db.execute("PRAGMA cache_size = 2")  # what does not fit goes to the file at once
survey.add(outline(digest, [1, digest], [1, 2, 3]) for digest in range(100, 2000))
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", dies], check=False).returncode == -signal.SIGKILL
    assert path.read_bytes() != before, "it was killed in the midst of it"
    assert list(pages(survey_of(path), [1])) == list(range(50))


def test_several_processes_ask_at_once(path):
    survey_of(path, [outline(1, [1]), outline(2, [1, 2])]).close()
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        answers = list(pool.map(_ask, [path] * 4))
    assert answers == [{1: [1], 2: [1, 2]}] * 4


def _ask(path: Path) -> dict[int, list[int]]:
    return pages(Survey.open(path, WORDS), [1])


def test_who_only_asks_writes_nothing(path):
    with pytest.raises(StateError, match="readonly"):
        survey_of(path, []).add([outline(1, [1])])


def _write(text: bytes):
    return lambda path: path.write_bytes(text)


def _sql(*statements: str):
    def run(path: Path) -> None:
        with sqlite3.connect(path) as db:
            for statement in statements:
                db.execute(statement)

    return run


def _damage(path: Path) -> None:
    survey_of(path, [outline(digest, [1, digest], [1, 2, 3]) for digest in range(2000)]).close()
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 5000] = bytes(5000)
    path.write_bytes(data)


def _other_words(path: Path) -> None:
    with Survey.create_or_open(path, "other words") as survey:
        survey.finish()


def _other_format(path: Path) -> None:
    survey_of(path).close()
    _sql("UPDATE meta SET value = '0' WHERE key = 'format'")(path)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        pytest.param(_write(b"These are notes of mine.\n" * 100), "is not a survey of cleaner", id="no database"),
        pytest.param(_sql("CREATE TABLE notes (text)"), "is not a survey of cleaner", id="a database of others"),
        pytest.param(_damage, "is damaged", id="damaged"),
        pytest.param(_other_words, "its vocabulary is other words, this version needs the words", id="other words"),
        pytest.param(_other_format, "its format is 0, this version needs 1", id="another format"),
    ],
)
def test_a_state_that_cannot_be_used_says_why_and_stays(path, spoil, says):
    path.parent.mkdir()
    spoil(path)
    before = path.read_bytes()
    says = f"^{re.escape(str(path))}: .*{says}.*another --state .*delete this file.*no text is lost"
    with pytest.raises(StateError, match=says):
        Survey.create_or_open(path, WORDS)
    assert path.read_bytes() == before


def test_an_empty_file_is_a_survey_not_begun(path):
    path.parent.mkdir()
    path.touch()
    assert len(survey_of(path, [outline(1, [1])])) == 1


def test_two_runs_with_one_state_at_once_are_refused(path):
    with Survey.create_or_open(path, WORDS), pytest.raises(StateError, match="another run uses it now; wait for it"):
        Survey.create_or_open(path, WORDS)


def test_a_state_that_is_no_folder_is_refused(tmp_path):
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(StateError, match="notes: cannot be written: File exists; --state names a folder"):
        Survey.create_or_open(tmp_path / "notes" / "survey.sqlite", WORDS)


@pytest.mark.parametrize(
    ("folder", "file", "says"),
    [
        pytest.param(0o500, None, "state: cannot be written: Permission denied; --state names", id="the folder"),
        pytest.param(
            0o700, 0o400, "survey.sqlite: cannot be used: attempt to write a readonly database", id="to write"
        ),
        pytest.param(0o700, 0o000, "survey.sqlite: cannot be used: unable to open database file", id="to read"),
    ],
)
def test_a_state_without_permission_is_refused(path, folder, file, says):
    prefix = as_anyone()
    survey_of(path).close()
    path.with_suffix(".lock").unlink()
    path.chmod(0o600 if file is None else file)
    path.parent.chmod(folder)
    code = f"from test_survey import *; Survey.create_or_open(Path({str(path)!r}), WORDS).add([outline(1, [1])])"
    tried = [*prefix, sys.executable, "-c", code]
    done = subprocess.run(tried, capture_output=True, text=True, cwd=Path(__file__).parent, check=False)
    path.parent.chmod(0o700)
    assert says in done.stderr.splitlines()[-1]


class StandIn:
    """A model that knows a paragraph by its checksum, and makes of a text its first words."""

    digest = WORDS

    def outline(self, text: str) -> Outline | None:
        lines = [crc32(line.encode()) for line in text.splitlines() if line]
        words = [crc32(word.encode()) for word in dict.fromkeys(text.split())]
        return outline(crc32(text.encode()), lines, words) if lines else None


def no_model() -> StandIn:
    raise ModelError("weights.npz: missing")


TEXTS = {
    f"{number}.txt": f"Ship {number} sailed from the old harbour.\n\nAdvertisement\n\nThe crew was well.\n"
    for number in range(8)
}


@pytest.fixture
def box(tmp_path) -> Path:
    (tmp_path / "in").mkdir()
    for name, text in TEXTS.items():
        (tmp_path / "in" / name).write_text(text)
    return tmp_path / "in"


def test_a_surveyor_passes_over_what_it_cannot_read(box):
    (box / "bad.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    (box / "rows.jsonl").write_text('{"text": "A row."}\n{"none": 1}\n{"text": ""}\n')
    (task,) = Work(plan([str(box)]).sources, Fields()).tasks()
    found = Surveyor(Fields(), StandIn)(task)
    assert {one.digest for one in found.outlines} == {crc32(text.encode()) for text in (*TEXTS.values(), "A row.")}


asks = pytest.mark.skipif("survey" not in signature(Cleaner.of).parameters, reason="cleaners cannot ask yet")


def clean(inputs: Iterable[Path], out: Path, load=StandIn, stdin_kind: str = "text", jobs: int = 1, **options):
    work = plan([str(given) for given in inputs], stdin_kind=stdin_kind)
    steps: list[str] = []
    options |= {"load": load, "engine": Local(jobs), "progress": lambda done: steps.append(done.step)}
    _, made = clean_batch(work, out, Settings(), **options)
    return made["survey"], [step for step, before in zip(steps, ["", *steps], strict=False) if step != before]


def logs(out: Path) -> list:
    """Everything that was written, told document by document."""
    names = ("documents.jsonl", "removals.jsonl", "errors.jsonl")
    entries = [line for name in names for line in (out / name).read_text().splitlines()]
    return [sorted(entries), sorted((p.name, p.read_bytes()) for p in out.rglob("articles/*"))]


@asks
def test_a_batch_is_surveyed_before_it_is_cleaned_and_the_survey_goes(box, tmp_path):
    assert clean([box], tmp_path / "out") == ({"documents": 8}, ["survey", "clean"])
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["survey"] == {"documents": 8}
    assert not [*tmp_path.rglob("survey*"), *tmp_path.rglob(".partial")]


@asks
def test_the_order_of_files_and_the_number_of_workers_change_nothing(box, tmp_path):
    files = sorted(box.iterdir())
    clean(files, tmp_path / "a")
    clean(reversed(files), tmp_path / "b")
    clean([box], tmp_path / "c", jobs=2)
    assert logs(tmp_path / "a") == logs(tmp_path / "b") == logs(tmp_path / "c")
    backwards = [json.dumps({"id": name, "text": text}) + "\n" for name, text in reversed(TEXTS.items())]
    forwards = reversed(backwards)
    for name, lines in (("d", backwards), ("e", forwards)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "rows.jsonl").write_text("".join(lines))
        clean([tmp_path / name], tmp_path / name / "out")
    cut = [
        sorted((row["doc"], row["start"], row["text"]) for row in map(json.loads, file.read_text().splitlines()))
        for file in (tmp_path / "d/out/removals.jsonl", tmp_path / "e/out/removals.jsonl")
    ]
    assert cut[0] == cut[1] != []


@asks
def test_a_state_stays_and_grows(box, tmp_path):
    state = tmp_path / "state"
    files = sorted(box.iterdir())
    assert clean(files[:5], tmp_path / "a", state=state)[0] == {"documents": 5}
    assert clean(files[5:6], tmp_path / "b", state=state)[0] == {"documents": 6}, "one document, too, asks and tells"
    assert clean(files, tmp_path / "c", state=state)[0] == {"documents": 8}
    with Survey.open(state / "survey.sqlite", WORDS) as survey:
        assert len(survey) == 8


@asks
def test_input_that_is_read_once_asks_what_others_told(box, tmp_path, monkeypatch):
    def pipe():
        monkeypatch.setattr("sys.stdin", (box / "0.txt").open())
        return ["-"]

    state = tmp_path / "state"
    assert clean(pipe(), tmp_path / "a", state=state) == (None, ["clean"])
    assert not state.exists()
    clean([box], tmp_path / "b", state=state)
    assert clean(pipe(), tmp_path / "c", state=state) == ({"documents": 8}, ["clean"])


@pytest.mark.parametrize("jobs", [1, 2])
def test_without_a_model_or_by_wish_every_document_is_judged_by_itself(box, tmp_path, jobs):
    assert clean([box], tmp_path / "a", load=no_model, jobs=jobs) == (None, ["survey", "clean"]), "lines are counted"
    assert clean([box], tmp_path / "b", single_pass=True, jobs=jobs) == (None, ["clean"])
    assert clean([box / "0.txt"], tmp_path / "c", jobs=jobs) == (None, ["clean"])


def test_a_bad_state_stops_the_run_before_anything_is_written(box, tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "survey.sqlite").write_text("mine\n" * 200)
    with pytest.raises(StateError, match="is not a survey"):
        clean([box], tmp_path / "out", state=tmp_path / "state")
    assert not (tmp_path / "out").exists()


def test_state_and_single_pass_are_read_from_the_command_line_or_a_file(run, box, tmp_path):
    done = run("clean", "in", "--out", "out", "--state", "seen", "--single-pass")
    assert done.returncode == 2 and "--single-pass asks no other documents" in done.stderr
    (tmp_path / "cleaner.toml").write_text('state = "seen"\nsingle_pass = true\n')
    assert run("clean", "in", "--out", "out", "--config", "cleaner.toml").returncode == 0
    assert not (tmp_path / "seen").exists()
