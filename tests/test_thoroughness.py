"""How far the model of lines goes, however it is asked for: in Python, on the command line, in a file."""

import pytest

from cleaner import Cleaner
from cleaner.batch import clean_batch
from cleaner.cli.main import main, parser
from cleaner.cli.options import config_of, settings_of
from cleaner.errors import ConfigError
from cleaner.formats.sources import plan
from cleaner.lines.model import LEVELS, THOROUGHNESS
from cleaner.rulefiles import load_packs
from cleaner.work import Settings

RULE = """
[[rule]]
id = "marrow"
category = "ad"
description = "a made-up label"
words = { words = ["qqq"] }
"""
WRONG = [0.3, "1", "0.2", True, False, 0, 2, -0.2, float("nan"), [0.2]]


@pytest.mark.parametrize("given", WRONG)
def test_what_was_not_trained_is_refused_at_once(given):
    for make in (
        lambda: Cleaner.from_packs(thoroughness=given),
        lambda: Cleaner.from_packs(["missing.toml"], only=True, thoroughness=given),
        lambda: Cleaner.of(load_packs(), thoroughness=given),
        lambda: Settings(thoroughness=given),
    ):
        with pytest.raises(ConfigError) as raised:
            make()
        accepted = "0.1, 0.2, 0.5, 1.0, or None for no model of lines"
        assert str(raised.value) == f"thoroughness: {given!r}; accepted: {accepted}"


@pytest.mark.parametrize("given", [*LEVELS, 1])
def test_what_was_trained_is_taken(given):
    assert Settings(thoroughness=given).level == given
    (weigher,) = Cleaner.from_packs(thoroughness=given).weighers
    assert weigher._thoroughness == given
    assert not Cleaner.from_packs(thoroughness=None).weighers


def test_only_own_rules_have_no_model():
    assert Settings(rules=("mine.toml",), only_rules=True).level is None
    assert Settings().level == THOROUGHNESS


def test_a_batch_without_the_model_does_not_ask_for_it(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("The dam held.\n\nAdvertisement\n\nNobody was hurt.\n")
    monkeypatch.setattr("cleaner.work.load_lines", None)
    tally, _ = clean_batch(plan([str(tmp_path / "a.txt")]), tmp_path / "out", Settings(thoroughness=None))
    assert (tally.documents, tally.failed) == (1, 0)


@pytest.fixture
def level(tmp_path, monkeypatch):
    """The thoroughness of a command with these options, and of a file with these lines."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text(RULE)

    def asked(options: str = "", file: str | None = None) -> float | None:
        given = ["show", "a.txt", *options.split()]
        if file is not None:
            (tmp_path / "cleaner.toml").write_text(file)
            given += ["--config", "cleaner.toml"]
        parsed = parser().parse_args(given)
        return settings_of(parsed, config_of(parsed)).level

    return asked


ONLY = 'rules = ["mine.toml"]\nonly_rules = true\n'


@pytest.mark.parametrize(
    ("options", "file", "found"),
    [
        ("", None, 0.2),
        ("--thoroughness 1", None, 1.0),
        ("--thoroughness 1.0", None, 1.0),
        ("--thoroughness 0.1", "thoroughness = 0.5", 0.1),
        ("", "thoroughness = 0.5", 0.5),
        ("", "thoroughness = 1", 1.0),
        ("", "line_model = false", None),
        ("--thoroughness 0.5", "line_model = false", 0.5),
        ("--no-line-model", "thoroughness = 0.5", None),
        ("--no-line-model", "line_model = true", None),
        ("--only-rules --rules mine.toml", "thoroughness = 0.5", None),
        ("", ONLY, None),
        ("--no-line-model", ONLY, None),
    ],
)
def test_the_command_line_goes_before_the_file(level, options, file, found):
    assert level(options, file) == found


@pytest.mark.parametrize(
    ("options", "file", "said"),
    [
        ("--thoroughness 0.5 --no-line-model", None, "which --no-line-model leaves out; choose one"),
        ("--thoroughness 0.5 --only-rules --rules mine.toml", None, "; --only-rules does without them: leave one out"),
        ("--thoroughness 0.5", ONLY, "; only_rules in cleaner.toml does without them: leave one out"),
        ("", "line_model = false\nthoroughness = 0.5", "cleaner.toml: thoroughness is that of the model of lines"),
        ("", ONLY + "thoroughness = 0.5", "only_rules = true does without them: leave one out"),
        ("--no-line-model", ONLY + "thoroughness = 0.5", "only_rules = true does without them: leave one out"),
    ],
)
def test_what_contradicts_itself_is_refused(level, options, file, said):
    with pytest.raises(ConfigError) as raised:
        level(options, file)
    assert said in str(raised.value)


@pytest.mark.parametrize("given", ["0.3", "0.2%", "0,2", "", "2", "-1", "nan", "all", "True"])
def test_another_level_is_refused_in_one_line(given, tmp_path, capsys):
    (tmp_path / "a.txt").write_text("The dam held.\n")
    for command in (["show", str(tmp_path / "a.txt")], ["clean", str(tmp_path), "--out", str(tmp_path / "out")]):
        assert main([*command, f"--thoroughness={given}"]) == 2
        assert capsys.readouterr().err == f"cleaner: --thoroughness {given}: accepted, in percent: 0.1, 0.2, 0.5, 1.0\n"
    assert not (tmp_path / "out").exists()
