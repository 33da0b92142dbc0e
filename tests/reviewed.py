"""A small run to review: stories with junk, as JSON Lines, as a text file and as Parquet."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

STORY = """Story number {number}\r
\r
Advertisement

The ferry left Esk at noon, and nobody on the quay waved to it. 🚢

Its captain said later that the fog had come early.

Share on Facebook

The harbour master of Esk did not agree with the captain at all.

© {year} Esk Post. All rights reserved.
"""
#: Rows of a.jsonl; the third line holds no JSON.
ROWS, BROKEN = 6, 3


def raw(number: int) -> str:
    return STORY.format(number=number, year=2000 + number)


def make_input(folder: Path) -> None:
    folder.mkdir(parents=True)
    lines = []
    for number in range(ROWS):
        site = "esk" if number % 2 else "dor"
        record = {"id": f"d{number}", "url": f"https://www.{site}.example/{number}", "text": raw(number)}
        lines.append(json.dumps(record))
    lines.insert(BROKEN - 1, "{broken")
    (folder / "a.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "b.txt").write_bytes(raw(9).encode())
    table = pa.table({"text": [raw(20 + n) for n in range(5)], "url": ["https://esk.example/p"] * 5})
    pq.write_table(table, folder / "c.parquet", row_group_size=2)


def make_run(folder: Path, *options: str) -> Path:
    """The run of ``cleaner clean`` over that input."""
    make_input(folder / "in")
    out = folder / "out"
    command = [sys.executable, "-m", "cleaner", "clean", str(folder / "in"), "--out", str(out), "--quiet", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr  # one line is broken
    return out
