"""What ``cleaner rules`` says of the detectors: what each finds, and how it is set or switched off."""

from collections.abc import Iterator
from typing import NamedTuple

from cleaner.lines.model import LEVELS, THOROUGHNESS


class Told(NamedTuple):
    """What is said of a detector; ``page`` is the one of ``docs/`` that has more."""

    finds: str
    categories: str
    off: str
    page: str
    set: str = ""


_DUPLICATE = "--category duplicate=keep, or =flag to see them only"
_STORY = "--category spliced-story=keep, or =flag to see them only"
_BATCH = "--single-pass, which judges every document by itself"

#: Detectors by what they call themselves in the log.
DETECTORS = {
    "line-model": Told(
        "doubtful lines that no rule takes, weighed by a learned model where rules found junk",
        "that of the junk up to three lines away, if it is all of one; else other",
        "--no-line-model; line_model = false in cleaner.toml; it rests with --only-rules",
        "line-model.md",
        f"--thoroughness {', '.join(map(str, LEVELS))}: loss of the author's text aimed at, in percent "
        f"(default: {THOROUGHNESS}); thoroughness in cleaner.toml",
    ),
    "recurring-line": Told(
        "lines that recur over the pages of a site, in a batch that holds enough of them",
        "other",
        _BATCH,
        "recurring-lines.md",
        "--state DIR lets later batches know what earlier ones held",
    ),
    "repeat-title": Told("the title again, above the body", "duplicate", _DUPLICATE, "detectors.md"),
    "repeat-adjacent": Told(
        "a line that says the same as the one above it: a title above the body, a caption in it",
        "duplicate",
        _DUPLICATE,
        "detectors.md",
    ),
    "repeat-in-line": Told(
        "a title that stands twice in its line: above the body one copy goes, below it the whole teaser",
        "duplicate; related below the body",
        _DUPLICATE,
        "detectors.md",
    ),
    "repeat-paragraph": Told(
        "a long paragraph, word for word once more; the first copy stays", "duplicate", _DUPLICATE, "detectors.md"
    ),
    "splice": Told(
        "paragraphs that tell another story than the first, by a trained model",
        "spliced-story",
        _STORY,
        "spliced-stories.md",
    ),
    "splice-repeated": Told(
        "doubtful paragraphs of that kind that stand on other pages of the batch",
        "spliced-story",
        f"{_BATCH}; {_STORY}",
        "spliced-stories.md",
        "--state DIR lets later batches know what earlier ones held",
    ),
    "splice-absent": Told(
        "doubtful paragraphs of that kind that a page of the batch with the same story does not have",
        "spliced-story",
        f"{_BATCH}; {_STORY}",
        "spliced-stories.md",
        "--state DIR lets later batches know what earlier ones held",
    ),
}


def explained(id: str) -> Iterator[str]:
    """A detector in a few lines."""
    told = DETECTORS[id]
    yield f"{id}  (a detector, not a rule: it looks at every document)"
    yield f"  {told.finds}"
    yield f"  removes {told.categories}"
    if told.set:
        yield f"  set: {told.set}"
    yield f"  off: {told.off}"
    yield f'  only flag: an override with rule = "{id}" and action = "flag" in a rule file'
    yield f"  more: docs/{told.page}"


def mentioned() -> str:
    """That there are detectors, besides the rules."""
    return f"besides these rules {len(DETECTORS)} detectors: {', '.join(DETECTORS)}; explain tells of each"
