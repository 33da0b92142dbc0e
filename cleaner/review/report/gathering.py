"""Gathers a report from the index and the verdicts."""

from typing import TYPE_CHECKING

from cleaner.review import queries
from cleaner.review.report import background, examples, figures
from cleaner.review.report.contents import Report, Section

if TYPE_CHECKING:
    from cleaner.review.index import Index
    from cleaner.review.verdicts import Verdicts


def gathered(index: "Index", verdicts: "Verdicts") -> Report:
    """The report on a run."""
    told = queries.overview(index, verdicts)
    sections = (
        ("categories", "What went", figures.categories(told)),
        ("documents", "Where it went", figures.places(told)),
        ("rules", "By which rules", figures.rules(told)),
        ("verdicts", "Was it right?", figures.verdicts(told)),
        ("surprises", "Surprises", examples.surprises(index, verdicts, told)),
        ("samples", "Samples", examples.samples(index, verdicts, told)),
        ("run", "The run", background.facts_of_run(index)),
        ("reading", "How to read this", background.reading()),
    )
    return Report(
        index.run.name,
        (*figures.head(told), *background.made(index)),
        tuple(Section(id, title, tuple(blocks)) for id, title, blocks in sections),
    )
