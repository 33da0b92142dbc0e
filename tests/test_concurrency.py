"""One cleaner serves many threads and processes, and each of them gets what one alone would get."""

import os
import pickle
import random
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from stories import FERRY, ORCHESTRA
from test_hostile import HOSTILE
from test_survey import outline, pages, peers, survey_of
from texts import JUNK, PROSE, project_texts

from cleaner import Cleaned, Cleaner, Document, Policy, RuleFileError
from cleaner.errors import ModelError
from cleaner.rulefiles import load_packs
from cleaner.rules.patterns import Pattern, Patterns, Store
from cleaner.rules.tree import parse
from cleaner.scanner import chosen
from cleaner.stories.model import load_model
from cleaner.survey import Survey
from cleaner.work import Settings

ENDLESS = "The dam held.\n\nAdvertisement\n\n" + "q" * 5_000 + "b\n\nNobody was hurt, the mayor said.\n"

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def made_up(seed: int) -> str:
    chance = random.Random(seed)
    return "\n\n".join(chance.choices([*PROSE, *JUNK, FERRY, ORCHESTRA], k=9))


TEXTS = [
    *(path.read_text() for path in project_texts()[::4]),
    *map(made_up, range(12)),
    f"{FERRY}\n{ORCHESTRA}",
    ENDLESS,
]


@pytest.fixture(scope="module")
def pack(tmp_path_factory) -> Path:
    """A rule that never ends on one of the texts."""
    path = tmp_path_factory.mktemp("rules") / "hostile.toml"
    path.write_text(HOSTILE.format(shape="lines", pattern="(?:q|qq)+"))
    return path


@pytest.fixture(scope="module")
def alone(pack) -> list[Cleaned]:
    """What one thread of one process gets."""
    cleaned = list(map(Cleaner.from_packs([pack]).clean, TEXTS))
    assert [one.timed_out for one in cleaned if one.timed_out] == [("hostile",)]
    assert any(removal.category == "spliced-story" for one in cleaned for removal in one.removals)
    return cleaned


@contextmanager
def at_work(cleaner: Cleaner, texts: Sequence[str] = tuple(TEXTS[:-1])) -> Iterator[None]:
    """Two threads clean one text after another meanwhile."""
    done = threading.Event()

    def work(part: Sequence[str]) -> None:
        while not done.is_set():
            for text in part:
                if not done.is_set():
                    cleaner.clean(text)

    threads = [threading.Thread(target=work, args=(texts[start::2],)) for start in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("engine", ["hyperscan", "re2"])
def test_many_threads_get_what_one_gets(pack, alone, engine):
    try:
        chosen(engine)
    except ImportError:
        pytest.skip(f"{engine} is not installed")
    cleaner = Cleaner.from_packs([pack], matcher=engine)
    order = [*range(len(TEXTS)), *range(len(TEXTS) - 1)]  # the endless one once
    random.Random(1).shuffle(order)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda number: cleaner.clean(TEXTS[number]), order)) == [alone[n] for n in order]


def test_threads_that_compile_rules_at_once_leave_the_filters_of_warnings_alone():
    before = list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: [parse(f"[[a]{{{number}}}x{step}") for step in range(100)], range(8)))
    assert warnings.filters == before


def test_a_match_is_not_given_up_for_the_time_that_other_threads_took(monkeypatch):
    monkeypatch.setattr("cleaner.rules.patterns.TIMEOUT", 0.3)
    pattern = Patterns(store=Store()).one("(?:q|qq)+")
    text = next(text for text in ("q" * length + "b" for length in range(18, 60)) if _own_time(pattern, text) > 0.06)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(pattern.fullmatch, [text] * 8)) == [None] * 8
        assert [type(pool.submit(pattern.fullmatch, "q" * 5000 + "b").exception()) for _ in range(2)] == [
            TimeoutError
        ] * 2


