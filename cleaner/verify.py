"""Is a run still what it was? Compares files with the manifest, and raw texts with their digests."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cleaner.errors import InputError
from cleaner.formats import logs
from cleaner.formats.read import Hashed, problem_of
from cleaner.formats.sources import Plan
from cleaner.growing import measured
from cleaner.output import ARTICLES, MANIFEST, ManifestEntry, no_run
from cleaner.removal_log import ErrorEntry
from cleaner.restore import restore_folder


@dataclass
class Verified:
    """What was compared and found right, and how much was not."""

    files: int = 0
    inputs: int = 0
    documents: int = 0
    failed: int = 0


def verify_folder(
    run: Path, inputs: Plan | None = None, complain: Callable[[ErrorEntry], Any] = lambda error: None
) -> Verified:
    """Checks the run in ``run``, and with ``inputs``, planned as for the run, that they have not changed.

    Every file must be as long as the manifest says and have its hash, no article may be there that it
    does not name, and every raw text must come back. What does not is told to ``complain``. Raises
    ``OutputError`` if this is no finished run.
    """
    seen = Verified()

    def report(where: str, message: str) -> None:
        seen.failed += 1
        complain(ErrorEntry(where, None, None, "verify", message))

    entries = list(_manifest(run))
    for entry in entries:
        if problem := _problem(run / entry.file, entry.file_bytes, entry.file_sha256):
            report(entry.file, problem)
        else:
            seen.files += 1
    for extra in _files(run) - {entry.file for entry in entries}:
        report(extra, "is not in the manifest; it was added after the run")
    if inputs:
        _compare(inputs, {entry.source: entry for entry in entries if entry.source}, seen, report)
    back = restore_folder(run, None, complain)
    seen.documents, seen.failed = back.documents, seen.failed + back.failed
    return seen


def _manifest(run: Path) -> Iterator[ManifestEntry]:
    if not (run / MANIFEST).is_file():
        raise no_run(run, MANIFEST)
    return logs.entries(run / MANIFEST, ManifestEntry)


def _problem(path: Path, size: int, sha256: str) -> str:
    try:
        found = measured(path)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if found[0] != size:
        return f"is {found[0]:,} bytes long, and was {size:,}; it was changed after the run"
    return "" if found[1] == sha256 else "was changed after the run: its SHA-256 is another"


def _files(run: Path) -> set[str]:
    return {path.relative_to(run).as_posix() for path in (run / ARTICLES).rglob("*") if path.is_file()}


def _compare(inputs: Plan, known: dict[str, ManifestEntry], seen: Verified, report: Callable[[str, str], None]) -> None:
    for source in inputs.sources:
        entry = known.pop(source.name, None)
        if entry is None or not entry.sha256:
            continue  # it failed, and errors.jsonl says so, or was not read to its end
        try:
            with source.open() as stream:
                found = Hashed(stream).finish()
        except (InputError, OSError) as error:
            report(source.name, problem_of(error))
            continue
        if (found.size, found.sha256) == (entry.bytes, entry.sha256):
            seen.inputs += 1
        else:
            report(source.name, "the input was changed since the run read it")
    for name in known:
        report(name, "the input is not among those given")
