"""A whole document, with its cuts in their places."""

from typing import TYPE_CHECKING

from cleaner.errors import InputError
from cleaner.review import documents
from cleaner.review.queries.rows import Answer
from cleaner.review.verdicts import Verdicts

if TYPE_CHECKING:
    from cleaner.review.index import Index


def document(index: "Index", verdicts: Verdicts, *, id: int, around: int | None = None) -> Answer:
    """The document of the removal ``id``: its raw text with the cuts in place.

    ``doc source row url site chars_in chars_out removed flagged``; ``total`` (characters of raw text), ``start`` and
    ``end`` of the window that is shown (at most 60,000 characters around ``around`` or the removal); ``segments[]``;
    ``minimap[]``: up to 400 of ``place size kind category id`` over the whole (place and size are shares of it);
    ``focus``: the id; ``story_start``: where a story was spliced in, the first 600 characters that were kept, else
    ``""``; ``problem``: why the text cannot be shown (then there are no segments), or ``""``.
    """
    rows = index.ask('SELECT document, "start" FROM removals WHERE id = ?', id)
    if not rows:
        raise InputError(f"the log holds no removal {id}")
    loaded = documents.load(index, rows[0]["document"])
    entry, total = loaded.entry, loaded.entry.chars_in
    window = documents.window_of(total, rows[0]["start"] if around is None else max(0, min(around, total)))
    return {
        **{name: getattr(entry, name) for name in ("doc", "source", "row", "url")},
        **{name: getattr(entry, name) for name in ("chars_in", "chars_out", "removed", "flagged")},
        "site": loaded.site,
        "total": total,
        "start": window.start,
        "end": window.end,
        "segments": [] if loaded.problem else documents.segments(loaded, verdicts, window),
        "minimap": documents.minimap(loaded),
        "focus": id,
        "story_start": documents.story_start(loaded),
        "problem": loaded.problem,
    }
