"""Lines that were kept: a random few of those that are short, to estimate what remains."""

from collections import Counter
from collections.abc import Iterable, Mapping
from random import Random
from typing import TYPE_CHECKING, Any

from cleaner.errors import InputError, OutputError
from cleaner.fingerprint import fingerprint as fingerprint_of
from cleaner.review import documents, sampling
from cleaner.review.queries.rows import MOST, Answer, only, plain
from cleaner.review.sampling import numbers
from cleaner.review.verdicts import KEPT, Verdicts, settled, shown

if TYPE_CHECKING:
    from cleaner.review.index import Index

#: Lines of a kept text that may be junk are no longer; articles that are read for each line that is wanted.
_SHORT, _READ = 200, 2


def misses(index: "Index", verdicts: Verdicts | None = None, *, seed: int = 0, size: int = 50) -> Answer:
    """Random short lines that were kept, to estimate what remains: ``lines[]``; ``documents``, how many were read;
    ``short_lines``, how many such lines they hold.

    A line: ``rule`` (``kept-line``) ``fingerprint text before after doc source row url site start end line`` (places
    are those in the article), ``judged verdicts[]``. A verdict on one has scope ``text``; ``right`` says that the line
    belongs there. With verdicts, also ``right wrong skip``, and ``low high`` of the share of short lines that are junk.
    The articles are read once: the same question gives the same lines.
    """
    size = max(1, min(size, MOST))
    drawn = index.known(("misses", seed, size), lambda: _drawn(index, seed, size))
    lines = [_with_verdicts(line, verdicts) for line in drawn["lines"]]
    counts = Counter(line["judged"] for line in lines)
    low, high = sampling.interval(counts["wrong"], counts["right"])
    answers = {answer: counts[answer] for answer in ("right", "wrong", "skip")}
    return {**drawn, "lines": lines, **answers, "low": round(low, 5), "high": round(high, 5)}


def _drawn(index: "Index", seed: int, size: int) -> Answer:
    """Reads some articles, and draws from their short lines as they come (reservoir sampling)."""
    chance = Random(f"misses {seed} {size}")
    total = index.told("overview")["totals"]["documents"]
    chosen = chance.sample(range(total), min(total, _READ * size))
    lines: list[Answer] = []
    seen = read = 0
    for row in index.ask(f"SELECT * FROM documents WHERE number IN ({numbers(chosen)}) ORDER BY number"):
        try:
            text = documents.article_text(index, row)
        except (InputError, OutputError, UnicodeError, OSError):
            continue
        read += 1
        for line in _short_lines(text):
            seen += 1
            place = len(lines) if len(lines) < size else chance.randrange(seen)
            if place < size:
                lines[place : place + 1] = [_kept_line(row, text, *line)]
    return {"lines": lines, "documents": read, "short_lines": seen}


def _with_verdicts(line: Answer, verdicts: Verdicts | None) -> Answer:
    said = verdicts.of(line) if verdicts else []
    return {**line, "judged": settled(said), "verdicts": [plain(verdict) for verdict in said]}


def _short_lines(text: str) -> Iterable[tuple[int, int, int]]:
    """Start, end and number of the lines that are short and hold a letter."""
    start = 0
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) <= _SHORT and any(map(str.isalpha, line)):
            yield start, start + len(line), number
        start += len(line) + 1


def _kept_line(row: Mapping[str, Any], text: str, start: int, end: int, number: int) -> Answer:
    line = text[start:end]
    return {
        **only(row, "doc source row url site"),
        "rule": KEPT,
        "category": "",
        "fingerprint": fingerprint_of(line),
        "text": shown(line),
        "before": shown(text[max(0, start - documents.CONTEXT) : start]),
        "after": shown(text[end : end + documents.CONTEXT]),
        "start": start,
        "end": end,
        "line": number,
    }
