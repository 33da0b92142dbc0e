"""Overrides: read strictly, honoured exactly, and nothing else changes because of them."""

import io
import json
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from texts import messy_texts, project_texts

from cleaner import Cleaner, Document, RuleFileError
from cleaner.cli.main import main
from cleaner.fingerprint import fingerprint
from cleaner.policy import Policy
from cleaner.rulefiles import load_packs
from cleaner.rules.overrides import DETECTOR_IDS, Overrides
from cleaner.rules.spec import Override
from cleaner.stream import clean_stream
from cleaner.work import Settings

CLEANER = Cleaner.from_packs()
RULES = (ROOT / "fixtures" / "valid_rules.toml").read_text()
AD = fingerprint("Advertisement")
RAW = "The ferry sails at noon.\n\nAdvertisement\n\nNobody was on board, the captain said."

HEAD = 'description = "What we know better"\n'
KEEP = f"""
[[override]]
rule = "ad-label"
action = "keep"
fingerprints = ["{AD}"]
reason = "the ferry has that name"
"""
FLAG = """
[[override]]
rule = "ad-label"
action = "flag"
reason = "too often wrong here"
"""
#: Two rules that want the same line, and one that wants what stands side by side once it is gone.
RIVALS = """
description = "Rules of a town that never was"

[[rule]]
id = "gull-line"
description = "what the gull says"
category = "other"
confidence = 0.97
lines = ['the gull says .{1,40}']
samples = { remove = ["The gull says hello"], keep = ["The gull flew."] }

[[rule]]
id = "hello-line"
description = "greetings"
category = "other"
confidence = 0.9
lines = ['.{1,40} hello']
samples = { remove = ["The tern says hello"], keep = ["Hello was said."] }

[[rule]]
id = "tern-pair"
description = "two terns in a row"
category = "promo"
lines = ['the first tern']
samples = { remove = ["The first tern\\nThe second tern"], keep = ["The first tern flew."] }
when = { next = ['the second tern'] }
"""


def keep(rule: str, *texts: str, **more: object) -> Override:
    given = {"action": "keep", "reason": "known better"} | more
    return Override(rule=rule, fingerprints=[fingerprint(text) for text in texts], **given)


def flag(rule: str, **more: object) -> Override:
    return Override(rule=rule, action="flag", reason="known better", **more)


def among(cleaner: Cleaner, *overrides: Override) -> Cleaner:
    return replace(cleaner, overrides=Overrides(overrides))


@pytest.fixture
def file(tmp_path):
    """Writes a rule file."""

    def write(text: str, name: str = "own.toml") -> Path:
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


@pytest.fixture(scope="module")
def rivals(tmp_path_factory) -> Cleaner:
    path = tmp_path_factory.mktemp("rules") / "rivals.toml"
    path.write_text(RIVALS)
    return Cleaner.from_packs([path], only=True)


