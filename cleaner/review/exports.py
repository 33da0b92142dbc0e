"""Removals and verdicts for other tools: Label Studio, doccano, and spreadsheets.

Everything is written as it is read, a document at a time. Offsets in Label Studio's and doccano's files are code points
of the text given there; what hides in it or would be refused (control characters, halves of characters) is replaced one
for one, so that they hold. In CSV, cells that a spreadsheet would run as a formula get a leading apostrophe.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple, get_args
from xml.sax.saxutils import quoteattr

from cleaner.categories import CATEGORIES
from cleaner.document import Document
from cleaner.errors import InputError
from cleaner.formats import logs
from cleaner.removal_log import RemovalEntry
from cleaner.restore import log_of
from cleaner.review.verdicts import ANSWERS, Verdict, Verdicts, settled, shown
from cleaner.review.walk import Step, steps

Format = Literal["label-studio", "doccano", "csv"]
What = Literal["removals", "verdicts"]
FORMATS: tuple[Format, ...] = get_args(Format)
WHATS: tuple[What, ...] = get_args(What)

#: Characters of raw text on either side of a removal.
AROUND = 300
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_PICTURES = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n\r"} | {0x7F: 0x2421}
_PICTURES |= dict.fromkeys(range(0x80, 0xA0), 0xFFFD)
_LABEL, _VERDICT, _TEXT = "category", "verdict", "text"
_FACTS = ["doc", "source", "row", "url", "site", "start", "end", "line"]
_WHY = ["category", "rule", "action", "confidence", "reason", "also", "fingerprint"]
_REMOVAL = [*_FACTS, *_WHY, "before", "text", "after", "judged", "reviewers"]
_KEY = ["scope", "rule", "category", "fingerprint", "site", "doc", "source", "row", "start", "end"]
_VERDICT_ROW = ["time", "reviewer", "verdict", *_KEY, "text", "sample", "note", "id"]


class Example(NamedTuple):
    """A removal in its surroundings: it is ``text[start:end]``. ``verdicts`` are those that hold for it."""

    facts: dict[str, Any]
    category: str
    text: str
    start: int
    end: int
    verdicts: list[Verdict]


class Written(NamedTuple):
    """How many lines or tasks were written, and how many verdicts are in them."""

    lines: int
    verdicts: int


def export(
    run: Path,
    out: IO[bytes],
    verdicts: Verdicts,
    *,
    format: Format,
    what: What,
    rule: str = "",
    limit: int | None = None,
) -> Written:
    """Writes the removals of a run, or those that people judged, and says how many.

    For CSV, ``what="verdicts"`` gives the verdicts themselves, a line for each that holds. Raises ``OutputError`` for
    damaged logs, ``InputError`` for a rule that neither the log nor the verdicts know.
    """
    if rule:
        _check_rule(run, verdicts, rule)
    if format == "csv" and what == "verdicts":
        count = _write_csv(out, _VERDICT_ROW, islice(_verdict_rows(verdicts, rule), limit))
        return Written(count, count)
    given: list[int] = []
    found = _counted(islice(_examples(run, verdicts, what, rule), limit), given)
    if format == "csv":
        count = _write_csv(out, _REMOVAL, map(_removal_row, found))
    elif format == "doccano":
        count = _write_lines(out, map(_doccano if what == "removals" else _doccano_judged, found))
    else:
        count = _write_array(out, map(_task if what == "removals" else _task_judged, found))
    return Written(count, sum(given))


def _counted(examples: Iterable[Example], given: list[int]) -> Iterator[Example]:
    """The examples, of each of which the verdicts are counted."""
    for example in examples:
        given.append(len(example.verdicts))
        yield example


def _check_rule(run: Path, verdicts: Verdicts, rule: str) -> None:
    known = {key.rule for key in verdicts.current()}
    if rule in known:
        return
    for removal in logs.entries(log_of(run, "removals"), RemovalEntry):
        if removal.rule == rule:
            return
        known.add(removal.rule)
    near = get_close_matches(rule, sorted(known), cutoff=0.4)
    hint = f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(sorted(known)) or 'none'}"
    raise InputError(f"--rule {shown(rule)}: {run} has no removals of such a rule, nor verdicts on any; {hint}")


def labelling_config() -> str:
    """The labelling interface for Label Studio that the tasks fit."""
    labels = "\n".join(
        f"    <Label value={quoteattr(one.name)} hint={quoteattr(one.description)}/>" for one in CATEGORIES.values()
    )
    choices = "\n".join(f"    <Choice value={quoteattr(answer)}/>" for answer in ANSWERS if answer != "skip")
    return f"""<View>
  <Header value="$title"/>
  <Labels name="{_LABEL}" toName="{_TEXT}">
{labels}
  </Labels>
  <Text name="{_TEXT}" value="$text" granularity="character"/>
  <Choices name="{_VERDICT}" toName="{_TEXT}" choice="single" perRegion="true">
{choices}
  </Choices>
