"""Docs cannot lie: what can be said by a program is compared with what it says."""

import argparse
import json
import re

import pytest
from conftest import ROOT

from cleaner import CATEGORIES
from cleaner.batch import clean_batch
from cleaner.cli.main import parser
from cleaner.formats.sources import plan
from cleaner.rules import spec
from cleaner.work import Settings

README = (ROOT / "README.md").read_text()
DOCS = {path.name: path.read_text() for path in (ROOT / "docs").glob("*.md")}


def test_the_reference_of_rule_files_is_up_to_date():
    from docs_reference import rule_reference

    assert DOCS["rule-files.md"].endswith(rule_reference()), "run: python tests/docs_reference.py"


def test_the_json_schema_is_up_to_date():
    from cleaner.rulefiles.schema import json_schema

    assert json.loads((ROOT / "docs" / "rules.schema.json").read_text()) == json_schema(), (
        "run: cleaner rules schema > docs/rules.schema.json"
    )


@pytest.mark.parametrize("name", CATEGORIES)
def test_every_category_is_documented(name):
    assert f"| `{name}` |" in DOCS["categories.md"]


def test_every_command_and_option_is_documented():
    text = DOCS["commands.md"]

    def check(command, path):
        for action in command._actions:
            if isinstance(action, argparse._SubParsersAction):
                for name, inner in action.choices.items():
                    assert f"`{path} {name}" in text, f"{path} {name}"
                    check(inner, f"{path} {name}")
            for option in action.option_strings:
                assert re.search(rf"`(?:cleaner )?{option}\b", text) or option in ("-h", "--help"), f"{path} {option}"

    check(parser(), "cleaner")


def test_every_detector_rule_id_is_documented():
    sources = "".join(path.read_text() for path in (ROOT / "cleaner" / "detectors").glob("*.py"))
    for name in set(re.findall(r'"((?:repeat|splice)-[a-z]+)"', sources)):
        assert f"`{name}`" in DOCS["detectors.md"]


def test_every_shape_is_shown_with_an_example():
    for shape in spec.SHAPES:
        assert re.search(rf"^(?:\[rule\.{shape}\]|{shape} =)", DOCS["rule-files.md"], re.M), shape


@pytest.mark.parametrize("log_format", ["jsonl", "parquet"])
def test_the_ready_queries_run_on_either_kind_of_log(tmp_path, log_format):
    duckdb = pytest.importorskip("duckdb", reason="the queries are for DuckDB")
    (tmp_path / "raw.txt").write_text("Ships sail.\n\nAdvertisement\n")
    clean_batch(plan([str(tmp_path / "raw.txt")]), tmp_path / "cleaned", Settings(), log_format=log_format)
    (block,) = re.findall(r"```sql\n(.*?)```", DOCS["corpora.md"], re.S)
    queries = re.sub(
        r"(removals|documents)\.jsonl", rf"\1.{log_format}", block.replace("'cleaned/", f"'{tmp_path}/cleaned/")
    )
    answers = [duckdb.sql(query).fetchall() for query in queries.split(";\n") if query.strip()]
    assert len(answers) == 10 and answers[0] == [("ad-label", None, 1, 13)] and answers[2] == [("ad", 1, 13)]


def test_links_between_pages_lead_somewhere():
    for folder, text in ((ROOT, README), *((ROOT / "docs", text) for text in DOCS.values())):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert (folder / target).exists(), target
