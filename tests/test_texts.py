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


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.stem)
def test_a_seed_comes_out_as_expected(cleaner, path):
    """The commentary spliced into the first seed shares its names and is left to a later detector."""
    expected = (ROOT / "fixtures" / "seeds" / path.name).read_text().split("\n")
    got = cleaner.clean(path.read_bytes().decode()).text.split("\n")
    missing = [line for line in expected if line and line not in got]
    assert not missing, "the author's words stay"
    left = {line for line in got if line and line not in expected}
    assert left <= spliced_commentary(path.read_bytes().decode())


def spliced_commentary(raw: str) -> set[str]:
    """The lines between the article of the first seed and the box below the commentary; none elsewhere."""
    start, end = raw.find("The fish soup on Fallow Island"), raw.find("Datawrapper\n")
    return set(raw[start:end].split("\n")) if 0 <= start < end else set()
