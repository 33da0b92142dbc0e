"""Verdicts become overrides: which, with what effect, and written so that nothing of anybody's is lost."""

import json
import shutil
from pathlib import Path

import msgspec
import pytest
from conftest import ROOT
from test_bad_input import articles

from cleaner.cli.main import main
from cleaner.errors import OutputError, RuleFileError
from cleaner.feedback.effects import effects
from cleaner.feedback.overrides import Bounds, Draft, drafted, merged
from cleaner.feedback.rulefile import MARK, quoted, write, written_before
from cleaner.review import queries
from cleaner.review.index import Index
from cleaner.review.verdicts import KEPT, Item, Sample, Verdict, Verdicts
from cleaner.rulefiles.overrides import overrides_in
from cleaner.rules.spec import Override

RULES = {"ad-label", "gull-line"}
ONE, TWO = "1" * 16, "2" * 16
#: The digest of the log that is judged.
LOG = "a" * 16


@pytest.fixture
def verdicts(tmp_path) -> Verdicts:
    return Verdicts.open(tmp_path / "verdicts.jsonl")


def said(verdicts: Verdicts, verdict: str, by: str = "ann", scope: str = "text", **more: object) -> None:
    """One verdict, on a text of the rule ad-label in the document a unless told otherwise."""
    given = {"rule": "ad-label", "fingerprint": ONE, "doc": "a", "source": "a.txt", "site": "example.org", "end": 9}
    verdicts.add(Verdict(reviewer=by, verdict=verdict, scope=scope, **(given | {"text": "The ad"} | more)))


def draft(verdicts: Verdicts, **bounds: float) -> Draft:
    return drafted(verdicts, RULES, Bounds(**bounds), LOG)


def sampled(verdicts: Verdicts, right: int, wrong: int, log: str = LOG, size: int = 30, population: int = 99) -> None:
    """A sample of the rule ad-label, of which the first were judged one by one."""
    name = f"{log} {size}"
    items = [Item(doc=f"{name} {n}", source="a.txt", row=None, start=0, end=9, fingerprint=ONE) for n in range(size)]
    known = {"by": "removals", "size": size, "seed": 0, "action": "removed", "population": population}
    verdicts.add_sample(Sample(measure=name, rule="ad-label", items=items, log=log, **known))
    for n in range(right + wrong):
        said(verdicts, "right" if n < right else "wrong", doc=f"{name} {n}", site="", sample=name)


def demoted(draft: Draft) -> list[Override]:
    return [override for override in draft.overrides if override.action == "flag"]


def entries(draft: Draft) -> list[tuple[object, ...]]:
    """Overrides in short."""
    return [(o.rule, o.action, o.fingerprints or [], o.sites or [], o.documents or []) for o in draft.overrides]


def test_scopes_become_documents_sites_or_neither(verdicts):
    said(verdicts, "wrong")
    said(verdicts, "wrong", doc="b", start=4)
    said(verdicts, "wrong", scope="site", fingerprint=TWO)
    said(verdicts, "wrong", scope="group", rule="gull-line")
    made = draft(verdicts)
    assert entries(made) == [
        ("ad-label", "keep", [ONE], [], ["a", "b"]),
        ("ad-label", "keep", [TWO], ["example.org"], []),
        ("gull-line", "keep", [ONE], [], []),
    ]
    assert made.overrides[0].reason == "judged wrong by ann, 2 of 2" and made.overrides[0].text == "The ad"


def test_a_group_makes_its_single_texts_needless(verdicts):
    said(verdicts, "wrong")
    said(verdicts, "wrong", scope="group")
    assert entries(draft(verdicts)) == [("ad-label", "keep", [ONE], [], [])]


def test_right_and_skipped_make_nothing(verdicts):
    said(verdicts, "right")
    said(verdicts, "skip", doc="b")
    assert draft(verdicts).overrides == []


def test_the_majority_of_last_verdicts_decides(verdicts):
    said(verdicts, "wrong", "ann")
    said(verdicts, "right", "ben")
    said(verdicts, "right", "cid")
    assert draft(verdicts).overrides == []
    said(verdicts, "wrong", "ben")
    made = draft(verdicts)
    assert made.overrides[0].reason == "judged wrong by ann, ben, 2 of 3" and not made.ties
    said(verdicts, "right", "ann")
    said(verdicts, "skip", "ben")
    assert draft(verdicts).overrides == []


