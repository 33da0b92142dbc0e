"""What a report says of the run itself, and how to read the rest."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from cleaner.errors import OutputError
from cleaner.output import MANIFEST, ManifestEntry
from cleaner.restore import log_of
from cleaner.review.made import made_with, summary_of
from cleaner.review.report.contents import Block, Facts, Prose, Quoted

if TYPE_CHECKING:
    from cleaner.review.index import Index

_READING = (
    "A cut is a stretch of a raw text that is not in the article any more. Each is in the log of removals to the "
    "letter, with the rule that took it and the reason, and can be put back: `cleaner restore`. What is flagged was "
    "noted and left where it was.",
    "Characters are Unicode code points of the raw text. A category says what kind of junk a rule means to take; one "
    "cut counts for one rule, the surest of those that wanted it. The confidence is the rule's own and was not "
    "measured on this run.",
    "Right is what reviewers said. The interval is the exact binomial one (Clopper and Pearson) at 95 %. It is that of "
    "the rule only where a random sample of its removals was judged (a filled mark); where people judged what they "
    "chose (a hollow mark) it describes these cuts alone. A wide interval means few verdicts, not a bad rule.",
    "Removals that differ only in digits, case and spacing are one group. In excerpts what went is struck through, "
    "what was flagged is underlined, and characters that hide or reorder text stand as their codes.",
)


def reading() -> Iterator[Block]:
    """How to read a report."""
    for words in _READING:
        yield Prose((words,))


def made(index: "Index") -> Iterator[Block]:
    """What the run was made with, in a sentence: two reports that say the same here differ by their inputs alone."""
    found = made_with(summary_of(index.run))
    words = [part for what, value in found.items() for part in (", ", f"{what} ", Quoted(value))]
    if words:
        yield Prose(("Made with ", *words[1:], "."))


def facts_of_run(index: "Index") -> Iterator[Block]:
    """What the summary of the run knows."""
    summary = summary_of(index.run)
    rules, stories, lines = (summary.get(name) or {} for name in ("rules", "stories", "lines"))
    known = {
        "cleaner": summary.get("cleaner"),
        "profile": summary.get("profile"),
        "rules": rules.get("count"),
        "digest of the rules": rules.get("digest"),
        "SHA-256 of the model of spliced stories": stories.get("weights"),
        "SHA-256 of the model of lines": lines.get("weights"),
        "thoroughness of the model of lines": lines.get("thoroughness"),
        "matcher": summary.get("matcher"),
        "documents": summary.get("documents"),
        "of them failed": summary.get("failed"),
        "of them nothing left": summary.get("emptied"),
        "passed over": summary.get("skipped"),
        "repeated ids": summary.get("repeated_ids"),
        "encodings": _counted(summary.get("encodings")),
        "extractors": _counted(summary.get("extractors")),
        "rules that ran out of time": _counted(summary.get("timeouts")),
        "SHA-256 of the log of removals": _hash(index),
    }
    facts = ((name, value) for name, value in known.items() if value not in (None, ""))
    yield Facts(tuple((name, Quoted(f"{value:,}" if isinstance(value, int) else str(value))) for name, value in facts))


def _counted(counts: Any) -> str:
    if not isinstance(counts, dict):
        return ""
    return ", ".join(f"{name} {count:,}" if isinstance(count, int) else str(name) for name, count in counts.items())


def _hash(index: "Index") -> str:
    """The hash of the log, as the manifest has it."""
    manifest, name = index.run / MANIFEST, log_of(index.run, "removals").name
    if not manifest.is_file():
        return ""
    decode = msgspec.json.Decoder(ManifestEntry).decode
    try:
        with manifest.open("rb") as stream:
            return next((entry.file_sha256 for entry in map(decode, stream) if entry.file == name), "")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise OutputError(f"{manifest}: damaged: {error}") from None
