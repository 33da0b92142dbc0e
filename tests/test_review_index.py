"""The index of a run, and the answers that are given out of it."""

import json
import os
import shutil
from pathlib import Path

import duckdb
import filelock
import msgspec
import pyarrow.parquet as pq
import pytest
from reviewed import make_run

from cleaner.errors import InputError, OutputError
from cleaner.fingerprint import fingerprint
from cleaner.formats import logs
from cleaner.removal_log import DocumentEntry, RemovalEntry, digest
from cleaner.restore import log_of, place_of, restore_folder
from cleaner.review import precision, queries
from cleaner.review.index import FILE, FOLDER, Index
from cleaner.review.report import report_on
from cleaner.review.verdicts import KEPT, Verdict, Verdicts

KEYS = ("rule", "fingerprint", "site", "doc", "source", "row", "start", "end", "category")


@pytest.fixture(scope="module", params=["jsonl", "parquet"])
def finished(request, tmp_path_factory) -> Path:
    return make_run(tmp_path_factory.mktemp("run"), "--log-format", request.param)


@pytest.fixture
def run(finished, tmp_path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "run"))


@pytest.fixture
def index(run):
    with Index.open(run) as index:
        yield index


@pytest.fixture
def verdicts(run) -> Verdicts:
    return Verdicts.open(run / "verdicts.jsonl")


def judge(verdicts: Verdicts, row: dict, verdict: str = "right", scope: str = "group", reviewer: str = "ann") -> None:
    given = {name: row[name] for name in KEYS if name in row}
    verdicts.add(Verdict(reviewer=reviewer, verdict=verdict, scope=scope, **given))


def entries(run: Path) -> list[RemovalEntry]:
    return list(logs.entries(log_of(run, "removals"), RemovalEntry))


def other_log(run: Path) -> None:
    """The same removals as before, but in a log that is another."""
    log = log_of(run, "removals")
    if log.suffix == ".jsonl":
        log.write_bytes(log.read_bytes().replace(b'"schema":1', b'"schema": 1', 1))
    else:
        pq.write_table(pq.read_table(log), log, compression="none")


def all_groups(index: Index, verdicts: Verdicts, **asked) -> list[dict]:
    found, after = [], None
    while True:
        page = queries.groups(index, verdicts, **{"state": "all", **asked}, limit=2, after=after)
        found += page["groups"]
        after = page["next"]
        if after is None:
            assert page["total"] >= len(found)
            return found


def test_every_removal_of_the_log_is_in_the_index_as_it_stands_there(run, index, verdicts):
    for place, entry in enumerate(entries(run)):
        row = queries.removal(index, verdicts, id=place)
        assert {name: row[name] for name in msgspec.structs.asdict(entry) if name in row} == {
            name: value for name, value in msgspec.structs.asdict(entry).items() if name in row
        }
        assert row["chars"] == len(entry.text)
    with pytest.raises(InputError, match="no removal"):
        queries.removal(index, verdicts, id=place + 1)


def test_the_overview_adds_up_to_the_summary_of_the_run(run, index, verdicts):
    summary = json.loads((run / "summary.json").read_text())
    overview = queries.overview(index, verdicts)
    totals = overview["totals"]
    assert {name: totals[name] for name in ("documents", "chars_in", "chars_out")} == {
        name: summary[name] for name in ("documents", "chars_in", "chars_out")
    }
    categories = {row["category"]: {"cuts": row["cuts"], "chars": row["chars"]} for row in overview["categories"]}
    assert categories == summary["removed"]
    rules = {row["rule"]: (row["cuts"], row["chars"], row["flags"]) for row in overview["rules"]}
    assert rules == {row["rule"]: (row["cuts"], row["chars"], row["flags"]) for row in summary["by_rule"]}
    for rule in overview["rules"]:
        assert sum(rule["positions"]) == rule["cuts"] + rule["flags"]
    shares = overview["shares"]
    assert sum(shares["bins"]) + shares["untouched"] == totals["documents"]
    assert {row["site"] for row in overview["sites"]} == {"dor.example", "esk.example", ""}
    assert overview["progress"]["todo"] == totals["groups"]
    json.dumps(overview, allow_nan=False)


