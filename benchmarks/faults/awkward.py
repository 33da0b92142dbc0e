"""Inputs that are not damaged but odd: what is said of each, and whether all else was done."""

import json
import os
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

from benchmarks.faults.inputs import RULES, jsonl, stories
from benchmarks.faults.runs import Command, Done, Process, articles, errors, verify, wait_for
from benchmarks.faults.told import Told, table

_SOUND = stories(6, seed=5)
_BOMB = 8 << 30
#: What the process that meets a bomb may hold beyond what the sound texts take.
_FLAT = 1_300 << 20


class Case(NamedTuple):
    """``make`` fills the input folder; ``says`` must be in what is said, and the sound stories must come out."""

    name: str
    make: Callable[[Path], object]
    says: Sequence[str] = ()
    status: int = 1
    options: tuple[str, ...] = ()


def made(folder: Path, say: Callable[[str], None]) -> Told:
    (folder / "rules.toml").write_text(RULES)
    rows, wrong = [], []
    for number, case in enumerate((*_CASES, *([_NO_UTF8, _CLOSED] if os.name == "posix" else []))):
        row, problem = _tried(folder / str(number), case)
        say(f"{row}: {problem or 'as it should'}")
        rows.append(row)
        wrong += [f"{case.name}: {problem}"] if problem else []
    for name, trial in (("two runs into one folder", _two_at_once), ("a rule file edited meanwhile", _edited)):
        said, problem = trial(folder / name.replace(" ", "-"))
        say(f"{name}: {said}: {problem or 'as it should'}")
        rows.append((name, "", said))
        wrong += [f"{name}: {problem}"] if problem else []
    return Told(table(("input", "exit status", "what is said"), rows), wrong)


def _tried(folder: Path, case: Case) -> tuple[tuple[object, ...], str]:
    source, out = folder / "in", folder / "out"
    source.mkdir(parents=True)
    (source / "sound.jsonl").write_bytes(jsonl(_SOUND).data)
    case.make(source)
    process = _command(folder, *case.options).start()
    most = _most(process)
    done = process.finish()
    if done.traceback or done.status != case.status:
        return (case.name, done.status, ""), f"exit status {done.status}: {done.said[-1500:]}"
    there, found = articles(out), errors(out)
    said = "; ".join(dict.fromkeys(entry.message for entry in found)) or done.said.strip().removeprefix("cleaner: ")
    problems = [f"{what!r} is not said" for what in case.says if what not in said]
    problems += [f"story {story.number} is lost" for story in _SOUND if not there[story.number]]
    problems += verify(out, source)[:3]
    if most > _FLAT:
        problems.append(f"held {most:,} bytes")
    return (case.name, done.status, said.replace(str(folder), "").replace("\n", " ")[:300]), "; ".join(problems)


def _command(folder: Path, *options: str) -> Command:
    rules = folder.parent / "rules.toml"
    return Command(folder / "in", folder / "out", rules, ("--jobs", "1", "--checkpoints", "0", *options))


def _most(process: Process) -> int:
    """The most memory the process holds."""
    most = 0
    while process.alive:
        try:
            most = max(most, psutil.Process(process.popen.pid).memory_info().rss)
        except psutil.Error:
            break
        time.sleep(0.02)
    return most


def _shards(folder: Path) -> None:
    """Two that differ in columns and types, one without a text."""
    _parquet(folder / "a.parquet", {"id": [1, 2], "text": ["One.", "Two."]})
    _parquet(folder / "b.parquet", {"id": ["x", "y"], "text": ["Three.", "Four."], "more": [0.5, None]})
    _parquet(folder / "c.parquet", {"id": [1], "body": ["Five."]})


def _parquet(path: Path, columns: dict[str, list[object]]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table(columns), path)


def _bytes(folder: Path) -> None:
    _parquet(folder / "a.parquet", {"text": [b"One.", b"Two."]})


def _nulls(folder: Path) -> None:
    _parquet(folder / "a.parquet", {"text": ["One.", None, "Three."]})
    (folder / "b.jsonl").write_text('{"text": null}\n{"text": 5}\n')


def _doubled(folder: Path) -> None:
    for name in ("a", "b"):
        (folder / f"{name}.jsonl").write_text('{"id": "same", "text": "The dam held."}\n' * 2)


def _paths(folder: Path) -> None:
    rows = [{"id": name, "text": "The dam held."} for name in ("../../etc/passwd", "/etc/passwd", "a\n\x1b[31mb", "..")]
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def _bomb(folder: Path) -> None:
    """Eight gigabytes of zeros in eight megabytes, as a text and as JSON Lines."""
    press, zeros = zlib.compressobj(9, wbits=31), bytes(1 << 24)
    data = b"".join([*(press.compress(zeros) for _ in range(_BOMB >> 24)), press.flush()])
    (folder / "a.txt.gz").write_bytes(data)
    (folder / "b.jsonl.gz").write_bytes(data)


