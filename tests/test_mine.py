"""``cleaner mine``: lines that recur where junk sits are proposed as rules; the article's own lines are not."""

import json
import random
from pathlib import Path

import pytest

from cleaner import Cleaner
from cleaner.cli.mine import bar
from cleaner.mine.templates import pattern_of, template_of

SITES = ("courier.example", "beacon.example", "ledger.example", "tide.example")
PLACES = ("Marrow Bay", "Sallow Point", "Orrin Quay", "Tessel Head", "Gannet Row", "Low Mere")
THINGS = ("the lighthouse", "the ferry slip", "a tide mill", "the old cannery", "two footbridges", "the herring fair")

BULLETIN = "pull the rope to wake the bulletin cat 0:0"
DESK = "brought to you by ⟨name⟩ of the harbour desk"
REFRAIN = "the bells rang twice"


def story(number: int) -> str:
    """A fictional article with two lines of planted junk below it, an ad label among them, and a refrain inside."""
    place, thing = PLACES[number % 6], THINGS[number // 2]
    reporter = ("Orla Venn", "Tamsin Roe", "Piers Haddow")[number % 3]
    return "\n".join(
        [
            f"{place} argues for the {number}th time about {thing}",
            f"People in {place} met on the quay and spent most of evening {number} on the question of {thing}.",
            f"The bells rang twice before anyone in {place} could say what it would cost to paint {thing}.",
            "The bells rang twice",
            f"Nobody of the {number + 20} who came had brought a ladder, and {thing} stayed as grey as it had been.",
            "Advertisement",
            f"Pull the rope to wake the bulletin cat {number + 8}:3{number % 10}",
            f"Brought to you by {reporter} of the harbour desk",
        ]
    )


def rows() -> list[str]:
    return [
        json.dumps({"id": number, "text": story(number), "url": f"https://www.{SITES[number % 4]}/{number}"})
        for number in range(12)
    ]


def write(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write(tmp_path / "corpus.jsonl", rows())


def test_no_shipped_rule_covers_what_is_planted():
    cleaned = Cleaner.from_packs(thoroughness=None).clean(story(3))
    assert [removal.text for removal in cleaned.removals if removal.rule != "odd-line"] == ["Advertisement"]


def test_planted_junk_is_found_with_its_counts(run, corpus):
    done = run("mine", corpus, "--json")
    assert done.returncode == 0 and done.stderr == ""
    found = json.loads(done.stdout)
    assert (found["documents"], found["sites"], found["min_sites"]) == (12, 4, 2)
    first, second = found["templates"][:2]
    assert (first["template"], second["template"]) == (BULLETIN, DESK)
    assert first["documents"] == first["near_junk"] == first["outside_prose"] == 12
    assert first["site_names"] == sorted(SITES)
    assert sum(first["tenths"]) == 12 and sum(first["tenths"][5:]) == 12
    assert first["category"] == "ad" and second["category"] == "other"
    assert all("[-Advertisement-]" in context for context in first["contexts"])


def test_a_line_that_stands_in_the_article_ranks_last(run, corpus):
    templates = json.loads(run("mine", corpus, "--json").stdout)["templates"]
    refrain = templates[-1]
    assert refrain["template"] == REFRAIN
    assert refrain["score"] == 0 and refrain["documents_in_prose"] == 12


def test_lines_that_a_rule_takes_or_leaves_on_purpose_are_no_find(run, tmp_path):
    texts = [story(number) + "\nWatch live on Ch 4" + "\nReading time: 4 minutes" for number in range(12)]
    corpus = write(tmp_path / "c.jsonl", [json.dumps({"text": text}) for text in texts])
    found = [find["template"] for find in json.loads(run("mine", corpus, "--json").stdout)["templates"]]
    assert "advertisement" not in found and "reading time: 0 minutes" not in found


def test_the_table_shows_rank_place_and_surroundings(run, corpus):
    table = run("mine", corpus).stdout.splitlines()
    assert table[0].split() == ["rank", "docs", "sites", "position", "near", "template"]
    assert table[1].split(maxsplit=5)[:3] == ["1", "12", "4"] and table[1].endswith(f"100%  {BULLETIN}")
    assert "[-Advertisement-] | Pull the rope to wake the bulletin cat" in table[2]


def test_the_order_of_inputs_does_not_matter(run, tmp_path):
    lines = rows()
    folder, other = tmp_path / "a", tmp_path / "b"
    for made in (folder, other):
        made.mkdir()
    write(folder / "one.jsonl", lines[:5])
    write(folder / "two.jsonl", lines[5:])
    random.Random(7).shuffle(lines)
    write(other / "all.jsonl", lines)
    results = [
        run("mine", folder, "--json").stdout,
        run("mine", other, "--json").stdout,
        run("mine", folder / "two.jsonl", folder / "one.jsonl", "--json").stdout,
    ]
    assert results[0] == results[1] == results[2]


def test_the_rule_file_loads_and_passes_its_samples(run, corpus, tmp_path):
    done = run("mine", corpus, "--toml", "stub.toml")
    assert done.returncode == 0 and "rules in stub.toml" in done.stderr
    tested = run("rules", "test", "stub.toml")
    assert tested.returncode == 0 and tested.stdout.endswith(" 0 failed\n"), tested.stdout
    text = (tmp_path / "stub.toml").read_text()
    assert 'id = "pull-the-rope-to-wake-the"' in text and 'category = "ad"' in text
    assert r"lines = ['''pull the rope to wake the bulletin cat \d+:\d+''']" in text
    assert 'status = "experimental"' in text and "Made up by a machine" in text
    assert run("rules", "lint", "--strict", "stub.toml").returncode == 0


def test_what_the_new_rules_flag_is_not_found_again(run, corpus):
    run("mine", corpus, "--toml", "stub.toml")
    again = run("mine", corpus, "--rules", "stub.toml")
    assert again.stdout == "" and "nothing that no rule knows recurs" in again.stderr


def test_odd_lines_make_rules_that_load(run, tmp_path):
    odd = ["It's \"quoted\" {{name}} 'til", "a \\d+ back\\slash (x) [y] | z", "''' three '''", "Straße in Łódź 3"]
    odd += ["читать далее 5", "もっと読む 12", "⟦marked⟧ words here", "Stay, stay, stay", "stay stay stay"]
    text = "\n".join([story(1), *odd])
    corpus = write(tmp_path / "c.jsonl", [json.dumps({"text": text, "id": number}) for number in range(6)])
    done = run("mine", corpus, "--toml", "odd.toml")
    assert "no rule made for '⟦marked⟧ words here'" in done.stderr
    tested = run("rules", "test", "odd.toml")
    assert tested.returncode == 0 and tested.stdout.endswith(" 0 failed\n"), tested.stdout
    ids = [line for line in (tmp_path / "odd.toml").read_text().splitlines() if line.startswith("id = ")]
    assert len(ids) == len(set(ids)) and {'id = "stay-stay-stay"', 'id = "stay-stay-stay-2"'} <= set(ids)


def test_without_urls_folders_stand_in_for_sites(run, tmp_path):
    for number in range(12):
        file = tmp_path / "texts" / SITES[number % 4] / f"{number}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(story(number))
    done = run("mine", "texts", "--json")
    assert done.stderr == ("cleaner: no document has a URL: folders stand in for sites, and --min-sites is 1\n")
    assert json.loads(done.stdout)["templates"][0]["site_names"] == sorted(SITES)


def test_nothing_to_mine_is_said(run, tmp_path):
    (tmp_path / "empty").mkdir()
    done = run("mine", "empty", "--toml", "stub.toml")
    assert done.returncode == 0 and done.stdout == ""
    assert done.stderr == "cleaner: no document to mine: the inputs hold none that can be read\n"
    assert not (tmp_path / "stub.toml").exists()


def test_too_few_documents_are_said(run, tmp_path):
    done = run("mine", write(tmp_path / "c.jsonl", rows()[:4]))
    assert done.returncode == 0 and "in 5 or more of 4 documents" in done.stderr


def test_a_bad_document_is_reported_once_and_the_rest_is_mined(run, tmp_path):
    done = run("mine", write(tmp_path / "c.jsonl", [*rows(), "{broken"]))
    assert done.returncode == 1 and BULLETIN in done.stdout
    assert done.stderr.count("not valid JSON") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-",), "reads its inputs twice"),
        (("corpus.jsonl", "--min-docs", 0), "--min-docs 0: must be at least 1"),
        (("corpus.jsonl", "--toml", "corpus.jsonl"), "exists already"),
        (("corpus.jsonl", "--toml", "no/such.toml"), "there is no folder no"),
    ],
    ids=["standard input", "no documents", "file exists", "no folder"],
)
def test_what_cannot_start_is_said_at_once(run, corpus, arguments, message):
    done = run("mine", *arguments)
    assert done.returncode == 2 and message in done.stderr


