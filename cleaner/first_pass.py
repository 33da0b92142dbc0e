"""The first pass over a batch: reads every document and keeps an outline of it, before one is cleaned."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from cleaner.errors import ModelError
from cleaner.formats.sources import Plan
from cleaner.survey import Survey
from cleaner.work import Model, Settings, Surveyor
from cleaner.workers import results, tasks

#: The file in the folder of ``--state``.
SURVEY = "survey.sqlite"
#: Called with the pass, the bytes it has read, and the documents.
Progress = Callable[[str, int, int], Any]


@contextmanager
def surveyed(
    plan: Plan,
    settings: Settings,
    aside: Path,
    *,
    state: Path | None,
    single_pass: bool,
    load: Callable[[], Model],
    jobs: int,
    progress: Progress,
) -> Iterator[tuple[Settings, int | None]]:
    """The settings with a survey to ask, and how many documents it knows; as they are where there is none.

    The survey stands in ``state`` and stays, or else at ``aside``. Input that can be read only once
    is left to the cleaning, which asks what earlier batches have told.
    """
    path = state / SURVEY if state else aside
    twice = not any(source.once for source in plan.sources)
    worthwhile = path.exists() or (twice and (state or _several(plan)))
    try:
        model = load() if worthwhile and not single_pass else None
    except ModelError:
        model = None
    if model is None:
        yield settings, None
        return
    with Survey.create_or_open(path, model.digest, kept=state is not None) as survey:
        if twice:
            for task, outlines in results(tasks(plan.sources), partial(Surveyor, settings.fields, load), jobs):
                survey.add(outlines)
                progress("survey", task.size, len(task.documents))
        survey.finish()
        yield replace(settings, survey=(str(path), model.digest)), len(survey)


def _several(plan: Plan) -> bool:
    """May there be two documents?"""
    return len(plan.sources) > 1 or any(source.kind == "jsonl" for source in plan.sources)