def _links(folder: Path) -> None:
    """Out of the tree to a text, which is followed; to nothing; in a circle."""
    (folder.parent / "outside.txt").write_text("The dam held.\n")
    (folder / "out.txt").symlink_to(folder.parent / "outside.txt")
    (folder / "gone.txt").symlink_to("nowhere.txt")
    (folder / "round").symlink_to(folder)


def _names(folder: Path) -> None:
    for name in ("n" * 240 + ".txt", "two\nlines.txt", " spaces .txt", "-rf.txt", "ä̈ü.txt", "%s{}.txt", "CON.txt"):
        (folder / name).write_text("The dam held.\n")


def _no_utf8(folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.txt")).write_text("The dam held.\n")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.jsonl")).write_text('{"text": "The dam held."}\n')


def _future(folder: Path) -> None:
    for path in folder.iterdir():
        os.utime(path, (4e9, 4e9))


def _closed(folder: Path) -> None:
    """Files that can only be read; for anybody but root also one that cannot."""
    for path in folder.iterdir():
        path.chmod(0o400)
    folder.chmod(0o500)


def _texts_of_others(folder: Path) -> None:
    (folder / "latin.txt").write_bytes("Le café où l’été dure.\nDéjà vu, garçon à côté.\n".encode("cp1252"))
    (folder / "wide.txt").write_text("The dam held.\n", encoding="utf-16")
    (folder / "zeros.txt").write_bytes(bytes(1000))
    (folder / "empty.txt").write_bytes(b"")
    (folder / "noise.txt").write_bytes(os.urandom(2000))


def _empty(folder: Path) -> None:
    for name in ("a.jsonl", "a.jsonl.gz", "a.parquet", "a.warc", "a.warc.gz", "a.tar", "a.jsonl.zst"):
        (folder / f"empty-{name}").write_bytes(b"")


_CASES = (
    Case("Parquet shards of several schemas, one without a text", _shards, ("no column 'text'", "'id', 'body'")),
    Case("a Parquet column of bytes", _bytes, ("holds bytes",)),
    Case("null and numbers in place of texts", _nulls, ("is null", "is int")),
    Case("one id many times, over files", _doubled, ("ids that were seen before",), status=0),
    Case("ids that are paths or hold control characters", _paths, status=0),
    Case("a gzip bomb: 8 GB in 8 MB, as text and as JSON Lines", _bomb, ("decompression bomb", "bytes long")),
    Case("links out of the tree, to nothing, in a circle", _links, ("a broken link", "a link in a circle")),
    Case("long and odd file names", _names, status=0),
    Case("files changed in the future", _future, status=0),
    Case("texts in other encodings, zeros, noise, nothing", _texts_of_others, ("not a text file",)),
    Case("empty files of every format", _empty),
)
_NO_UTF8 = Case("file names that are not UTF-8", _no_utf8, status=0)
_CLOSED = Case("input that can only be read", _closed, status=0)


def _two_at_once(folder: Path) -> tuple[str, str]:
    source = folder / "in"
    source.mkdir(parents=True)
    (source / "all.jsonl").write_bytes(jsonl(stories(200)).data)
    command = _command(folder)
    first = command.start()
    wait_for(command.out / ".partial" / "checkpoint.json", first)
    second = command.finish()
    done = first.finish()
    sound = done.status == 0 and second.status == 2 and "another run is writing here" in second.said
    problem = "" if sound else f"{done}, {second}"
    return _said(second, folder), problem + "; ".join(verify(command.out, source))


def _edited(folder: Path) -> tuple[str, str]:
    """While the first pass is at work, a rule is changed; then it is put back."""
    source, rules = folder / "in", folder / "rules.toml"
    source.mkdir(parents=True)
    (source / "all.jsonl").write_bytes(jsonl(stories(200)).data)
    rules.write_text(RULES)
    command = Command(source, folder / "out", rules, ("--jobs", "2", "--checkpoints", "0"))
    first = command.start()
    wait_for(command.out / ".partial" / "checkpoint.json", first)
    rules.write_text(RULES.replace("0.95", "0.9"))
    done = first.finish()
    rules.write_text(RULES)
    again = command.finish()
    sound = done.status == 2 and "rule files were changed" in done.said and again.status == 0
    return _said(done, folder), "" if sound else f"{done}, {again}"


def _said(done: Done, folder: Path) -> str:
    return done.said.strip().replace(str(folder), "").removeprefix("cleaner: ")[:300]