def test_groups_hold_what_has_one_rule_one_fingerprint_and_one_action(run, index, verdicts):
    expected: dict = {}
    for entry in entries(run):
        expected.setdefault((entry.rule, entry.fingerprint, entry.action), []).append(entry)
    found = {(row["rule"], row["fingerprint"], row["action"]): row for row in all_groups(index, verdicts)}
    assert found.keys() == expected.keys()
    for key, row in found.items():
        same = expected[key]
        assert row["count"] == len(same)
        assert row["chars"] == sum(len(entry.text) for entry in same)
        assert row["docs"] == len({(entry.source, entry.row) for entry in same})


@pytest.mark.parametrize("order", ["chars", "count", "confidence", "surprise"])
@pytest.mark.parametrize("site", ["", "esk.example"])
def test_pages_of_groups_bring_each_once_in_order(index, verdicts, order, site):
    found = all_groups(index, verdicts, order=order, site=site)
    whole = queries.groups(index, verdicts, order=order, site=site, state="all")["groups"]
    assert found == whole
    assert len({row["number"] for row in found}) == len(found) >= 3
    values = [row[order] for row in found]
    assert values == sorted(values, reverse=order != "confidence")


@pytest.mark.parametrize("order", ["chars", "surprise"])
@pytest.mark.parametrize("site", ["", "esk.example"])
def test_pages_neither_skip_nor_repeat_what_is_judged_meanwhile(index, verdicts, order, site):
    asked = {"order": order, "site": site, "state": "todo"}
    expected = [row["number"] for row in all_groups(index, verdicts, **asked)]
    found, after = [], None
    for turn in range(len(expected)):
        page = queries.groups(index, verdicts, **asked, limit=1, after=after)
        (row,) = page["groups"]
        found.append(row["number"])
        after = page["next"]
        if turn == 2:
            verdicts.undo("ann")  # to do again, but on a page that was shown
        else:
            judge(verdicts, row)
    assert found == expected and after is None


def test_pages_of_removals_stay_when_verdicts_change(index, verdicts):
    first = all_groups(index, verdicts)[0]
    asked = {"rule": first["rule"], "fingerprint": first["fingerprint"]}
    found, after = [], None
    for _ in range(first["count"]):
        page = queries.removals(index, verdicts, **asked, after=after, limit=1)
        found += [row["id"] for row in page["removals"]]
        judge(verdicts, page["removals"][0], scope="text")
        after = page["next"]
    assert after is None and len(set(found)) == len(found) == first["count"]


def test_filters_are_met_by_all_that_is_shown(run, index, verdicts):
    first = all_groups(index, verdicts)[0]
    for name in ("rule", "category", "action"):
        found = all_groups(index, verdicts, **{name: first[name]})
        assert first["number"] in {row["number"] for row in found}
        assert {row[name] for row in found} == {first[name]}
        assert all_groups(index, verdicts, **{name: "x"}) == []
    on_site = all_groups(index, verdicts, site="dor.example")
    assert {row["count"] for row in on_site} == {3}
    assert [row["text"] for row in all_groups(index, verdicts, q="aDvErTiS")] == ["Advertisement"]
    assert all_groups(index, verdicts, q="share-line")
    assert all_groups(index, verdicts, q="%") == []


@pytest.mark.parametrize("bad", [{"order": "luck"}, {"state": "late"}, {"after": "x"}, {"after": "1:x"}])
def test_questions_that_make_no_sense_are_told_so(index, verdicts, bad):
    with pytest.raises(InputError):
        queries.groups(index, verdicts, **bad)
    with pytest.raises(InputError, match="no group"):
        queries.group(index, verdicts, rule="x", fingerprint="' OR 1")


