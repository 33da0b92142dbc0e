"""Where things are, and the installed command."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from cleaner import Cleaner

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"

# A shell lets what it begins in the background ignore Ctrl-C, which some tests send.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("cleaner", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)
settings.load_profile("cleaner")


@pytest.fixture(scope="session")
def cleaner() -> Cleaner:
    return Cleaner.from_packs()


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs the ``cleaner`` command as a process of its own, in ``tmp_path``."""

    def call(*arguments: object, stdin: bytes = b"", prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        command = [*prefix, sys.executable, "-m", "cleaner", *map(str, arguments)]
        done = subprocess.run(command, input=stdin, capture_output=True, cwd=tmp_path, timeout=600, check=False)
        return subprocess.CompletedProcess(command, done.returncode, done.stdout.decode(), done.stderr.decode())

    return call
