"""The texts of the project: cases come out clean, untouched ones as they went in."""

import pytest
from conftest import ROOT

CASES = sorted((ROOT / "fixtures" / "cases").glob("*.raw.txt"))
UNTOUCHED = sorted((ROOT / "fixtures" / "untouched").glob("*.txt"))
SEEDS = sorted((ROOT / "seeds").glob("*.txt"))

#: Mistakes we know about: case or text, and what goes wrong. A lucky fix fails the test and is noticed.
KNOWN_MISTAKES: dict[str, str] = {}


def known(path):
    name = path.name.split(".")[0]
    marks = [pytest.mark.xfail(reason=KNOWN_MISTAKES[name])] if name in KNOWN_MISTAKES else []
    return pytest.param(path, id=name, marks=marks)


@pytest.mark.parametrize("path", [known(path) for path in CASES])
def test_a_case_loses_its_junk_and_nothing_else(cleaner, path):
    expected = path.with_name(path.name.replace(".raw.", ".clean.")).read_text()
    assert cleaner.clean(path.read_text()).text == expected.strip()


@pytest.mark.parametrize("path", [known(path) for path in UNTOUCHED])
def test_a_text_without_junk_is_left_alone(cleaner, path):
    text = path.read_text()
    cleaned = cleaner.clean(text)
    assert [(r.rule, r.text) for r in cleaned.removed] == []
    assert cleaned.text == text.strip()


def expected(seed):
    return [line for line in (ROOT / "fixtures" / "seeds" / seed.name).read_text().split("\n") if line]


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.stem)
def test_a_seed_loses_its_junk_and_nothing_else(cleaner, path):
    """Alone, the stories spliced into the first seed are in doubt and stay."""
    raw = path.read_bytes().decode()
    got = cleaner.clean(raw).text.split("\n")
    assert not [line for line in expected(path) if line not in got], "the author's words stay"
    assert {line for line in got if line and line not in expected(path)} <= commentary(raw) | flood(raw)


def test_in_one_batch_the_seeds_lose_a_spliced_story_too(run, tmp_path):
    """Four tell of the call and know nothing of the flood. The commentary has the story's people, and stays."""
    run("clean", ROOT / "seeds", "--out", "out", "--quiet")
    for path in SEEDS:
        raw, got = path.read_bytes().decode(), (tmp_path / "out" / "articles" / path.name).read_text().split("\n")
        assert not [line for line in expected(path) if line not in got], "the author's words stay"
        assert {line for line in got if line and line not in expected(path)} <= commentary(raw)


def commentary(raw: str) -> set[str]:
    """The commentary spliced into the first seed; none elsewhere."""
    return between(raw, "The fish soup on Fallow Island", "Datawrapper\n")


def flood(raw: str) -> set[str]:
    """The story spliced in below it."""
    return between(raw, "More than 60,000 people in the uplands", "\0")


def between(raw: str, first: str, last: str) -> set[str]:
    start = raw.find(first)
    return set(raw[start:].split(last)[0].split("\n")) if start >= 0 else set()
