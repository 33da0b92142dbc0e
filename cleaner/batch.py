"""Cleans many documents: sources in, articles and logs out, in the same order whoever does the work.

    sources ─> tasks ─> surveyors ─> outlines, lines ─> survey, recurrences
    sources ─> tasks ─> workers, who ask these ─> results, in order ─> output folder

Workers send back finished bytes; only this process writes. The first pass is left out where the
input cannot be read twice. Checkpoints between tasks let a run that was cut short go on.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import msgspec

from cleaner import __version__
from cleaner.checkpoint import WEIGHTS_OF, Checkpoint, inputs_digest
from cleaner.first_pass import Progress, Progressed, Surveyed, surveyed
from cleaner.formats.sources import Plan
from cleaner.interrupt import heed
from cleaner.output import SUMMARY, OutputFolder
from cleaner.removal_log import SCHEMA, DocumentEntry, ErrorEntry
from cleaner.rulefiles import Packs
from cleaner.scanner import chosen
from cleaner.stories.model import load_model
from cleaner.tally import Tally
from cleaner.tasks import Position, Selection, Task, Work
from cleaner.weights import Tried
from cleaner.work import Model, Models, Result, Settings, Worker, bound, hashed_id, lost
from cleaner.workers import Engine, Local

#: Ids remembered to warn of those that repeat; beyond this the warning is given up, not the run.
MAX_IDS = 2_000_000
LogFormat = Literal["jsonl", "parquet"]


def clean_batch(
    plan: Plan,
    out: Path,
    settings: Settings,
    *,
    engine: Engine | None = None,
    force: bool = False,
    state: Path | None = None,
    single_pass: bool = False,
    selection: Selection | None = None,
    log_format: LogFormat = "jsonl",
    checkpoints: float = 10.0,
    load: Callable[[], Model] = load_model,
    progress: Progress = lambda done: None,
    complain: Callable[[ErrorEntry], Any] = lambda error: None,
) -> tuple[Tally, dict[str, Any]]:
    """Cleans the plan's sources into ``out``; returns the tally and the summary it also writes there.

    A run that was cut short goes on if all that decides what comes out is the same; ``checkpoints`` is
    the time between the places from which it can, in seconds. What the documents of the folder ``state``
    told counts as evidence, and these are added to them. With ``single_pass`` every document is judged by
    itself. ``complain`` is called with each failure. Raises ``OutputError`` or ``StateError`` if a folder
    cannot be used; a document that fails never raises.
    """
    packs = settings.packs()  # a rule file that cannot be used is said before anything is written
    settings = replace(settings, digest=packs.digest())
    selection, engine = selection or Selection(), engine or Local()
    passes = {"state": str(state or ""), "single_pass": single_pass, **asdict(selection), "log_format": log_format}
    models = Models.of(settings, load)
    identity = _identity(plan, settings, passes, models)
    lasting = not any(source.once for source in plan.sources)
    with OutputFolder(
        out, identity, plan.sources, force=force, lasting=lasting, log_format=log_format, every=checkpoints
    ) as folder:
        run = _Run(plan, folder, folder.begun or Checkpoint(identity), complain)
        if run.known.stage != "publish":
            if engine != Local():
                settings.cleaner(packs)  # what is compiled now, as processes begin, they find on disk
            whole = Work(plan.sources, settings.fields, selection)
            with surveyed(
                whole,
                settings,
                folder,
                run.known,
                state=state,
                single_pass=single_pass,
                load=load,
                engine=engine,
                progress=progress,
            ) as survey:
                run.begin(models.problems)
                rest = replace(whole, after=Position(*run.known.position))
                progress(Progressed("clean", before=rest.skipped))
                for task, result in engine(rest, _hire(survey.settings, packs, engine), _lost):
                    heed()
                    run.take(task, result)
                    progress(Progressed("clean", task.size, task.documents, run.tally))
                run.complete(_summary(run, plan, settings, packs, models, survey))
        folder.publish()
    return run.tally, msgspec.json.decode((out / SUMMARY).read_bytes())


class _Run:
    """One run: what it writes, and how far it has come."""

    def __init__(self, plan: Plan, folder: OutputFolder, known: Checkpoint, complain: Callable[..., Any]) -> None:
        self.known, self.tally, self.ids = known, Tally.of_record(known.tally), _Ids(known.repeated_ids)
        self._plan, self._folder, self._complain = plan, folder, complain

    def begin(self, problems: Iterable[str]) -> None:
        """Says what is to be said before the first document, or finds out what a run that goes on has seen."""
        if self.known.stage == "clean":
            self.ids.know(self._folder.documents())
            return
        self.known.stage, self.known.position = "clean", Position()
        for problem in problems:
            self._note(ErrorEntry("", None, None, "model", problem))
        for name, message in self._plan.failures:
            self._fail(ErrorEntry(name, None, None, "unreadable", message))

    def take(self, task: Task, result: Result) -> None:
        for piece in result.pieces:
            self._folder.article(*piece)
            for kind, count in piece.last.skipped if piece.last else ():
                self.tally.skipped[kind] += count
        self._folder.log("removals.jsonl", b"".join(result.removals))
        self._folder.log("documents.jsonl", b"".join(result.documents))
        for error in result.errors:
            self._fail(error)
        for warning in result.warnings:
            self._complain(warning)
            self._note(warning)
        self.ids.add(result.ids)
        self.tally.add(result.tally)
        if task.end:
            self.known.position = task.end
            if self._folder.due:
                self._count()
                self._folder.checkpoint(self.known)

    def complete(self, summary: dict[str, Any]) -> None:
        self._count()
        text = msgspec.json.format(msgspec.json.encode(summary), indent=2) + b"\n"
        self._folder.complete(text, self.known)

    def _count(self) -> None:
        self.known.tally, self.known.repeated_ids = self.tally.as_record(), self.ids.repeated

    def _fail(self, error: ErrorEntry) -> None:
        self.tally.failed += 1
        self._complain(error)
        self._note(error)

    def _note(self, error: ErrorEntry) -> None:
        self._folder.log("errors.jsonl", msgspec.json.encode(error) + b"\n")


def _identity(plan: Plan, settings: Settings, passes: dict[str, Any], models: Models) -> dict[str, str]:
    """All that decides the bytes that come out, in words; paths of rules do not, what they hold does."""
    said = asdict(replace(settings, rules=(), survey=None, recurrences="", digest=""))
    del said["thoroughness"]
    return {
        "cleaner's version": __version__,
        "the digest of the rule files": settings.digest,
        "the setting": msgspec.json.encode(said).decode(),
        "the option": msgspec.json.encode(passes).decode(),
        "the option for the model of lines": _as_given(settings.level),
        f"{WEIGHTS_OF} stories": models.stories.digest,
        f"{WEIGHTS_OF} lines": models.lines.digest if models.lines else "",
        "inputs": inputs_digest(plan.sources),
    }


def _as_given(level: float | None) -> str:
    return "--no-line-model" if level is None else f"--thoroughness {level}"


def _hire(settings: Settings, packs: Packs, engine: Engine) -> Callable[[], Worker]:
    return partial(Worker, settings, packs) if engine == Local() else partial(Worker, settings)


def _lost(task: Task) -> Result:
    """What is said of items whose worker was killed."""
    result = Result()
    for item in task.items:
        if item.documents:
            result.errors.append(lost(item))
        else:
            result.pieces.append(bound(item))
    return result


def _summary(
    run: _Run, plan: Plan, settings: Settings, packs: Packs, models: Models, asked: Surveyed
) -> dict[str, Any]:
    """The run in numbers. No times, paths or job counts: the same run gives the same bytes."""
    return {
        "schema": SCHEMA,
        "cleaner": __version__,
        "profile": settings.profile,
        "fields": asdict(settings.fields),
        "rules": {"count": len(packs.rules), "digest": packs.digest()},
        "categories": dict(settings.actions),
        "normalize": asdict(settings.normalizer),
        "stories": _weights(models.stories),
        "lines": models.lines and {"thoroughness": settings.level, **_weights(models.lines)},
        "matcher": chosen(settings.matcher),
        **{("by_rule" if key == "rules" else key): value for key, value in run.tally.as_dict().items()},
        "repeated_ids": run.ids.repeated,
        "skipped": len(plan.skipped),
        "survey": None if asked.documents is None else {"documents": asked.documents},
        "recurrences": None if asked.pages is None else {"pages": asked.pages},
    }


def _weights(model: Tried) -> dict[str, str | None]:
    why = "the weights could not be used; errors.jsonl says what is wrong with them"
    return {"weights": model.digest} if model.digest else {"weights": None, "why": why}


def unusable(summary: Mapping[str, Any]) -> list[str]:
    """The models that a run should have asked and could not."""
    return [name for name in ("stories", "lines") if (summary.get(name) or {}).get("weights", "") is None]


class _Ids:
    """Counts documents whose id was seen before."""

    def __init__(self, repeated: int = 0) -> None:
        self.repeated = repeated
        self._seen: set[int] = set()

    def know(self, documents: Iterable[DocumentEntry]) -> None:
        """Remembers those that were counted before."""
        for entry in documents:
            if len(self._seen) == MAX_IDS:
                return
            self._seen.add(hashed_id(entry.doc))

    def add(self, ids: Iterable[int]) -> None:
        for hashed in ids:
            if hashed in self._seen:
                self.repeated += 1
            elif len(self._seen) < MAX_IDS:
                self._seen.add(hashed)
