"""What the detector does in other languages: ``python -m benchmarks.stories.languages RECORDS ...``.

The gold articles of labelled records, by themselves (whatever is proposed is wrong) and each with the next
of its language joined on (the second should go). The model is trained on English alone; texts whose
words it does not know are only flagged.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.stories.articles import HAND, WHOLE, read_rows
from cleaner.detectors.splice import MIN_KNOWN, SpliceDetector
from cleaner.stories.model import load_model
from cleaner.view import View


class Outcome(NamedTuple):
    """Shares of documents with a cut, and with a flag; the share of the second story's characters in each."""

    documents: int
    cut: float
    flagged: float
    found_cut: float
    found_flagged: float


def texts(paths: Iterable[Path]) -> dict[str, list[str]]:
    """The gold articles of each language, once each."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for path in paths:
        for row in read_rows(path):
            lines = [line.strip() for line in (row.get("gold") or "").split("\n") if line.strip()]
            if row["maker"] not in HAND and sum(map(len, lines)) >= WHOLE and len(lines) >= 4:
                found[row.get("lang", "en")]["\n".join(lines)] = None
    return {language: list(one) for language, one in sorted(found.items())}


def outcome(detector: SpliceDetector, articles: list[str]) -> Outcome:
    alone = [_covered(detector, text, 0) for text in articles]
    joined = list(_joined(articles))
    spliced = [_covered(detector, text, seam) for text, seam in joined]
    foreign = sum(len(text) - seam for text, seam in joined)
    return Outcome(
        len(articles),
        sum(cut > 0 for cut, _ in alone) / len(articles),
        sum(flagged > 0 for _, flagged in alone) / len(articles),
        sum(cut for cut, _ in spliced) / foreign,
        sum(flagged for _, flagged in spliced) / foreign,
    )


def _joined(articles: list[str]) -> Iterator[tuple[str, int]]:
    """Each article with the next below it, and where that begins."""
    for text, other in zip(articles, articles[1:] + articles[:1], strict=True):
        yield f"{text}\n{other}", len(text) + 1


def _covered(detector: SpliceDetector, text: str, seam: int) -> tuple[int, int]:
    """Characters below ``seam`` in spans that are cut, and in spans that are flagged."""
    covered = {"remove": 0, "flag": 0}
    for proposal in detector(View(text)):
        action = "remove" if proposal.action == "remove" and proposal.confidence >= 0.75 else "flag"
        covered[action] += max(0, proposal.span.end - max(seam, proposal.span.start))
    return covered["remove"], covered["flag"]


def main() -> None:
    detector = SpliceDetector(load_model())
    print(f"terms known: {MIN_KNOWN:.0%} or more, else only flagged")
    print("| language | articles | known terms | cut | flagged | second story cut | flagged |")
    print("|---|---|---|---|---|---|---|")
    for language, articles in texts(map(Path, sys.argv[1:])).items():
        known = sorted(load_model().passages(text.split("\n")).known for text in articles)
        count, *shares = outcome(detector, articles)
        print(f"| {language} | {count} | {known[0]:.2f} to {known[-1]:.2f} |", *(f"{one:.1%} |" for one in shares))


if __name__ == "__main__":
    main()