def _own_time(pattern: Pattern, text: str) -> float:
    begun = time.thread_time()
    pattern.fullmatch(text)
    return time.thread_time() - begun


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no such timer")
def test_ctrl_c_is_heard_while_a_text_is_scanned(cleaner):
    text, heard = "\n\n".join(JUNK * 50), 0
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        for step in range(40):
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.005 + step * 0.0005)
                end = time.monotonic() + 2
                while time.monotonic() < end:
                    cleaner.clean(text)
            except KeyboardInterrupt:
                heard += 1
    finally:
        signal.signal(signal.SIGALRM, before)
    assert heard >= 30, "callbacks of the garbage collector, which test tools set, may swallow some"


_inherited: Cleaner


def _clean_inherited(number: int) -> Cleaned:
    return _inherited.clean(TEXTS[number])


@forks
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_forked_processes_use_a_cleaner_made_before_while_the_parent_uses_it(pack, alone):
    global _inherited
    _inherited = Cleaner.from_packs([pack])
    _inherited.clean(TEXTS[0])
    for numbers in (range(16), range(4), range(4, 8)):
        with at_work(_inherited), ProcessPoolExecutor(2, get_context("fork")) as pool:
            try:
                got = list(pool.map(_clean_inherited, numbers, timeout=60))
            except TimeoutError:
                for child in pool._processes.values():
                    child.kill()
                raise
            assert got == [alone[number] for number in numbers]


def test_spawned_processes_build_a_pickled_cleaner_again(pack, alone):
    cleaner = Cleaner.from_packs([pack])
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        assert list(pool.map(cleaner.clean, TEXTS, chunksize=8, timeout=100)) == alone


def again(cleaner: Cleaner) -> Cleaner:
    return pickle.loads(pickle.dumps(cleaner))


def test_a_pickled_cleaner_is_small_and_keeps_its_settings(pack, monkeypatch, tmp_path):
    text = "The dam held.\n\nqqq\n\nNobody was hurt."
    monkeypatch.chdir(pack.parent)
    keeps = Cleaner.from_packs([pack.name], only=True, policy=Policy("strict", {"other": "keep"}), matcher="plain")
    pickled = pickle.dumps(keeps)
    assert len(pickled) < 2000
    monkeypatch.chdir(tmp_path)
    assert pickle.loads(pickled).clean(text) == keeps.clean(text)
    takes = replace(keeps, policy=Policy("strict"))
    assert again(takes).clean(text) == takes.clean(text) != keeps.clean(text)


def test_packs_without_scorecards_have_none_again():
    by_words = load_packs().by_words().rules
    loaded = pickle.loads(pickle.dumps(by_words))
    assert [rule.id for rule in loaded] == [rule.id for rule in by_words]


def test_what_is_pickled_for_each_task_is_built_once(pack):
    data = pickle.dumps(Cleaner.from_packs([pack], only=True))
    first, second = pickle.loads(data), pickle.loads(data)
    assert first.detectors[0].matcher is second.detectors[0].matcher


