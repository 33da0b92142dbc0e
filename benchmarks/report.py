"""The tables, and putting them into a page of the docs between its markers."""

import os
import platform
import re
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

from benchmarks.command import Took
from benchmarks.contenders import Contender
from benchmarks.growth import Grown
from benchmarks.race import ratio

Costs = dict[str, list[float]]


def heading(command: str, date: str) -> str:
    """When, on what, how."""
    libraries = ", ".join(
        f"{name} {number}" for name in ("regex", "hyperscan", "google-re2") if (number := _version(name))
    )
    return (
        f"{date}; {os.cpu_count()} cores, {_processor()}; Python {platform.python_version()}, {libraries}; "
        f"`python -m benchmarks.throughput {command}`"
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def contenders_table(contenders: Sequence[Contender], costs: Costs) -> str:
    """What each costs, and how often the cost of JSON in and out that is."""
    rows = [
        (
            f"*{one.name}*" if one.sample else one.name,
            _number(median(costs[one.key])),
            _spread(costs[one.key]),
            _times(ratio(costs[one.key], costs["json"])),
        )
        for one in contenders
    ]
    return _table(("", "CPU ms per MB", "lowest to highest round", "times JSON"), rows)


def growth_table(grown: Sequence[Grown]) -> str:
    base = grown[1]
    rows = [
        (
            one.name,
            _number(median(one.cost)),
            _spread(one.cost),
            f"{ratio(one.cost, base.cost):.2f}",
            f"{one.patterns:.0f}",
            f"{one.database:.0f}",
            f"{one.size / 1e6:.1f}",
        )
        for one in grown
    ]
    columns = ("rules", "CPU ms per MB", "lowest to highest round", "times 300 rules")
    return _table((*columns, "patterns compiled, s", "database compiled, s", "database, MB"), rows)


def processes_table(took: dict[int, list[Took]], sizes: Sequence[int]) -> str:
    rows = []
    for jobs, rounds in took.items():
        wall, cpu = (
            [getattr(one, name) / size * 1e9 for one, size in zip(rounds, sizes, strict=True)]
            for name in ("wall", "cpu")
        )
        faster = ratio([one.wall for one in took[1]], [one.wall for one in rounds])
        rows.append(
            (
                str(jobs),
                _number(median(wall) / 1e3),
                _number(median(cpu) / 1e3),
                f"{faster:.2f}",
                _megabytes(max(one.peak for one in rounds)),
            )
        )
    return _table(("processes", "ms per MB", "CPU ms per MB", "times as fast", "peak of the largest, MB"), rows)


def memory_table(peaks: Sequence[tuple[int, Took]]) -> str:
    rows = [(f"{size / 1e6:,.0f}", _megabytes(took.peak), f"{size / 1e6 / took.wall:.1f}") for size, took in peaks]
    return _table(("input, MB", "peak of the largest process, MB", "MB per second"), rows)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---", *["---:"] * (len(columns) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _number(seconds: float) -> str:
    """Milliseconds with two digits that mean something."""
    value = seconds * 1e3
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def _spread(costs: Sequence[float]) -> str:
    return f"{_number(min(costs))} to {_number(max(costs))}"


def _times(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f}"


def put(page: Path, name: str, content: str) -> None:
    """Writes ``content`` between the page's markers of that name."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, found, rest = page.read_text(encoding="utf-8").partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise SystemExit(f"{page}: the markers {begin} and {end} are missing")
    page.write_text(f"{before}{begin}\n\n{content}\n\n{end}{after}", encoding="utf-8")
