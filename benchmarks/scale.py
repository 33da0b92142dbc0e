"""What a run takes as its input grows: ``python -m benchmarks.scale``.

Memory is that of the whole process tree: the sum of what Linux calls PSS, in which a page that several
processes share counts once. Large inputs are a small one again and again, made on the spot and removed
afterwards. Cleaning takes a second per megabyte and core, so for ten gigabytes ``--rules tiny``, one pass and
a small ``--share`` are meant: rows of which so much is text, and the rest a field that is carried through.
"""

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import psutil

from benchmarks import corpus, report
from benchmarks.faults.inputs import RULES
from benchmarks.faults.told import table

MB = 1_000_000
#: How often memory is looked at, in seconds.
_EVERY = 0.25
_BASE = 20 * MB


class Took(NamedTuple):
    """Seconds, CPU seconds of all processes, and the most that they held together, early and at all."""

    wall: float
    cpu: float
    early: int
    peak: int
    aside: int
    status: int


class Trial(NamedTuple):
    name: str
    size: int
    jobs: int
    took: Took


def main() -> None:
    given = _arguments().parse_args()
    command, date = shlex.join(sys.argv[1:]), datetime.now(UTC).strftime("%d %B %Y")
    with tempfile.TemporaryDirectory(prefix="cleaner-scale-", dir=given.temp) as folder:
        for name in given.parts:
            _say(f"measuring {name}")
            content = f"{date}; `python -m benchmarks.scale {command}`\n\n{PARTS[name](Path(folder), given)}"
            print(f"\n## {name}\n\n{content}", flush=True)
            if given.write:
                report.put(given.write / "faults.md", name, content)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--megabytes", nargs="+", type=int, default=[100, 1000, 10000], help="sizes of JSON Lines")
    parser.add_argument("--parquet-megabytes", type=int, default=10000, help="size of the Parquet file")
    parser.add_argument("--group-megabytes", type=int, default=1000, help="size of its row groups")
    parser.add_argument("--documents", type=int, default=1_000_000, help="how many short documents")
    parser.add_argument("--long-megabytes", type=int, default=500, help="size of the one long document")
    parser.add_argument("--rules", choices=("all", "tiny"), default="tiny")
    parser.add_argument("--share", type=float, default=1.0, help="how much of a row is text")
    parser.add_argument("--passes", choices=("one", "two"), default="one", help="with or without the first pass")
    parser.add_argument("--temp", metavar="DIR", help="where temporary files stand")
    parser.add_argument("--write", metavar="DOCS", type=Path, help="put the tables into faults.md there")
    return parser


def _grown(folder: Path, given: argparse.Namespace) -> str:
    """JSON Lines of several sizes: cost per megabyte, and memory."""
    trials = []
    for megabytes in given.megabytes:
        path = folder / "in.jsonl"
        _repeated(path, megabytes * MB, given.share)
        trials.append(Trial("JSON Lines", megabytes * MB, 2, _clean(path, given, 2)))
        path.unlink()
        _say(str(trials[-1]))
    return _table(trials)


