"""What batch cues add: the detector alone and with a survey of all test documents, fold by fold.

Every document is judged by a model that saw none of its stories. The survey holds the genuine articles
that the spliced documents are made of, and whatever the data hold on the same events.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from multiprocessing import Pool
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.stories.articles import Story
from cleaner.corroboration import repeats, support
from cleaner.detectors.splice import SpliceDetector
from cleaner.stories.measured import Measured
from cleaner.stories.model import Model
from cleaner.stories.outline import digest, outline
from cleaner.survey import Survey
from cleaner.view import View


class Judged(NamedTuple):
    """Characters of the other stories and of the main one, and how many of each were cut.

    ``seen`` and ``known`` say whether the batch has the document's runs on other pages, or pages on its event.
    """

    genuine: bool
    hard: bool
    foreign: int
    gone: int
    main: int
    lost: int
    seen: bool
    known: bool


def lines(tests: Mapping[int, Sequence[Story]], models: Mapping[int, Model], jobs: int) -> Iterator[str]:
    """The figures as lines of text."""
    for cues in (False, True):
        found: list[Judged] = []
        for fold, documents in tests.items():
            with TemporaryDirectory() as folder:
                path = _survey(Path(folder), [one for every in tests.values() for one in every], models[fold], jobs)
                with Pool(jobs, _start, (models[fold], path, cues)) as pool:
                    found += pool.map(_judge, documents, chunksize=50)
        name = "with batch cues" if cues else "each document alone"
        yield f"{name}: {_figures(found)}"
        yield f"{name}, of those whose runs stand on other pages: {_figures([one for one in found if one.seen])}"
        yield f"{name}, of those with pages on the same event: {_figures([one for one in found if one.known])}"


def _figures(found: Sequence[Judged]) -> str:
    genuine = [one for one in found if one.genuine]
    touched = sum(one.lost > 0 for one in genuine)
    parts = [f"{touched} of {len(genuine)} genuine touched ({touched / max(1, len(genuine)):.2%})"]
    for name, hard in (("easy", False), ("hard", True)):
        some = [one for one in found if not one.genuine and one.hard == hard]
        total: Counter[str] = Counter()
        for one in some:
            total.update(foreign=one.foreign, gone=one.gone, main=one.main, lost=one.lost)
        recall, lost = total["gone"] / max(1, total["foreign"]), total["lost"] / max(1, total["main"])
        parts.append(f"{name} ({len(some)}) {recall:.1%}, main story lost {lost:.2%}")
    return "; ".join(parts)


def _survey(folder: Path, documents: Sequence[Story], model: Model, jobs: int) -> Path:
    path = folder / "survey.sqlite"
    with Pool(jobs, _start, (model, None, False)) as pool, Survey.create_or_open(path, "") as survey:
        survey.add(one for one in pool.imap(_outline, documents, chunksize=100) if one)
        survey.finish()
    return path


_model: Model
_asked: Survey | None
_detector: SpliceDetector


def _start(model: Model, path: Path | None, cues: bool) -> None:
    global _model, _asked, _detector
    _model = model
    _asked = Survey.open(path, "") if path else None
    _detector = SpliceDetector(model, _asked if cues else None)


def _text(one: Story) -> str:
    return "\n".join(line.text for line in one.lines)


def _outline(one: Story):  # type: ignore[no-untyped-def]
    return _model.outline(_text(one))


def _judge(one: Story) -> Judged:
    text = _text(one)
    spans = [p.span for p in _detector(View(text)) if p.confidence >= 0.75 and p.action == "remove"]
    counts, start = Counter[str](), 0
    for line in one.lines:
        end = start + len(line.text)
        cut = any(span.start < end and start < span.end for span in spans)
        if line.story or not line.junk:
            counts[("gone" if cut else "left") if line.story else ("lost" if cut else "kept")] += len(line.text)
        start = end + 1
    measured = Measured(_model.passages(text.split("\n")), _model.openings)
    seen = known = False
    if _asked and len(measured):
        own, but = outline(measured.passages), digest(text)
        seen, known = (
            bool(repeats(measured, own, _asked.pages(own.paragraphs, but))),
            support(measured, own, _asked, but) is not None,
        )
    foreign, main = counts["gone"] + counts["left"], counts["lost"] + counts["kept"]
    return Judged(one.genuine, one.hard, foreign, counts["gone"], main, counts["lost"], seen, known)
