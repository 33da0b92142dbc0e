"""``cleaner rules check``: what rules take from labelled records is counted right, and bad records are named."""

import gzip
import json
from itertools import islice
from pathlib import Path

import pytest
import zstandard
from conftest import SHARED

from cleaner.rulefiles.check import half, interval

PACK = """
description = "Two rules of a town that never was"

[[rule]]
id = "gull-news"
description = "The gull's newsletter"
category = "newsletter"
lines = ['gull news.{0,40}']
samples = { remove = ["Gull news!"], keep = ["The gull flew."] }

[[rule]]
id = "news-words"
description = "News, by any bird"
category = "newsletter"
confidence = 0.85
lines = ['(?:gull|tern) news']
samples = { remove = ["Tern news"], keep = ["The tern flew."] }
"""

PROSE = "The ferry sailed at noon."  # 20 word characters


def record(*lines: tuple[str, str], **more: object) -> dict:
    """A record of (line, label) pairs."""
    texts, labels = zip(*lines, strict=True)
    return {"raw": "\n".join(texts), "labels": labels, "domain": "example.org", "url": "https://example.org/1"} | more


@pytest.fixture
def check(run, tmp_path):
    """Runs the command over records with the rules above."""

    def call(*records: dict, options: tuple[str, ...] = (), pack: str = PACK):
        (tmp_path / "pack.toml").write_text(pack)
        (tmp_path / "records.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
        return run("rules", "check", "records.jsonl", "--rules", "pack.toml", "--only-rules", *options)

    return call


@pytest.fixture
def checked(check):
    """The report over records as data."""

    def call(*records: dict, options: tuple[str, ...] = ()) -> dict:
        done = check(*records, options=("--json", *options))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return call


def rows(report: dict) -> dict[str, dict]:
    return {row["rule"]: row for row in report["rules"]}


def test_word_characters_are_counted_by_their_labels(checked):
    report = checked(
        record((PROSE, "keep"), ("", "blank"), ("Gull news, weekly!", "junk"), ("Tern news", "keep")),
        record((PROSE, "keep"), ("Gull news 日本", "junk"), url="https://example.net/1", domain="example.net"),
        record((PROSE, "keep"), ("Gull news (old)", "ambiguous"), url="https://example.org/2"),
    )
    gull, tern = rows(report)["gull-news"], rows(report)["news-words"]
    assert (gull["hits"], gull["junk"], gull["article"], gull["precision"]) == (3, 14 + 10, 0, 1.0)
    assert (gull["pages"], gull["sites"], gull["site"], gull["site_share"]) == (3, 2, "example.org", 14 / 24)
    assert (tern["hits"], tern["junk"], tern["article"], tern["precision"]) == (1, 0, 8, 0.0)
    assert (report["junk"], report["junk_taken"]) == (24, 24)
    assert (report["article"], report["article_taken"]) == (3 * 20 + 8, 8)
    assert [row["rule"] for row in report["rules"]] == ["news-words", "gull-news"], "the most harmful first"


def test_segments_label_the_parts_of_mixed_lines(checked):
    mixed = record(
        (PROSE, "keep"),
        ("Gull news: the fair opens", "ambiguous"),
        segments={"1": [[0, 9, "junk"], [11, 20, "keep"], [20, 25, "ambiguous"]]},
    )
    gull = rows(checked(mixed))["gull-news"]
    assert (gull["junk"], gull["article"]) == (len("Gullnews"), len("thefair"))


def test_overlap_says_what_a_rule_shares_and_what_it_alone_removes(checked):
    records = (record(("Gull news", "junk"), (PROSE, "keep"), ("Gull news today", "junk")),)
    gull = rows(checked(*records))["gull-news"]
    assert (gull["hits"], gull["junk"], gull["shared"], gull["alone"]) == (2, 8 + 13, {"news-words": 8}, 13)
    alone = rows(checked(*records, options=("--alone",)))["gull-news"]
    assert (alone["hits"], alone["junk"], alone["shared"], alone["alone"]) == (1, 13, {}, 13)


def test_records_whose_gold_has_gaps_are_left_out_and_said_to_be(check, checked):
    good, bad = (record((PROSE, "keep"), ("Tern news", label)) for label in ("junk", "keep"))
    bad["gold_gaps"] = True
    report = checked(good, bad)
    assert (report["records"], report["gold_gaps"], report["junk"], report["article"]) == (1, 1, 8, 20)
    assert rows(report)["news-words"]["hits"] == 1
    assert "1 more are left out" in check(good, bad).stdout


def test_the_halves_hold_each_site_once(checked):
    sites = {"example.net": "a", "example.org": "b"}
    assert {site: half(site) for site in sites} == sites
    records = [record(("Gull news", "junk"), (PROSE, "keep"), domain=site, url=f"https://{site}/") for site in sites]
    for site, name in sites.items():
        (found,) = checked(*records, options=("--split", name))["sites"]
        assert found["site"] == site


def test_makers_are_chosen_and_unknown_ones_named(check, checked):
    records = [record(("Gull news", "junk"), (PROSE, "keep"), maker=maker) for maker in ("soup", "broth", "stew")]
    assert checked(*records, options=("--maker", "soup", "stew"))["records"] == 2
    done = check(*records, options=("--maker", "soap"))
    assert done.returncode == 2
    assert "--maker soap: no record is of this maker; found: broth, soup, stew" in done.stderr


def test_records_of_one_page_are_one_page(checked):
    same = record(("Gull news", "junk"), (PROSE, "keep"))
    gull = rows(checked(same, same))["gull-news"]
    assert (gull["hits"], gull["pages"]) == (2, 1)


def test_the_interval_draws_whole_pages():
    together, apart = interval([(0, 50), *[(50, 0)] * 9]), interval([(45, 5)] * 10)
    assert together and apart
    assert together[0] < 0.8 < 0.9 == apart[0] == apart[1], "ten pages, 50 of 500 wrong: all on one, or 5 on each"


def test_doubtful_rules_are_named_with_what_to_write(check):
    def pages(wrong: int) -> list[dict]:
        return [
            record(("Tern news", "keep" if number < wrong else "junk"), (PROSE, "keep"), url=f"https://a.org/{number}")
            for number in range(6)
        ]

    assert "below the bound" not in check(*pages(wrong=0)).stdout
    assert "below the bound" not in check(*pages(wrong=3)[:4]).stdout, "seen too seldom"
    doubtful = check(*pages(wrong=3)).stdout
    assert 'status = "experimental"' in doubtful
    assert doubtful.splitlines()[-1].split()[:3] == ["news-words", "pack.toml", "6"]
    assert "below the bound" not in check(*pages(wrong=3), options=("--bound", "0")).stdout


def test_tables_are_aligned_and_fit_the_screen(check):
    pack = PACK.replace("news-words", "news-words" + "-by-any-bird" * 5)
    records = [record(("Gull news", "junk"), ("Tern news", "keep"), (PROSE, "keep"), domain="a-long-name." * 5 + "org")]
    for by in ("rule", "site"):
        out = check(*records * 6, options=("--by", by), pack=pack).stdout
        assert max(map(len, out.splitlines())) <= 120
        assert "junk taken by all rules: 48 of 48 characters (100.000%)" in out
        assert "article taken by all rules: 48 of 168 characters (28.571%)" in out
    head, *lines = check(*records, pack=pack).stdout.partition("rule ")[2].splitlines()[:3]
    assert len({len("rule " + head), *map(len, lines)}) == 1


def test_by_site_names_the_worst_rules_and_those_of_one_site(check):
    harmed = record(("Gull news!", "junk"), ("Tern news", "keep"), (PROSE, "keep"), ("Tern news", "keep"))
    other = record(("Gull news!", "junk"), (PROSE, "keep"), domain="example.net", url="https://example.net/1")
    worst, one_site = check(harmed, other, options=("--by", "site")).stdout.split("rules with several hits")
    assert "example.org" in worst and "news-words:16" in worst and "example.net" not in worst
    assert "news-words" in one_site and "gull-news" not in one_site.partition("below")[0]


GOOD = json.dumps(record((PROSE, "keep")))


@pytest.mark.parametrize(
    ("line", "messages"),
    [
        pytest.param("{raw", ["not JSON", "found '{raw'", "a record is a JSON object"], id="not JSON"),
        pytest.param("[]", ["Expected `object`, got `array`", "a record is a JSON object"], id="not an object"),
        pytest.param('{"raw": "a"}', ["missing required field `labels`", "the keys here are raw;"], id="missing keys"),
        pytest.param(
            json.dumps(record((PROSE, "maybe"))),
            ["Invalid enum value 'maybe'", "$.labels", "keep, junk, blank, ambiguous"],
            id="unknown label",
        ),
        pytest.param(
            json.dumps(record((PROSE, "keep")) | {"labels": ["keep", "junk"]}),
            ["2 labels for 1 lines", "one for each line"],
            id="more labels than lines",
        ),
        pytest.param(
            json.dumps(record((PROSE, "keep"), segments={"3": []})),
            ["segments: there is no line 3; accepted: 0 to 0"],
            id="segments of a line that is not there",
        ),
        pytest.param(
            json.dumps(record((PROSE, "keep"), segments={"0": [[0, 99, "junk"]]})),
            ["segments: line 0: found [0, 99]", "the line's 25 characters"],
            id="a segment past the line's end",
        ),
        pytest.param(
            json.dumps(record((PROSE, "keep"), segments={"0": []})),
            ["segments: line 0: found none"],
            id="a line with no segment",
        ),
    ],
)
def test_a_bad_record_is_named_with_what_is_accepted(run, tmp_path, line, messages):
    (tmp_path / "bad.jsonl").write_text(f"{GOOD}\n\n{line}\n")
    done = run("rules", "check", "bad.jsonl")
    assert done.returncode == 2 and done.stdout == ""
    for message in ("cleaner: bad.jsonl: line 3: ", *messages):
        assert message in done.stderr


def test_other_bad_input_is_explained(run, check, tmp_path):
    assert "records.jsonl: no record to check" in check().stderr
    assert "--bound 2: accepted: a share between 0 and 1" in check(options=("--bound", "2")).stderr
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(GOOD.encode())[:-9])
    assert "cut.jsonl.gz: the gzip data breaks off" in run("rules", "check", "cut.jsonl.gz").stderr
    gone = run("rules", "check", "gone.jsonl")
    assert gone.returncode == 2 and "gone.jsonl: No such file" in gone.stderr


def test_compressed_records_are_read(run, tmp_path):
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(GOOD.encode()))
    (tmp_path / "a.jsonl.zst").write_bytes(zstandard.compress(GOOD.encode()))
    for name in ("a.jsonl.gz", "a.jsonl.zst"):
        assert "1 records of 1 pages on 1 sites" in run("rules", "check", name).stdout


def test_the_shipped_rules_on_real_records(run, tmp_path):
    bench: Path = SHARED / "bench" / "dev.jsonl.gz"
    if not bench.exists():
        pytest.skip(f"{bench} is not here; it is not part of the project")
    with gzip.open(bench) as lines:
        (tmp_path / "few.jsonl").write_bytes(b"".join(islice(lines, 20)))
    report = json.loads(run("rules", "check", "few.jsonl", "--json").stdout)
    assert report["records"] + report["gold_gaps"] == 20
    assert 0 < report["junk_taken"] <= report["junk"] and 0 <= report["article_taken"] <= report["article"]
    assert report["junk_taken"] == sum(row["junk"] for row in report["rules"])