def _parquet(folder: Path, given: argparse.Namespace) -> str:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path, held = folder / "in.parquet", 0
    part = pa.Table.from_pylist(list(_base(given.share)))
    copies = max(1, given.group_megabytes * MB // part.nbytes)
    with pq.ParquetWriter(path, part.schema, compression="none", use_dictionary=False) as writer:
        group = pa.concat_tables([part] * copies)
        while held < given.parquet_megabytes * MB:
            writer.write_table(group, row_group_size=group.num_rows)
            held += group.nbytes
    del group
    took = _clean(path, given, 2)
    size = path.stat().st_size
    path.unlink()
    return _table([Trial(f"Parquet, row groups of {given.group_megabytes:,} MB", size, 2, took)])


def _processes(folder: Path, given: argparse.Namespace) -> str:
    """One process and two on the same input, in turn."""
    path, size = folder / "in.jsonl", given.megabytes[0] * MB
    _repeated(path, size, given.share)
    trials = [Trial("JSON Lines", size, jobs, _clean(path, given, jobs)) for jobs in (1, 2, 1, 2)]
    one, two = (min(trial.took.wall for trial in trials if trial.jobs == jobs) for jobs in (1, 2))
    path.unlink()
    return f"{_table(trials)}\n\nTwo processes are {one / two:.2f} times as fast as one."


def _short(folder: Path, given: argparse.Namespace) -> str:
    path = folder / "in.jsonl"
    with path.open("w") as stream:
        for number in range(given.documents):
            row = {"id": f"note-{number}", "text": f"Note {number}: the dam held.\n\nAdvertisement\n"}
            stream.write(json.dumps(row) + "\n")
    took, size = _clean(path, given, 2), path.stat().st_size
    path.unlink()
    return _table([Trial(f"{given.documents:,} short documents", size, 2, took)])


def _long(folder: Path, given: argparse.Namespace) -> str:
    path = folder / "in.txt"
    with path.open("w", encoding="utf-8") as stream:
        while stream.tell() < given.long_megabytes * MB:
            for row in _base(1.0):
                stream.write(row["text"] + "\n\n")
    took, size = _clean(path, given, 1), path.stat().st_size
    path.unlink()
    return _table([Trial("one document", size, 1, took)])


PARTS: dict[str, Callable[[Path, argparse.Namespace], str]] = {
    "grown": _grown,
    "parquet": _parquet,
    "processes": _processes,
    "short": _short,
    "long": _long,
}


def _base(share: float) -> Iterator[dict[str, str]]:
    """Some megabytes of documents."""
    found, size = corpus.documents(corpus.texts()), 0
    while size < _BASE:
        row = json.loads(next(found))
        row["kept"] = row["text"] * round(1 / share - 1)
        size += len(row["text"]) + len(row["kept"])
        yield row


def _repeated(path: Path, size: int, share: float) -> None:
    part = b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in _base(share))
    with path.open("wb") as stream:
        while stream.tell() < size:
            stream.write(part[: size - stream.tell()].rpartition(b"\n")[0] + b"\n")


def _clean(source: Path, given: argparse.Namespace, jobs: int) -> Took:
    rules = source.parent / "rules.toml"
    rules.write_text(RULES)
    out = source.parent / "out"
    options = ["--only-rules", "--rules", str(rules)] if given.rules == "tiny" else []
    options += ["--single-pass"] if given.passes == "one" else []
    words = [sys.executable, "-m", "cleaner", "clean", str(source), "--out", str(out), "--jobs", str(jobs), "--quiet"]
    start = time.perf_counter()
    process = subprocess.Popen([*words, *options], cwd=corpus.ROOT)
    early, peak, aside, cpu = 0, 0, 0, {}
    for seen in _watched(process, out, cpu):
        held, there = seen
        early = max(early, held) if time.perf_counter() - start < 30 else early
        peak, aside = max(peak, held), max(aside, there)
    wall = time.perf_counter() - start
    subprocess.run(["rm", "-rf", str(out)], check=True)
    return Took(wall, sum(cpu.values()), early, peak, aside, process.returncode)


def _watched(process: "subprocess.Popen[bytes]", out: Path, cpu: dict[int, float]) -> Iterator[tuple[int, int]]:
    """What the tree holds, and the bytes of what it learns aside, again and again; ``cpu`` is filled."""
    while process.poll() is None:
        held = 0
        for one in _tree(process.pid):
            try:
                held += getattr(one.memory_full_info(), "pss", 0) or one.memory_info().rss
                used = one.cpu_times()
                cpu[one.pid] = used.user + used.system
            except psutil.Error:
                continue
        there = sum(_size(path) for path in (out / ".partial").glob("*.*") if path.suffix in (".sqlite", ".duckdb"))
        yield held, there
        time.sleep(_EVERY)


def _tree(pid: int) -> list[psutil.Process]:
    try:
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    except psutil.Error:
        return []


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _table(trials: list[Trial]) -> str:
    base = trials[0].took.cpu / trials[0].size
    columns = ("input", "MB", "processes", "CPU per MB, times the first", "MB held in the first half minute")
    rows = [
        (
            trial.name,
            f"{trial.size / MB:,.0f}",
            trial.jobs,
            f"{trial.took.cpu / trial.size / base:.2f}",
            f"{trial.took.early / MB:,.0f}",
            f"{trial.took.peak / MB:,.0f}",
            f"{trial.took.aside / MB:,.0f}",
            trial.took.status,
        )
        for trial in trials
    ]
    return table((*columns, "MB held at most", "MB of survey on disk", "exit status"), rows)


def _say(what: str) -> None:
    print(f"... {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
