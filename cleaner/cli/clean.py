"""``cleaner clean``: the main job."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cleaner.batch import clean_batch, unusable
from cleaner.cli import engine, pipe
from cleaner.cli.complaints import Complaints
from cleaner.cli.options import Commands, add_cleaning_options, config_of, settings_of
from cleaner.cli.remote_out import Stage
from cleaner.cli.text import printable
from cleaner.config import Config
from cleaner.errors import ConfigError, OutputError
from cleaner.first_pass import Progressed
from cleaner.formats import remote
from cleaner.formats.remote_failures import shown
from cleaner.formats.sources import KINDS, STDIN, Plan, plan
from cleaner.interrupt import heard
from cleaner.output import ARTICLES, unfinished
from cleaner.tally import Tally
from cleaner.tasks import Selection
from cleaner.work import Settings

#: Below this much input, starting more processes takes longer than they save.
_WORTH_SHARING = 20_000_000


def add_to(commands: Commands) -> None:
    command = commands.add_parser(
        "clean",
        help="clean files, folders or standard input",
        description="Writes articles/, removals.jsonl, documents.jsonl, errors.jsonl and summary.json into DIR.",
    )
    command.add_argument(
        "input",
        nargs="+",
        metavar="INPUT",
        help="files (.txt .md .html .jsonl .parquet .warc .wet .tar, .gz .zst), folders, or -",
    )
    command.add_argument(
        "--out", metavar="DIR", required=True, help="the output folder, an address such as s3://bucket/run, or -"
    )
    command.add_argument(
        "--work", metavar="DIR", type=Path, help="where a run into an address is made (default: a temporary folder)"
    )
    command.add_argument("--force", action="store_true", help="replace the run that DIR holds")
    command.add_argument("--state", metavar="DIR", type=Path, help="keep in DIR what batches learn from each other")
    command.add_argument(
        "--single-pass",
        action="store_true",
        default=None,
        help="judge every document by itself; reads the input once",
    )
    command.add_argument("--jobs", metavar="N", type=int, help="worker processes (default: as many as pay)")
    command.add_argument(
        "--checkpoints",
        metavar="SECONDS",
        type=float,
        default=10.0,
        help="time between the places from which a run that is cut short can go on (default: 10)",
    )
    command.add_argument("--limit", metavar="N", type=int, help="clean the first N documents alone")
    command.add_argument("--sample", metavar="SHARE", type=float, help="clean such a share of the documents, 0 to 1")
    command.add_argument(
        "--log-format", choices=("jsonl", "parquet"), default="jsonl", help="of the logs of removals and documents"
    )
    command.add_argument("--quiet", action="store_true", help="no progress bar and no table")
    command.add_argument(
        "--stdin", choices=("text", "markdown", "html", "jsonl"), default="text", help="what standard input holds"
    )
    engine.add_to(command)
    pipe.add_to(command)
    add_cleaning_options(command)
    command.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    config = config_of(parsed)
    settings = settings_of(parsed, config)
    if parsed.out == pipe.STDOUT:
        return pipe.run(parsed, config, settings)
    pipe.refuse(parsed)
    if not remote.is_remote(parsed.out):
        return _clean(parsed, config, settings, Path(parsed.out))
    stage = Stage(parsed)
    done = stage.made(settings)
    status = _status(done) if done else _clean(parsed, config, settings, stage.folder)
    stage.send()
    return status


def _clean(parsed: argparse.Namespace, config: Config, settings: Settings, out: Path) -> int:
    _refuse_inside(parsed.input, out, force=parsed.force)
    if not parsed.checkpoints >= 0:  # NaN neither
        raise ConfigError(f"--checkpoints {parsed.checkpoints:g}: a number of seconds from 0 on, such as 10")
    work = plan(parsed.input, without=out, stdin_kind=parsed.stdin)
    if not work.sources and not work.failures:
        print(printable(_nothing(parsed.input, work)), file=sys.stderr)
    size = sum(source.size for source in work.sources)
    jobs = _jobs(parsed, config, size)
    state, single_pass = _passes(parsed, config)
    complaints = Complaints()
    start = time.perf_counter()
    with _stoppable(out):
        with _bar(size, parsed.quiet) as bar, engine.engine_of(parsed, config, jobs) as where:
            tally, made = clean_batch(
                work,
                out,
                settings,
                engine=where,
                force=parsed.force,
                state=state,
                single_pass=single_pass,
                selection=_selection(parsed),
                log_format=parsed.log_format,
                checkpoints=parsed.checkpoints,
                progress=bar,
                complain=complaints,
            )
        _tell(parsed, complaints, tally, made, work, start)
    return _status(made)


def _tell(
    parsed: argparse.Namespace, complaints: Complaints, tally: Tally, made: dict[str, Any], work: Plan, start: float
) -> None:
    """What is said at the end."""
    complaints.finish(f"; all are in {_shown(parsed)}/errors.jsonl")
    if repeated := made["repeated_ids"]:
        have = "document has an id that was" if repeated == 1 else "documents have ids that were"
        print(f"cleaner: {repeated} {have} seen before; source and row tell them apart in the logs", file=sys.stderr)
    if not parsed.quiet:
        print(table(tally, work, _shown(parsed), time.perf_counter() - start, unusable(made)))


def _status(made: Mapping[str, Any]) -> int:
    """Whether something was left undone, by the summary of a run: documents, or what a model would have found."""
    return 1 if made["failed"] or unusable(made) else 0


def _nothing(inputs: Sequence[str], work: Plan) -> str:
    passed = f"; {len(work.skipped)} files of other kinds were passed over" if work.skipped else ""
    return f"cleaner: {', '.join(inputs)}: holds nothing to clean{passed}; known endings: {' '.join(KINDS)}"


def _jobs(parsed: argparse.Namespace, config: Config, size: int) -> int:
    if parsed.jobs is not None and parsed.jobs < 1:
        raise ConfigError(f"--jobs {parsed.jobs}: at least one worker is needed; leave it out to let cleaner choose")
    return parsed.jobs or config.jobs or (os.cpu_count() or 1 if size > _WORTH_SHARING else 1)


def _selection(parsed: argparse.Namespace) -> Selection:
    if parsed.limit is not None and parsed.limit < 1:
        raise ConfigError(f"--limit {parsed.limit}: at least one document is needed; leave it out to clean all")
    if parsed.sample is not None and not 0 < parsed.sample <= 1:
        raise ConfigError(f"--sample {parsed.sample:g}: a share lies above 0 and is at most 1, such as 0.01")
    return Selection(1.0 if parsed.sample is None else parsed.sample, parsed.limit)


def _passes(parsed: argparse.Namespace, config: Config) -> tuple[Path | None, bool]:
    """Where batches keep what they learn, and whether each document is judged by itself."""
    if parsed.state and parsed.single_pass:
        raise ConfigError("--single-pass asks no other documents, and --state keeps them to be asked; choose one")
    state = parsed.state or (Path(config.state) if config.state else None)
    return state, parsed.single_pass or (config.single_pass and not parsed.state)


def _shown(parsed: argparse.Namespace) -> str:
    return shown(parsed.out.rstrip("/"))


def _refuse_inside(inputs: Sequence[str], given_out: Path, *, force: bool) -> None:
    """An output folder below an input folder would be read by the next run."""
    out = given_out.resolve()
    for given in inputs:
        real = Path(given).resolve()
        if given == STDIN or remote.is_remote(given):
            continue
        if real.is_dir() and out.is_relative_to(real) and not out.is_file() and not force:
            raise OutputError(
                f"{given_out}: lies inside the input folder {given}; choose a folder outside it, or pass --force "
                "to go on (the output folder itself is never read as input)"
            )
        if out == real:
            raise OutputError(f"{given_out}: is the input folder itself; choose another --out")
        if real.is_relative_to(out / ARTICLES):
            raise OutputError(f"{given}: is the output of another run into {given_out}; choose another --out")


@contextmanager
def _stoppable(out: Path) -> Iterator[None]:
    """Ctrl-C, and what schedulers send before they kill, end the run with a word on how to go on."""
    try:
        with heard(signal.SIGINT, signal.SIGTERM):
            yield
    except KeyboardInterrupt:
        kept = "give the same command (without --force) to go on from where it stood"
        kept = kept if unfinished(out) else "nothing was kept yet; the same command begins anew"
        raise KeyboardInterrupt(f"stopped; {kept}") from None


class _bar:  # noqa: N801 - used like a function
    """A progress bar on a terminal; nothing elsewhere. Called with what each task brought forward."""

    def __init__(self, size: int, quiet: bool) -> None:
        self._shown = not quiet and sys.stderr.isatty()
        self._size = size
        self._step, self._documents, self._start = "", 0, 0.0

    def __enter__(self):
        if self._shown:
            from tqdm import tqdm

            # The rate is that of the whole pass: the last seconds alone tell little of what is left.
            self._tqdm = tqdm(total=self._size or None, unit="B", unit_scale=True, smoothing=0)
        return self

    def __call__(self, done: Progressed) -> None:
        if not self._shown:
            return
        if done.step != self._step:
            self._step, self._documents, self._start = done.step, 0, time.monotonic()
            self._tqdm.reset()
            self._tqdm.initial = self._tqdm.n = done.before
            self._tqdm.set_description_str(done.step, refresh=False)
        self._documents += done.documents
        self._tqdm.set_postfix_str(self._told(done.tally), refresh=False)
        self._tqdm.update(done.size)

    def _told(self, tally: Tally | None) -> str:
        rate = self._documents / max(0.1, time.monotonic() - self._start)
        said = f"{rate:.0f} documents/s"
        if tally and tally.chars_in:
            said += f", {sum(tally.chars_cut.values()) / tally.chars_in:.1%} removed"
        return said + (f", {tally.failed} failed" if tally and tally.failed else "")

    def __exit__(self, *error: object) -> None:
        if self._shown:
            self._tqdm.close()


def table(tally: Tally, work: Plan, out: str, seconds: float, without: Sequence[str] = ()) -> str:
    """The short table at the end of a run."""
    cut = sum(tally.chars_cut.values())
    share = f" ({cut / tally.chars_in:.1%})" if tally.chars_in else ""
    lines = [
        f"{tally.documents} documents in {seconds:.1f} s: {tally.chars_in:,} characters in, "
        f"{tally.chars_out:,} out, {cut:,} removed{share}"
    ]
    rows = tally.by_category()
    if rows:
        lines += [f"  {'category':<16}{'cuts':>8}{'characters':>12}"]
        lines += [f"  {name:<16}{cuts:>8,}{chars:>12,}" for name, cuts, chars in rows]
    if flags := sum(tally.flags.values()):
        lines.append(f"  {flags} flagged for review, not removed")
    if tally.failed:
        lines.append(f"  {tally.failed} failed: see {out}/errors.jsonl")
    lines += [f"  the model of {name} could not be used: see {out}/errors.jsonl" for name in without]
    if timeouts := sum(tally.timeouts.values()):
        rules = ", ".join(sorted(tally.timeouts))
        lines.append(f"  {timeouts} times a rule took too long and was left out: {rules}; see {out}/errors.jsonl")
    if work.skipped:
        lines.append(f"  {len(work.skipped)} files of other kinds passed over")
    return "\n".join(lines)
