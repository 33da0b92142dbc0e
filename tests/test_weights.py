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


@pytest.mark.parametrize("checksum", [b"\xff\xfe", b"", None])
def test_a_run_says_it_once_and_does_the_rest(package, tmp_path, checksum, caplog, capsys):
    put(tmp_path, packed({"renamed": np.arange(3)}), checksum)
    (tmp_path / "a.txt").write_text("The dam held.\n\nAdvertisement\n\nNobody was hurt, the mayor said.\n")
    main(["clean", str(tmp_path / "a.txt"), "--out", str(tmp_path / "out"), "--jobs", "1"])
    errors = [json.loads(line) for line in (tmp_path / "out" / "errors.jsonl").read_text().splitlines()]
    assert [error["error"] for error in errors] == ["model"] and "weights.npz: " in errors[0]["message"]
    assert "Advertisement" not in (tmp_path / "out" / "articles" / "a.txt").read_text()
    assert "Traceback" not in capsys.readouterr().err
