"""Weights that are damaged, or of another version: what is said of them, and what is done all the same."""

import io
import json
from hashlib import sha256

import numpy as np
import pytest

from cleaner import weights
from cleaner.cli.main import main
from cleaner.errors import ModelError
from cleaner.lines.model import load_lines
from cleaner.stories.measures import OF_RUNS, OF_SEAMS, Measured, runs, seams
from cleaner.stories.model import load_model

LOADS = {"cleaner.lines": load_lines, "cleaner.stories": load_model}
REAL = weights.files
ARRAYS: dict[str, dict[str, np.ndarray]] = {}


@pytest.fixture(params=LOADS)
def package(request, monkeypatch, tmp_path):
    """A package whose weights are looked for in ``tmp_path``."""
    monkeypatch.setattr(weights, "files", lambda name: tmp_path if name == request.param else REAL(name))
    LOADS[request.param].cache_clear()
    yield request.param
    LOADS[request.param].cache_clear()


def arrays(package: str) -> dict[str, np.ndarray]:
    """Those that ship."""
    if package not in ARRAYS:
        with np.load(io.BytesIO((REAL(package) / weights.WEIGHTS).read_bytes())) as found:
            ARRAYS[package] = dict(found)
    return dict(ARRAYS[package])


def put(folder, data: bytes, checksum: bytes | None = None) -> None:
    (folder / weights.WEIGHTS).write_bytes(data)
    said = f"{sha256(data).hexdigest()}  weights.npz\n".encode() if checksum is None else checksum
    (folder / weights.CHECKSUM).write_bytes(said)


def packed(arrays: dict[str, np.ndarray]) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def problem(package: str) -> str:
    with pytest.raises(ModelError) as raised:
        LOADS[package]()
    assert "install cleaner again" in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize("checksum", [b"\xff\xfe", b"", b" \n", b"not a checksum", b"0" * 63])
def test_a_damaged_checksum_is_named(package, tmp_path, checksum):
    put(tmp_path, packed({"format": np.array(1)}), checksum)
    assert f"weights.npz.sha256 begins with {checksum[:20]!r}, not with a SHA-256" in problem(package)


def test_a_missing_checksum_is_named(package, tmp_path):
    put(tmp_path, b"")
    (tmp_path / weights.CHECKSUM).unlink()
    assert "weights.npz.sha256: cannot be read: No such file or directory" in problem(package)


def test_what_is_no_archive_of_arrays_is_named(package, tmp_path):
    whole = packed({"format": np.array(1), "more": np.arange(1000)})
    array = io.BytesIO()
    np.save(array, np.arange(3))
    for data in (b"", b"not what it was", whole[: len(whole) // 2], whole[:-30], array.getvalue()):
        put(tmp_path, data)
        assert "is no whole archive of arrays: " in problem(package)


def test_what_ships_is_understood(package, tmp_path):
    put(tmp_path, (REAL(package) / weights.WEIGHTS).read_bytes())
    assert LOADS[package]().digest == (REAL(package) / weights.CHECKSUM).read_text().split()[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda found: found.pop("format"), "lacks the array 'format'"),
        (lambda found: found.update(format=np.array(7)), "is of format 7; this version of cleaner reads format 1"),
        (lambda found: found.update(format=np.array("x")), "is of format x; this version of cleaner reads format 1"),
    ],
)
def test_another_format_is_named(package, tmp_path, change, said):
    found = arrays(package)
    change(found)
    put(tmp_path, packed(found))
    assert said in problem(package)


#: Of each model the name of some trees, and how many measures they may ask for.
TREES = {"cleaner.lines": ("dump", 119), "cleaner.stories": ("runs", OF_RUNS)}


@pytest.mark.parametrize("field", ["roots", "feature", "threshold", "left", "right", "value", "depth"])
def test_arrays_under_other_names_are_missed(package, tmp_path, field):
    found, (name, _) = arrays(package), TREES[package]
    found[f"{name}.other"] = found.pop(f"{name}.{field}")
    put(tmp_path, packed(found))
    assert f"lacks the array '{name}.{field}'" in problem(package)


@pytest.mark.parametrize("field", ["roots", "feature", "left", "right"])
def test_numbers_of_what_is_not_there_are_named(package, tmp_path, field):
    name, measures = TREES[package]
    nodes = len(arrays(package)[f"{name}.feature"])
    most = measures if field == "feature" else nodes
    for wrong in (-1, most):
        found = arrays(package)
        found[f"{name}.{field}"] = found[f"{name}.{field}"].copy()
        found[f"{name}.{field}"][3] = wrong
        put(tmp_path, packed(found))
        assert f"the array '{name}.{field}' has numbers " in (said := problem(package))
        assert f"accepted: 0 to {most - 1}" in said


def test_trees_of_other_sizes_or_kinds_are_named(package, tmp_path):
    name, _ = TREES[package]
    for field, change, said in (
        ("value", lambda array: array[:-1], f"the nodes of the trees '{name}' are not all as many"),
        ("left", lambda array: array.astype(float), f"the array '{name}.left' holds no whole numbers"),
        ("feature", lambda array: np.array(3), "holds other arrays than are asked for: "),
    ):
        found = arrays(package)
        found[f"{name}.{field}"] = change(found[f"{name}.{field}"])
        put(tmp_path, packed(found))
        assert said in problem(package)


@pytest.mark.parametrize("package", ["cleaner.lines"], indirect=True)
def test_a_threshold_is_wanted_for_every_level(package, tmp_path):
    found = arrays(package)
    found["text.thresholds"] = found["text.thresholds"][:3]
    put(tmp_path, packed(found))
    assert "the array 'text.thresholds' has 3 numbers; accepted: 4" in problem(package)