def test_a_tie_keeps_the_text_and_is_told(verdicts):
    said(verdicts, "wrong", "ann")
    said(verdicts, "right", "ben")
    made = draft(verdicts)
    assert len(made.overrides) == 1
    (tie,) = made.ties
    assert (tie.subject.name, tie.wrong, tie.right) == ("a", ["ann"], ["ben"])


def test_what_is_taken_back_does_not_count(verdicts):
    said(verdicts, "wrong")
    verdicts.undo("ann")
    assert draft(verdicts).overrides == []


def test_verdicts_that_cannot_be_overrides_are_counted(verdicts):
    said(verdicts, "wrong", rule="long-gone")
    said(verdicts, "wrong", scope="site", site="")
    said(verdicts, "wrong", fingerprint="odd")
    said(verdicts, "wrong", rule=KEPT)
    made = draft(verdicts)
    assert (made.overrides, dict(made.unknown), made.vague) == ([], {"long-gone": 1}, 2)


def test_who_differs_with_himself_in_a_document_is_counted_once(verdicts):
    """A text may stand in a document twice: his last verdict on it holds, and a skip is none."""
    said(verdicts, "right", "ann", start=4)
    said(verdicts, "wrong", "ann")
    said(verdicts, "skip", "ann", start=20)
    made = draft(verdicts)
    assert entries(made) == [("ad-label", "keep", [ONE], [], ["a"])] and not made.ties
    assert made.overrides[0].reason == "judged wrong by ann, 1 of 1"
    said(verdicts, "right", "ann", start=4)
    made = draft(verdicts)
    assert not made.overrides and not made.ties
    said(verdicts, "wrong", "ben")
    (tie,) = draft(verdicts).ties
    assert (tie.wrong, tie.right) == (["ben"], ["ann"])


def test_what_a_wider_override_keeps_though_it_was_judged_right_is_told(verdicts):
    said(verdicts, "wrong", scope="group")
    assert not draft(verdicts).overruled
    said(verdicts, "right", scope="site", site="example.org")
    said(verdicts, "right", doc="b", site="example.net")
    said(verdicts, "wrong", doc="c")
    said(verdicts, "right", scope="site", fingerprint=TWO)
    made = draft(verdicts)
    assert entries(made) == [("ad-label", "keep", [ONE], [], [])]
    (found,) = made.overruled
    assert (found.subject.scope, found.text, found.right) == ("group", "The ad", ["example.org", "b"])


def test_on_a_site_only_what_is_there_is_overruled(verdicts):
    said(verdicts, "wrong", scope="site", site="example.org")
    for doc, site in (("b", "news.example.org"), ("c", "example.net"), ("d", "myexample.org"), ("e", "")):
        said(verdicts, "right", doc=doc, site=site)
    assert [(one.subject.name, one.right) for one in draft(verdicts).overruled] == [("example.org", ["b"])]


@pytest.mark.parametrize(("right", "wrong", "flags"), [(0, 20, True), (0, 19, False), (16, 4, True), (18, 2, False)])
def test_a_rule_only_flags_when_it_is_surely_too_often_wrong(verdicts, right, wrong, flags):
    """18 of 20 are below 95 %, but may be so by chance."""
    sampled(verdicts, right, wrong)
    made = draft(verdicts)
    found = demoted(made)
    assert bool(found) == flags and made.measured == ({"ad-label"} if right + wrong == 20 else set())
    if flags:
        assert found[0].rule == "ad-label" and not found[0].fingerprints
        assert f"right in {right} of 20 judged removals of the sample '{LOG} 30', so in" in found[0].reason


@pytest.mark.parametrize("scope", ["text", "site"])
def test_chosen_verdicts_demote_no_rule_but_ask_to_measure_it(verdicts, scope):
    for n in range(19):
        said(verdicts, "wrong", doc=str(n), site=f"s{n}.example", scope=scope)
    assert not draft(verdicts).unmeasured
    said(verdicts, "right", doc="20", site="s20.example", scope=scope)
    made = draft(verdicts)
    assert not demoted(made) and made.unmeasured == {"ad-label": 19} and not made.measured
    for n in range(30, 48):
        said(verdicts, "right", doc=str(n), site=f"s{n}.example", scope=scope)
    assert not draft(verdicts).unmeasured, "as many say right"


