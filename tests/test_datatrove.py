"""The datatrove step cleans as ``cleaner clean --single-pass`` does, in their executors and with their readers."""

import gzip
import json
import pickle
from pathlib import Path

import pytest

from cleaner.batch import clean_batch
from cleaner.errors import ConfigError, InputError
from cleaner.formats.sources import plan
from cleaner.integrations import datatrove as integration
from cleaner.integrations.datatrove import CleanerStep, restored
from cleaner.work import Settings

datatrove = pytest.importorskip("datatrove", reason="pip install 'cleaner[datatrove]'")

TEXTS = [
    "The ferry to Odde Island ran again on Monday.\n\nAdvertisement\n\nIt carried forty people.",
    "Advertisement",
    "An advertisement ran in the paper of the island.\n\nNobody answered it.",
    "  The pier was mended.\r\n\r\nSign up for our newsletter\r\n",
]


def doc(text: str, **metadata):
    from datatrove.data import Document

    return Document(text, "ferry", metadata=metadata)


@pytest.fixture
def box(tmp_path) -> Path:
    (tmp_path / "in").mkdir()
    for part in range(4):
        rows = [
            {"id": f"{part}-{n}", "text": text, "url": "https://odde.example/a", "n": n} for n, text in enumerate(TEXTS)
        ]
        with gzip.open(tmp_path / "in" / f"{part}.jsonl.gz", "wt") as stream:
            stream.writelines(json.dumps(row) + "\n" for row in rows)
    return tmp_path / "in"


def written(folder: Path) -> dict[str, dict]:
    lines = [line for path in folder.rglob("*.jsonl.gz") for line in gzip.decompress(path.read_bytes()).splitlines()]
    rows = [json.loads(line) for line in lines]
    return {row["id"]: row for row in rows}


def ran(box: Path, out: Path, step: CleanerStep) -> dict[str, dict]:
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter

    pipeline = [JsonlReader(str(box)), step, JsonlWriter(str(out))]
    LocalPipelineExecutor(pipeline, tasks=2, workers=2, logging_dir=str(out / "logs")).run()
    return written(out)


def stats_of(out: Path) -> list[dict]:
    return json.loads((out / "logs" / "stats.json").read_text())


def test_a_pipeline_of_theirs_gives_the_texts_of_a_run_of_ours(box, tmp_path):
    clean_batch(plan([str(box)]), tmp_path / "ours", Settings(), single_pass=True)
    lines = [line for path in (tmp_path / "ours" / "articles").iterdir() for line in path.read_text().splitlines()]
    ours = {row["id"]: row for row in map(json.loads, lines)}
    theirs = ran(box, tmp_path / "theirs", CleanerStep())
    # Their writer leaves out what is empty.
    assert {key: row.get("text", "") for key, row in theirs.items()} == {key: row["text"] for key, row in ours.items()}
    assert len(theirs) == 16 and theirs["0-0"]["text"].endswith("on Monday.\n\nIt carried forty people.")
    for row in theirs.values():
        assert restored(row.get("text", ""), row["metadata"]) == TEXTS[row["metadata"]["n"]]
    (removal,) = json.loads(theirs["3-0"]["metadata"]["removals"])
    assert (removal["category"], removal["text"].strip()) == ("ad", "Advertisement")
    (stats,) = (one["stats"] for one in stats_of(tmp_path / "theirs") if "Cleaner" in one["name"])
    assert (stats["total"], stats["changed"]["total"]) == (16, 12)


def test_what_is_empty_is_dropped_only_by_wish(tmp_path):
    from datatrove.pipeline.writers import JsonlWriter

    texts = [one.text for one in CleanerStep().run(map(doc, TEXTS))]
    assert len(texts) == 4 and texts[1] == ""
    writer = JsonlWriter(str(tmp_path / "dropped"))
    step = CleanerStep(drop_empty=True, exclusion_writer=writer)
    assert [one.text for one in step.run(map(doc, TEXTS))] == [text for text in texts if text]
    assert [row["text"] for row in written(tmp_path / "dropped").values()] == ["Advertisement"]
    assert (step.stats["total"].total, step.stats["forwarded"].total, step.stats["dropped_empty"].total) == (4, 3, 1)


def test_the_log_can_be_left_out():
    (cleaned,) = CleanerStep(log=False).run(iter([doc(TEXTS[0], page=7)]))
    assert cleaned.metadata == {"page": 7}
    with pytest.raises(InputError, match="only documents cleaned with log=True can be restored"):
        restored(cleaned.text, cleaned.metadata)


def test_it_tells_how_much_went():
    step = CleanerStep()
    list(step.run(map(doc, TEXTS)))
    assert step.stats["removed_chars"].total == sum(
        step.stats[name].total for name in ("removed_chars_ad", "removed_chars_newsletter")
    )
    assert step.stats["changed"].total == 3


def test_rules_for_one_site_know_the_page(tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text(
        'description = "One site"\n[[rule]]\nid = "hut"\ncategory = "other"\ndescription = "a label"\n'
        "confidence = 0.95\nwhen = { sites = ['odde.example'] }\nlines = ['the hut']\n"
        '[rule.samples]\nremove = ["The hut"]\nkeep = ["The hut stood."]\n'
    )
    step = CleanerStep(Settings(rules=(str(rules),), only_rules=True))
    text = "The ferry ran.\n\nThe hut"
    here, there = step.run(iter([doc(text, url="https://www.odde.example/a"), doc(text, url=3)]))
    assert (here.text, there.text) == ("The ferry ran.", text)


def test_a_document_that_fails_stays_as_it_is_and_says_why(monkeypatch):
    class Fails:
        def clean_document(self, document):
            raise ValueError("broken")

    monkeypatch.setattr(integration, "_cleaner", lambda settings: Fails())
    step = CleanerStep(drop_empty=True)
    (failed,) = step.run(iter([doc(TEXTS[0])]))
    assert (failed.text, failed.metadata) == (TEXTS[0], {"error": "ValueError: broken"})
    assert restored(failed.text, failed.metadata) == TEXTS[0]
    assert step.stats["failed"].total == 1


def test_a_log_is_never_written_over():
    (cleaned,) = CleanerStep().run(iter([doc(TEXTS[0])]))
    with pytest.raises(InputError, match="ferry: its metadata has 'removals' already; was it cleaned before"):
        list(CleanerStep().run(iter([cleaned])))


def test_a_text_that_was_changed_is_not_restored():
    (cleaned,) = CleanerStep().run(iter([doc(TEXTS[0])]))
    with pytest.raises(InputError, match="was changed after cleaning"):
        restored(cleaned.text.replace("forty", "fifty"), cleaned.metadata)


def test_it_travels_as_settings_alone():
    step = CleanerStep()
    list(step.run(iter([doc(TEXTS[0])])))
    assert len(pickle.dumps(step)) < 5000
    (again,) = pickle.loads(pickle.dumps(step)).run(iter([doc(TEXTS[1])]))
    assert again.text == ""


def test_without_datatrove_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(integration, "PipelineStep", object)
    with pytest.raises(ConfigError, match=r"pip install 'cleaner\[datatrove\]'"):
        CleanerStep()
