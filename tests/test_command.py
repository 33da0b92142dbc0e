"""The installed command, end to end."""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import zstandard
from conftest import ROOT, SHARED
from test_bad_input import GOOD, JUNKY, articles, jsonl_texts, tree

from cleaner.cli.detectors import DETECTORS
from cleaner.cli.main import parser
from cleaner.rules.overrides import DETECTOR_IDS

REAL_SEEDS = SHARED / "seeds"


@pytest.fixture(params=["seeds", "real seeds"])
def seeds(request) -> Path:
    folder = ROOT / "seeds" if request.param == "seeds" else REAL_SEEDS
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here; it is not part of the project")
    return folder


def test_the_main_job(run, tmp_path, seeds):
    done = run("clean", seeds, "--out", "out")
    assert done.returncode == 0 and done.stderr == ""
    assert "5 documents" in done.stdout and "player" in done.stdout
    out = tmp_path / "out"
    assert sorted(articles(out)) == sorted(path.name for path in seeds.iterdir())
    assert (out / "errors.jsonl").read_bytes() == b""
    for line in (out / "removals.jsonl").read_text().splitlines():
        entry = json.loads(line)
        raw = (seeds / entry["doc"]).read_bytes().decode()
        assert raw[entry["start"] : entry["end"]] == entry["text"]
        assert raw.count("\n", 0, entry["start"]) + 1 == entry["line"]
    assert run("restore", "out", "--out", "raw").returncode == 0
    assert tree(tmp_path / "raw") == tree(seeds)


def test_the_same_run_gives_the_same_bytes_in_any_order_and_number_of_workers(run, tmp_path, seeds):
    files = sorted(seeds.iterdir())
    assert run("clean", *files, "--out", "a").returncode == 0
    assert run("clean", *reversed(files), "--out", "b").returncode == 0
    assert run("clean", seeds, "--out", "c", "--jobs", 2).returncode == 0
    assert tree(tmp_path / "a") == tree(tmp_path / "b") == tree(tmp_path / "c")


def test_cleaning_the_articles_again_removes_nothing(run, tmp_path, seeds):
    assert run("clean", seeds, "--out", "once").returncode == 0
    assert run("clean", "once/articles", "--out", "twice").returncode == 0
    assert articles(tmp_path / "twice") == articles(tmp_path / "once")
    assert '"removed"' not in (tmp_path / "twice" / "removals.jsonl").read_text()


def test_the_console_script_is_installed(tmp_path):
    script = Path(sysconfig.get_path("scripts")) / ("cleaner.exe" if os.name == "nt" else "cleaner")
    if not script.exists():
        pytest.skip("cleaner runs from a checkout here, not installed")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("cleaner ")


def test_folders_are_mirrored_in_every_format(run, tmp_path):
    box = tmp_path / "in"
    (box / "news" / "2031").mkdir(parents=True)
    (box / "news" / "a.txt").write_text(JUNKY)
    (box / "news" / "2031" / "b.md").write_text("# Ferry\n\n    code\n\n" + JUNKY)
    page = f"<html><body><article><h1>Ferry</h1><p>{GOOD * 5}</p><p>Advertisement</p></article></body></html>"
    (box / "c.html").write_text(page)
    rows = [{"id": "x", "url": "https://example.org/1", "text": JUNKY, "n": 1}, {"html": page, "n": 2}]
    lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
    (box / "d.jsonl").write_bytes(lines)
    (box / "e.jsonl.gz").write_bytes(gzip.compress(lines))
    (box / "f.jsonl.zst").write_bytes(zstandard.compress(lines))
    (box / "g.txt.gz").write_bytes(gzip.compress(JUNKY.encode()))
    done = run("clean", "in", "--out", "out")
    assert done.returncode == 0, done.stderr
    got = articles(tmp_path / "out")
    assert sorted(got) == ["c.txt", "d.jsonl", "e.jsonl", "f.jsonl", "g.txt", "news/2031/b.txt", "news/a.txt"]
    assert got["news/a.txt"] == got["g.txt"] == GOOD
    assert got["news/2031/b.txt"] == "# Ferry\n\n    code\n\n" + GOOD
    assert "Advertisement" not in got["c.txt"] and GOOD.strip() in got["c.txt"]
    first, second = map(json.loads, got["d.jsonl"].splitlines())
    assert first == {"id": "x", "url": "https://example.org/1", "text": GOOD.strip(), "n": 1}
    assert second["html"] == page and second["n"] == 2 and GOOD.strip() in second["text"]
    assert got["d.jsonl"] == got["e.jsonl"] == got["f.jsonl"]
    documents = [json.loads(line) for line in (tmp_path / "out" / "documents.jsonl").read_text().splitlines()]
    assert {d["doc"] for d in documents} >= {"news/a.txt", "x", "d.jsonl:2"}
    assert {d.get("extractor") for d in documents if d["source"] == "c.html"} == {"trafilatura"}