def test_a_sample_speaks_for_the_rule_where_it_is_large_enough(verdicts):
    sampled(verdicts, 30, 0)
    for n in range(40):
        said(verdicts, "wrong", doc=f"picked {n}")
    made = draft(verdicts)
    assert not demoted(made) and not made.unmeasured, "it was measured"
    made = draft(verdicts, judged=31)
    assert not demoted(made) and made.unmeasured == {"ad-label": 40}
    sampled(verdicts, 0, 30)
    (found,) = demoted(draft(verdicts))
    assert f"right in 0 of 30 judged removals of the sample '{LOG} 30'" in found.reason


def test_a_text_of_a_rule_that_only_flags_stays_whatever_rule_wants_it(verdicts):
    sampled(verdicts, 0, 30)
    said(verdicts, "wrong", scope="group", fingerprint=TWO)
    kept = [override for override in draft(verdicts).overrides if override.action == "keep"]
    assert kept and {override.rule for override in kept} == {"*"}
    (last,) = [override for override in merged(draft(verdicts), kept) if override.fingerprints == [TWO]]
    verdicts.undo("ann")
    left = merged(draft(verdicts), [last])
    assert all(override.fingerprints != [TWO] for override in left), "what was taken back keeps nothing"


@pytest.mark.parametrize("log", ["b" * 16, ""])
def test_a_sample_of_another_run_measures_nothing(verdicts, log):
    """A rule that was mended is measured anew; samples of old files name no log."""
    sampled(verdicts, 0, 30, log)
    made = draft(verdicts)
    assert not demoted(made) and not made.measured and made.unmeasured == {"ad-label": 30}
    sampled(verdicts, 30, 0)
    made = draft(verdicts)
    assert not demoted(made) and made.measured == {"ad-label"} and not made.unmeasured


def test_of_a_sample_only_what_was_judged_in_its_order_counts(verdicts):
    """A group that was judged elsewhere covers draws that nobody came to yet: these are no random sample."""
    sampled(verdicts, 0, 0, size=40)
    for n in range(1, 40):
        said(verdicts, "wrong", doc=f"{LOG} 40 {n}")
    assert not demoted(draft(verdicts))
    said(verdicts, "skip", doc=f"{LOG} 40 0")
    (found,) = demoted(draft(verdicts))
    assert "right in 0 of 39 judged" in found.reason


def test_merging_replaces_what_was_judged_and_keeps_the_rest(verdicts):
    def kept(rule: str, *fingerprints: str, **more: object) -> Override:
        return Override(rule=rule, action="keep", fingerprints=list(fingerprints), reason="by hand", **more)

    said(verdicts, "wrong")
    said(verdicts, "wrong", doc="b")
    verdicts.undo("ann")
    before = [
        kept("ad-label", ONE, documents=["a", "b", "c"]),
        kept("ad-label", TWO, sites=["example.org"]),
        kept("gull-line", ONE, TWO),
        Override(rule="gull-line", action="flag", reason="by hand"),
    ]
    after = merged(draft(verdicts), before)
    made, rest = (override for override in after if override.fingerprints == [ONE])
    assert {tuple(made.documents), tuple(rest.documents)} == {("a",), ("c",)}, "b was taken back"
    assert [override for override in after if override not in (made, rest)] == [before[1], before[3], before[2]]
    assert merged(draft(verdicts), after) == after, "doing it again changes nothing"


def test_an_earlier_demotion_gives_way_to_a_measurement_alone(verdicts):
    before = [Override(rule="ad-label", action="flag", reason="of an earlier run")]
    for n in range(40):
        said(verdicts, "right", doc=f"picked {n}")
    assert merged(draft(verdicts), before) == before
    sampled(verdicts, 30, 0)
    assert merged(draft(verdicts), before) == []


def test_the_file_can_be_read_again_whatever_the_text_holds(tmp_path):
    hostile = 'a "quoted" \\ text\nwith \x1b[31m, \u202e, \u2028, \x7f and 🦆 \U000e0001 \'\'\' """'
    override = Override(
        rule="*", action="keep", fingerprints=[ONE, TWO], documents=[hostile, "b"], reason=hostile, text=hostile
    )
    write(tmp_path / "own.toml", [override])
    data = (tmp_path / "own.toml").read_text()
    assert overrides_in(tmp_path / "own.toml") == [override]
    assert data.startswith(MARK) and not any(c in data for c in "\x1b\u202e\u2028\x7f\U000e0001")
    assert list(tmp_path.iterdir()) == [tmp_path / "own.toml"]
    assert quoted("é🦆") == '"é🦆"'