@pytest.mark.parametrize(
    ("line", "template"),
    [
        ("» Read 12 comments …", "read 0 comments"),
        ("Updated Tue. 3rd May 2031, 12:30", "updated ⟨weekday⟩ 0th ⟨month⟩ 0, 0:0"),
        ("You may march on", "you may march on"),
        ("Write to desk@courier.example or call 555", "write to ⟨e-mail⟩ or call 0"),
        ("Follow @marrowbay on https://tide.example/x", "follow ⟨handle⟩ on ⟨url⟩"),
        ("Don’t miss the story by Orla Venn today", "don't miss the story by ⟨name⟩ today"),
        ("Privacy Policy | Terms of Use", "privacy policy | terms of use"),
        ("MORE FROM ORLA VENN", "more from orla venn"),
        ("3 May 2031", ""),
        ("By Orla Venn", ""),
        ("x " * 300, ""),
    ],
)
def test_template_masks_what_varies(line, template):
    assert template_of(line) == template


def test_pattern_minds_what_is_special_in_patterns():
    assert pattern_of("Save up to 20% (today)") == r"save up to \d+% \(today\)"


def test_bar_shows_ten_heights_at_once():
    assert bar([0, 1, 2, 3, 4, 5, 6, 7, 8, 80]) == "·▁▁▁▁▁▁▁▁█"