def test_a_judged_group_is_done_and_undone_it_is_to_do_again(index, verdicts):
    first, second, *rest = all_groups(index, verdicts)
    judge(verdicts, first, "wrong")
    judge(verdicts, second, "skip")
    states = {state: all_groups(index, verdicts, state=state) for state in ("todo", "done", "skipped")}
    assert {state: [row["number"] for row in rows] for state, rows in states.items()} == {
        "todo": [row["number"] for row in rest],
        "done": [first["number"]],
        "skipped": [second["number"]],
    }
    assert states["done"][0]["judged"] == "wrong"
    progress = queries.overview(index, verdicts)["progress"]
    assert (progress["done"], progress["skipped"], progress["done_removals"]) == (1, 1, first["count"])
    verdicts.undo("ann")
    verdicts.undo("ann")
    assert len(all_groups(index, verdicts, state="todo")) == len(rest) + 2


def test_a_group_is_done_when_all_its_sites_are(index, verdicts):
    first = all_groups(index, verdicts)[0]
    asked = {"rule": first["rule"], "fingerprint": first["fingerprint"]}
    sites = [row["site"] for row in queries.group(index, verdicts, **asked)["by_site"]]
    for left, site in zip(range(len(sites))[::-1], sites, strict=True):
        judge(verdicts, {**first, "site": site}, scope="site")
        assert len(all_groups(index, verdicts, state="done")) == (left == 0)
        # On the site itself it is done at once; "" filters nothing.
        done_here = [row["number"] for row in all_groups(index, verdicts, state="done", site=site)]
        assert first["number"] in done_here or (site == "" and left)
    assert queries.group(index, verdicts, **asked)["judged_removals"]["right"] == first["count"]


def test_a_group_is_done_when_all_its_removals_are(index, verdicts):
    first = all_groups(index, verdicts)[0]
    rows = queries.removals(index, verdicts, rule=first["rule"], fingerprint=first["fingerprint"])["removals"]
    assert len(rows) == first["count"]
    judge(verdicts, {**rows[0], "doc": "of another run"}, scope="text")
    for row in rows:
        assert all_groups(index, verdicts, state="done") == []
        judge(verdicts, row, scope="text")
    assert [row["number"] for row in all_groups(index, verdicts, state="done")] == [first["number"]]


def test_pages_of_removals_bring_each_once(index, verdicts):
    first = all_groups(index, verdicts)[0]
    asked = {"rule": first["rule"], "fingerprint": first["fingerprint"]}
    found, after = [], None
    while True:
        page = queries.removals(index, verdicts, **asked, after=after, limit=4)
        found += [row["id"] for row in page["removals"]]
        if (after := page["next"]) is None:
            break
    assert found == sorted(set(found))
    assert len(found) == first["count"]
    there = queries.removals(index, verdicts, **asked, site="esk.example")["removals"]
    assert {row["site"] for row in there} == {"esk.example"}


def test_a_group_tells_of_its_sites_its_contexts_and_what_was_said(index, verdicts):
    first = next(row for row in all_groups(index, verdicts) if row["rule"] == "ad-label")
    judge(verdicts, first)
    judge(verdicts, first, "wrong", reviewer="bea")
    group = queries.group(index, verdicts, rule=first["rule"], fingerprint=first["fingerprint"])
    assert sum(row["count"] for row in group["by_site"]) == group["count"] == sum(group["actions"].values())
    assert len({(row["source"], row["row"]) for row in group["contexts"]}) == 3
    for row in group["contexts"]:
        context = row["context"]
        assert context["problem"] == ""
        assert "The ferry left Esk" in context["after"]
        assert "".join(one["text"] for one in context["segments"]) == context["before"] + row["text"] + context["after"]
    assert [len(conflict["verdicts"]) for conflict in group["conflicts"]] == [2]
    assert {row["reviewer"] for row in group["verdicts"]} == {"ann", "bea"}
    json.dumps(group, allow_nan=False)