def test_a_file_of_somebody_else_is_not_touched(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text('# mine\ndescription = "mine"\n')
    with pytest.raises(OutputError, match="choose another --out, or give the file up with --force"):
        written_before(path)
    assert written_before(path, force=True) == []
    assert written_before(tmp_path / "none.toml") == []
    path.write_text(f"{MARK}\noverride = 3\n")
    with pytest.raises(RuleFileError):
        written_before(path)


@pytest.fixture(scope="module")
def cleaned(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("cleaned") / "old"
    assert main(["clean", str(ROOT / "seeds"), "--out", str(folder), "--quiet"]) == 0
    return folder


@pytest.fixture
def seeds(cleaned, tmp_path, monkeypatch) -> Path:
    """The seeds cleaned, in the folder where commands run."""
    monkeypatch.chdir(tmp_path)
    return shutil.copytree(cleaned, tmp_path / "old")


def removals(run: Path) -> list[dict]:
    return [json.loads(line) for line in (run / "removals.jsonl").read_text().splitlines()]


def judge(run: Path, removal: dict, verdict: str = "wrong", scope: str = "text", by: str = "ann") -> None:
    fields = {name: removal[name] for name in ("rule", "fingerprint", "doc", "source", "row", "start", "end", "text")}
    Verdicts.open(run / "verdicts.jsonl").add(Verdict(reviewer=by, verdict=verdict, scope=scope, **fields))


def test_from_verdict_to_effect(seeds, tmp_path, capsys):
    """A wrong cut is marked, and the next run leaves that text; all else is the same."""
    cut = next(removal for removal in removals(seeds) if removal["rule"] == "ad-label")
    judge(seeds, cut)
    assert main(["rules", "apply", "old"]) == 0
    shown = capsys.readouterr().out
    assert "+ keep ad-label in 000_skerrin-call.txt: Advertisement" in shown
    assert "would stay: 1 removal, 13 characters in 1 document" in shown and "nothing is written" in shown
    assert not (seeds / "overrides.toml").exists()
    assert main(["rules", "apply", "old", "--write"]) == 0
    assert "cleaner clean INPUT... --out NEW --rules old/overrides.toml" in capsys.readouterr().out

    assert main(["clean", str(ROOT / "seeds"), "--out", "new", "--rules", "old/overrides.toml", "--quiet"]) == 0
    new = tmp_path / "new"
    assert removals(new) == [removal for removal in removals(seeds) if removal != cut]
    was, now = articles(seeds), articles(new)
    assert {name for name in was if was[name] != now[name]} == {cut["doc"]}
    assert now[cut["doc"]].replace("Advertisement\n", "", 1) == was[cut["doc"]]
    assert main(["restore", "new", "--out", "raw"]) == 0
    for path in (ROOT / "seeds").iterdir():
        assert (tmp_path / "raw" / path.name).read_bytes() == path.read_bytes()

    capsys.readouterr()
    assert main(["diff", "old", "new", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    (moved,) = found["moved"]
    assert (moved["rule"], moved["gained"]["count"], moved["lost"]["count"]) == ("ad-label", 0, 1)
    assert moved["lost"]["examples"][0]["text"] == "Advertisement" and found["changed"] == []


def test_the_new_run_is_judged_again_without_losing_what_is_known(seeds, capsys):
    cut, other = removals(seeds)[:2]
    judge(seeds, cut)
    assert main(["rules", "apply", "old", "--write"]) == 0
    (seeds / "verdicts.jsonl").rename(seeds / "first.jsonl")
    judge(seeds, other, scope="group")
    assert main(["rules", "apply", "old", "--write"]) == 0
    shown = capsys.readouterr().out
    assert f"  keep {cut['rule']} in {cut['doc']}" in shown, "known before, and from other verdicts"
    assert {o.rule for o in overrides_in(seeds / "overrides.toml")} == {cut["rule"], other["rule"]}
    Verdicts.open(seeds / "verdicts.jsonl").undo("ann")
    assert main(["rules", "apply", "old", "--verdicts", "old/first.jsonl", "--write"]) == 0
    assert main(["rules", "apply", "old", "--write"]) == 0
    assert f"- keep {other['rule']}: " in capsys.readouterr().out
    Verdicts.open(seeds / "first.jsonl").undo("ann")
    assert main(["rules", "apply", "old", "--verdicts", "old/first.jsonl", "--write"]) == 0
    assert "taken away; no override is left" in capsys.readouterr().out
    assert not (seeds / "overrides.toml").exists()


def test_apply_says_what_is_missing_and_guards_the_terminal(seeds, capsys):
    assert main(["rules", "apply", "old"]) == 2
    assert "old/verdicts.jsonl: no verdicts here; judge first" in capsys.readouterr().err
    cut = removals(seeds)[0]
    judge(seeds, cut | {"text": "\x1b[2J \u202e hidden"})
    judge(seeds, cut | {"text": "\x1b[2J \u202e hidden"}, "right", by="ben")
    judge(seeds, cut | {"rule": "long-gone"})
    assert main(["rules", "apply", "old"]) == 0
    done = capsys.readouterr()
    assert "stays, though reviewers differ" in done.err and "wrong ann; right ben" in done.err
    assert "1 verdict on 'long-gone', which no rule file has" in done.err
    assert not any(c in done.out + done.err for c in "\x1b\u202e")
    assert main(["rules", "apply", "old", "--min-precision", "95"]) == 2
    assert "accepted: a share between 0 and 1" in capsys.readouterr().err


def test_apply_asks_the_samples_of_its_own_log_alone(seeds, tmp_path, capsys):
    """After the rule was mended the log is another: what the old sample says is not held against it."""
    cuts = [cut for cut in removals(seeds) if cut["action"] == "removed"]
    rule = max((cut["rule"] for cut in cuts), key=[cut["rule"] for cut in cuts].count)
    least = ["--min-judged", str(sum(cut["rule"] == rule for cut in cuts)), "--min-precision", "1"]
    with Index.open(seeds) as index:
        verdicts = Verdicts.open(seeds / "verdicts.jsonl")
        for item in queries.start_sample(index, verdicts, rule=rule, size=500)["items"]:
            judge(seeds, item["removal"])
    shutil.copytree(seeds, "copy", ignore=shutil.ignore_patterns(".review"))
    for folder in ("old", "copy"):
        assert main(["rules", "apply", folder, *least]) == 0
        done = capsys.readouterr()
        assert f"+ flag {rule}" in done.out and "measure the rule first" not in done.err
    log = tmp_path / "copy" / "removals.jsonl"
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-1]))
    assert main(["rules", "apply", "copy", *least]) == 0
    done = capsys.readouterr()
    assert f"flag {rule}" not in done.out
    assert "verdicts say wrong; measure the rule first: cleaner review copy, page Measure" in done.err


def test_apply_tells_where_an_override_is_wider_than_what_was_said(seeds, capsys):
    cut = removals(seeds)[0]
    judge(seeds, cut, scope="group")
    judge(seeds, cut, "right")
    assert main(["rules", "apply", "old"]) == 0
    assert f"stays everywhere, though more narrowly judged right: {cut['rule']}" in capsys.readouterr().err


@pytest.fixture
def ads(tmp_path, monkeypatch) -> Path:
    """A run over two pages, each with the same line of advertising."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pages").mkdir()
    for name in ("gulls", "terns"):
        text = f"The {name} came back to the quay at dawn.\n\nAdvertisement\n\nNobody had waited for the {name}.\n"
        (tmp_path / "pages" / f"{name}.txt").write_text(text)
    assert main(["clean", "pages", "--out", "old", "--quiet"]) == 0
    return tmp_path / "old"


def as_flag(run: Path, chosen: dict, reason: str = "") -> None:
    """The log as if one of its removals had only been flagged."""
    lines = [
        removal | ({"action": "flagged", "reason": reason or removal["reason"]} if removal == chosen else {})
        for removal in removals(run)
    ]
    (run / "removals.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_of_what_was_only_flagged_there_is_nothing_to_keep(ads, capsys):
    one, other = removals(ads)
    as_flag(ads, one)
    judge(ads, one)
    assert main(["rules", "apply", "old", "--write"]) == 0
    done = capsys.readouterr()
    assert "nothing to keep: ad-label (gulls.txt) 'Advertisement' was only flagged, and stays" in done.err
    assert "nothing to write" in done.out and not (ads / "overrides.toml").exists()
    judge(ads, other)
    assert main(["rules", "apply", "old", "--write"]) == 0
    assert "would stay: 1 removal" in capsys.readouterr().out
    (override,) = overrides_in(ads / "overrides.toml")
    assert override.documents == ["terns.txt"], "what went stays; the lookalike that was flagged needs nothing"


def test_a_group_that_went_somewhere_is_kept_though_it_was_flagged_elsewhere(ads, capsys):
    one, _ = removals(ads)
    as_flag(ads, one)
    judge(ads, one, scope="group")
    assert main(["rules", "apply", "old"]) == 0
    done = capsys.readouterr()
    assert "+ keep ad-label" in done.out and "nothing to keep" not in done.err


def test_what_an_override_lets_a_rule_only_flag_would_go_without_it(ads, capsys):
    one, _ = removals(ads)
    as_flag(ads, one, "an ad (only flagged: right in 3 of 30)")
    judge(ads, one)
    assert main(["rules", "apply", "old"]) == 0
    done = capsys.readouterr()
    assert "+ keep ad-label" in done.out and "nothing to keep" not in done.err


def test_a_rule_that_only_flagged_needs_no_override_to_go_on_so(verdicts):
    name = {"measure": "s", "rule": "ad-label", "by": "removals", "size": 30, "seed": 0, "action": "flagged"}
    items = [Item(doc=f"s {n}", source="a.txt", row=None, start=0, end=9, fingerprint=ONE) for n in range(30)]
    verdicts.add_sample(Sample(**name, population=99, items=items, log=LOG))
    for n in range(30):
        said(verdicts, "wrong", doc=f"s {n}", site="")
    made = draft(verdicts)
    before = [Override(rule="ad-label", action="flag", reason="measured before")]
    assert [one.action for one in merged(made, [])] == ["keep"]
    assert sorted(one.action for one in merged(made, before)) == ["flag", "keep"], "it only flags because of one"


@pytest.mark.parametrize(("population", "flags"), [(99, False), (30, True)])
def test_where_all_were_judged_nothing_is_left_to_chance(verdicts, population, flags):
    """Of 30 one by one 28 are right: of many more it might be 95 %, but of 30 it is not."""
    sampled(verdicts, 28, 2, population=population)
    assert [override.action for override in demoted(draft(verdicts))] == ["flag"] * flags


def test_effects_count_what_would_stay_or_only_be_flagged(seeds):
    cuts = removals(seeds)
    ads = [cut for cut in cuts if cut["rule"] == "ad-label"]
    found = effects(
        seeds,
        [
            Override(rule="ad-label", action="keep", fingerprints=[ads[0]["fingerprint"]], reason="known better"),
            Override(rule="player-notice", action="flag", reason="known better"),
            Override(rule="*", action="keep", fingerprints=[ONE], reason="known better"),
        ],
    )
    kept, demoted, nothing = (tally for _, tally in found.of)
    assert kept.removals == sum(cut["fingerprint"] == ads[0]["fingerprint"] for cut in ads)
    assert demoted.removals == sum(cut["rule"] == "player-notice" for cut in cuts) and nothing.removals == 0
    assert demoted.documents == len({cut["doc"] for cut in cuts if cut["rule"] == "player-notice"})
    assert (found.kept.chars, found.removals) == (kept.chars, len([c for c in cuts if c["action"] == "removed"]))


def test_effects_read_tables_and_notice_logs_that_do_not_fit(tmp_path, seeds, capsys):
    assert main(["clean", str(ROOT / "seeds"), "--out", "table", "--log-format", "parquet", "--quiet"]) == 0
    override = Override(rule="ad-label", action="flag", reason="known better")
    found, same = (effects(run, [override]) for run in (seeds, tmp_path / "table"))
    assert found.flagged.removals == same.flagged.removals > 0
    lines = (seeds / "removals.jsonl").read_bytes().splitlines(keepends=True)
    stranger = msgspec.json.encode(json.loads(lines[-1]) | {"source": "stranger.txt"}) + b"\n"
    (seeds / "removals.jsonl").write_bytes(b"".join([*lines, stranger]))
    with pytest.raises(OutputError, match="do not fit together"):
        effects(seeds, [override])
