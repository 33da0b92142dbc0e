"""The first pass over a batch: reads every document, before one is cleaned, and notes what the others may ask.

Noted are an outline of its stories (:mod:`cleaner.survey`) and its lines (:mod:`cleaner.recurrence`).
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from cleaner.checkpoint import Checkpoint
from cleaner.errors import ModelError
from cleaner.interrupt import heed
from cleaner.output import OutputFolder
from cleaner.recurrence import Recurrences
from cleaner.survey import Survey
from cleaner.tally import Tally
from cleaner.tasks import Position, Work
from cleaner.work import Model, Noted, Settings, Surveyor
from cleaner.workers import Engine

#: The files in the folder of ``--state``, or aside.
SURVEY, RECURRENCES, _TABLE = "survey.sqlite", "recurrences.duckdb", "recurrences.npy"
#: Fewer documents than this have nothing to tell of stories, or of lines.
_STORIES, _LINES = 2, 8


class Progressed(NamedTuple):
    """What a task brought a run forward: bytes and documents. ``tally`` counts all so far, where there is one;
    ``before`` are bytes that an earlier start of the run has dealt with."""

    step: str
    size: int = 0
    documents: int = 0
    tally: Tally | None = None
    before: int = 0


Progress = Callable[[Progressed], Any]


class Surveyed(NamedTuple):
    """The settings, with what there is to ask, and how many documents and pages that knows."""

    settings: Settings
    documents: int | None = None
    pages: int | None = None


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
    """Reads ``work``, from where ``known`` says that it was left, and yields what there is to ask.

    It stands in ``state`` and stays, or else aside in ``folder``. Input that can be read only once is left
    to the cleaning, which asks what earlier batches have told.
    """
    twice = not any(source.once for source in work.sources)

    def wanted(path: Path, documents: int) -> bool:
        return not single_pass and (path.exists() or (twice and (state is not None or _may_hold(documents, work))))

    stories, lines = (state / name if state else folder.aside(name) for name in (SURVEY, RECURRENCES))
    model = _loaded(load) if wanted(stories, _STORIES) else None
    with ExitStack() as stack:
        survey = recurrences = None
        if model:
            survey = stack.enter_context(Survey.create_or_open(stories, model.digest))
        if wanted(lines, _LINES):
            recurrences = stack.enter_context(Recurrences.create_or_open(lines))
        notes = _Notes(survey, recurrences)
        if twice and known.stage == "survey" and notes != (None, None):
            rest = replace(work, after=Position(*known.position))
            progress(Progressed("survey", before=rest.skipped))
            surveyor = partial(Surveyor, settings.fields, load if model else None)
            for task, noted in engine(rest, surveyor, lambda task: Noted([], [])):
                heed()
                notes.add(noted)
                if task.end and folder.due:
                    notes.commit()
                    known.position = task.end
                    folder.checkpoint(known)
                progress(Progressed("survey", task.size, task.documents))
        if survey is not None and model:
            survey.finish()
            settings = replace(settings, survey=(str(stories), model.digest))
        if recurrences is not None:
            recurrences.finish()
            recurrences.write_table(folder.aside(_TABLE))
            settings = replace(settings, recurrences=str(folder.aside(_TABLE)))
        yield Surveyed(settings, *(None if record is None else len(record) for record in (survey, recurrences)))


class _Notes(NamedTuple):
    """Where it is kept what documents tell."""

    survey: Survey | None
    recurrences: Recurrences | None

    def add(self, noted: Noted) -> None:
        if self.survey is not None:
            self.survey.add(noted.outlines)
        if self.recurrences is not None:
            self.recurrences.add(noted.pages)

    def commit(self) -> None:
        if self.survey is not None:
            self.survey.commit()
        if self.recurrences is not None:
            self.recurrences.commit()


def _loaded(load: Callable[[], Model]) -> Model | None:
    try:
        return load()
    except ModelError:
        return None


def _may_hold(documents: int, work: Work) -> bool:
    """May there be so many?"""
    return len(work.sources) >= documents or any(source.rows for source in work.sources)