def test_everything_comes_back_from_every_format(run, tmp_path):
    box = tmp_path / "in"
    box.mkdir()
    row = {"id": "x", "text": JUNKY, "n": 1}
    (box / "d.jsonl").write_text(json.dumps(row))
    (box / "e.jsonl.gz").write_bytes(gzip.compress(json.dumps(row).encode()))
    (box / "f.jsonl.zst").write_bytes(zstandard.compress(json.dumps(row).encode()))
    (box / "g.txt.gz").write_bytes(gzip.compress(JUNKY.encode()))
    assert run("clean", "in", "--out", "out").returncode == 0
    assert run("restore", "out", "--out", "raw").returncode == 0
    raw = tmp_path / "raw"
    assert sorted(tree(raw)) == ["d.jsonl", "e.jsonl.gz", "f.jsonl.zst", "g.txt.gz"]
    assert json.loads((raw / "d.jsonl").read_text()) == row
    assert json.loads(gzip.decompress((raw / "e.jsonl.gz").read_bytes())) == row
    assert (
        json.loads(zstandard.ZstdDecompressor().decompressobj().decompress((raw / "f.jsonl.zst").read_bytes())) == row
    )
    assert gzip.decompress((raw / "g.txt.gz").read_bytes()).decode() == JUNKY


def test_jsonl_rows_come_back_field_by_field(run, tmp_path):
    text = r'"The d\u00e4m.\n\nAdvertisement\n\nIt held."'
    line = f'\ufeff{{"id": 1,  "text": {text}, "n": 1.50, "more": {{"a": [ 1]}} }}\r\n\r\nno JSON\n'
    (tmp_path / "a.jsonl").write_bytes(line.encode())
    assert run("clean", "a.jsonl", "--out", "out", "--quiet").returncode == 1
    done = run("restore", "out", "--out", "raw", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    back = (tmp_path / "raw" / "a.jsonl").read_text()
    assert back == '{"id":1,"text":"The däm.\\n\\nAdvertisement\\n\\nIt held.","n":1.50,"more":{"a": [ 1]}}\n'
    assert run("verify", "out", "--quiet").stdout == ""
    (tmp_path / "out" / "articles" / "a.jsonl").write_text('{"id":1,"text":"Other"}\n')
    for command in (("restore", "out", "--out", "more"), ("verify", "out")):
        done = run(*command, "--quiet")
        assert done.returncode == 1 and done.stdout == "" and "a.jsonl" in done.stderr


def test_a_folder_is_shown_document_by_document(run, tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("a.txt", "b.txt"):
        (tmp_path / "in" / name).write_text("The dam held.\n\nAdvertisement\n")
    done = run("show", "in")
    heads = [line.partition(",")[0] for line in done.stdout.splitlines() if "1 cuts" in line]
    assert done.returncode == 0 and heads == ["a.txt: 1 cuts", "b.txt: 1 cuts"]


def test_a_page_without_an_article_falls_back_to_its_text(run, tmp_path):
    (tmp_path / "bare.html").write_text("<body><script>x()</script><nav><a href=x>Closed today</a></nav></body>")
    assert run("clean", "bare.html", "--out", "out").returncode == 0
    (document,) = map(json.loads, (tmp_path / "out" / "documents.jsonl").read_text().splitlines())
    assert document["extractor"] == "beautifulsoup"
    assert articles(tmp_path / "out") == {"bare.txt": "Closed today\n"}


def test_standard_input(run, tmp_path):
    assert run("clean", "-", "--out", "a", stdin=JUNKY.encode()).returncode == 0
    assert articles(tmp_path / "a") == {"stdin.txt": GOOD}
    assert run("restore", "a", "--out", "raw").returncode == 0
    assert tree(tmp_path / "raw") == {"stdin.txt": JUNKY.encode()}
    line = json.dumps({"text": JUNKY}).encode()
    assert run("clean", "-", "--stdin", "jsonl", "--out", "b", stdin=line).returncode == 0
    assert jsonl_texts(tmp_path / "b", "stdin.jsonl") == [GOOD.strip()]


def test_several_inputs_keep_their_folders(run, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text(JUNKY)
    assert run("clean", "one", "two/a.txt", "--out", "out").returncode == 0
    assert sorted(articles(tmp_path / "out")) == ["one/a.txt", "two/a.txt"]


def test_own_field_names_and_settings_from_a_file(run, tmp_path):
    (tmp_path / "cleaner.toml").write_text(
        'profile = "light"\n[categories]\nad = "keep"\n[fields]\ntext = "body"\n[normalize]\nquotes = "straight"\n'
    )
    (tmp_path / "a.jsonl").write_text(json.dumps({"body": "“Ferry” sails.\n\nAdvertisement"}))
    assert run("clean", "a.jsonl", "--out", "out", "--config", "cleaner.toml").returncode == 0
    row = json.loads((tmp_path / "out" / "articles" / "a.jsonl").read_text())
    assert row == {"body": '"Ferry" sails.\n\nAdvertisement'}
    assert run("restore", "out", "--out", "raw").returncode == 0
    assert json.loads((tmp_path / "raw" / "a.jsonl").read_text()) == {"body": "“Ferry” sails.\n\nAdvertisement"}
    assert run("clean", "a.jsonl", "--out", "x", "--config", "cleaner.toml", "--category", "ad=remove").returncode == 0
    assert json.loads((tmp_path / "x" / "articles" / "a.jsonl").read_text()) == {"body": '"Ferry" sails.'}


def test_own_rules_beside_and_instead_of_the_shipped_ones(run, tmp_path):
    shutil.copy(ROOT / "fixtures" / "valid_rules.toml", tmp_path / "mine.toml")
    (tmp_path / "a.txt").write_text("Ferry sails.\n\nXyzzy\n\nAdvertisement\n")
    assert run("clean", "a.txt", "--out", "a", "--rules", "mine.toml").returncode == 0
    assert articles(tmp_path / "a") == {"a.txt": "Ferry sails.\n"}
    assert run("clean", "a.txt", "--out", "b", "--rules", "mine.toml", "--only-rules").returncode == 0
    assert articles(tmp_path / "b") == {"a.txt": "Ferry sails.\n\nAdvertisement\n"}


def test_no_bar_is_drawn_into_a_pipe_and_quiet_is_quiet(run, tmp_path):
    (tmp_path / "a.txt").write_text(JUNKY)
    assert run("clean", "a.txt", "--out", "a").stderr == ""
    done = run("clean", "a.txt", "--out", "b", "--quiet")
    assert (done.stdout, done.stderr) == ("", "")


def test_show_strikes_through_and_names_the_rule(run, tmp_path):
    (tmp_path / "a.txt").write_text(JUNKY + "\nThe end \x1b[31m came.\n")
    done = run("show", "a.txt", "--color", "never")
    assert done.returncode == 0
    assert "[-Advertisement-]{ad-label}" in done.stdout
    assert "line 3: ad by ad-label" in done.stdout
    assert "\x1b" not in done.stdout, "what an article holds never reaches the terminal as a command"
    coloured = run("show", "a.txt", "--color", "always").stdout
    assert "\x1b[31;9mAdvertisement\x1b[0m" in coloured
    assert not (tmp_path / "articles").exists()


def test_show_one_document_of_many(run, tmp_path):
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"id": i, "text": f"Ship {i}"}) + "\n" for i in "abc"))
    done = run("show", "a.jsonl", "--id", "b")
    assert "Ship b" in done.stdout and "Ship a" not in done.stdout
    assert run("show", "a.jsonl", "--id", "z").returncode == 2


