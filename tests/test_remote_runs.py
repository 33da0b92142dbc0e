"""Runs from and to a real S3 server: the same bytes as on this machine, whole or not at all."""

import gzip
import json
from pathlib import Path

import pytest
from test_bad_input import tree
from test_remote import no_pauses, s3, s3_server  # noqa: F401 - fixtures

from cleaner.cli import main
from cleaner.errors import OutputError
from cleaner.formats import remote

TEXT = "The ferry sailed at noon, and the harbour was quiet again.\n\nAdvertisement\n\nNobody was hurt.\n"


@pytest.fixture
def box(tmp_path, s3) -> Path:  # noqa: F811
    """The same files here and in the bucket."""
    box = tmp_path / "raw"
    (box / "deep").mkdir(parents=True)
    (box / "a.txt").write_text(TEXT)
    (box / "deep" / "b.jsonl.gz").write_bytes(gzip.compress(json.dumps({"id": 1, "text": TEXT}).encode() + b"\n"))
    parquet(box / "c.parquet")
    s3.put(str(box), "bay/", recursive=True)
    return box


def parquet(path: Path) -> None:
    import pyarrow as pa
    from pyarrow.parquet import write_table

    write_table(pa.table({"id": list(range(50)), "text": [TEXT] * 50}), path, row_group_size=20)


def clean(*arguments: object) -> int:
    return main(["clean", "--quiet", "--single-pass", *map(str, arguments)])


def test_a_bucket_is_cleaned_as_a_folder_is(box, tmp_path, s3):  # noqa: F811
    assert clean(box, "--out", tmp_path / "here") == 0
    assert clean("s3://bay/raw", "--out", tmp_path / "there") == 0
    assert tree(tmp_path / "there") == tree(tmp_path / "here")
    assert clean("s3://bay/raw/", "--out", "s3://bay/run/", "--work", tmp_path / "work") == 0
    s3.get("bay/run", str(tmp_path / "fetched"), recursive=True)
    assert tree(tmp_path / "fetched") == tree(tmp_path / "here")
    assert not tree(tmp_path / "work"), "nothing is left on this machine"


def test_another_run_is_replaced_with_force_alone(box, s3, tmp_path, capsys):  # noqa: F811
    to = ("--out", "s3://bay/run", "--work", tmp_path / "work")
    assert clean(box, *to) == 0
    assert clean(box, *to) == 2
    assert (
        "s3://bay/run: holds another run; choose another --out, or replace it with --force" in capsys.readouterr().err
    )
    assert clean(box, *to, "--force") == 0


def test_a_run_that_was_cut_short_while_it_was_sent_is_sent_again(box, s3, tmp_path, monkeypatch):  # noqa: F811
    to = ("--out", "s3://bay/run", "--work", tmp_path / "work")
    upload = remote.upload

    def breaks(path: Path, url: str) -> None:
        if path.name == "documents.jsonl":
            raise OutputError("the line went dead")
        upload(path, url)

    with monkeypatch.context() as patch:
        patch.setattr(remote, "upload", breaks)
        assert clean(box, *to) == 2
    assert not s3.exists("bay/run/summary.json"), "it comes last"
    monkeypatch.setattr("cleaner.cli.clean.clean_batch", None)  # the run itself is not done again
    assert clean(box, *to) == 0
    assert s3.exists("bay/run/summary.json")


def test_where_nothing_can_be_written_is_said_before_the_work(box, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("cleaner.cli.clean.clean_batch", None)
    assert clean(box, "--out", "s3://no-such-bucket/run", "--work", tmp_path / "work") == 2
    said = capsys.readouterr().err
    assert "s3://no-such-bucket/run" in said and "no such file, folder or bucket" in said and "very-secret" not in said


def test_an_object_that_is_gone_is_one_document_that_failed(box, tmp_path, s3, monkeypatch):  # noqa: F811
    expand = remote.expand

    def late(url: str) -> list[remote.RemoteFile]:
        found = expand(url)
        s3.rm("bay/raw/a.txt")
        return found

    monkeypatch.setattr(remote, "expand", late)
    assert clean("s3://bay/raw", "--out", tmp_path / "out") == 1
    (error,) = map(json.loads, (tmp_path / "out" / "errors.jsonl").read_text().splitlines())
    assert error["source"] == "a.txt" and "no such file" in error["message"]