def test_reviewers_who_differ_through_scopes_are_counted_and_shown(index, verdicts):
    first = next(row for row in all_groups(index, verdicts) if row["rule"] == "ad-label")
    asked = {"rule": first["rule"], "fingerprint": first["fingerprint"]}
    text = queries.removals(index, verdicts, **asked)["removals"][0]

    def told() -> tuple:
        overview = queries.overview(index, verdicts)
        rule = next(row for row in overview["rules"] if row["rule"] == "ad-label")["judged"]["conflicts"]
        group = queries.group(index, verdicts, **asked)
        assert group["conflicts_count"] == len(group["conflicts"]) == rule == overview["verdicts"]["conflicts"]
        return rule, queries.removal(index, verdicts, id=text["id"])["conflict"]

    judge(verdicts, first, "wrong")
    judge(verdicts, text, "right", scope="text")
    assert told() == (0, False), "an exception is no conflict"
    judge(verdicts, text, "wrong", scope="text", reviewer="bea")
    assert told() == (1, True)
    verdicts.undo("bea")
    verdicts.undo("ann")
    judge(verdicts, text, "right", scope="text", reviewer="bea")
    assert told() == (1, True)
    (conflict,) = queries.group(index, verdicts, **asked)["conflicts"]
    assert (conflict["scope"], conflict["doc"]) == ("text", text["doc"])
    assert {(one["reviewer"], one["scope"]) for one in conflict["verdicts"]} == {("ann", "group"), ("bea", "text")}


def test_on_a_site_it_is_told_how_much_of_a_group_is_there(index, verdicts):
    for row in all_groups(index, verdicts, site="dor.example"):
        asked = {"rule": row["rule"], "fingerprint": row["fingerprint"]}
        there = queries.removals(index, verdicts, **asked, site="dor.example")["removals"]
        group = queries.group(index, verdicts, **asked, site="dor.example")
        assert group["count"] > len(there) == group["here"]["count"] == row["here"]["count"]
        assert group["here"]["chars"] == row["here"]["chars"] == sum(one["chars"] for one in there)
        assert group["here"]["docs"] == len({one["document"] for one in there})
    judge(verdicts, {**row, "site": "dor.example"}, "wrong", scope="site")
    group = queries.group(index, verdicts, **asked, site="dor.example")
    assert (group["state"], group["here"]["state"], group["here"]["judged"]) == ("todo", "done", "wrong")
    assert "here" not in queries.group(index, verdicts, **asked)
    assert all("here" not in row for row in all_groups(index, verdicts))


def test_what_one_reviewer_judged_is_still_to_do_for_another(index, verdicts):
    first, second, *_ = found = all_groups(index, verdicts)
    judge(verdicts, first)
    judge(verdicts, second, reviewer="bea")
    to_do = [row["number"] for row in all_groups(index, verdicts, state="todo", reviewer="bea")]
    assert first["number"] in to_do and second["number"] not in to_do and len(to_do) == len(found) - 1
    assert {row["judged"] for row in all_groups(index, verdicts, state="todo", reviewer="bea")} == {""}
    assert len(all_groups(index, verdicts, state="todo")) == len(found) - 2
    assert queries.progress(index, verdicts, reviewer="bea")["done"] == 1
    asked = {"rule": first["rule"], "fingerprint": first["fingerprint"]}
    assert queries.group(index, verdicts, **asked)["state"] == "done"
    assert queries.group(index, verdicts, **asked, reviewer="bea")["state"] == "todo"


def test_what_is_remembered_is_what_would_be_found_anew(index, verdicts):
    """After each verdict, on whatever, the answers are those of somebody who has just begun."""
    groups = [row for row in all_groups(index, verdicts) if row["action"] == "removed"]
    sample = queries.start_sample(index, verdicts, rule="ad-label", size=6)
    texts = [item["removal"] for item in sample["items"]]
    turns = [(row, scope) for row in (*texts, *groups) for scope in ("text", "site", "group") if "doc" in row or scope]
    for turn, (row, scope) in enumerate(turns[:40]):
        if turn % 5 == 4:
            verdicts.undo("ann")
        row = {**texts[turn % 6], **row}
        judge(verdicts, row, ("right", "wrong", "skip")[turn % 3], scope, ("ann", "bea")[turn % 2])
        anew = Verdicts.open(verdicts.path)
        for question, asked in (
            (queries.overview, {}),
            (queries.groups, {"site": "esk.example", "state": "all"}),
            (queries.groups, {"reviewer": "bea", "state": "done"}),
            (queries.sample_standing, {"name": sample["name"]}),
        ):
            assert question(index, verdicts, **asked) == question(index, anew, **asked)