def test_rules_commands(run):
    listed = run("rules", "list", "--category", "ad")
    assert listed.returncode == 0 and "ad-label" in listed.stdout
    explained = run("rules", "explain", "ad-label")
    assert "removes ad" in explained.stdout and "stays:" in explained.stdout
    tested = run("rules", "test", ROOT / "fixtures" / "valid_rules.toml")
    assert tested.returncode == 0 and "1 rules, 2 samples, 0 failed" in tested.stdout
    assert json.loads(run("rules", "schema").stdout)["title"] == "cleaner rule file"
    assert run("rules", "lint", ROOT / "fixtures" / "valid_rules.toml").returncode == 0


def test_detectors_are_named_beside_the_rules_and_explained(run):
    listed = run("rules", "list")
    (said,) = listed.stderr.splitlines()
    assert all(id in said for id in DETECTOR_IDS) and "detectors" not in listed.stdout.splitlines()[-1]
    assert set(DETECTORS) == DETECTOR_IDS
    for id in DETECTORS:
        shown = run("rules", "explain", id).stdout
        (page,) = re.findall(r"more: docs/([\w-]+\.md)", shown)
        assert (ROOT / "docs" / page).is_file()
        assert "  removes " in shown and "  off: --" in shown
    shown = run("rules", "explain", "line-model").stdout
    assert "--no-line-model" in shown and "--thoroughness 0.1, 0.2, 0.5, 1.0" in shown and "docs/line-model.md" in shown


@pytest.mark.parametrize("id", sorted(DETECTOR_IDS))
def test_the_options_that_switch_a_detector_off_are_known(id):
    told = DETECTORS[id]
    for option in re.findall(r"--[a-z-]+(?: [a-z-]+=[a-z]+)?", f"{told.off} {told.set}"):
        given = [*option.split(), *{"--thoroughness": ["0.2"], "--state": ["kept"]}.get(option, [])]
        parser().parse_args(["clean", "in", "--out", "out", *given])


def test_a_failing_sample_and_a_doubtful_rule_are_reported(run, tmp_path):
    text = (ROOT / "fixtures" / "valid_rules.toml").read_text()
    (tmp_path / "bad.toml").write_text(
        text.replace('keep = ["', 'keep = ["xyzzy", "').replace('"xyzzy"]', '"^(x+)+yzzy$"]', 1)
    )
    tested = run("rules", "test", "bad.toml")
    assert tested.returncode == 1 and "sample 'xyzzy': takes 'xyzzy'" in tested.stdout
    linted = run("rules", "lint", "--strict", "bad.toml")
    assert linted.returncode == 1
    assert "nested quantifiers" in linted.stdout and "needless anchor" in linted.stdout


def test_a_reader_that_goes_away_is_no_error():
    command = f"{sys.executable} -m cleaner rules list | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.stderr == "" and len(done.stdout.splitlines()) == 1