</View>
"""


def _examples(run: Path, verdicts: Verdicts, what: What, rule: str) -> Iterator[Example]:
    wanted: Callable[[RemovalEntry], bool] = lambda removal: not rule or removal.rule == rule  # noqa: E731
    for step in steps(run, wanted):
        for removal in step.removals:
            example = _example(step, removal, verdicts)
            if what == "removals" or settled(example.verdicts) in ANSWERS:
                yield example


def _example(step: Step, removal: RemovalEntry, verdicts: Verdicts) -> Example:
    url = step.entry.url
    facts: dict[str, Any] = {
        "doc": removal.doc,
        "source": removal.source,
        "row": removal.row,
        "url": url or "",
        "site": Document("", url=url).site,
        "start": removal.start,
        "end": removal.end,
        "line": removal.line,
        "rule": removal.rule,
        "action": removal.action,
        "confidence": removal.confidence,
        "reason": removal.reason,
        "also": removal.also,
        "fingerprint": removal.fingerprint,
    }
    given = verdicts.of(facts)
    if step.raw is None:  # the article was changed: what went is in the log, what stood around it is not
        return Example(facts, removal.category, removal.text, 0, len(removal.text), given)
    first = max(0, removal.start - AROUND)
    text = step.raw[first : removal.end + AROUND]
    return Example(facts, removal.category, text, removal.start - first, removal.end - first, given)


# Label Studio: https://labelstud.io/guide/tasks, /guide/predictions


def _task(example: Example) -> dict[str, Any]:
    facts = _plain(example.facts)
    return {
        "data": {_TEXT: _even(example.text), "title": f"{facts['rule']}: {facts['reason']}", **facts},
        "predictions": [
            {"model_version": "cleaner", "score": facts["confidence"], "result": [_region(example, "removal")]}
        ],
    }


def _task_judged(example: Example) -> dict[str, Any]:
    return {**_task(example), "annotations": [_annotation(example, verdict) for verdict in example.verdicts]}


def _annotation(example: Example, verdict: Verdict) -> dict[str, Any]:
    """What a reviewer said: the span under its category, and on it the verdict. A skip is a cancelled annotation."""
    region = _region(example, verdict.id)
    notes = [f"{verdict.reviewer}, {verdict.scope}, {verdict.time}", *filter(None, [verdict.note])]
    region["meta"] = {"text": list(map(_even, notes))}
    choice = {**region, "from_name": _VERDICT, "type": "choices"}
    choice["value"] = {**_place(example), "choices": [verdict.verdict]}
    skipped = verdict.verdict == "skip"
    return {"was_cancelled": skipped, "ground_truth": False, "result": [region] if skipped else [region, choice]}


def _region(example: Example, name: str) -> dict[str, Any]:
    return {
        "id": name,
        "from_name": _LABEL,
        "to_name": _TEXT,
        "type": "labels",
        "value": {**_place(example), "labels": [example.category]},
    }


def _place(example: Example) -> dict[str, Any]:
    return {
        "start": example.start,
        "end": example.end,
        "text": _even(example.text[example.start : example.end]),
    }


# doccano, sequence labelling: a line for each text; what it does not know it keeps with the text


def _doccano(example: Example) -> dict[str, Any]:
    span = [example.start, example.end, example.category]
    return {"text": _even(example.text), "label": [span], **_plain(example.facts)}


def _doccano_judged(example: Example) -> dict[str, Any]:
    """As people judged it: what is wrong has no label."""
    judged = settled(example.verdicts)
    line = _doccano(example) | {"judged": judged, "reviewers": _reviewers(example.verdicts)}
    return line if judged == "right" else {**line, "label": []}


def _reviewers(verdicts: Iterable[Verdict]) -> str:
    return "; ".join(f"{verdict.reviewer}: {verdict.verdict}" for verdict in verdicts)


# CSV


def _removal_row(example: Example) -> dict[str, Any]:
    text, start, end = example.text, example.start, example.end
    return {
        **example.facts,
        "category": example.category,
        "also": "; ".join(example.facts["also"]),
        "before": text[:start],
        "text": text[start:end],
        "after": text[end:],
        "judged": settled(example.verdicts),
        "reviewers": _reviewers(example.verdicts),
    }


def _verdict_rows(verdicts: Verdicts, rule: str) -> Iterator[dict[str, Any]]:
    held = [one for given in verdicts.current().values() for one in given.values() if not rule or one.rule == rule]
    for one in sorted(held, key=lambda one: (one.time, one.id)):
        yield {name: getattr(one, name) for name in _VERDICT_ROW}


def guarded(cell: Any) -> Any:
    """A cell that no spreadsheet runs as a formula. Taking one leading apostrophe away gives back what was.

    >>> guarded("=1+1"), guarded("'tis"), guarded("plain"), guarded(-1)
    ("'=1+1", "''tis", 'plain', -1)
    """
    if not isinstance(cell, str):
        return cell
    text = shown(cell).translate(_PICTURES)
    risky = text.startswith(("\t", "\r", "'")) or text.lstrip().startswith(_FORMULA)
    return f"'{text}" if risky else text


def _write_csv(out: IO[bytes], columns: list[str], rows: Iterable[Mapping[str, Any]]) -> int:
    """RFC 4180 in UTF-8."""
    line = io.StringIO(newline="")
    write = csv.writer(line, lineterminator="\r\n").writerow
    write(columns)
    count = 0
    for row in rows:
        write([guarded(row[column]) for column in columns])
        _empty_into(out, line)
        count += 1
    _empty_into(out, line)
    return count


def _empty_into(out: IO[bytes], line: io.StringIO) -> None:
    out.write(line.getvalue().encode())
    line.seek(0)
    line.truncate()


# JSON


def _write_lines(out: IO[bytes], lines: Iterable[Mapping[str, Any]]) -> int:
    """In ASCII: doccano guesses how a file is encoded."""
    count = 0
    for line in lines:
        out.write(json.dumps(line).encode() + b"\n")
        count += 1
    return count


def _write_array(out: IO[bytes], tasks: Iterable[Mapping[str, Any]]) -> int:
    count = 0
    for task in tasks:
        out.write(b",\n" if count else b"[\n")
        out.write(json.dumps(task, ensure_ascii=False).encode())
        count += 1
    out.write(b"\n]\n" if count else b"[]\n")
    return count


def _even(text: str) -> str:
    """The text with other characters, one for one, where these tools would refuse or miscount."""
    return shown(text).replace("\r", " ").translate(_PICTURES)


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _even(value) if isinstance(value, str) else value for name, value in facts.items()}