def test_the_overview_says_that_verdicts_cannot_be_kept(index, verdicts):
    assert queries.overview(index, verdicts)["read_only"] == ""
    lock = verdicts.path.with_name("verdicts.jsonl.lock")
    lock.unlink(missing_ok=True)
    lock.mkdir()
    verdicts.try_out()
    assert "--verdicts" in queries.overview(index, verdicts)["read_only"]
    lock.rmdir()
    assert queries.overview(index, verdicts)["read_only"] == "", "somebody has seen to it"


def test_a_rule_is_judged_by_what_people_chose_until_a_sample_is(index, verdicts):
    def judged() -> dict:
        return next(row for row in queries.overview(index, verdicts)["rules"] if row["rule"] == "ad-label")["judged"]

    first = next(row for row in all_groups(index, verdicts) if row["rule"] == "ad-label")
    assert judged() == precision.unjudged(first["count"])
    judge(verdicts, first, "wrong")
    assert (judged()["basis"], judged()["wrong"]) == ("verdicts", 1)
    verdicts.undo("ann")
    sample = queries.start_sample(index, verdicts, rule="ad-label", size=4)
    for item in sample["items"]:
        judge(verdicts, item["removal"], scope="text")
    assert judged()["basis"] == "sample"
    after = queries.sample(index, verdicts, name=sample["name"])
    assert (after["right"], after["left"], after["needed_95"]) == (4, 0, 8), "all 12 are then right"
    assert judged()["lower"] == after["lower"]


@pytest.mark.parametrize("by", ["removals", "characters", "sites", "groups"])
def test_a_sample_is_the_same_after_a_restart_and_in_a_copy_of_the_run(run, index, verdicts, by):
    sample = queries.start_sample(index, verdicts, rule="copyright-footer", by=by, size=5, seed=3)
    assert str(len(sample["items"])) in sample["stated"]
    assert {item["removal"]["rule"] for item in sample["items"]} == {"copyright-footer"}
    again = run.parent / "again"
    shutil.copytree(run, again, ignore=shutil.ignore_patterns(FOLDER))
    with Index.open(again) as other:
        found = queries.start_sample(
            other, Verdicts.open(verdicts.path), rule="copyright-footer", by=by, size=5, seed=3
        )
        assert found == sample
        new = queries.start_sample(other, Verdicts.open(again / "new.jsonl"), rule="copyright-footer", by=by, size=5)
        assert len(new["items"]) == len(sample["items"])
    ids = [item["id"] for item in sample["items"]]
    assert by in ("characters", "sites") or len(set(ids)) == len(ids)
    population = {
        "removals": 12,
        "characters": 12 * len("© 2000 Esk Post. All rights reserved."),
        "sites": 3,
        "groups": 1,
    }
    assert sample["population"] == population[by]


def test_a_sample_measures_its_own_log_alone(run, verdicts):
    """When a rule was mended, what was drawn before says nothing of it, and a new sample can be drawn."""

    def measured(index: Index) -> dict:
        told = queries.overview(index, verdicts)
        return next(row for row in told["rules"] if row["rule"] == "ad-label")["judged"]

    with Index.open(run) as index:
        old = queries.start_sample(index, verdicts, rule="ad-label", size=5)
        for item in old["items"]:
            judge(verdicts, item["removal"], "wrong", scope="text")
        assert measured(index)["basis"] == "sample" and old["here"]
    other_log(run)
    with Index.open(run) as index:
        assert measured(index)["basis"] == "verdicts"
        (row,) = queries.overview(index, verdicts)["samples"]
        assert (row["here"], row["seed"], row["judged"]) == (False, 0, 5)
        again = queries.sample(index, verdicts, name=old["name"])
        assert not again["here"] and again["stated"].endswith("; of another run")
        new = queries.start_sample(index, verdicts, rule="ad-label", size=5)
        assert new["here"] and new["name"] != old["name"]
        assert [row["here"] for row in queries.overview(index, verdicts)["samples"]] == [False, True]
        assert measured(index)["basis"] == "sample", "its removals are those that were judged"