def test_rules_that_were_changed_since_are_refused(pack, tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_bytes(pack.read_bytes())
    data = pickle.dumps(Cleaner.from_packs([mine], only=True))
    mine.write_text(mine.read_text().replace('["qqq"]', '["qq"]'))
    with pytest.raises(RuleFileError, match=r"mine\.toml: the rule files are not those that the pickled Cleaner"):
        pickle.loads(data)


def test_a_model_of_ones_own_travels_with_its_weights_and_the_shipped_one_by_name():
    model = load_model()
    own = replace(model, digest="of my own")
    assert pickle.loads(pickle.dumps(model)) is model
    text = f"{FERRY}\n{ORCHESTRA}".split("\n")
    assert np.array_equal(again_model(own).passages(text).vectors, model.passages(text).vectors)
    name = pickle.dumps(model).replace(model.digest.encode(), b"0" * len(model.digest))
    with pytest.raises(ModelError, match="same version of cleaner"):
        pickle.loads(name)


def again_model(model):
    data = pickle.dumps(model)
    assert len(data) > 100_000
    return pickle.loads(data)


def test_processes_that_compile_into_one_cache_at_once_do_not_disturb_each_other(tmp_path):
    code = (
        "from cleaner import Cleaner; import sys\n"
        "cleaned = Cleaner.from_packs([sys.argv[1]], only=True).clean(open(sys.argv[2]).read())\n"
        "print([(r.rule, r.span) for r in cleaned.removals])"
    )
    pack = tmp_path / "pack.toml"
    pack.write_bytes((ROOT / "rules" / "de" / "service.toml").read_bytes())
    text = tmp_path / "text.txt"
    text.write_text("Der Damm hielt.\n\nJetzt abonnieren\n\nNiemand wurde verletzt.\n")
    environment = {**os.environ, "CLEANER_CACHE": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error", "-c", code, str(pack), str(text)]
    runs = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)
    ]
    said = [run.communicate(timeout=100) for run in runs]
    assert {run.returncode for run in runs} == {0}, said
    assert len(set(said)) == 1
    kept = {path.name.split("-")[0] for path in (tmp_path / "cache").iterdir()}
    assert kept <= {"tables", "patterns", "hyperscan"}, "nothing is left of what was written aside"


@pytest.fixture
def survey(tmp_path) -> Survey:
    path = tmp_path / "survey.sqlite"
    return survey_of(path, [outline(digest, [1, digest], [1, 2, 3, digest]) for digest in range(10, 40)])


def answers(survey: Survey) -> list:
    return [len(survey), pages(survey, [1], but=12), pages(survey, [13]), peers(survey, [1, 2, 3], but=14)]


def test_threads_ask_one_survey_at_once_and_any_may_close_it(survey):
    expected = answers(survey)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: answers(survey), range(80))) == [expected] * 80
    survey.close()


_survey: Survey


def _ask_inherited(_: int) -> list:
    return answers(_survey)


@forks
def test_forked_processes_ask_a_survey_opened_before_while_the_parent_asks(survey):
    global _survey
    _survey = survey
    expected = answers(survey)
    with ProcessPoolExecutor(2, get_context("fork")) as pool:
        children = pool.map(_ask_inherited, range(20), timeout=60)
        assert [answers(survey) for _ in range(20)] == [expected] * 20
        assert list(children) == [expected] * 20
    assert answers(survey) == expected, "what children did with what they inherited does not matter"


def test_a_cleaner_with_a_survey_is_used_by_threads_and_pickled(tmp_path):
    model, spliced = load_model(), f"{FERRY}\n{ORCHESTRA}"
    with Survey.create_or_open(tmp_path / "survey.sqlite", model.digest) as told:
        told.add(one for text in (spliced, ORCHESTRA) if (one := model.outline(text)))
        told.finish()
    cleaner = Settings(survey=(str(tmp_path / "survey.sqlite"), model.digest)).cleaner()
    expected = cleaner.clean(spliced)
    assert [removal.also for removal in expected.removals] == [("splice-repeated",)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(cleaner.clean, [spliced] * 20)) == [expected] * 20
    assert again(cleaner).clean(spliced) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(None, "the text to clean is None; accepted is a str", id="None"),
        pytest.param(b"The dam held.", "of type bytes; accepted is a str; decode it first", id="bytes"),
        pytest.param(7, "of type int; accepted is a str", id="a number"),
        pytest.param(float("nan"), "of type float; accepted is a str", id="what pandas writes for nothing"),
        pytest.param(["The dam held."], "of type list; accepted is a str", id="several at once"),
    ],
)
def test_what_is_no_text_is_refused_in_plain_words(cleaner, text, says):
    with pytest.raises(TypeError, match=says):
        cleaner.clean(text)
    with pytest.raises(TypeError, match=says):
        cleaner.clean_document(Document(text))


def test_an_address_that_is_no_text_is_refused_too(cleaner):
    with pytest.raises(TypeError, match="the url of the text is of type float; accepted is a str or None"):
        cleaner.clean("The dam held.", float("nan"))
