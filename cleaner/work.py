"""What one worker does: takes a task, reads and cleans its documents, hands back finished bytes.

Before, in the first pass over a batch, a surveyor reads the same documents and hands back outlines.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from cleaner.categories import Action, Profile
from cleaner.errors import InputError
from cleaner.formats.jsonl import Fields, write_row
from cleaner.formats.read import Item, Reading, problem_of, read
from cleaner.normalizer import Normalizer
from cleaner.pipeline import Cleaned, Cleaner
from cleaner.policy import Policy
from cleaner.removal_log import ErrorEntry, document_entry, removal_entry
from cleaner.rulefiles import Packs, load_packs
from cleaner.rules.patterns import TIMEOUT
from cleaner.scanner import Choice
from cleaner.stories.outline import Outline
from cleaner.survey import Survey
from cleaner.tally import Tally

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Settings:
    """All that decides what a run does to a text; plain data, so that it travels to other processes."""

    rules: tuple[str, ...] = ()
    only_rules: bool = False
    profile: Profile = "article"
    actions: tuple[tuple[str, Action], ...] = ()
    normalizer: Normalizer = field(default_factory=Normalizer)
    fields: Fields = field(default_factory=Fields)
    matcher: Choice = "auto"
    survey: tuple[str, str] | None = None  # the file to ask, and the vocabulary it was made with

    def packs(self) -> Packs:
        return load_packs(self.rules, only=self.only_rules)

    def cleaner(self, packs: Packs | None = None) -> Cleaner:
        return Cleaner.of(
            packs or self.packs(),
            policy=Policy(self.profile, dict(self.actions)),
            normalizer=self.normalizer,
            matcher=self.matcher,
            survey=Survey.open(Path(self.survey[0]), self.survey[1]) if self.survey else None,
        )


class Task(NamedTuple):
    """Some items, and the bytes of input they stand for."""

    items: list[Item]
    size: int

    @property
    def documents(self) -> list[Item]:
        """The items without the openings of files of rows, which hold none."""
        return [item for item in self.items if item.row != 0]


@dataclass
class Result:
    """What came of a task. ``articles`` pairs file names with bytes to append, in order."""

    articles: list[tuple[str, bytes]] = field(default_factory=list)
    removals: list[bytes] = field(default_factory=list)
    documents: list[bytes] = field(default_factory=list)
    errors: list[ErrorEntry] = field(default_factory=list)
    warnings: list[ErrorEntry] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)


class Worker:
    """A cleaner with the formats around it. Call it with a task."""

    def __init__(self, settings: Settings, packs: Packs | None = None) -> None:
        self._fields = settings.fields
        self._cleaner = settings.cleaner(packs)

    def __call__(self, task: Task) -> Result:
        result = Result()
        for item in task.items:
            try:
                self._clean(item, result)
            except Exception as error:  # noqa: BLE001 - one bad document never stops a batch
                result.errors.append(_failure(item, error))
        return result

    def _clean(self, item: Item, result: Result) -> None:
        source = item.source
        if item.row == 0:  # the opening of a file of rows: even an empty one has its article
            result.articles.append((source.article, b""))
            return
        reading = read(item, self._fields)
        cleaned = self._cleaner.clean_document(reading.document)
        if reading.values is None:
            article = f"{cleaned.text}\n" if cleaned.text else ""
            result.articles.append((source.article, article.encode()))
        else:
            line = write_row(reading.values, cleaned.text, self._fields)
            result.articles.append((source.article, line + b"\n"))
        _record(item, reading, cleaned, result)


class Model(Protocol):
    """What makes outlines; ``digest`` names the vocabulary that their numbers belong to."""

    @property
    def digest(self) -> str: ...

    def outline(self, text: str) -> Outline | None: ...


class Surveyor:
    """A model of stories with the formats around it. Call it with a task."""

    def __init__(self, fields: Fields, load: Callable[[], Model]) -> None:
        self._fields = fields
        self._model = load()

    def __call__(self, task: Task) -> list[Outline]:
        outlines = []
        for item in task.documents:
            with contextlib.suppress(Exception):  # the second pass meets it again, and says what is wrong
                if outline := self._model.outline(read(item, self._fields).document.raw):
                    outlines.append(outline)
        return outlines


def _record(item: Item, reading: Reading, cleaned: Cleaned, result: Result) -> None:
    source, doc, decoded = item.source, cleaned.document.id, reading.decoded
    entry = document_entry(cleaned, source.name, item.row)
    entry.extractor = reading.extractor
    entry.article = source.article if source.article != source.name else ""
    if decoded:
        entry.encoding, entry.bom, entry.stray = decoded.encoding, decoded.bom, list(decoded.stray)
        entry.decoded_by = decoded.how
    result.documents.append(_encode(entry) + b"\n")
    result.removals += (_encode(removal_entry(r, doc, source.name, item.row)) + b"\n" for r in cleaned.removals)
    result.ids.append(int.from_bytes(blake2b(doc.encode("utf-8", "surrogatepass"), digest_size=8).digest()))
    result.warnings += (_timeout(item, doc, rule) for rule in cleaned.timed_out)
    result.tally.count(cleaned, entry.encoding if decoded else "", reading.extractor)


def _failure(item: Item, error: Exception) -> ErrorEntry:
    kind = "input" if isinstance(error, InputError) else "unreadable" if isinstance(error, OSError) else "internal"
    doc = item.source.name if item.row is None else None
    return ErrorEntry(item.source.name, item.row, doc, kind, problem_of(error))


def _timeout(item: Item, doc: str, rule: str) -> ErrorEntry:
    message = (
        f"rule {rule} took longer than {TIMEOUT:g} s on this document and was left out; all else was done. "
        "`cleaner rules lint` names patterns that may take long"
    )
    return ErrorEntry(item.source.name, item.row, doc, "timeout", message)
