"""What a part of the benchmark has to tell."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Told(NamedTuple):
    """A table in Markdown, and what went wrong."""

    table: str
    wrong: Sequence[str] = ()


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table whose numbers stand to the right."""
    found = [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    right = [all(row[place].lstrip("-").isdigit() for row in found) for place in range(len(columns))]
    lines = [columns, ["---:" if numbers else "---" for numbers in right], *found]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
