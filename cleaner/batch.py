"""Cleans many documents: sources in, articles and logs out, in the same order whoever does the work.

    sources ─> tasks ─> surveyors ─> outlines ──────────────> survey
    sources ─> tasks ─> workers, who ask the survey ─> results, in order ─> output folder

Workers send back finished bytes; only this process writes. The first pass is left out where the
input cannot be read twice.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from cleaner import __version__
from cleaner.errors import ModelError
from cleaner.first_pass import Progress, surveyed
from cleaner.formats.sources import Plan
from cleaner.output import OutputFolder
from cleaner.removal_log import SCHEMA, ErrorEntry
from cleaner.rulefiles import Packs
from cleaner.scanner import chosen
from cleaner.stories.model import load_model
from cleaner.tally import Tally
from cleaner.work import Model, Settings, Worker
from cleaner.workers import results, tasks

#: Ids remembered to warn of those that repeat; beyond this the warning is given up, not the run.
MAX_IDS = 2_000_000


def clean_batch(
    plan: Plan,
    out: Path,
    settings: Settings,
    *,
    jobs: int = 1,
    force: bool = False,
    state: Path | None = None,
    single_pass: bool = False,
    load: Callable[[], Model] = load_model,
    progress: Progress = lambda step, size, documents: None,
    complain: Callable[[ErrorEntry], Any] = lambda error: None,
) -> tuple[Tally, dict[str, Any]]:
    """Cleans the plan's sources into ``out``; returns the tally and the summary it also writes there.

    What the documents of the folder ``state`` told counts as evidence, and these are added to them.
    With ``single_pass`` every document is judged by itself. ``complain`` is called with each failure.
    Raises ``OutputError`` or ``StateError`` if a folder cannot be used; a document that fails never raises.
    """
    tally, ids = Tally(), _Ids()
    packs = settings.packs()  # a rule file that cannot be used is said before anything is written
    with (
        OutputFolder(out, force=force) as folder,
        surveyed(
            plan,
            settings,
            folder.aside("survey.sqlite"),
            state=state,
            single_pass=single_pass,
            load=load,
            jobs=jobs,
            progress=progress,
        ) as (informed, known),
    ):

        def report(error: ErrorEntry) -> None:
            tally.failed += 1
            complain(error)
            folder.log("errors.jsonl", msgspec.json.encode(error) + b"\n")

        if problem := _problem(load):
            folder.log("errors.jsonl", msgspec.json.encode(ErrorEntry("", None, None, "model", problem)) + b"\n")
        for name, message in plan.failures:
            report(ErrorEntry(name, None, None, "unreadable", message))
        for task, result in results(tasks(plan.sources), _hire(informed, packs, jobs), jobs):
            for article, data in result.articles:
                folder.article(article, data)
            folder.log("removals.jsonl", b"".join(result.removals))
            folder.log("documents.jsonl", b"".join(result.documents))
            for error in result.errors:
                report(error)
            for warning in result.warnings:
                complain(warning)
                folder.log("errors.jsonl", msgspec.json.encode(warning) + b"\n")
            ids.add(result.ids)
            tally.add(result.tally)
            progress("clean", task.size, result.tally.documents)
        made = _summary(tally, ids, plan, settings, packs, known)
        folder.log("summary.json", msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n")
    return tally, made


def _problem(load: Callable[[], Model]) -> str:
    try:
        load()
    except ModelError as error:
        return str(error)
    return ""


def _hire(settings: Settings, packs: Packs, jobs: int) -> Callable[[], Worker]:
    if jobs == 1:
        return partial(Worker, settings, packs)
    replace(settings, survey=None).cleaner(packs)  # what is compiled now, the workers find on disk
    return partial(Worker, settings)


def _summary(
    tally: Tally, ids: "_Ids", plan: Plan, settings: Settings, packs: Packs, known: int | None
) -> dict[str, Any]:
    """The run in numbers. No times, paths or job counts: the same run gives the same bytes."""
    return {
        "schema": SCHEMA,
        "cleaner": __version__,
        "profile": settings.profile,
        "fields": asdict(settings.fields),
        "rules": {"count": len(packs.rules), "digest": packs.digest()},
        "matcher": chosen(settings.matcher),
        **{("by_rule" if key == "rules" else key): value for key, value in tally.as_dict().items()},
        "repeated_ids": ids.repeated,
        "skipped": len(plan.skipped),
        "survey": None if known is None else {"documents": known},
    }


class _Ids:
    """Counts documents whose id was seen before."""

    def __init__(self) -> None:
        self.repeated = 0
        self._seen: set[int] = set()

    def add(self, ids: Iterable[int]) -> None:
        for hashed in ids:
            if hashed in self._seen:
                self.repeated += 1
            elif len(self._seen) < MAX_IDS:
                self._seen.add(hashed)
