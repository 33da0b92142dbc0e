"""A step for datatrove: cleans the documents that pass, and logs in their metadata what went.

It holds settings and no state, so that it can be sent to other processes and machines.
"""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from cleaner.document import Document
from cleaner.edit import Undo, undo
from cleaner.errors import CleanerError, ConfigError, InputError
from cleaner.pipeline import Cleaned, Cleaner
from cleaner.removal_log import digest, pack_edits, removal_entry, unpack_edits
from cleaner.rules.patterns import TIMEOUT
from cleaner.table import REMOVAL
from cleaner.work import Settings

try:
    from datatrove.pipeline.base import PipelineStep
except ImportError:
    PipelineStep = object

if TYPE_CHECKING:
    from datatrove.data import DocumentsPipeline
    from datatrove.pipeline.writers.disk_base import DiskWriter

#: Keys of the metadata that the step writes.
REMOVALS, EDITS, ERROR = "removals", "edits", "error"


class CleanerStep(PipelineStep):
    """Strips web boilerplate from the texts.

    Args:
        settings: rules, profile and so on; by default the shipped rules
        log: write ``removals`` and ``edits`` into the metadata, which ``restored`` needs. Both are JSON in a
            string, so that every writer can write them. ``error`` is written, where there is one, all the same
        drop_empty: let no document pass of which nothing is left
        exclusion_writer: where those are written, with the raw text
    """

    type = "✂️ - FORMAT"
    name = "🧹 Cleaner"

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        log: bool = True,
        drop_empty: bool = False,
        exclusion_writer: "DiskWriter | None" = None,
    ) -> None:
        if PipelineStep is object:
            raise ConfigError("CleanerStep needs datatrove; pip install 'cleaner[datatrove]'")
        super().__init__()
        self.settings, self.log = settings or Settings(), log
        self.drop_empty, self.exclusion_writer = drop_empty, exclusion_writer

    def run(self, data: "DocumentsPipeline", rank: int = 0, world_size: int = 1) -> "DocumentsPipeline":
        """Cleans one document after another. Raises ``RuleFileError`` before the first, ``InputError`` for metadata
        that holds a log already."""
        cleaner = _cleaner(self.settings)
        try:
            for doc in data:
                raw = doc.text
                with self.track_time():
                    self._clean(doc, cleaner)
                self.stat_update("total")
                if self.drop_empty and raw and not doc.text:
                    self.stat_update("dropped", "dropped_empty")
                    if self.exclusion_writer:
                        doc.text = raw
                        self.exclusion_writer.write(doc, rank)
                else:
                    self.stat_update("forwarded")
                    self.update_doc_stats(doc)
                    yield doc
        finally:
            if self.exclusion_writer:
                self.exclusion_writer.close()

    def _clean(self, doc: Any, cleaner: Cleaner) -> None:
        """Cleans a document in place; one that fails stays as it is, and says why."""
        _refuse_log(doc)
        url = doc.metadata.get("url")
        try:
            cleaned = cleaner.clean_document(Document(doc.text, doc.id, url if isinstance(url, str) else None))
        except Exception as error:  # noqa: BLE001 - one bad document never stops the others
            doc.metadata[ERROR] = str(error) if isinstance(error, CleanerError) else f"{type(error).__name__}: {error}"
            self.stat_update("failed")
            return
        doc.text = cleaned.text
        if self.log:
            doc.metadata |= _logged(cleaned)
        if cleaned.timed_out:
            doc.metadata[ERROR] = (
                f"left out, because they took longer than {TIMEOUT:g} s: {', '.join(cleaned.timed_out)}"
            )
        self._count(cleaned)

    def _count(self, cleaned: Cleaned) -> None:
        cuts = [removal for removal in cleaned.removals if removal.action == "removed"]
        self.stat_update("changed", value=int(cleaned.text != cleaned.document.raw))
        self.stat_update("removed_chars", value=sum(len(cut.text) for cut in cuts))
        for cut in cuts:
            self.stat_update(f"removed_chars_{cut.category}", value=len(cut.text), unit="cut")


def restored(text: str, metadata: Mapping[str, Any]) -> str:
    """The raw text of a document that the step has cleaned with ``log``.

    Raises ``InputError`` for a text or log that was changed.
    """
    if EDITS not in metadata:
        if ERROR in metadata:  # it was not cleaned
            return text
        raise InputError(f"the metadata has no {EDITS!r}; only documents cleaned with log=True can be restored")
    kept = msgspec.json.decode(metadata[EDITS])
    undos = unpack_edits(kept["changes"])
    undos += [
        Undo(cut["start"], cut["text"], 0)
        for cut in msgspec.json.decode(metadata[REMOVALS])
        if cut["action"] == "removed"
    ]
    raw = undo(text, sorted(undos))
    if digest(raw) != kept["digest"]:
        raise InputError("the text or its log was changed after cleaning; the raw text cannot be rebuilt")
    return raw


@cache
def _cleaner(settings: Settings) -> Cleaner:
    """One per process: tasks that share a process share it."""
    return settings.cleaner()


def _refuse_log(doc: Any) -> None:
    if there := [key for key in (REMOVALS, EDITS, ERROR) if key in doc.metadata]:
        raise InputError(f"{doc.id}: its metadata has {there[0]!r} already; was it cleaned before? Rename or drop it")


def _logged(cleaned: Cleaned) -> dict[str, str]:
    entries = [removal_entry(removal, "", "", None) for removal in cleaned.removals]
    removals = [{name: getattr(entry, name) for name in REMOVAL} for entry in entries]
    edits = {"digest": digest(cleaned.document.raw), "changes": pack_edits(cleaned.document.raw, cleaned.edits)}
    return {REMOVALS: _json(removals), EDITS: _json(edits)}


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