def test_how_a_sample_stands_is_told_without_its_removals(index, verdicts):
    sample = queries.start_sample(index, verdicts, rule="ad-label", by="sites", size=9)
    judge(verdicts, sample["items"][0]["removal"], scope="text")
    whole = queries.sample(index, verdicts, name=sample["name"])
    assert len(whole.pop("items")) == 9
    assert queries.sample_standing(index, verdicts, name=sample["name"]) == whole
    twice = [item["id"] for item in sample["items"]].count(sample["items"][0]["id"])
    assert (whole["right"], whole["left"]) == (twice, 9 - twice)
    with pytest.raises(InputError, match="start it first"):
        queries.sample_standing(index, verdicts, name="x")


def test_progress_is_that_of_the_overview(index, verdicts):
    judge(verdicts, all_groups(index, verdicts)[0])
    progress = queries.progress(index, verdicts)
    assert progress == queries.overview(index, verdicts)["progress"] and progress["done"] == 1


def test_kept_lines_are_not_counted_as_removals(index, verdicts):
    lines = queries.misses(index, verdicts, seed=1, size=5)["lines"]
    judge(verdicts, lines[0], "wrong", scope="text")
    judge(verdicts, lines[0], "right", scope="text", reviewer="bea")
    assert KEPT not in precision.precisions(index, verdicts).rules()
    said = queries.overview(index, verdicts)["verdicts"]
    assert {said[name] for name in ("right", "wrong", "skip", "conflicts")} == {0}
    assert said["reviewers"] == {"ann": 1, "bea": 1}


def test_a_sample_of_what_is_not_there_is_refused(index, verdicts):
    for bad in ({"rule": "x"}, {"rule": "ad-label", "size": 0}, {"rule": "ad-label", "by": "luck"}):
        with pytest.raises(InputError):
            queries.start_sample(index, verdicts, **bad)
    with pytest.raises(InputError, match="start it first"):
        queries.sample(index, verdicts, name="x")


def test_misses_are_lines_that_were_kept_and_may_be_judged(index, verdicts):
    found = queries.misses(index, verdicts, seed=1, size=5)
    assert found == queries.misses(index, verdicts, seed=1, size=5)
    assert len(found["lines"]) == 5 <= found["short_lines"]
    assert not {"Advertisement", "Share on Facebook"} & {line["text"] for line in found["lines"]}
    judge(verdicts, found["lines"][0], "wrong", scope="text")
    after = queries.misses(index, verdicts, seed=1, size=5)
    assert (after["wrong"], after["lines"][0]["judged"]) == (1, "wrong")
    assert after["low"] > 0
    assert len(all_groups(index, verdicts, state="todo")) == len(all_groups(index, verdicts))


def test_an_index_is_made_once_and_anew_when_the_log_is_another(run):
    told: list[float] = []
    Index.open(run, lambda share, doing: told.append(share)).close()
    assert told == sorted(told)
    assert told[-1] == 1.0
    made = (run / FOLDER / FILE).stat().st_mtime_ns
    Index.open(run).close()
    assert (run / FOLDER / FILE).stat().st_mtime_ns == made
    log = log_of(run, "removals")
    os.utime(log, ns=(1, 1))
    Index.open(run).close()
    assert (run / FOLDER / FILE).stat().st_mtime_ns > made
    (run / FOLDER / FILE).write_bytes(b"no index")
    Index.open(run).close()


def test_a_run_that_cannot_be_written_is_indexed_in_the_cache(run, tmp_path, monkeypatch):
    monkeypatch.setenv("CLEANER_CACHE", str(tmp_path / "cache"))
    (run / FOLDER).write_bytes(b"")  # root may write everywhere, but not below a file
    with Index.open(run) as index:
        assert index.path.is_relative_to(tmp_path / "cache")


