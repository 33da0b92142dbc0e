"""What one worker does: takes a task, reads and cleans its documents, hands back finished bytes.

Before, in the first pass over a batch, a surveyor reads the same documents and hands back what they tell each other.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from cleaner.categories import Action, Profile
from cleaner.document import Document
from cleaner.errors import InputError, RuleFileError
from cleaner.formats.jsonl import Fields, write_row
from cleaner.formats.read import CLOSING, OPENING, Input, Item, Reading, problem_of, readings
from cleaner.formats.sources import Source
from cleaner.lines.model import THOROUGHNESS, checked_level, load_lines
from cleaner.normalizer import Normalizer
from cleaner.pipeline import Cleaned, Cleaner
from cleaner.policy import Policy
from cleaner.recurrence import Page, RecurrenceTable, page_of
from cleaner.removal_log import ErrorEntry, document_entry, removal_entry
from cleaner.rulefiles import Packs, load_packs
from cleaner.rules.patterns import TIMEOUT
from cleaner.scanner import Choice
from cleaner.stories.model import load_model
from cleaner.stories.outline import Outline
from cleaner.survey import Survey
from cleaner.tally import Tally
from cleaner.tasks import Task
from cleaner.weights import Shipped, Tried, tried

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Settings:
    """All that decides what a run does to a text; plain data, so that it travels to other processes.

    Raises ``ConfigError`` for a thoroughness that the model of lines has no threshold for.
    """

    rules: tuple[str, ...] = ()
    only_rules: bool = False
    profile: Profile = "article"
    actions: tuple[tuple[str, Action], ...] = ()
    normalizer: Normalizer = field(default_factory=Normalizer)
    fields: Fields = field(default_factory=Fields)
    matcher: Choice = "auto"
    survey: tuple[str, str] | None = None  # the file to ask, and the vocabulary it was made with
    recurrences: str = ""  # the table of lines that recur, if there is one
    thoroughness: float | None = THOROUGHNESS  # of the model of lines; without one it rests
    digest: str = ""  # that of the rule files when the run began

    def __post_init__(self) -> None:
        checked_level(self.thoroughness)

    @property
    def level(self) -> float | None:
        """How far the model of lines goes, if it is asked at all."""
        return None if self.only_rules else self.thoroughness

    def packs(self) -> Packs:
        """The rules. Raises ``RuleFileError`` for files that cannot be used, or were changed since the run began."""
        packs = load_packs(self.rules, only=self.only_rules)
        if self.digest and packs.digest() != self.digest:
            raise RuleFileError(
                "the rule files were changed while the run went on; what was done with the old ones is kept: "
                "put them back and give the same command to go on, or begin anew with --force"
            )
        return packs

    def cleaner(self, packs: Packs | None = None) -> Cleaner:
        return Cleaner.of(
            packs or self.packs(),
            policy=Policy(self.profile, dict(self.actions)),
            normalizer=self.normalizer,
            matcher=self.matcher,
            thoroughness=self.level,
            survey=Survey.open(Path(self.survey[0]), self.survey[1]) if self.survey else None,
            recurrences=RecurrenceTable.open(Path(self.recurrences)) if self.recurrences else None,
        )


class Models(NamedTuple):
    """The models of stories and of lines, or what is wrong with them; no model of lines where it rests."""

    stories: Tried
    lines: Tried | None

    @classmethod
    def of(cls, settings: Settings, stories: Callable[[], Shipped] = load_model) -> "Models":
        return cls(tried(stories), None if settings.level is None else tried(load_lines))

    @property
    def problems(self) -> list[str]:
        return [one.problem for one in self if one and one.problem]


class Piece(NamedTuple):
    """Bytes to append to an article file; with the last of them comes what its source was."""

    article: str
    data: bytes
    source: str = ""
    last: Input | None = None


@dataclass
class Result:
    """What came of a task, all in order."""

    pieces: list[Piece] = field(default_factory=list)
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
                self._do(item, result)
            except Exception as error:  # noqa: BLE001 - one bad document never stops a batch
                result.errors.append(failure(item, error))
        return result

    def _do(self, item: Item, result: Result) -> None:
        if item.row in (OPENING, CLOSING):
            result.pieces.append(bound(item))
        elif item.source.kind == "parquet":
            self._clean_batch(item, result)
        else:
            for reading in readings(item, self._fields):
                try:
                    self._clean_one(item, reading, result)
                except Exception as error:  # noqa: BLE001 - one bad document never stops a batch
                    result.errors.append(failure(item, error, reading))

    def _clean_one(self, item: Item, reading: Reading, result: Result) -> None:
        source, cleaned = item.source, self._cleaned(reading)
        if reading.values is None:
            article = f"{cleaned.text}\n" if cleaned.text else ""
            piece = _last(source, article.encode(), reading.input or Input())
        else:
            piece = Piece(source.article, write_row(reading.values, cleaned.text, self._fields) + b"\n")
        _record(source, reading, cleaned, result)
        result.pieces.append(piece)

    def _clean_batch(self, item: Item, result: Result) -> None:
        """Cleans rows of a Parquet file; those that fail are left out."""
        from cleaner.formats import arrow

        done: list[tuple[Reading, Cleaned]] = []
        for reading in readings(item, self._fields):
            try:
                done.append((reading, self._cleaned(reading)))
            except Exception as error:  # noqa: BLE001 - one bad document never stops a batch
                result.errors.append(failure(item, error, reading))
        texts = {(reading.row or 0) - (item.row or 0): cleaned.text for reading, cleaned in done}
        batch = arrow.replaced(item.data, texts, self._fields) if isinstance(item.data, bytes) else b""
        for reading, cleaned in done:
            _record(item.source, reading, cleaned, result)
        result.pieces.append(Piece(item.source.article, batch))

    def _cleaned(self, reading: Reading) -> Cleaned:
        if reading.document is None:
            raise InputError(reading.problem)
        return self._cleaner.clean_document(reading.document)


def bound(item: Item) -> Piece:
    """What opens or closes an article file: even one without a document is made."""
    if item.row == CLOSING:
        return _last(item.source, b"", item.data if isinstance(item.data, Input) else Input())
    return Piece(item.source.article, item.data if isinstance(item.data, bytes) else b"")


def _last(source: Source, data: bytes, done: Input) -> Piece:
    return Piece(source.article, data, source.name, done)


class Model(Protocol):
    """What makes outlines; ``digest`` names the vocabulary that their numbers belong to."""

    @property
    def digest(self) -> str: ...

    def outline(self, text: str) -> Outline | None: ...


class Noted(NamedTuple):
    """What is kept of documents in the first pass."""

    outlines: list[Outline]
    pages: list[Page]


class Surveyor:
    """What reads documents in the first pass. Call it with a task. Without ``load`` no outlines are made."""

    def __init__(self, fields: Fields, load: Callable[[], Model] | None) -> None:
        self._fields = fields
        self._model = load() if load else None

    def __call__(self, task: Task) -> Noted:
        noted = Noted([], [])
        for item in task.items:
            with contextlib.suppress(Exception):  # the second pass meets it again, and says what is wrong
                for reading in readings(item, self._fields) if item.documents else ():
                    if reading.document:
                        self._note(reading.document, noted)
        return noted

    def _note(self, document: Document, noted: Noted) -> None:
        noted.pages.append(page_of(document.raw, document.site))
        if self._model and (outline := self._model.outline(document.raw)):
            noted.outlines.append(outline)


def _record(source: Source, reading: Reading, cleaned: Cleaned, result: Result) -> None:
    doc, decoded, row = cleaned.document.id, reading.decoded, reading.row
    entry = document_entry(cleaned, source.name, row)
    entry.extractor = reading.extractor
    entry.article = source.article if source.article != source.name else ""
    if decoded:
        entry.encoding, entry.bom, entry.stray = decoded.encoding, decoded.bom, list(decoded.stray)
        entry.decoded_by = decoded.how
    result.documents.append(_encode(entry) + b"\n")
    result.removals += (_encode(removal_entry(r, doc, source.name, row)) + b"\n" for r in cleaned.removals)
    result.ids.append(hashed_id(doc))
    result.warnings += (timeout(source.name, row, doc, rule) for rule in cleaned.timed_out)
    result.tally.count(cleaned, entry.encoding if decoded else "", reading.extractor)


def hashed_id(doc: str) -> int:
    return int.from_bytes(blake2b(doc.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def failure(item: Item, error: Exception, reading: Reading | None = None) -> ErrorEntry:
    """What is said of an item, or of one of its documents, that could not be cleaned."""
    doc = item.source.name if item.row is None else None
    if reading and reading.document:
        doc = reading.document.id
    return failed(item.source.name, reading.row if reading else item.row, doc, error)


def failed(source: str, row: int | None, doc: str | None, error: Exception) -> ErrorEntry:
    kind = "input" if isinstance(error, InputError) else "unreadable" if isinstance(error, OSError) else "internal"
    return ErrorEntry(source, row, doc, kind, problem_of(error))


def lost(item: Item) -> ErrorEntry:
    """What is said of an item whose worker was killed."""
    problem = "the process that cleaned this was killed each time, probably for want of memory; it may do with more"
    if item.row is None:
        return ErrorEntry(item.source.name, None, item.source.name, "killed", problem)
    return ErrorEntry(item.source.name, item.row + (item.chosen or (0,))[0], None, "killed", problem)


def timeout(source: str, row: int | None, doc: str, rule: str) -> ErrorEntry:
    """What is said of a rule that had to be left out."""
    message = (
        f"rule {rule} took longer than {TIMEOUT:g} s on this document and was left out; all else was done. "
        "`cleaner rules lint` names patterns that may take long"
    )
    return ErrorEntry(source, row, doc, "timeout", message)
