"""The first pass over a batch: reads every document and keeps an outline of it, before one is cleaned."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from cleaner.checkpoint import Checkpoint
from cleaner.errors import ModelError
from cleaner.output import OutputFolder
from cleaner.survey import Survey
from cleaner.tasks import Position, Work
from cleaner.work import Model, Settings, Surveyor
from cleaner.workers import Engine

#: The file in the folder of ``--state``, or aside.
SURVEY = "survey.sqlite"
#: Called with the pass, and the bytes and documents that came to those it has read.
Progress = Callable[[str, int, int], Any]


class Surveyed(NamedTuple):
    """The settings, with a survey to ask where there is one, and how many documents it knows."""

    settings: Settings
    documents: int | None = None


@contextmanager
def surveyed(
    work: Work,
    settings: Settings,
    folder: OutputFolder,
    known: Checkpoint,
    *,
    state: Path | None,
    single_pass: bool,
    load: Callable[[], Model],
    engine: Engine,
    progress: Progress,
) -> Iterator[Surveyed]:
    """Reads ``work``, from where ``known`` says that it was left, into a survey.

    The survey stands in ``state`` and stays, or else aside in ``folder``. Input that can be read only once
    is left to the cleaning, which asks what earlier batches have told.
    """
    path = state / SURVEY if state else folder.aside(SURVEY)
    twice = not any(source.once for source in work.sources)
    worthwhile = path.exists() or (twice and (state or _several(work)))
    try:
        model = load() if worthwhile and not single_pass else None
    except ModelError:
        model = None
    if model is None:
        yield Surveyed(settings)
        return
    with Survey.create_or_open(path, model.digest) as survey:
        if twice and known.stage == "survey":
            rest = replace(work, after=Position(*known.position))
            for task, outlines in engine(rest, partial(Surveyor, settings.fields, load), lambda task: []):
                survey.add(outlines)
                if task.end and folder.due:
                    survey.commit()
                    known.position = task.end
                    folder.checkpoint(known)
                progress("survey", task.size, task.documents)
        survey.finish()
        yield Surveyed(replace(settings, survey=(str(path), model.digest)), len(survey))


def _several(work: Work) -> bool:
    """May there be two documents?"""
    return len(work.sources) > 1 or any(source.rows for source in work.sources)
