"""What the detector of recurring lines adds to the rules: ``python -m benchmarks.recurrence RECORDS...``.

    python -m benchmarks.recurrence ../shared/bench/dev.jsonl.gz --splice ../shared/splice --lines 30

Every maker of RECORDS is a batch of its own, as a batch of texts has one maker; sites are domains. Such records
hold few pages of a site, so most of the measuring is done on made sites: the articles of one publisher, each
between the junk lines of one real page (``soup``) of another site. Lines of that page that look like headlines are
the same on all pages of the made site, or are replaced by titles of its other articles, as lists of stories are.
Some lines of the made sites recur and are the author's: intros, crossheads, bylines, labels of recipes.
All characters of the articles, of stories spliced into them and of those lines count as article.
Halves are by site: thresholds are chosen on half a, half b is only reported. Seeds are fixed.
"""

import argparse
import gzip
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache, partial
from multiprocessing import get_context
from multiprocessing.pool import Pool
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.stories.articles import Story, stories
from cleaner.detectors.recurring import RecurringDetector
from cleaner.document import Document
from cleaner.pipeline import Cleaner
from cleaner.recurrence import Limits, Recurrences, RecurrenceTable, page_of
from cleaner.rulefiles.check import ARTICLE, HALVES, JUNK, Label, Record, half, marked, read_record

SEED = 7
#: Sites of the real records are smaller than what the detector asks for: there it is shown what it would do.
REAL = Limits(pages=3, documents=3, share=0.3)
#: Of a line that looks like a headline: the share of pages on which another stands in its place.
CHANGES = 0.6
SPLICED = 0.2
INTRO = "Each week our correspondents look behind the figures and answer what readers have asked."
CROSSHEADS = ("What happened next", "The background", "Analysis", "Key points:")
BYLINE = "By Orla Venn and Tam Harrow"
RECIPE = ("Ingredients", "2 eggs", "Salt and pepper", "1 tbsp olive oil", "Method")
BOX = ("Don't miss the morning post", "All of today's stories in one place", "Your e-mail address", "Sign me up now")
TAIL = ("Orla Venn writes about the coast for this paper and lives by the sea.", "More from the coast desk", "Topics")


ALONE = "recurring alone"
WAYS = ("rules", "with recurring", ALONE)


