"""Bad input gets a clear message and loses nothing; one bad document never stops a batch."""

import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

GOOD = "The ferry sailed at noon, and the harbour was quiet again.\n"
JUNKY = GOOD + "\nAdvertisement\n"


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def errors(out: Path) -> list[dict]:
    return [json.loads(line) for line in (out / "errors.jsonl").read_text().splitlines()]


def articles(out: Path) -> dict[str, str]:
    return {name: data.decode() for name, data in tree(out / "articles").items()}


def jsonl_texts(out: Path, name: str) -> list[str]:
    return [json.loads(line)["text"] for line in (out / "articles" / name).read_text().splitlines()]


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """An input folder with one good file."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "good.txt").write_text(JUNKY)
    return folder


@pytest.mark.parametrize(
    ("data", "clean"),
    [
        pytest.param(b"", "", id="empty"),
        pytest.param(b"Advertisement\n\nShare this:\n", "", id="only junk"),
        pytest.param(b"\r", "", id="a lone carriage return"),
        pytest.param(b"one\rtwo\r", "one\ntwo\n", id="carriage returns as line ends"),
        pytest.param(b"a\x00b is a word\n", "ab is a word\n", id="NUL bytes"),
        pytest.param("café\n".encode("utf-16"), "café\n", id="UTF-16 with its mark"),
        pytest.param("café, thé et du pain\n".encode("utf-16-le"), "café, thé et du pain\n", id="UTF-16 without"),
        pytest.param("\ufeffcafé\n".encode(), "café\n", id="UTF-8 with its mark"),
        pytest.param(
            "Garçons, fenêtre, déjà vu à Paris\n".encode("cp1252"),
            "Garçons, fenêtre, déjà vu à Paris\n",
            id="Windows-1252",
        ),
        pytest.param("é".encode() * 9 + b"\xff!\n", "é" * 9 + "\ufffd!\n", id="invalid UTF-8 in the middle"),
    ],
)
def test_odd_bytes_are_read_and_come_back(run, tmp_path, data, clean):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_bytes(data)
    assert run("clean", "in", "--out", "out").returncode == 0
    assert articles(tmp_path / "out") == {"a.txt": clean}
    assert run("restore", "out", "--out", "raw").returncode == 0
    assert tree(tmp_path / "raw") == {"a.txt": data}


def test_one_line_of_five_megabytes(run, tmp_path):
    text = "word and word " * 360_000
    (tmp_path / "long.txt").write_text(text)
    assert run("clean", "long.txt", "--out", "out").returncode == 0
    assert articles(tmp_path / "out")["long.txt"] == text.strip() + "\n"


def test_two_hundred_thousand_lines(run, tmp_path):
    text = "\n".join(f"Vessel {number} of the great list" for number in range(200_000))
    (tmp_path / "many.txt").write_text(text)
    assert run("clean", "many.txt", "--out", "out").returncode == 0
    assert articles(tmp_path / "out")["many.txt"] == text + "\n"


def test_a_binary_file_named_txt_is_refused_and_the_rest_is_done(run, box, tmp_path):
    (box / "photo.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    (box / "noise.txt").write_bytes(bytes(range(256)) * 50)
    done = run("clean", "in", "--out", "out")
    assert done.returncode == 1
    assert "photo.txt: not a text file: it looks like a PNG picture" in done.stderr
    assert articles(tmp_path / "out") == {"good.txt": GOOD}
    assert [(e["source"], e["error"]) for e in errors(tmp_path / "out")] == [
        ("noise.txt", "input"),
        ("photo.txt", "input"),
    ]


def test_bad_jsonl_lines_are_named_and_the_good_ones_done(run, tmp_path):
    lines = [
        json.dumps({"id": 1, "text": JUNKY}),
        "{not json",
        json.dumps({"id": 3, "body": "no text here"}),
        json.dumps({"id": 4, "text": None}),
        json.dumps([1, 2]),
        "",
        json.dumps({"id": 6, "text": 7}),
        '{"id": 7, "text": "half a character: \\ud800"}',
        json.dumps({"id": 8, "text": GOOD}),
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(lines) + "\n")
    done = run("clean", "a.jsonl", "--out", "out")
    assert done.returncode == 1
    assert jsonl_texts(tmp_path / "out", "a.jsonl") == [GOOD.strip()] * 2
    found = {e["row"]: e["message"] for e in errors(tmp_path / "out")}
    assert sorted(found) == [2, 3, 4, 5, 7, 8]
    assert "not valid JSON" in found[2]
    assert "no field 'text' or 'html'; the line has 'id', 'body'" in found[3] and "--text-field" in found[3]
    assert found[4] == "the field 'text' is null; it must be a string"
    assert "not a JSON object" in found[5]
    assert found[7] == "the field 'text' is int; it must be a string"
    assert "half a character" in found[8]


def test_a_jsonl_line_that_is_not_utf8_is_named(run, tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "caf\xe9"}\n' + json.dumps({"text": GOOD}).encode())
    assert run("clean", "a.jsonl", "--out", "out").returncode == 1
    assert "not UTF-8 at byte 13 of the line" in errors(tmp_path / "out")[0]["message"]
    assert jsonl_texts(tmp_path / "out", "a.jsonl") == [GOOD.strip()]


def test_other_fields_are_carried_through_to_the_letter(run, tmp_path):
    line = '{"price": 1.10, "big": 123456789012345678901234567890, "text": "Ships sailed.", "tags": [1, {"a": null}]}'
    (tmp_path / "a.jsonl").write_text(line + "\n" + '{"text": "Ships sailed.", "score": NaN}\n')
    assert run("clean", "a.jsonl", "--out", "out").returncode == 0
    first, second = (tmp_path / "out" / "articles" / "a.jsonl").read_text().splitlines()
    assert '"price":1.10' in first and '"big":123456789012345678901234567890' in first
    assert '"score":NaN' in second


def test_two_documents_with_one_id_are_told_apart(run, tmp_path):
    rows = [{"id": "same", "text": GOOD + "\nAdvertisement\n" + word} for word in ("First.", "Second.")]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = run("clean", "a.jsonl", "--out", "out")
    assert done.returncode == 0
    assert "1 document has an id that was seen before" in done.stderr
    log = [json.loads(line) for line in (tmp_path / "out" / "removals.jsonl").read_text().splitlines()]
    assert [(r["doc"], r["source"], r["row"]) for r in log] == [("same", "a.jsonl", 1), ("same", "a.jsonl", 2)]
    assert run("restore", "out", "--out", "raw").returncode == 0
    assert [json.loads(line) for line in (tmp_path / "raw" / "a.jsonl").read_text().splitlines()] == rows


def test_an_id_is_never_a_path(run, tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.jsonl").write_text(json.dumps({"id": "../../../etc/x", "text": JUNKY}))
    before = set(tmp_path.parent.rglob("*"))
    assert run("clean", "deep", "--out", "deep-out").returncode == 0
    assert run("restore", "deep-out", "--out", "raw").returncode == 0
    new = {str(path.relative_to(tmp_path)) for path in set(tmp_path.parent.rglob("*")) - before}
    assert {name.split("/")[0] for name in new} == {"deep-out", "raw"}
    assert sorted(tree(tmp_path / "deep-out" / "articles")) == ["a.jsonl"]


def test_truncated_gzip_gives_what_stood_before_the_break(run, tmp_path):
    rows = [json.dumps({"id": n, "text": f"{n} {os.urandom(3000).hex()}"}) for n in range(400)]
    whole = gzip.compress("\n".join(rows).encode())
    (tmp_path / "a.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    assert run("clean", "a.jsonl.gz", "--out", "out").returncode == 1
    texts = jsonl_texts(tmp_path / "out", "a.jsonl")
    assert 100 < len(texts) < 300 and texts[0].startswith("0 ")
    (error,) = errors(tmp_path / "out")
    assert error["row"] == len(texts) + 1 and "truncated" in error["message"]


@pytest.mark.parametrize("name", ["a.txt.gz", "a.jsonl.zst", "a.jsonl.gz"])
def test_compressed_files_that_are_none_are_named(run, box, tmp_path, name):
    (box / name).write_bytes(b"this is not compressed at all")
    assert run("clean", "in", "--out", "out").returncode == 1
    (error,) = errors(tmp_path / "out")
    assert error["source"] == name and "damaged" in error["message"]
    assert articles(tmp_path / "out")["good.txt"] == GOOD


def test_deeply_nested_html_is_read(run, tmp_path):
    page = "<html><body>" + "<div>" * 30_000 + f"<p>{GOOD}</p>" + "</div>" * 30_000 + "</body></html>"
    (tmp_path / "deep.html").write_text(page)
    assert run("clean", "deep.html", "--out", "out").returncode == 0
    assert articles(tmp_path / "out")["deep.txt"] == GOOD


def test_links_that_lead_nowhere_or_in_a_circle_are_named(run, box, tmp_path):
    (box / "broken.txt").symlink_to("nowhere.txt")
    (box / "sub").mkdir()
    (box / "sub" / "loop").symlink_to(box, target_is_directory=True)
    (box / "self").symlink_to("self")
    (tmp_path / "other.txt").write_text(GOOD)
    (box / "link.txt").symlink_to(tmp_path / "other.txt")
    done = run("clean", "in", "--out", "out")
    assert done.returncode == 1
    found = {e["source"]: e["message"] for e in errors(tmp_path / "out")}
    assert set(found) == {"broken.txt", "sub/loop", "self"}
    assert "broken link: it leads to nowhere.txt" in found["broken.txt"]
    assert "a link in a circle" in found["sub/loop"]
    assert sorted(articles(tmp_path / "out")) == ["good.txt", "link.txt"]


NO_ROOT = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all")


def as_anyone() -> tuple[str, ...]:
    """What to put before a command so that permissions bind it, even for root."""
    if os.name != "posix":
        pytest.skip("permissions are tested on POSIX systems")
    if os.geteuid() != 0:
        return ()
    if not shutil.which("setpriv") or subprocess.run([*NO_ROOT, "true"], check=False).returncode:
        pytest.skip("running as root without setpriv: permissions bind nobody here")
    return NO_ROOT


def test_folders_and_files_without_permission_are_named(run, box, tmp_path):
    prefix = as_anyone()
    (box / "locked").mkdir(mode=0o000)
    (box / "secret.txt").write_text(GOOD)
    (box / "secret.txt").chmod(0o000)
    done = run("clean", "in", "--out", "out", prefix=prefix)
    (box / "locked").chmod(0o700)
    assert done.returncode == 1, done.stderr
    found = {e["source"]: e["message"] for e in errors(tmp_path / "out")}
    assert set(found) == {"locked", "secret.txt"}
    assert all("ermission denied" in message for message in found.values())
    assert articles(tmp_path / "out") == {"good.txt": GOOD}


def test_an_output_folder_that_cannot_be_written_is_refused(run, box, tmp_path):
    prefix = as_anyone()
    (tmp_path / "closed").mkdir(mode=0o500)
    done = run("clean", "in", "--out", "closed/out", prefix=prefix)
    assert done.returncode == 2
    assert "closed/out: cannot be written: Permission denied; choose another --out" in done.stderr


def test_an_output_folder_inside_the_input_is_refused(run, box):
    done = run("clean", "in", "--out", "in/out")
    assert done.returncode == 2
    assert "lies inside the input folder in" in done.stderr and "--force" in done.stderr
    assert sorted(tree(box)) == ["good.txt"]
    assert run("clean", "in", "--out", "in/out", "--force").returncode == 0
    assert run("clean", "in", "--out", "in/out", "--force").returncode == 0
    assert articles(box / "out") == {"good.txt": GOOD}


def test_another_runs_folder_is_refused_without_force(run, box, tmp_path):
    assert run("clean", "in", "--out", "out").returncode == 0
    before = tree(tmp_path / "out")
    done = run("clean", "in", "--out", "out")
    assert done.returncode == 2 and "out: holds another run" in done.stderr and "--force" in done.stderr
    assert tree(tmp_path / "out") == before
    (box / "new.txt").write_text(GOOD)
    (box / "good.txt").unlink()
    assert run("clean", "in", "--out", "out", "--force").returncode == 0
    assert sorted(articles(tmp_path / "out")) == ["new.txt"]


def test_the_articles_of_a_run_are_no_input_for_it(run, box):
    assert run("clean", "in", "--out", "out").returncode == 0
    done = run("clean", "out/articles", "--out", "out", "--force")
    assert done.returncode == 2 and "is the output of another run" in done.stderr


def test_two_runs_into_one_folder_at_once_are_refused(run, box, tmp_path):
    import filelock

    (tmp_path / "out").mkdir()
    with filelock.FileLock(tmp_path / "out" / ".lock"):
        done = run("clean", "in", "--out", "out")
    assert done.returncode == 2 and "another run is writing here now" in done.stderr


def test_what_a_killed_run_left_behind_is_swept_away(run, box, tmp_path):
    (tmp_path / "out" / ".partial" / "articles").mkdir(parents=True)
    (tmp_path / "out" / ".partial" / "articles" / "half.txt").write_text("ha")
    assert run("clean", "in", "--out", "out").returncode == 0
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "articles",
        "documents.jsonl",
        "errors.jsonl",
        "manifest.jsonl",
        "removals.jsonl",
        "summary.json",
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a small tmpfs, which needs Linux")
@pytest.mark.parametrize("size", [0, 64, 256], ids=lambda size: f"{size} KiB")
def test_a_full_disk_leaves_nothing_behind(run, box, tmp_path, size):
    for number in range(40):
        (box / f"{number}.txt").write_text(GOOD * 200)
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size or 4}k", "tmpfs", str(small)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a tmpfs is not allowed here")
    try:
        if not size:
            with (small / "fill").open("wb") as file:
                file.write(b"x" * 4096)
        done = run("clean", "in", "--out", "small/out")
        left = tree(small)
    finally:
        subprocess.run(["umount", str(small)], check=True)
    assert done.returncode == 2
    assert "No space left on device" in done.stderr and "choose another --out" in done.stderr
    assert set(left) <= {"fill"}


def test_files_of_other_kinds_are_passed_over_and_counted(run, box, tmp_path):
    (box / "table.xlsx").write_bytes(b"PK\x03\x04")
    (box / ".hidden.txt").write_text(GOOD)
    done = run("clean", "in", "--out", "out")
    assert done.returncode == 0 and "1 files of other kinds passed over" in done.stdout
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["skipped"] == 1


def test_names_that_would_meet_are_told_apart(run, box, tmp_path):
    (box / "good.md").write_text(GOOD)
    (box / "good.html").write_text(f"<p>{GOOD}</p>")
    assert run("clean", "in", "--out", "out").returncode == 0
    assert sorted(articles(tmp_path / "out")) == ["good.html.txt", "good.md.txt", "good.txt"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["clean", "nowhere", "--out", "out"], "nowhere: no such file or folder"),
        (["clean", "in", "--out", "in/good.txt"], "in/good.txt: is a file; --out names a folder"),
        (["clean", "in", "--out", "out", "--rules", "nowhere"], "nowhere: no such rule file or folder"),
        (["clean", "in", "--out", "out", "--only-rules"], "--only-rules needs at least one --rules"),
        (["clean", "in", "--out", "out", "--category", "ads=keep"], "there is no category 'ads'"),
        (["clean", "in", "--out", "out", "--category", "ad=drop"], "'drop' is no action; actions: remove, flag, keep"),
        (["clean", "in", "--out", "out", "--config", "none.toml"], "none.toml: cannot be read"),
        (["restore", "in", "--out", "raw"], "in: not a finished run"),
        (["show", "nowhere"], "nowhere: no such file or folder"),
        (["rules", "explain", "no-such-rule"], "there is no rule 'no-such-rule'"),
    ],
)
def test_what_cannot_start_says_why(run, box, tmp_path, arguments, says):
    done = run(*arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('profil = "light"', "profil"),
        ('profile = "lite"', "lite"),
        ("[categories]\nads = 'keep'", "there is no category 'ads'"),
        ("profile = ", "not valid TOML"),
    ],
)
def test_a_wrong_configuration_says_where(run, box, tmp_path, text, says):
    (tmp_path / "cleaner.toml").write_text(text)
    done = run("clean", "in", "--out", "out", "--config", "cleaner.toml")
    assert done.returncode == 2 and "cleaner.toml: " in done.stderr and says in done.stderr


def test_an_article_edited_by_hand_is_not_restored_wrong(run, box, tmp_path):
    (box / "other.txt").write_text(JUNKY)
    assert run("clean", "in", "--out", "out").returncode == 0
    (tmp_path / "out" / "articles" / "good.txt").write_text("Something else.\n")
    done = run("restore", "out", "--out", "raw")
    assert done.returncode == 1
    assert "good.txt: the article or the log was changed after the run" in done.stderr
    assert tree(tmp_path / "raw") == {"other.txt": JUNKY.encode()}


def test_no_two_sources_ever_share_an_article(run, box, tmp_path):
    for name in ("a.md", "a.txt", "a.md.txt", "README", "README.txt"):
        (box / name).write_text(f"The text of {name} is short.\n")
    files = [box / name for name in ("a.md", "a.txt", "a.md.txt", "README", "README.txt")]
    assert run("clean", *files, "--out", "out").returncode == 0
    assert len(articles(tmp_path / "out")) == 5
    assert run("restore", "out", "--out", "raw").returncode == 0
    assert tree(tmp_path / "raw") == {file.name: file.read_bytes() for file in files}


def test_force_replaces_nothing_but_a_run(run, box, tmp_path):
    (tmp_path / "thesis" / "articles").mkdir(parents=True)
    (tmp_path / "thesis" / "articles" / "mine.docx").write_text("years of work")
    done = run("clean", "in", "--out", "thesis", "--force")
    assert done.returncode == 2 and "was not written by cleaner" in done.stderr
    assert tree(tmp_path / "thesis") == {"articles/mine.docx": b"years of work"}
    done = run("clean", "in", "--out", "in", "--force")
    assert done.returncode == 2 and "is the input folder itself" in done.stderr
    assert sorted(tree(box)) == ["good.txt"]


def test_restore_never_leaves_its_folder(run, box, tmp_path):
    assert run("clean", "in", "--out", "out").returncode == 0
    log = tmp_path / "out" / "documents.jsonl"
    log.write_text(log.read_text().replace('"source":"good.txt"', '"source":"../escaped.txt"'))
    done = run("restore", "out", "--out", "deep/raw")
    assert done.returncode == 2 and "leads out of the folder" in done.stderr
    assert not list(tmp_path.rglob("escaped.txt"))


def test_two_inputs_of_one_name_are_both_cleaned(run, box, tmp_path):
    (box / "\\xff.txt").write_text("Named by hand.\n")
    (Path(os.fsdecode(os.fsencode(box) + b"/\xff.txt"))).write_text("Named in bytes.\n")
    assert run("clean", "in", "--out", "out").returncode == 0
    assert {"Named by hand.\n", "Named in bytes.\n"} <= set(articles(tmp_path / "out").values())


def test_a_link_to_a_name_that_is_not_utf8_is_one_failure(run, box, tmp_path):
    (box / "link.txt").symlink_to(os.fsdecode(b"nowhere\xff"))
    assert run("clean", "in", "--out", "out").returncode == 1
    assert "nowhere\\xff" in errors(tmp_path / "out")[0]["message"]


def test_names_that_fit_nowhere_are_cut_and_those_that_meet_folders_get_a_number(run, box, tmp_path):
    (box / ("n" * 252 + ".md")).write_text(GOOD)
    (box / "a.txt").mkdir()
    (box / "a.txt" / "b.txt").write_text(GOOD)
    (box / "a.html").write_text("<p>A page of its own, with a sentence in it.</p>")
    assert run("clean", "in", "--out", "out").returncode == 0
    assert len(articles(tmp_path / "out")) == 4
    assert run("restore", "out", "--out", "raw").returncode == 0


def test_a_field_named_by_half_a_character_spoils_its_line_alone(run, tmp_path):
    lines = ['{"text": "One."}', '{"k\\ud800": 1, "text": "Two."}', '{"text": "Three."}']
    (tmp_path / "rows.jsonl").write_text("\n".join(lines) + "\n")
    assert run("clean", "rows.jsonl", "--out", "out").returncode == 1
    assert jsonl_texts(tmp_path / "out", "rows.jsonl") == ["One.", "Three."]
    assert run("verify", "out", "rows.jsonl").returncode == 0


def test_a_null_text_gives_way_to_the_page(run, tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"text": null, "html": "<p>A page of its own, with a sentence.</p>"}\n')
    assert run("clean", "rows.jsonl", "--out", "out").returncode == 0
    assert jsonl_texts(tmp_path / "out", "rows.jsonl") == ["A page of its own, with a sentence."]


def test_the_folder_of_another_run_is_passed_over(run, box, tmp_path):
    assert run("clean", "in", "--out", "in/old", "--force").returncode == 0
    done = run("clean", "in", "--out", "out")
    assert done.returncode == 0 and "1 files of other kinds passed over" in done.stdout
    assert list(articles(tmp_path / "out")) == ["good.txt"]
