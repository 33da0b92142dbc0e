"""What cleaning costs, beside other tools: ``python -m benchmarks.throughput``.

Prints tables in Markdown; ``--write docs/`` also puts them and the plot into ``speed.md`` and
``speed.svg`` there. Only ratios within one run mean something.
"""

import argparse
import gc
import re
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import chart, corpus, report
from benchmarks.command import JOBS, by_jobs, clean
from benchmarks.contenders import Contender, Job, own
from benchmarks.growth import growth
from benchmarks.race import SAMPLE, race
from benchmarks.rivals import rivals
from cleaner.pipeline import Cleaner

PARTS = ("contenders", "growth", "processes", "memory")
SMALL = 50_000_000
WARM_UP = 2_000_000
#: Bytes of each round that the growing rule sets are measured on.
GROWTH = 4_000_000


@dataclass(frozen=True)
class Corpus:
    """Files on disk: one to warm up with, one for each round, and what they were made of."""

    found: tuple[corpus.Text, ...]
    lines: Iterator[bytes]
    warm_up: Path
    parts: tuple[Path, ...]

    @property
    def size(self) -> int:
        return sum(part.stat().st_size for part in self.parts)


def main() -> None:
    given = arguments().parse_args()
    command, date = shlex.join(sys.argv[1:]), datetime.now(UTC).strftime("%d %B %Y")
    with tempfile.TemporaryDirectory(prefix="cleaner-benchmark-") as folder:
        texts = made(Path(folder), given.megabytes * 1_000_000, given.rounds, only_clean=given.clean)
        for name in given.parts:
            say(f"measuring {name}")
            content = f"{report.heading(command, date)}\n\n{MEASURE[name](texts, given)}"
            print(f"\n## {name}\n\n{content}", flush=True)
            if given.write:
                report.put(given.write / "speed.md", f"clean {name}" if given.clean else name, content)


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.throughput", description="Measures what cleaning costs."
    )
    parser.add_argument("--megabytes", type=int, default=100, help="size of the corpus (default: 100)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds, each on its share of the corpus (default: 5)")
    parser.add_argument("--clean", action="store_true", help="only articles from which nothing is removed")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="what to measure (default: all)")
    parser.add_argument("--memory-megabytes", type=int, default=500, help="the larger input for memory (default: 500)")
    parser.add_argument("--write", type=Path, metavar="DOCS", help="rewrite the tables in speed.md, and speed.svg")
    return parser


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def made(folder: Path, size: int, rounds: int, *, only_clean: bool) -> Corpus:
    """The corpus, written."""
    say("writing the corpus")
    found = corpus.texts()
    if only_clean:
        found = list(untouched(found, size + WARM_UP))
    lines = corpus.documents(found)
    warm_up, *parts = (folder / f"part-{number}.jsonl" for number in range(rounds + 1))
    corpus.write(warm_up, lines, WARM_UP)
    for part in parts:
        corpus.write(part, lines, size // rounds)
    return Corpus(tuple(found), lines, warm_up, tuple(parts))


def untouched(found: Sequence[corpus.Text], size: int) -> Iterator[corpus.Text]:
    """Genuine articles from which nothing is removed, up to a size."""
    cleaner = Cleaner.from_packs()
    held = 0
    for text in found:
        if held < size and text.genuine and not cleaner.clean(text.text, text.url).removals:
            held += len(text.text)
            yield text


def contenders(texts: Corpus, given: argparse.Namespace) -> str:
    """The race of all against JSON; draws the plot."""
    running = [*own(), *rivals(say)]
    gc.collect()
    gc.freeze()  # so that what other libraries keep in memory costs nobody time
    costs = race(running, texts.warm_up, texts.parts)
    if given.write and not given.clean:
        (given.write / "speed.svg").write_text(plot(running, costs), encoding="utf-8")
    return f"{_corpus_line(texts, running)}\n\n{report.contenders_table(running, costs)}"


def _corpus_line(texts: Corpus, running: Sequence[Contender]) -> str:
    jobs = {one.key: one.run for one in running if isinstance(one.run, Job)}
    job, failures = jobs["default"], [message for one in jobs.values() for message in one.failures]
    failed = f" **{len(failures)} failures** over all jobs, the first: {failures[0]}." if failures else ""
    return (
        f"{texts.size / 1e6:.0f} MB of JSON Lines in {len(texts.parts)} rounds; from "
        f"{1 - job.touched / job.documents:.0%} of the documents nothing is removed. Names in *italics* ran on every "
        f"{SAMPLE}th document.{failed}"
    )


def plot(running: Sequence[Contender], costs: report.Costs) -> str:
    values = [
        (_plain(one.name), report.ratio(costs[one.key], costs["json"]), isinstance(one.run, Job)) for one in running
    ]
    title = "CPU time, as a multiple of JSON in and out (logarithmic)"
    return chart.bars(title, sorted(values, key=lambda value: value[1]))


def _plain(name: str) -> str:
    """A name without marks and version."""
    return re.sub(r"[`*]| [\d.]+(?=:)", "", name)


def growing(texts: Corpus, given: argparse.Namespace) -> str:
    size = min(GROWTH, given.megabytes * 1_000_000 // given.rounds)
    grown = growth(corpus.vocabulary(texts.found), texts.warm_up, texts.parts, size)
    return f"On {size * given.rounds / 1e6:.0f} MB of it, the rules alone.\n\n{report.growth_table(grown)}"


def processes(texts: Corpus, given: argparse.Namespace) -> str:
    sizes = [part.stat().st_size for part in texts.parts]
    table = report.processes_table(by_jobs(texts.parts), sizes)
    one = texts.warm_up.with_name("one.jsonl")
    corpus.write(one, texts.lines, 1)
    return (
        f"`cleaner clean`, from file to folder, {sizes[0] / 1e6:.0f} MB at a time. Each run includes its start: one "
        f"with a single document takes {clean(one, 1).cpu:.1f} CPU seconds.\n\n{table}"
    )


def memory(texts: Corpus, given: argparse.Namespace) -> str:
    """Peaks for a small and a large input."""
    peaks = []
    path = texts.warm_up.with_name("memory.jsonl")
    for size in (SMALL, given.memory_megabytes * 1_000_000):
        corpus.write(path, texts.lines, size)
        peaks.append((size, clean(path, max(JOBS))))
    return f"With {max(JOBS)} processes.\n\n{report.memory_table(peaks)}"


MEASURE: dict[str, Callable[[Corpus, argparse.Namespace], str]] = {
    "contenders": contenders,
    "growth": growing,
    "processes": processes,
    "memory": memory,
}

if __name__ == "__main__":
    main()