def test_who_waits_for_another_process_is_told_and_may_leave(run):
    (run / FOLDER).mkdir()

    class Enough(Exception):
        pass

    def leave(share: float, doing: str) -> None:
        assert doing.startswith("waiting for another process")
        raise Enough

    with filelock.FileLock(run / FOLDER / "index.lock"), pytest.raises(Enough):
        Index.open(run, leave)


@pytest.mark.parametrize("name", ["meta", "groups", "documents"])
def test_an_index_that_a_stranger_prepared_gives_nothing_away(run, tmp_path, name):
    """A view in it would read another file of ours, if it were opened as it is."""
    secret = tmp_path / "secret.txt"
    secret.write_text("the ferryman's secret")
    Index.open(run).close()
    path = run / FOLDER / FILE
    with duckdb.connect(path) as db:
        db.execute(f"ALTER TABLE {name} RENAME TO was")
        db.execute(f"CREATE VIEW {name} AS SELECT * FROM was WHERE (SELECT content FROM read_text('{secret}')) > ''")
    with Index.open(run) as index:
        (kind,) = index.ask("SELECT table_type AS kind FROM information_schema.tables WHERE table_name = ?", name)
        assert kind["kind"] == "BASE TABLE", "it was made anew"
        for reads in (f"FROM read_text('{secret}')", f"COPY meta TO '{tmp_path / 'out.csv'}'", f"ATTACH '{secret}'"):
            with pytest.raises(OutputError, match="cannot be read"):
                index.ask(reads)
        with pytest.raises(OutputError, match="cannot be read"):
            index.ask("SET enable_external_access = true")
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
@pytest.mark.parametrize("link", ["a file", "the folder"])
def test_a_link_out_of_the_articles_is_refused(run, tmp_path, link):
    """A run may come from a stranger; what it shows must lie in it."""
    secret = tmp_path / "elsewhere"
    shutil.copytree(run / "articles", secret)
    if link == "a file":
        (run / "articles" / "b.txt").unlink()
        (run / "articles" / "b.txt").symlink_to(secret / "b.txt")
    else:
        (run / "articles" / "below").symlink_to(secret)
    with pytest.raises(OutputError, match="leads out of the folder"):
        place_of(run / "articles", "b.txt" if link == "a file" else "below/b.txt")
    if link == "a file":
        verdicts = Verdicts.open(tmp_path / "verdicts.jsonl")
        with Index.open(run) as index:
            (row,) = index.ask("SELECT first AS id FROM documents WHERE source = 'b.txt'")
            found = queries.document(index, verdicts, id=row["id"])
            assert found["segments"] == [] and "leads out of the folder" in found["problem"]
            assert queries.removal(index, verdicts, id=row["id"])["context"]["problem"]
        with pytest.raises(OutputError, match="leads out of the folder"):
            restore_folder(run, tmp_path / "back")


def test_a_damaged_log_is_named_with_its_line(run):
    log = run / "removals.jsonl"
    if not log.exists():
        pytest.skip("Parquet has no lines")
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join([*lines[:3], b'{"doc": "\\ud800"}\n', *lines[3:]]))
    with pytest.raises(OutputError, match="line 4: damaged"):
        Index.open(run)
    log.write_bytes(b"".join([*lines[1:], lines[0]]))
    with pytest.raises(OutputError, match="not of one run"):
        Index.open(run)


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("removals", "start", -10_000_000),
        ("removals", "end", 10**30),
        ("removals", "end", 0),
        ("removals", "line", -1),
        ("removals", "row", 2**63),
        ("documents", "row", -1),
        ("documents", "chars_in", 10**30),
        ("documents", "extra", "nested"),
    ],
)
def test_numbers_that_no_run_writes_are_refused_with_their_line(run, name, field, value):
    log = run / f"{name}.jsonl"
    if not log.exists():
        pytest.skip("Parquet has no lines")
    lines = log.read_text().splitlines()
    entry = json.loads(lines[2]) | {field: value} | ({"start": 5} if value == 0 else {})
    lines[2] = json.dumps(entry).replace('"nested"', "[" * 100_000 + "]" * 100_000)
    log.write_text("\n".join(lines) + "\n")
    with pytest.raises(OutputError, match=f"{name}.jsonl: line 3: damaged"):
        Index.open(run)


