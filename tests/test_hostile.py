"""Rules and texts that would run for ever cost a second each, and nothing else."""

import json

import pytest

from cleaner import Cleaner
from cleaner.rules.tree import may_hang

HOSTILE = """
description = "a rule that backtracks"
[[rule]]
id = "hostile"
description = "nested repetitions"
category = "other"
{shape} = ['''{pattern}''']
[rule.when]
max_chars = 100000
[rule.samples]
remove = ["qqq"]
keep = ["bbb"]
"""
TEXT = "The dam held.\n\nAdvertisement\n\n" + "q" * 50_000 + "b\n\nNobody was hurt, the mayor said.\n"


@pytest.mark.parametrize("shape", ["lines", "inline"])
@pytest.mark.parametrize("pattern", ["(q+)+", "(q+)+$", "(?:q|qq)+$"])
def test_a_rule_that_takes_too_long_is_left_out_and_all_else_is_done(tmp_path, shape, pattern):
    path = tmp_path / "hostile.toml"
    path.write_text(HOSTILE.format(shape=shape, pattern=pattern))
    cleaned = Cleaner.from_packs([path]).clean(TEXT)
    assert "Advertisement" not in cleaned.text and "mayor" in cleaned.text
    assert cleaned.restore() == TEXT
    if not cleaned.timed_out:  # the engine saw through it
        assert pattern == "(q+)+"


def test_a_timeout_is_reported_where_the_run_is_reported(run, tmp_path):
    (tmp_path / "hostile.toml").write_text(HOSTILE.format(shape="lines", pattern="(?:q|qq)+"))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "bad.txt").write_text(TEXT)
    (tmp_path / "in" / "good.txt").write_text("The dam held.\n\nAdvertisement\n")
    done = run("clean", "in", "--out", "out", "--rules", "hostile.toml")
    assert done.returncode == 0, done.stderr
    assert "rule hostile took longer than" in done.stderr and "1 times a rule took too long" in done.stdout
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["timeouts"] == {"hostile": 1}
    (entry,) = map(json.loads, (tmp_path / "out" / "errors.jsonl").read_text().splitlines())
    assert (entry["source"], entry["doc"], entry["error"]) == ("bad.txt", "bad.txt", "timeout")
    for name in ("bad.txt", "good.txt"):
        assert "Advertisement" not in (tmp_path / "out" / "articles" / name).read_text()


@pytest.mark.parametrize("pattern", ["(a+)+b", "(?:a|aa)+b", "(?:ab?)+", "(?=(a*)*)b", "(?:(?:x|y){0,9}z)*", "(?R)?a"])
def test_patterns_that_may_hang_get_a_timeout(pattern):
    assert may_hang(pattern)


@pytest.mark.parametrize("pattern", ["a+b+c", "(?:ab)+", "(?:a+|b){1,3}", "(?:a++)+", "(?>a+|b)", r"\d{4}-\d\d"])
def test_others_are_spared_its_cost(pattern):
    assert not may_hang(pattern)
