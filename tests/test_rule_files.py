"""Shipped rules prove themselves; rule files that are wrong are refused with a message that helps."""

from pathlib import Path

import msgspec
import pytest
from conftest import ROOT

from cleaner import CATEGORIES, RuleFileError
from cleaner.rulefiles import load_packs
from cleaner.rulefiles.cache import DISK_SHELF, cached_tables
from cleaner.rulefiles.load import read_rule_file, shipped_rules
from cleaner.rulefiles.samples import run_samples
from cleaner.rulefiles.tables import read_file

PACKS = load_packs()
INVALID = sorted((ROOT / "fixtures" / "invalid_rules").glob("*.toml"))


@pytest.mark.parametrize("rule", PACKS.rules, ids=lambda rule: rule.id)
def test_samples(rule):
    problems = [f"{o.kind} {o.sample!r}: {o.problem}" for o in run_samples([rule], PACKS.rules) if o.problem]
    assert not problems, "\n".join(problems)


def test_there_are_rules_of_every_category_that_phrases_can_catch():
    by_detectors = {"duplicate", "spliced-story"}
    assert {rule.spec.category for rule in PACKS.rules if rule.spec.action == "remove"} >= {*CATEGORIES} - by_detectors


def test_the_shipped_rules_are_found_and_many():
    assert shipped_rules().is_dir()
    assert len(PACKS.rules) >= 80


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_an_invalid_rule_file_is_refused(path: Path):
    """The first lines of each file say, after ``# says:``, what the message must hold."""
    says = [
        line.removeprefix("# says:").strip() for line in path.read_text().splitlines() if line.startswith("# says:")
    ]
    assert says
    with pytest.raises(RuleFileError) as caught:
        read_rule_file(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert all(part in message for part in says), message


def test_an_id_used_twice_is_refused(tmp_path):
    text = (ROOT / "fixtures" / "valid_rules.toml").read_text()
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(text)
    with pytest.raises(RuleFileError, match=r"b\.toml: rule 'fixture-rule': id is used twice, also in .*a\.toml"):
        load_packs([tmp_path], only=True)


def test_missing_and_empty_rule_folders_are_refused(tmp_path):
    with pytest.raises(RuleFileError, match="no such rule file or folder"):
        load_packs([tmp_path / "none"])
    with pytest.raises(RuleFileError, match=r"rule files end in \.toml"):
        load_packs([tmp_path])


def test_an_unknown_rule_id_gets_a_hint():
    with pytest.raises(RuleFileError, match="did you mean ad-label"):
        PACKS.rule("ad-lable")


def test_files_that_are_the_same_are_loaded_once_and_an_edit_is_noticed(tmp_path):
    file = tmp_path / "pack.toml"
    file.write_text((ROOT / "fixtures" / "valid_rules.toml").read_text())
    first = load_packs([file], only=True)
    assert load_packs([file], only=True) is first
    file.write_text(file.read_text().replace('id = "fixture-rule"', 'id = "other-rule"'))
    assert "other-rule" in {rule.id for rule in load_packs([file], only=True).rules}


def test_tables_are_read_anew_where_too_few_were_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("CLEANER_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "pack.toml"
    file.write_text((ROOT / "fixtures" / "valid_rules.toml").read_text())
    (read,) = cached_tables([read_file(file)], "digest")
    for kept in ([], [read, read]):
        DISK_SHELF.put("tables-digest", msgspec.msgpack.encode(kept))
        assert cached_tables([read_file(file)], "digest") == [read]
    assert len(msgspec.msgpack.decode(DISK_SHELF.take("tables-digest"))) == 1, "and kept for the next time"


def test_a_table_that_would_come_back_as_another_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("CLEANER_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "pack.toml"
    rules = (ROOT / "fixtures" / "valid_rules.toml").read_text()
    file.write_text(rules.replace('id = "fixture-rule"', "id = 2024-01-01"))
    for _ in range(2):
        with pytest.raises(RuleFileError, match="id: Expected `str`"):
            load_packs([file], only=True)
