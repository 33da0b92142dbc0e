"""The command itself, ``cleaner clean``, from file to folder: time with one and two processes, and peak memory."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.race import turned

JOBS = (1, 2)


class Took(NamedTuple):
    """Seconds, CPU seconds of all processes, the bytes the largest of them held at its peak; the exit status."""

    wall: float
    cpu: float
    peak: int
    status: int


def clean(source: Path, jobs: int) -> Took:
    with TemporaryDirectory(dir=source.parent) as folder:
        command = [sys.executable, "-m", "cleaner", "clean", str(source), "--out", f"{folder}/out"]
        launched = [sys.executable, "-m", "benchmarks.launcher", *command, "--jobs", str(jobs), "--quiet"]
        done = subprocess.run(launched, capture_output=True, text=True, check=True)
    took = Took(**json.loads(done.stdout))
    if took.status:
        print(f"{' '.join(command)}: exit status {took.status}\n{done.stderr}", file=sys.stderr)
    return took


def by_jobs(parts: Sequence[Path]) -> dict[int, list[Took]]:
    """Each part with each number of processes, in turn."""
    for jobs in JOBS:
        clean(parts[0], jobs)  # whatever is compiled once is compiled now
    return turned([{jobs: clean(part, jobs) for jobs in JOBS} for part in parts])