class Took(NamedTuple):
    """What was there and what was taken of it, in word characters; ``lines`` are what the detector took."""

    site: str
    junk: int
    article: int
    junk_gone: int
    article_gone: int
    lines: list[tuple[str, int, int]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recurrence", description=__doc__.split("\n")[0])
    parser.add_argument("records", type=Path, nargs="+", metavar="RECORDS")
    parser.add_argument("--splice", type=Path, metavar="FOLDER", help="articles to make sites of")
    parser.add_argument("--pages", type=int, default=40, help="most pages of a made site (%(default)s)")
    parser.add_argument("--half", choices=HALVES, help="only this half of the sites")
    parser.add_argument("--lines", type=int, default=0, metavar="N", help="show N lines of each kind that were taken")
    parser.add_argument("--jobs", type=int, default=2)
    parsed = parser.parse_args()
    records = [read_record(line) for path in parsed.records for line in _lines(path)]
    records = [record for record in records if not record.gold_gaps]
    if parsed.half:
        records = [record for record in records if half(record.domain) == parsed.half]
    with get_context("fork").Pool(parsed.jobs) as pool:
        if parsed.splice:
            made = list(made_sites(parsed.splice, [one for one in records if one.maker == "soup"], parsed.pages))
            made = [record for record in made if parsed.half in (None, half(record.domain))]
            for maker, name in (("made", "made sites"), ("bare", "their articles without furniture")):
                batch = [record for record in made if record.maker == maker]
                report(name, batch, Limits(), pool, parsed.lines)
        for maker in sorted({record.maker for record in records}):
            batch = [record for record in records if record.maker == maker]
            sizes = Counter(record.domain for record in batch if record.domain)
            large = {site for site, size in sizes.items() if size >= REAL.pages}
            many = sum(size >= Limits().pages for size in sizes.values())
            print(f"\n{maker}: {len(large)} sites of {REAL.pages} pages or more, {many} of {Limits().pages}")
            report(maker, [record for record in batch if record.domain in large], REAL, pool, parsed.lines)


def report(
    name: str, records: Sequence[Record], limits: Limits, pool: Pool, shown: int, ways: Sequence[str] = WAYS
) -> None:
    """Junk taken and article lost, by rules alone and with the detector, on both halves of the sites."""
    if not records:
        return
    with TemporaryDirectory() as folder:
        table = Path(folder, "table.npy")
        with Recurrences.create_or_open(Path(folder, "pages.duckdb"), kept=False) as counts:
            counts.add(page_of(record.raw, record.domain) for record in records)
            counts.write_table(table, limits)
        print(f"\n{name}: {len(records)} pages of {len({record.domain for record in records})} sites")
        for way in ways:
            asked = table if way != "rules" else None
            took = pool.map(partial(_took, table=asked, rules=way != ALONE), records, chunksize=16)
            for part in HALVES:
                _print_row(f"  {way}, half {part}", [one for one in took if half(one.site) == part])
        if shown:
            _print_lines(took, shown)


@lru_cache(1)
def _cleaner(table: Path | None, rules: bool) -> Cleaner:
    others = Cleaner.from_packs().detectors if rules else ()
    return Cleaner((*others, RecurringDetector(RecurrenceTable.open(table))) if table else others)


def _took(record: Record, table: Path | None, rules: bool) -> Took:
    document = Document(record.raw, url=f"https://{record.domain}/")
    marks = marked(record)
    gone: Counter[int] = Counter()
    lines = []
    for removal in _cleaner(table, rules).clean_document(document).removed:
        part = marks[slice(*removal.span)]
        junk, article = part.count(JUNK), part.count(ARTICLE)
        gone.update({JUNK: junk, ARTICLE: article})
        if removal.rule.startswith("recurring"):
            lines.append((removal.text, junk, article))
    return Took(record.domain, marks.count(JUNK), marks.count(ARTICLE), gone[JUNK], gone[ARTICLE], lines)


def _print_row(name: str, took: Sequence[Took]) -> None:
    if not took:
        return
    junk, article = sum(one.junk for one in took), sum(one.article for one in took)
    gone, lost = sum(one.junk_gone for one in took), sum(one.article_gone for one in took)
    touched = sum(one.article_gone > 0 for one in took)
    print(
        f"{name:32} junk taken {gone / max(1, junk):7.2%} of {junk:>10,}   article lost {lost / max(1, article):8.3%} "
        f"of {article:>11,}   {touched} of {len(took)} pages touched"
    )


def _print_lines(took: Iterable[Took], shown: int) -> None:
    kinds: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for one in took:
        for text, junk, article in one.lines:
            kinds["article" if article else "junk" if junk else "neither"][one.site, text[:150]] += article or junk or 1
    for kind, lines in kinds.items():
        print(f"  taken, {kind}: {sum(lines.values()):,} characters")
        for (site, text), size in lines.most_common(shown):
            print(f"    {size:6} {site[:20]:20} {text!r}")


def made_sites(folder: Path, furniture: Sequence[Record], most: int) -> Iterator[Record]:
    """The pages of the made sites; those of maker ``bare`` hold the articles as they are."""
    by_source: dict[str, list[Story]] = defaultdict(list)
    spliced: dict[str, list[Story]] = defaultdict(list)
    for kind, found in (("genuine", by_source), ("spliced", spliced)):
        for story in stories(folder / f"dev_{kind}.jsonl.xz"):
            found[story.source].append(story)
    frames = {part: [one for one in furniture if half(one.domain) == part and _junk(one)] for part in HALVES}
    for source, own in sorted(by_source.items()):
        site = "-".join(re.findall("[a-z0-9]+", source.lower())) + ".example"
        if len(own) < Limits().pages or not frames[half(site)]:
            continue
        chance = Random(f"{SEED} {source}")
        chance.shuffle(own)
        frame = chance.choice(frames[half(site)])
        titles = [story.lines[0].text for story in own]
        for number, story in enumerate(own[:most]):
            joined = spliced[source][number] if spliced[source][number:] and chance.random() < SPLICED else story
            yield _record(site, number, list(_framed(joined, frame, titles, chance)))
        for number, story in enumerate(own[: 2 * most]):
            yield _record(site, number, list(_article(story)), "bare")


def _record(site: str, number: int, lines: Sequence[tuple[str, Label]], maker: str = "made") -> Record:
    texts = [(part, label) for text, label in lines for part in text.split("\n")]
    return Record("\n".join(text for text, _ in texts), [label for _, label in texts], site, id=number, maker=maker)


def _junk(record: Record) -> bool:
    return record.labels.count("junk") >= 5 and record.labels.count("keep") >= 3


def _article(story: Story) -> Iterator[tuple[str, Label]]:
    for line in story.lines:
        yield line.text, "junk" if line.junk else "keep"


def _framed(story: Story, frame: Record, titles: Sequence[str], chance: Random) -> Iterator[tuple[str, Label]]:
    raw = list(zip(frame.raw.split("\n"), frame.labels, strict=True))
    first, last = (end(n for n, (_, label) in enumerate(raw) if label == "keep") for end in (min, max))
    yield from _furniture(raw[:first], titles, chance)
    title, *body = _article(story)
    yield title
    if chance.random() < 0.5:
        yield BYLINE, "keep"
    if chance.random() < 0.4:
        yield INTRO, "keep"
    if chance.random() < 0.1:
        yield from ((line, "keep") for line in RECIPE)
    crosshead, box = (at if chance.random() < 0.7 else -1 for at in (len(body) // 3, len(body) // 2))
    for number, line in enumerate(body):
        if number == crosshead:
            yield chance.choice(CROSSHEADS), "keep"
        if number == box:
            yield from ((text, "junk") for text in BOX)
        yield line
    yield from ((text, "junk") for text in TAIL)
    yield from _furniture(raw[last + 1 :], titles, chance)


def _furniture(
    lines: Sequence[tuple[str, Label]], titles: Sequence[str], chance: Random
) -> Iterator[tuple[str, Label]]:
    for number, (text, label) in enumerate(lines):
        if label == "junk":
            headline = len(text) >= 25 and text.count(" ") >= 4 and text[-1].isalnum()
            fixed = titles[number % len(titles)]
            yield (chance.choice(titles) if chance.random() < CHANGES else fixed) if headline else text, "junk"


def _lines(path: Path) -> Iterator[bytes]:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
        yield from stream


if __name__ == "__main__":
    main()
