"""The numbers of a report, as tables and figures: what went, where, by which rules, and what people say of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from cleaner.categories import CATEGORIES
from cleaner.review.report.contents import Block, Column, Facts, Histogram, Prose, Table
from cleaner.review.report.words import many, noun, percent

Answer = Mapping[str, Any]
#: Rows that are shown: a report is read, and what it leaves out it says.
_RULES, _SITES = 40, 20


def head(told: Answer) -> Iterator[Block]:
    """The first sentence, and the figures below it."""
    totals, judged = told["totals"], told["verdicts"]
    yield Prose((f"{_went(totals)}{_flagged(totals)}",))
    verdicts = judged["right"] + judged["wrong"] + judged["skip"]
    yield Facts(
        (
            ("of all characters removed", percent(_share(totals))),
            (noun(totals["documents"], "document"), f"{totals['documents']:,}"),
            (noun(totals["cuts"], "cut"), f"{totals['cuts']:,}"),
            (noun(totals["rules"], "rule at work", "rules at work"), f"{totals['rules']:,}"),
            (noun(totals["sites"], "site"), f"{totals['sites']:,}"),
            (noun(verdicts, "verdict"), f"{verdicts:,}"),
        ),
        large=True,
    )


def _went(totals: Answer) -> str:
    """What was taken out, in a sentence."""
    documents = many(totals["documents"], "document")
    if not totals["cuts"]:
        return f"Nothing was taken out of {many(totals['chars_in'], 'character')} in {documents}."
    return (
        f"Of {many(totals['chars_in'], 'character')} in {documents}, {totals['chars_cut']:,} "
        f"({percent(_share(totals))}) {noun(totals['chars_cut'], 'was', 'were')} taken out: "
        f"{many(totals['cuts'], 'cut')}, in {totals['documents_cut']:,} of the documents."
    )


def _flagged(totals: Answer) -> str:
    flags = totals["flags"]
    return f" {many(flags, 'more place')} {noun(flags, 'was', 'were')} only flagged, and stayed." if flags else ""


def categories(told: Answer) -> Iterator[Block]:
    """Characters by category."""
    if not told["categories"]:
        yield Prose(("Nothing was removed or flagged.",))
        return
    total = max(1, told["totals"]["chars_cut"])
    rows = sorted(told["categories"], key=lambda row: (-row["chars"], row["category"]))
    yield Table(
        "Characters removed, by category. Shares are of all that was removed.",
        (
            Column("category", "text"),
            Column("characters", "number", bar=True),
            Column("share", "share"),
            Column("cuts", "number"),
            Column("flags", "number"),
            Column("what it is", "words"),
        ),
        tuple(
            (row["category"], row["chars"], row["chars"] / total, row["cuts"], row["flags"], described(row["category"]))
            for row in rows
        ),
        picture=True,
    )


def places(told: Answer) -> Iterator[Block]:
    """How much of the documents and of the sites went."""
    shares, totals = told["shares"], told["totals"]
    yield Prose((_spread(shares, totals["documents"]),))
    if not any(shares["bins"]):
        return
    yield Histogram(
        "Documents by the share of their characters that went, in steps of 5 %. Those that lost nothing stand apart.",
        shares["untouched"],
        tuple(shares["bins"]),
    )
    sites = [row for row in told["sites"] if row["chars_cut"]]
    if not totals["sites"]:
        yield Prose(("No document has an address, so there is nothing to say of sites.",))
        return
    caption = "Share removed, by site; of them the one that lost most characters first."
    if len(sites) > _SITES:
        caption = f"Share removed, by site: the {_SITES} that lost most characters, of {totals['sites']:,}."
    yield Table(
        caption,
        (
            Column("site", "text"),
            Column("share", "share", bar=True),
            Column("removed", "number"),
            Column("cuts", "number"),
            Column("documents", "number"),
        ),
        tuple(
            (row["site"] or "(no address)", row["share"], row["chars_cut"], row["cuts"], row["documents"])
            for row in sites[:_SITES]
        ),
        picture=True,
    )


def _spread(shares: Answer, documents: int) -> str:
    """Where the middle document lies, in words."""
    if not documents:
        return "There were no documents."
    if not any(shares["bins"]):
        return "No document lost anything."
    none = shares["untouched"]
    said = f"{many(none, 'document')} lost nothing." if none else "Every document lost something."
    step, most = 1 / len(shares["bins"]), sum(shares["bins"][len(shares["bins"]) // 2 :])
    seen = none
    for place, count in enumerate(shares["bins"]):
        if seen * 2 < documents <= (seen + count) * 2:
            said += f" The middle one lost between {percent(place * step, 0)} and {percent((place + 1) * step, 0)}."
        seen += count
    return f"{said} {f'{most:,}' if most else 'None'} lost half of {noun(most, 'its', 'their')} characters or more."


def rules(told: Answer) -> Iterator[Block]:
    """The rules that took most."""
    rules = sorted(told["rules"], key=lambda row: (-row["chars"], row["rule"]))
    shown = [row for place, row in enumerate(rules) if place < _RULES or row["judged"]["basis"]]
    if not rules:
        yield Prose(("No rule took or flagged anything.",))
        return
    total, sites = max(1, told["totals"]["chars_cut"]), ["sites"] if told["totals"]["sites"] else []
    names = ["rule", "category", "chars", "cuts", "flags", *sites, "positions", "judged"]
    if len(shown) < len(rules):
        rest = (total - sum(row["chars"] for row in shown)) / total
        yield Prose(
            (
                f"The {len(shown)} rules that took most, or that were judged; the other {len(rules) - len(shown):,} "
                f"took {percent(rest)} of what was removed.",
            )
        )
    yield Table(
        "Rules by the characters that they took. Position: where in their documents, from the beginning to the end. "
        "Right: of the cuts that people judged, with the exact 95 % interval. Of several categories that of most "
        "characters is named.",
        (
            Column("rule", "text"),
            Column("category", "text"),
            Column("characters", "number", bar=True),
            Column("cuts", "number"),
            Column("flags", "number"),
            *([Column("sites", "number")] if sites else []),
            Column("position", "strip"),
            Column("right", "precision"),
        ),
        tuple(tuple(_cell(row, name) for name in names) for row in shown),
        picture=True,
    )


def _cell(row: Answer, name: str) -> Any:
    """A rule of several categories is shown with the one that took most, and how many there are besides."""
    others = len(row["categories"]) - 1
    return f"{row[name]} +{others}" if name == "category" and others > 0 else row[name]


def verdicts(told: Answer) -> Iterator[Block]:
    """What reviewers said, and what samples prove."""
    said, progress = told["verdicts"], told["progress"]
    if not said["right"] + said["wrong"] + said["skip"]:
        yield Prose(("Nobody has judged this run yet: the figures say what went, and not whether it should have.",))
        return
    yield Prose(
        (
            f"Reviewers called {many(said['right'], 'removal or group of removals', 'removals or groups of them')} "
            f"right and {said['wrong']:,} wrong, and skipped {said['skip']:,}. "
            f"Of {many(progress['groups'], 'group')} of like removals, {progress['done']:,} "
            f"{'is' if progress['done'] == 1 else 'are'} judged. "
            + (
                f"On {many(said['conflicts'], 'of them', 'of them')} they differ."
                if said["conflicts"]
                else "They agree."
            ),
        )
    )
    yield Table(
        "Reviewers, and how many of their verdicts hold, those on kept lines too.",
        (Column("reviewer", "text"), Column("verdicts", "number")),
        tuple(sorted(said["reviewers"].items())),
    )
    if told["samples"]:
        yield Table(
            "Rules that were measured by random samples. Bound: with 95 % confidence, at least so many are right; "
            "of a sample that is all there is, judged to its end, it is the share itself. "
            "A sample of another run says nothing of this one.",
            (
                Column("rule", "text"),
                Column("drawn by", "text"),
                Column("asked for", "number"),
                Column("judged", "number"),
                Column("right", "number"),
                Column("wrong", "number"),
                Column("bound", "share"),
            ),
            tuple(
                (row["rule"], _drawn(row), *(row[name] for name in ("size", "judged", "right", "wrong", "lower")))
                for row in sorted(told["samples"], key=lambda row: (row["rule"], row["name"]))
            ),
        )


def _drawn(row: Answer) -> str:
    if not row["here"]:
        return f"{row['by']}, of another run"
    return f"{row['by']}, all there is" if row["whole"] else row["by"]


def described(category: str) -> str:
    """What a category is, in words."""
    known = CATEGORIES.get(category)
    return known.description if known else ""


def _share(totals: Answer) -> float:
    return totals["chars_cut"] / max(1, totals["chars_in"])