REFUSED = {
    "an unknown rule": (KEEP.replace("ad-label", "ad-lable"), "there is no rule or detector 'ad-lable'; did you mean"),
    "a fingerprint that is too short": (
        KEEP.replace(AD, "64e0"),
        "override number 1 ('ad-label'): fingerprints: found '64e0'; accepted: 16 hexadecimal digits",
    ),
    "a fingerprint in capitals": (KEEP.replace(AD, AD.upper()), "in lower case, as in the removal log"),
    "keep without fingerprints": (
        FLAG.replace('"flag"', '"keep"'),
        "names the texts it means, or it would undo the rule",
    ),
    "no fingerprint in the list": (KEEP.replace(f'"{AD}"', ""), "fingerprints: found an empty list"),
    "no site in the list": (FLAG + "sites = []\n", "sites: found an empty list, which would fit nothing"),
    "a document given twice": (KEEP + 'documents = ["a", "a"]\n', "documents: 'a' is given twice"),
    "a fingerprint given twice": (KEEP.replace(f'"{AD}"', f'"{AD}", "{AD}"'), "is given twice"),
    "the same override twice": (
        KEEP + KEEP,
        f"number 2 ('ad-label'): fingerprint {AD} stands in override number 1 too",
    ),
    "a rule demoted twice": (FLAG + FLAG, "the whole rule stands in override number 1 too"),
    "an address for a site": (KEEP + 'sites = ["https://example.org/"]\n', "accepted: a host in lower case"),
    "an unknown key": (KEEP + 'site = ["example.org"]\n', "site: unknown key; did you mean 'sites'?"),
    "an unknown action": (KEEP.replace('"keep"', '"remove"'), "found 'remove'; accepted: keep, flag"),
    "no reason": (KEEP.replace("reason", "text"), "missing required field `reason`"),
    "any rule everywhere": (FLAG.replace("ad-label", "*"), "would let nothing be removed anywhere"),
    "one table": ("[override]\nrule = 'x'\n", "accepted: [[override]] tables"),
    "nothing at all": ("", "[[override]] tables or both; found none"),
}


@pytest.mark.parametrize(("text", "says"), REFUSED.values(), ids=REFUSED)
def test_an_override_that_makes_no_sense_is_refused(file, text, says):
    path = file(HEAD + text)
    with pytest.raises(RuleFileError) as caught:
        load_packs([path])
    assert str(caught.value).startswith(str(path))
    assert says in str(caught.value), caught.value


def test_a_file_may_hold_overrides_alone_or_beside_rules(file):
    alone = load_packs([file(HEAD + KEEP)])
    assert len(alone.overrides) == 1 and len(alone.rules) == len(load_packs().rules)
    both = load_packs([file(RULES + KEEP)])
    assert (len(both.overrides), len(both.rules)) == (1, len(load_packs().rules) + 1)
    assert load_packs([file(RULES)]).overrides == ()


def test_detectors_and_rules_that_are_not_loaded_may_be_named(file):
    text = KEEP.replace("ad-label", "repeat-title")
    assert load_packs([file(HEAD + text)]).overrides[0].rule == "repeat-title"
    only = load_packs([file(HEAD + KEEP)], only=True)
    assert only.rules == () and only.overrides[0].rule == "ad-label"


def test_the_ids_of_detectors_are_those_in_the_reference():
    page = (ROOT / "docs" / "detectors.md").read_text()
    table = page.partition("\n\n| ")[2].partition("\n\n")[0]
    assert {line.split("`")[1] for line in table.splitlines() if line.startswith("| `")} == DETECTOR_IDS


def test_the_digest_of_packs_tells_other_overrides(file):
    one, other = (load_packs([file(HEAD + text)]).digest() for text in (KEEP, FLAG))
    assert one != other


@given(messy_texts, st.integers(0, 50), st.sampled_from(["keep", "flag"]))
def test_an_override_gives_back_one_text_and_changes_nothing_else(raw, nth, action):
    check_only_that_changes(CLEANER, raw, nth, action)