def test_a_number_that_no_run_writes_is_refused_in_a_table_too(run):
    log = run / "removals.parquet"
    if not log.exists():
        pytest.skip("JSON Lines have no rows")
    table = pq.read_table(log)
    starts = table["start"].to_pylist()
    column = table.schema.get_field_index("start")
    table = table.set_column(column, table.schema.field(column), [[*starts[:2], -7, *starts[3:]]])
    pq.write_table(table, log)
    with pytest.raises(OutputError, match=r"removals.parquet: row 3: damaged"):
        Index.open(run)


def test_a_folder_without_a_run_is_told_so(tmp_path):
    with pytest.raises(OutputError, match="not a finished run"):
        Index.open(tmp_path)


def test_a_log_that_leads_out_of_the_folder_is_refused(run):
    log = run / "documents.jsonl"
    if not log.exists():
        pytest.skip("one form is enough")
    log.write_text(log.read_text().replace('"source":"a.jsonl"', '"source":"../../a.jsonl"'))
    removals = run / "removals.jsonl"
    removals.write_text(removals.read_text().replace('"source":"a.jsonl"', '"source":"../../a.jsonl"'))
    with pytest.raises(OutputError, match="tampered"):
        Index.open(run)


def test_an_empty_run_has_an_overview(tmp_path):
    (tmp_path / "summary.json").write_text("{}")
    for name in ("removals", "documents"):
        (tmp_path / f"{name}.jsonl").touch()
    with Index.open(tmp_path) as index:
        verdicts = Verdicts.open(tmp_path / "verdicts.jsonl")
        assert queries.overview(index, verdicts)["totals"]["documents"] == 0
        assert queries.groups(index, verdicts)["groups"] == []
        assert queries.misses(index)["lines"] == []


def test_of_several_categories_the_one_with_most_characters_stands_for_the_rule(tmp_path):
    def entry(doc: str, text: str, category: str, rule: str, action: str = "removed") -> RemovalEntry:
        place = (0, len(text), 1, category, rule, action, 0.9, text, [], "", fingerprint(text))
        return RemovalEntry(doc, *place, f"{doc}.txt")

    terns = ("ad", "social", "social")
    cuts = [
        entry("a", "Ad", "ad", "line-model"),
        entry("b", "Follow the gulls", "social", "line-model"),
        entry("c", "More gulls", "related", "line-model"),
        entry("d", "Gulls by mail, much longer", "newsletter", "line-model", "flagged"),
        entry("e", "One", "ad", "one-kind"),
        *(entry(doc, "Tern news", category, "twice") for doc, category in zip("fgh", terns, strict=True)),
    ]
    documents = [DocumentEntry(one.doc, one.source, digest(one.doc), 90, 80, None, None) for one in cuts]
    (tmp_path / "summary.json").write_text("{}")
    for name, rows in (("removals", cuts), ("documents", documents)):
        (tmp_path / f"{name}.jsonl").write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    with Index.open(tmp_path) as index:
        verdicts = Verdicts.open(tmp_path / "verdicts.jsonl")
        rules = {row["rule"]: row for row in queries.overview(index, verdicts)["rules"]}
        groups = {(row["rule"], row["text"]): row["category"] for row in all_groups(index, verdicts)}
    named = {rule: (row["category"], row["categories"]) for rule, row in rules.items()}
    assert named == {
        "line-model": ("social", ["social", "related", "ad", "newsletter"]),
        "one-kind": ("ad", ["ad"]),
        "twice": ("social", ["social", "ad"]),
    }
    assert groups["twice", "Tern news"] == "social" and groups["line-model", "Ad"] == "ad"
    report = report_on(tmp_path, markdown=True)
    assert "| `line-model` | `social +3` |" in report and "| `one-kind` | `ad` |" in report
