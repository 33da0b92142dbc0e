"""Runs that are killed at random moments and given again, until they end.

Each must end as the same run does that nobody disturbed. Beside processes that are killed there are
power cuts, which leave anything behind the last checkpoint, and workers killed for want of memory.
"""

import random
import shutil
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from benchmarks.faults.inputs import RULES, stories, write
from benchmarks.faults.runs import Command, Count, Done, Process, count, tree, verify, wait_for
from benchmarks.faults.told import Told, table
from cleaner.checkpoint import Checkpoint
from cleaner.output import unfinished

Way = Literal["group", "parent", "power", "worker"]
#: How a run is killed -> how often that way is taken.
WAYS: dict[Way, int] = {"group": 5, "parent": 2, "power": 4, "worker": 2}
STORIES = 160
#: More kills than this are not dealt to one run; workers are killed less often, for want of time.
MOST_KILLS, MOST_WORKERS = 8, 3
#: A killed worker's task is done again alone; a second kill within that time would be blamed on its document.
_BETWEEN_WORKERS = 3.0


class Manner(NamedTuple):
    """What decides what comes out, beside the input."""

    kind: str
    passes: Literal["two", "single", "state"]
    log_format: str

    @property
    def options(self) -> tuple[str, ...]:
        return ("--log-format", self.log_format, *(("--single-pass",) if self.passes == "single" else ()))


class Reference(NamedTuple):
    """The run that nobody disturbed, and how long it took from the first file on."""

    status: int
    tree: dict[str, str]
    seconds: float


@dataclass
class Row:
    """What happened to the runs over one format."""

    runs: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    count: Count = field(default_factory=Count)
    different: int = 0
    orphans: int = 0
    unverified: int = 0
    said: list[str] = field(default_factory=list)


class Rounds:
    """Inputs and references, made when they are first asked for, below ``folder``."""

    def __init__(self, folder: Path, chance: random.Random, ways: Sequence[Way] = ()) -> None:
        self.chance, self._folder = chance, folder
        self._ways = {way: WAYS[way] for way in ways or WAYS}
        self._stories = stories(STORIES)
        self._rules = folder / "rules.toml"
        self._rules.write_text(RULES)
        self._references: dict[Manner, Reference] = {}

    @property
    def numbers(self) -> Sequence[int]:
        return [story.number for story in self._stories]

    def killed(self, kind: str, row: Row, most: int) -> None:
        """One run of this format, killed at most so often."""
        manner = Manner(kind, self.chance.choice(("two", "single", "state")), self.chance.choice(("jsonl", "parquet")))
        (way,) = self.chance.choices(list(self._ways), list(self._ways.values()))
        reference = self.reference(manner)
        jobs = 2 if way in ("parent", "worker") else self.chance.choice((1, 1, 2))
        every = self.chance.choice(("0", "0.05", "0.3"))
        command = self._command(manner, "killed", "--jobs", str(jobs), "--checkpoints", every)
        kills = self.chance.randint(1, min(most, MOST_WORKERS if way == "worker" else MOST_KILLS))
        if way == "worker":
            done = self._worker_killed(command, reference, row, kills)
        else:
            done = self._ended(command, way, reference, row, kills)
        self._compare(command, reference, row, done, f"{manner}, {way}, {jobs} jobs, checkpoints every {every} s")

    def reference(self, manner: Manner) -> Reference:
        if manner not in self._references:
            command = self._command(manner, "reference", "--jobs", "1")
            process = command.start()
            wait_for(command.out / ".partial", process)
            start = time.monotonic()
            done = process.finish()
            seconds = time.monotonic() - start
            if count(command.out, self.numbers) != Count():
                raise SystemExit(f"{manner}: the run that nobody disturbed is wrong: {done.said}")
            self._references[manner] = Reference(done.status, tree(command.out), seconds)
            shutil.rmtree(command.out)
        return self._references[manner]

    def _command(self, manner: Manner, name: str, *options: str) -> Command:
        source, out = self._folder / "in" / manner.kind, self._folder / name
        if not source.exists():
            write(manner.kind, self._stories, source)
        state = self._folder / f"{name}-state"
        shutil.rmtree(state, ignore_errors=True)
        kept = ("--state", str(state)) if manner.passes == "state" else ()
        return Command(source, out, self._rules, (*manner.options, *kept, *options))

    def _ended(self, command: Command, way: Way, reference: Reference, row: Row, kills: int) -> Done:
        """Kills the run so often, if it does not end before; then lets it end."""
        for _ in range(kills):
            process = command.start()
            self._wait(process, command, reference)
            if not process.alive:
                return self._last_word(process.finish(), command, reference)
            if way == "parent":
                row.orphans += process.kill_parent()
            else:
                process.kill_all()
            row.kills[way] += 1
            if way == "power":
                scribble(command.out / ".partial", self.chance)
        return self._last_word(command.finish(), command, reference)

    def _last_word(self, done: Done, command: Command, reference: Reference) -> Done:
        """A run that is killed when all files have their places has ended; given again, it would replace itself."""
        if done.status == 2 and "holds another run" in done.said and not unfinished(command.out):
            for left in (".lock", ".partial"):
                _remove(command.out / left)
            return Done(reference.status, "")
        return done

    def _wait(self, process: Process, command: Command, reference: Reference) -> None:
        """Until a random moment: mostly at work, some while it starts, and some while the files get their places."""
        part = self.chance.random()
        if part < 0.1:
            time.sleep(self.chance.uniform(0, 1.0))
        elif part < 0.25:
            wait_for(command.out / ".partial" / "summary.json", process)
            time.sleep(self.chance.uniform(0, 0.02))
        else:
            wait_for(command.out / ".partial", process)
            time.sleep(self.chance.uniform(0, reference.seconds))

    def _worker_killed(self, command: Command, reference: Reference, row: Row, kills: int) -> Done:
        """Kills workers of a run, not the run."""
        process = command.start()
        wait_for(command.out / ".partial", process)
        for _ in range(kills):
            time.sleep(self.chance.uniform(0.3, 0.3 + reference.seconds))
            if workers := process.workers():
                self.chance.choice(workers).kill()
                row.kills["worker"] += 1
            time.sleep(_BETWEEN_WORKERS if process.alive else 0)
        return process.finish()

    def _compare(self, command: Command, reference: Reference, row: Row, done: Done, how: str) -> None:
        row.runs += 1
        problems = []
        if done.status != reference.status:
            problems.append(f"exit status {done.status}, not {reference.status}: {done.said}")
        if command.out.exists() and (command.out / "summary.json").exists():
            counted = count(command.out, self.numbers)
            row.count = row.count.plus(counted)
            now = tree(command.out)
            names = sorted(name for name in {*now, *reference.tree} if now.get(name) != reference.tree.get(name))
            if names:
                row.different += 1
                problems.append(f"different: {', '.join(names[:5])}")
            if wrong := verify(command.out, command.source):
                row.unverified += 1
                problems.append(f"verify: {wrong[:3]}")
        else:
            row.count = row.count.plus(Count(lost=len(self.numbers)))
            problems.append("nothing was published")
        if problems:
            row.said.append(f"{how}: {'; '.join(problems)}")
        shutil.rmtree(command.out, ignore_errors=True)