@pytest.mark.parametrize("package", ["cleaner.stories"], indirect=True)
def test_words_and_what_is_known_of_them_must_be_as_many(package, tmp_path):
    for name, said in (
        ("vectors", "the words have 37195 weights, 37194 vectors and 37195 scales"),
        ("levels", "holds other arrays than are asked for: "),
        ("rows", "holds other arrays than are asked for: "),
    ):
        found = arrays(package)
        found[name] = found[name][:-1]
        put(tmp_path, packed(found))
        assert said in problem(package)


def test_seams_and_runs_have_as_many_measures_as_trees_may_ask_for():
    model = load_model()
    lines = ["The tower of Marrow Bay fell on Tuesday in the storm, and nobody was hurt."] * 8
    text = Measured(model.passages(lines), model.openings)
    assert seams(text).shape[1] == OF_SEAMS
    assert runs(text, np.array([2]), np.array([4]), np.zeros(7)).shape[1] == OF_RUNS


NAMES = {"cleaner.lines": "lines", "cleaner.stories": "stories"}
TEXT = "The dam held.\n\nAdvertisement\n\nNobody was hurt, the mayor said.\n"


@pytest.fixture
def damaged(package, tmp_path, monkeypatch):
    """The name of a model whose checksum cannot be read; there is a text to clean."""
    put(tmp_path, packed({"renamed": np.arange(3)}), b"\xff\xfe")
    (tmp_path / "a.txt").write_text(TEXT)
    monkeypatch.chdir(tmp_path)
    return NAMES[package]


@pytest.mark.parametrize("options", [(), ("--quiet",), ("--jobs", "2")], ids=" ".join)
def test_a_run_says_it_once_does_the_rest_and_ends_with_1(damaged, tmp_path, options, caplog, capsys):
    assert main(["clean", "a.txt", "--out", "out", *options]) == 1
    errors = [json.loads(line) for line in (tmp_path / "out" / "errors.jsonl").read_text().splitlines()]
    assert [error["error"] for error in errors] == ["model"] and "weights.npz: " in errors[0]["message"]
    assert "Advertisement" not in (tmp_path / "out" / "articles" / "a.txt").read_text()
    assert [record.getMessage().endswith(errors[0]["message"]) for record in caplog.records] == [True]
    shown = capsys.readouterr().out
    assert ("--quiet" in options) != (f"the model of {damaged} could not be used: see out/errors.jsonl" in shown)
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary[damaged]["weights"] is None and "errors.jsonl" in summary[damaged]["why"]
    (other,) = {"lines", "stories"} - {damaged}
    assert len(summary[other]["weights"]) == 64 and "why" not in summary[other]
    assert summary["failed"] == 0


def test_a_pipe_says_it_and_ends_with_1(damaged, tmp_path, monkeypatch, caplog, capsysbinary):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"text": "The dam held."}\n')))
    assert main(["clean", "-", "--out", "-", "--stdin", "jsonl", "--errors", "errors.jsonl"]) == 1
    assert json.loads(capsysbinary.readouterr().out) == {"text": "The dam held."}
    (error,) = (tmp_path / "errors.jsonl").read_text().splitlines()
    assert json.loads(error)["error"] == "model"
    assert len(caplog.records) == 1


@pytest.mark.parametrize("package", ["cleaner.lines"], indirect=True)
def test_a_model_that_rests_is_not_missed(damaged, tmp_path):
    assert main(["clean", "a.txt", "--out", "out", "--no-line-model"]) == 0
    assert not (tmp_path / "out" / "errors.jsonl").read_text()
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["lines"] is None


def _cut_short(monkeypatch, out):
    """A run that ends after a task, with a checkpoint."""
    with monkeypatch.context() as patch:
        patch.setattr("cleaner.batch._Run.complete", lambda *given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            main(["clean", "a.txt", "b.txt", "--out", out, "--checkpoints", "0", "--single-pass"])


def test_a_run_does_not_go_on_with_other_weights_and_says_how_it_could(package, damaged, tmp_path, monkeypatch, capsys):
    (tmp_path / "b.txt").write_text(TEXT)
    again = ["clean", "a.txt", "b.txt", "--out", "out", "--single-pass"]
    real = (REAL(package) / weights.WEIGHTS).read_bytes()
    digest = sha256(real).hexdigest()
    _cut_short(monkeypatch, "out")
    put(tmp_path, real)
    about = f"out: holds an unfinished run, and the weights of the model of {damaged}"
    assert main(again) == 2
    said = f"{about} could not be used when it began, and now are {digest}; to use them, choose another --out, or begin"
    assert said in capsys.readouterr().err
    assert main([*again, "--force"]) == 0
    _cut_short(monkeypatch, "new")
    again[4] = "new"
    put(tmp_path, b"")
    LOADS[package].cache_clear()
    capsys.readouterr()
    assert main(again) == 2
    said = f"{about} were {digest}, and cannot be used now; mend them to go on with it, choose another --out, or begin"
    assert said.replace("out: ", "new: ", 1) in capsys.readouterr().err


def test_what_was_asked_of_the_model_of_lines_is_said_as_it_was_given(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(TEXT)
    _cut_short(monkeypatch, "out")
    again = ["clean", "a.txt", "b.txt", "--out", "out", "--single-pass"]
    for option in ("--no-line-model", "--thoroughness 1.0"):
        assert main([*again, *option.split()]) == 2
        said = f"and the option for the model of lines was --thoroughness 0.2, and is {option}; give the same command"
        assert said in capsys.readouterr().err
