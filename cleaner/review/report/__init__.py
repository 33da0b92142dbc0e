"""A run on one page, for a colleague or a paper's appendix: HTML that needs nothing else, or Markdown.

    index, verdicts ─> gathering ─> contents ─> html (with pictures and style.css), markdown

The same run and the same verdicts give the same bytes.
"""

from pathlib import Path

from cleaner.review.index import Index, Progress
from cleaner.review.report.gathering import gathered
from cleaner.review.report.html import as_html
from cleaner.review.report.markdown import as_markdown
from cleaner.review.verdicts import VERDICTS, Verdicts

__all__ = ["report_on"]


def report_on(
    run: Path, verdicts: Path | None = None, *, markdown: bool = False, progress: Progress = lambda share, doing: None
) -> str:
    """The report on a run, with the verdicts in a file (by default the run's own)."""
    with Index.open(run, progress) as index:
        report = gathered(index, Verdicts.open(verdicts or run / VERDICTS))
    return as_markdown(report) if markdown else as_html(report)
