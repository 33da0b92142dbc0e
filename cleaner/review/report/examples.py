"""The excerpts of a report: what stands out, and samples that are drawn by a seed."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import TYPE_CHECKING, Any

from cleaner.review import queries
from cleaner.review.excerpts import excerpt
from cleaner.review.report.contents import Block, Column, Cut, Cuts, Prose, Quoted, Table
from cleaner.review.report.figures import described
from cleaner.review.report.words import many

if TYPE_CHECKING:
    from cleaner.review.index import Index
    from cleaner.review.verdicts import Verdicts

Answer = Mapping[str, Any]
#: Samples of each category, and excerpts of each kind that stands out.
_SAMPLES, _FEW = 3, 5
_SEED = 0
#: A random draw may meet the same text again and again; then there are fewer samples.
_DRAWS = 200
_TEXT = 160


def surprises(index: "Index", verdicts: "Verdicts", told: Answer) -> Iterator[Block]:
    """What people should look at first."""
    if not told["totals"]["removals"]:
        yield Prose(("Nothing stands out.",))
        return
    found = told["surprises"]
    for name, title, words in (
        ("longest", "Longest cuts", "The longest texts that went in one piece."),
        ("unsure", "Least sure cuts", "Those that went with the lowest confidence."),
    ):
        if ids := [row["id"] for row in found[name][:_FEW]]:
            yield Cuts(title, words, tuple(_cut(index, verdicts, id, 500) for id in ids))
    columns = tuple(
        Column(*one)
        for one in (("document", "text"), ("site", "text"), ("characters", "number"), ("removed", "number"))
    )
    for name, caption in (
        ("lost_share", "Documents of 500 characters or more that lost the largest share."),
        ("lost_chars", "Documents that lost most characters."),
    ):
        if rows := found[name][: 2 * _FEW]:
            yield Table(
                caption,
                (*columns, Column("share", "share", bar=True)),
                tuple((row["doc"], row["site"], row["chars_in"], row["chars_cut"], row["share"]) for row in rows),
            )
    if found["flagged"]:
        yield Table(
            "Flagged and not removed: the groups of like texts with most characters.",
            (
                Column("rule", "text"),
                Column("category", "text"),
                Column("times", "number"),
                Column("characters", "number"),
                Column("text", "text"),
            ),
            tuple((row["rule"], row["category"], row["count"], row["chars"], _begins(row)) for row in found["flagged"]),
        )
    if found["one_site"] and told["totals"]["sites"] > 1:
        rows = sorted(found["one_site"], key=lambda row: (-row["chars"], row["rule"]))
        yield Table(
            "Rules that fire on one site only, in more than one document."
            + (f" The first {2 * _FEW} of {len(rows):,}." if len(rows) > 2 * _FEW else ""),
            (Column("rule", "text"), Column("site", "text"), Column("cuts", "number"), Column("characters", "number")),
            tuple((row["rule"], row["site"], row["cuts"], row["chars"]) for row in rows[: 2 * _FEW]),
        )


def samples(index: "Index", verdicts: "Verdicts", told: Answer) -> Iterator[Block]:
    """A few cuts of each category."""
    if not told["totals"]["cuts"]:
        yield Prose(("There is nothing to draw from.",))
        return
    yield Prose(
        (
            f"Of each category, {_SAMPLES} cuts that were drawn at random (seed {_SEED}), no text twice. "
            "A cut that stands beside another is shown with it.",
        )
    )
    for row in sorted(told["categories"], key=lambda row: (-row["chars"], row["category"])):
        if ids := _drawn(index, row["category"]):
            words = described(row["category"])
            yield Cuts(Quoted(row["category"]), words, tuple(_cut(index, verdicts, id, 360) for id in ids))


def _drawn(index: "Index", category: str) -> list[int]:
    """Some removals of a category, each with another text, in the order of the log."""
    found = index.arrays("SELECT id FROM removals WHERE category = ? AND action = 'removed' ORDER BY id", category)[
        "id"
    ]
    chance = Random(f"report {_SEED} {category}")
    drawn = [int(found[place]) for place in chance.sample(range(len(found)), min(_DRAWS, len(found)))]
    marks = ", ".join(map(str, drawn)) or "NULL"
    texts = {
        row["id"]: row["fingerprint"]
        for row in index.ask(f"SELECT id, fingerprint FROM removals WHERE id IN ({marks})")
    }
    kept: dict[str, int] = {}
    for id in drawn:
        if len(kept) < _SAMPLES:
            kept.setdefault(texts[id], id)
    return sorted(kept.values())


def _cut(index: "Index", verdicts: "Verdicts", id: int, longest: int) -> Cut:
    row = queries.removal(index, verdicts, id=id)
    place = [Quoted(row["site"])] if row["site"] else []
    notes: list[str | Quoted] = [
        f"confidence {row['confidence']:.2f}",
        f"{many(row['chars'], 'character')}",
        *place,
        Quoted(row["doc"]),
        f"line {row['line']:,}",
        *([f"judged {row['judged']}"] if row["judged"] else []),
        *([Quoted(row["context"]["problem"])] if row["context"]["problem"] else []),
    ]
    return Cut(tuple(excerpt(row, longest=longest)), row["category"], row["rule"], tuple(notes), row["reason"])


def _begins(row: Answer) -> str:
    """How the text of a group begins."""
    flat = " ".join(row["text"].split())
    return flat if len(flat) <= _TEXT and not row["clipped"] else flat[:_TEXT].rstrip() + "…"