@pytest.mark.parametrize("path", project_texts()[::4], ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_it_changes_nothing_else_in_the_texts_of_the_project(path):
    strict = replace(CLEANER, policy=Policy("strict"))
    check_only_that_changes(strict, path.read_bytes().decode(), len(path.stem), "keep")


def check_only_that_changes(cleaner: Cleaner, raw: str, nth: int, action: str) -> None:
    before = cleaner.clean(raw)
    if not before.removed:
        return
    target = before.removed[nth % len(before.removed)]
    after = among(cleaner, keep(target.rule, target.text, action=action)).clean(raw)
    alike = [r for r in before.removed if (r.rule, fingerprint(r.text)) == (target.rule, fingerprint(target.text))]
    assert [r for r in after.removals if r.action == "removed"] == [r for r in before.removed if r not in alike]
    flagged = [replace(r, action="flagged", reason=f"{r.reason} (only flagged: known better)") for r in alike]
    flags = [r for r in before.removals if r.action == "flagged"] + (flagged if action == "flag" else [])
    assert sorted(map(str, flags)) == sorted(str(r) for r in after.removals if r.action == "flagged")
    assert after.restore() == raw
    if target.text.isascii():
        assert " ".join(target.text.split()) in " ".join(after.text.split())


def test_exactly_the_text_stays_and_not_its_line(rivals, tmp_path):
    (tmp_path / "inline.toml").write_text(
        RIVALS.partition("[[rule]]")[0]
        + """
[[rule]]
id = "aside"
description = "asides"
category = "other"
inline = ['\\[[a-z ]{1,20}\\]']
samples = { remove = ["⟦[see above]⟧ The gull."], keep = ["The gull."] }
"""
    )
    cleaner = Cleaner.from_packs([tmp_path / "inline.toml"], only=True)
    raw = "The gull [so they say] flew [see above] over the bay."
    assert cleaner.clean(raw).text == "The gull flew over the bay."
    assert among(cleaner, keep("aside", "[see above]")).clean(raw).text == "The gull flew [see above] over the bay."


def test_what_is_kept_is_kept_from_every_rule_and_in_every_pass(rivals):
    raw = "It was a quiet day.\n\nThe gull says hello\n\nThe first tern\n\nThe end of it."
    assert "The gull" not in rivals.clean(raw).text
    kept = among(rivals, keep("gull-line", "The gull says hello")).clean(raw)
    assert kept.text == raw and not kept.removals, "hello-line wanted it too"
    raw = "It was a quiet day.\n\nThe first tern\n\nThe gull says so\n\nThe second tern\n\nThe end."
    later = among(rivals, keep("gull-line", "The gull says so")).clean(raw)
    assert [r.rule for r in later.removed] == ["tern-pair"], "what goes beside it goes as before"
    assert "The gull says so" in later.text and later.restore() == raw


def test_it_holds_for_its_rule_sites_and_documents_alone():
    cases = [
        (keep("ad-label", "ADVERTISEMENT"), "", None, True),
        (keep("*", "Advertisement"), "", None, True),
        (keep("other-rule", "Advertisement"), "", None, False),
        (keep("ad-label", "Advertisements"), "", None, False),
        (keep("ad-label", "Advertisement", documents=["a"]), "a", None, True),
        (keep("ad-label", "Advertisement", documents=["a"]), "b", None, False),
        (keep("ad-label", "Advertisement", sites=["example.org"]), "", "https://www.example.org/1", True),
        (keep("ad-label", "Advertisement", sites=["example.org"]), "", "https://news.example.org/1", True),
        (keep("ad-label", "Advertisement", sites=["example.org"]), "", "https://anexample.org/1", False),
        (keep("ad-label", "Advertisement", sites=["example.org"]), "", None, False),
        (keep("ad-label", "Advertisement", sites=["example.org"], documents=["a"]), "b", "https://example.org/", False),
    ]
    for override, name, url, stays in cases:
        cleaned = among(CLEANER, override).clean_document(Document(RAW, name, url))
        assert ("Advertisement" in cleaned.text) is stays, (override, name, url)


def test_a_demoted_rule_only_flags_and_says_why():
    cleaned = among(CLEANER, flag("ad-label"), flag("id-ad")).clean(RAW)
    assert cleaned.text == RAW
    (flagged,) = (removal for removal in cleaned.removals if removal.rule == "ad-label")
    assert flagged.action == "flagged" and flagged.reason.endswith("(only flagged: known better)")
    assert "Advertisement" not in among(CLEANER, flag("ad-label", sites=["example.org"])).clean(RAW).text


def test_another_rule_still_takes_what_a_demoted_one_wanted(rivals):
    raw = "It was a quiet day.\n\nThe gull says hello\n\nThe gull says goodbye\n\nThe end of it."
    cleaned = among(rivals, flag("gull-line")).clean(raw)
    assert [(r.rule, r.action, r.text) for r in cleaned.removals] == [
        ("hello-line", "removed", "The gull says hello"),
        ("gull-line", "flagged", "The gull says goodbye"),
    ]


def test_keep_goes_before_flag_and_protection_is_not_demoted():
    cleaned = among(CLEANER, flag("ad-label", fingerprints=[AD]), keep("*", "Advertisement")).clean(RAW)
    assert cleaned.text == RAW and not cleaned.removals


def test_an_override_with_the_fingerprint_of_no_removal_changes_nothing():
    assert among(CLEANER, keep("*", "The ferry")).clean(RAW) == CLEANER.clean(RAW)


def test_overrides_travel_with_packs_and_pickled_cleaners(file):
    path = file(HEAD + KEEP)
    cleaner = Cleaner.from_packs([path])
    assert cleaner.clean(RAW).text == RAW
    assert pickle.loads(pickle.dumps(cleaner)).clean(RAW).text == RAW
    settings = Settings(rules=(str(path),))
    assert settings.cleaner().clean(RAW).text == RAW
    assert Cleaner.of(load_packs([path]).by_words()).clean(RAW).text == RAW
    out = io.BytesIO()
    clean_stream(io.BytesIO(json.dumps({"text": RAW}).encode()), out, settings)
    assert json.loads(out.getvalue())["text"] == RAW


def test_tables_and_workers_honour_them(file, tmp_path, monkeypatch, capsys):
    import pyarrow as pa

    from cleaner.table import clean_table

    path = file(HEAD + KEEP + 'documents = ["a.txt"]\n')
    table = pa.table({"text": [RAW, RAW], "id": ["a.txt", "b.txt"]})
    kept, gone = clean_table(table, cleaner=Cleaner.from_packs([path]))["text"].to_pylist()
    assert kept == RAW and "Advertisement" not in gone
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    for name in ("a.txt", "b.txt"):
        (tmp_path / "in" / name).write_text(RAW)
    assert main(["clean", "in", "--out", "out", "--rules", str(path), "--jobs", "2", "--quiet"]) == 0
    texts = {name: (tmp_path / "out" / "articles" / name).read_text() for name in ("a.txt", "b.txt")}
    assert texts["a.txt"] == RAW + "\n" and "Advertisement" not in texts["b.txt"]
    assert main(["show", "in/a.txt", "--rules", str(path), "--color", "never"]) == 0
    assert "a.txt: 0 cuts" in capsys.readouterr().out


def test_the_commands_on_rules_know_overrides(file, capsys):
    path = str(file(HEAD + FLAG + KEEP.replace("ad-label", "repeat-title") + 'text = "The \\u001b[31m"\n'))
    assert main(["rules", "test", path]) == 0
    assert capsys.readouterr().out == "0 rules, 0 samples, 0 failed; 2 overrides\n"
    assert main(["rules", "lint", "--strict", path]) == 0
    assert main(["rules", "explain", "ad-label", "--rules", path]) == 0
    assert "only flagged by an override: too often wrong here" in capsys.readouterr().out
    assert main(["rules", "explain", "repeat-title", "--rules", path]) == 0
    shown = capsys.readouterr().out
    assert "kept by an override" in shown and AD in shown and "\x1b" not in shown
    assert main(["rules", "list", "--rules", path]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("ad-label "))
    assert "demoted" in line


def test_lint_warns_of_overrides_that_do_nothing(file, capsys):
    protecting = RULES.replace('category = "other"', 'action = "keep"')
    text = protecting + FLAG.replace("ad-label", "fixture-rule") + FLAG + FLAG.rstrip() + '\nsites = ["example.org"]\n'
    assert main(["rules", "lint", "--strict", str(file(text))]) == 1
    warned = capsys.readouterr().out
    assert "fixture-rule: the rule protects text" in warned and "ad-label: needless" in warned
