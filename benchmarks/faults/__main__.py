"""Does a run lose anything? ``python -m benchmarks.faults``.

Kills runs, fills disks, damages inputs, and says what came of it in tables of Markdown; ``--write docs/``
also puts them into ``faults.md`` there. Needs psutil; the full disk needs root, on Linux.
"""

import argparse
import shlex
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import report
from benchmarks.faults import awkward, damage, full, kills, memory
from benchmarks.faults.inputs import FORMATS

PARTS = {
    "kills": lambda folder, given: kills.made(folder, given.kills, given.formats, given.seed, say, given.ways),
    "full": lambda folder, given: full.made(folder, say),
    "memory": lambda folder, given: memory.made(folder, say),
    "damage": lambda folder, given: damage.made(folder, given.copies, given.formats, given.seed, say),
    "awkward": lambda folder, given: awkward.made(folder, say),
}


def main() -> int:
    given = arguments().parse_args()
    command, date = shlex.join(sys.argv[1:]), datetime.now(UTC).strftime("%d %B %Y")
    wrong = 0
    for name in given.parts:
        with tempfile.TemporaryDirectory(prefix="cleaner-faults-", dir=given.temp) as folder:
            say(f"trying {name}")
            told = PARTS[name](Path(folder), given)
        content = f"{date}, seed {given.seed}; `python -m benchmarks.faults {command}`\n\n{told.table}"
        print(f"\n## {name}\n\n{content}\n", flush=True)
        for line in told.wrong:
            print(f"- {line}", flush=True)
        wrong += len(told.wrong)
        if given.write:
            report.put(given.write / "faults.md", name, content)
    return 1 if wrong else 0


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--kills", type=int, default=200, help="how often to kill")
    parser.add_argument("--ways", nargs="+", choices=kills.WAYS, default=(), help="how to kill (default: all)")
    parser.add_argument("--copies", type=int, default=60, help="damaged copies of each format and kind of damage")
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--temp", metavar="DIR", help="where temporary files stand")
    parser.add_argument("--write", metavar="DOCS", type=Path, help="put the tables into faults.md there")
    return parser


def say(what: str) -> None:
    print(f"... {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