def _remove(path: Path) -> None:
    if path.is_dir():
        path.rmdir()  # it must be empty
    else:
        path.unlink(missing_ok=True)


def scribble(partial: Path, chance: random.Random) -> None:
    """What a power cut may leave: everything that no checkpoint vouches for is shorter, longer or garbage."""
    found = Checkpoint.read(partial)
    if found is None or found.stage == "publish":
        return  # nothing is vouched for, and all is thrown away; or all is
    vouched = dict(found.sizes)
    manifest = (partial / "manifest.jsonl").read_bytes()[: vouched.get("manifest.jsonl", 0)]
    for path in filter(Path.is_file, partial.rglob("*")):
        name = path.relative_to(partial)
        if name.name.startswith(("survey.", "recurrences.", "checkpoint.json", "inputs.")):
            continue  # of these SQLite, DuckDB or a rename takes care
        if name.parts[0] in ("articles", "spools"):
            article = str(Path(*name.parts[1:]))
            if f'"articles/{article}"'.encode() in manifest:
                continue
            size = found.article[1] if found.article and found.article[0] == article else 0
        else:
            size = vouched.get(str(name), 0)
        _scribble(path, size, chance)
    (partial / "checkpoint.json.new").write_bytes(chance.randbytes(100))


def _scribble(path: Path, size: int, chance: random.Random) -> None:
    beyond = path.stat().st_size - size
    left = chance.choice((0, chance.randint(0, max(0, beyond)), beyond + 5000))
    with path.open("r+b") as stream:
        stream.truncate(size)
        stream.seek(size)
        stream.write(chance.choice((chance.randbytes, bytes))(left))


def made(
    folder: Path, wanted: int, kinds: Sequence[str], seed: int, say: Callable[[str], None], ways: Sequence[Way] = ()
) -> Told:
    """At least so many kills, dealt to the formats in turn."""
    rounds, rows = Rounds(folder, random.Random(seed), ways), {kind: Row() for kind in kinds}
    done, turn = 0, 0
    while done < wanted:
        kind = kinds[turn % len(kinds)]
        rounds.killed(kind, rows[kind], wanted - done)
        turn, done = turn + 1, sum(row.kills.total() for row in rows.values())
        said = rows[kind].said
        say(f"{done} kills, {turn} runs" + (f"; {said[-1]}" if said else ""))
    return Told(_table(rows), [line for row in rows.values() for line in row.said])


def _table(rows: dict[str, Row]) -> str:
    columns = ("format", "runs", "group killed", "parent killed", "power cut", "worker killed")
    found = [
        (
            name,
            row.runs,
            *(row.kills[way] for way in WAYS),
            row.count.lost,
            row.count.doubled,
            row.different,
            row.unverified,
            row.orphans,
        )
        for name, row in rows.items()
    ]
    whole = ("**all**", *(sum(column) for column in zip(*(row[1:] for row in found), strict=True)))
    return table((*columns, "lost", "doubled", "different", "not verified", "orphans"), [*found, whole])
