"""The architecture: imports point down only, and optional or heavy libraries stay where they belong."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

PACKAGE = ROOT / "cleaner"

#: Floors from the ground up. A module may import from its own floor and from those below.
FLOORS = (
    (
        "errors",
        "interrupt",
        "duck",
        "lazy",
        "collector",
        "span",
        "categories",
        "annotation",
        "document",
        "trees",
        "weights",
    ),
    (
        "edit",
        "normalizer",
        "fingerprint",
        "language",
        "view",
        "measures",
        "forms",
        "context",
        "lines",
        "cut",
        "policy",
        "rules",
        "scanner",
        "matcher",
        "resolver",
        "stories",
    ),
    ("state", "survey", "recurrence"),
    ("corroboration",),
    ("rulefiles", "detectors", "windows"),
    ("pipeline",),
    ("removal_log", "tally", "config", "formats"),
    ("checkpoint", "growing", "tasks"),
    ("table", "work", "processes", "workers", "output"),
    ("engines", "integrations"),
    ("first_pass", "batch", "stream", "restore", "mine"),
    ("verify",),
    ("review",),
    ("feedback",),
    ("cli", "__main__"),
)
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """The rooms of the package that a module imports, inside functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("cleaner."):
            names.add(node.module.split(".")[1])
        elif isinstance(node, ast.ImportFrom) and node.module == "cleaner":
            names |= {alias.name for alias in node.names if alias.name in FLOOR_OF}
        elif isinstance(node, ast.Import):
            names |= {a.name.split(".")[1] for a in node.names if a.name.startswith("cleaner.")}
    return names


def test_every_room_has_a_floor():
    assert {room(path) for path in MODULES} == set(FLOOR_OF)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path):
    floor = FLOOR_OF[room(path)]
    assert all(FLOOR_OF[name] <= floor for name in imported(path)), imported(path)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_says_what_it_is_for(path):
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_detectors_do_not_know_each_other():
    detectors = [p for p in (PACKAGE / "detectors").glob("*.py") if p.stem not in ("__init__", "registry")]
    for path in detectors:
        others = {f"cleaner.detectors.{other.stem}" for other in detectors if other != path}
        assert not any(other in path.read_text() for other in others)


def test_heavy_libraries_are_imported_only_when_needed():
    heavy = (
        "trafilatura",
        "bs4",
        "ftfy",
        "charset_normalizer",
        "py3langid",
        "zstandard",
        "tqdm",
        "pyarrow",
        "fastwarc",
        "fsspec",
        "duckdb",
        "ray",
        "datatrove",
        "starlette",
        "uvicorn",
    )
    loaded = f"[name for name in {heavy!r} if name in sys.modules]"
    code = f"import sys; from cleaner.cli.main import parser; parser(); print({loaded})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
