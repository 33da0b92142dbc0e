"""How quickly a large log is reviewed: ``python -m benchmarks.review [--removals N] [--documents N]``.

A fictional run is written to a temporary folder (the same for the same seed) and taken away again. Measured are the
making of the index, and then, each time as a reviewer would: the first screen, the next group, one removal, a document,
a verdict. Times are medians; memory is what this process held at its peak, the making of the run left out.
"""

import argparse
import json
import resource
import subprocess
import sys
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

SEED = 11
RULES = {
    "ad-label": ("ad", 0.98, ["Advertisement", "Story continues below", "Sponsored by {name}"]),
    "share-bar": ("share", 0.97, ["Share this on the {name}", "Follow us, {number} already do", "Print Save Send"]),
    "newsletter-box": ("newsletter", 0.93, ["Sign up for the {name} letter, every {day} at {number}"]),
    "related-list": (
        "related",
        0.88,
        ["Read more: {name} opens its {number}th {thing}", "See also the {thing} of {name}"],
    ),
    "cookie-notice": ("consent", 0.99, ["We and our {number} partners at {name} store cookies on your {thing}"]),
    "author-bio": ("author-bio", 0.8, ["{name} writes of {thing}s and lives near {name}"]),
    "clock": ("timestamp", 0.7, ["Updated {number} minutes ago", "{day}, {number}:{number}"]),
    "splice": ("spliced-story", 0.85, ["In {name} the {thing} had waited {number} years for its {thing}. " * 8]),
}
FIRST = [
    "Bram",
    "Cell",
    "Dor",
    "Esk",
    "Farn",
    "Gil",
    "Holt",
    "Isk",
    "Jorn",
    "Kell",
    "Lund",
    "Marn",
    "Nev",
    "Orr",
    "Pell",
    "Quin",
    "Rusk",
    "Sorn",
    "Tarn",
    "Ulf",
]
LAST = [
    "bridge",
    "dale",
    "fell",
    "ford",
    "gate",
    "ham",
    "holm",
    "mere",
    "moor",
    "ness",
    "port",
    "stead",
    "thorpe",
    "wick",
    "worth",
]
THINGS = [
    "lantern",
    "ferry",
    "orchard",
    "kiln",
    "weather-vane",
    "meadow",
    "harbour",
    "loom",
    "quarry",
    "almanac",
    "bell",
    "cistern",
]
DAYS = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
]
SENTENCES = [
    "The harbour of {name} was quiet that {day}, and nobody spoke of the {thing}.",
    "It took {number} people to carry the {thing} up from {name}, and one more to say it was the wrong one.",
    "What the council of {name} had asked for was a {thing}; what it was given was a report.",
]
PER_FILE = 20_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.review", description=__doc__.split("\n")[0])
    parser.add_argument("--removals", type=int, default=1_000_000)
    parser.add_argument("--documents", type=int, default=200_000)
    parser.add_argument("--sites", type=int, default=2_000)
    parser.add_argument("--keep", type=Path, metavar="DIR", help="make the run here, and leave it")
    parser.add_argument("--only-make", action="store_true", help="make the run of --keep, and measure nothing")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        measure(given.measure)
        return
    with TemporaryDirectory() as folder:
        run = given.keep or Path(folder, "run")
        if not (run / "summary.json").exists():
            started = perf_counter()
            make(run, given.documents, given.removals, given.sites)
            print(f"run of {given.removals:,} removals made in {perf_counter() - started:.0f} s")
        if not given.only_make:
            # Another process, so that its memory is that of reviewing alone.
            subprocess.run([sys.executable, "-m", "benchmarks.review", "--measure", str(run)], check=True)


def make(run: Path, documents: int, removals: int, sites: int) -> None:
    """Writes a run with fictional articles: as ``cleaner clean`` would have, had it met such texts."""
    from cleaner.fingerprint import fingerprint

    chance = Random(SEED)
    (run / "articles").mkdir(parents=True)
    names = [f"{chance.choice(FIRST)}{chance.choice(LAST)}-{place}.example".lower() for place in range(sites)]
    rules = list(RULES)
    made = 0
    with (run / "removals.jsonl").open("w") as log, (run / "documents.jsonl").open("w") as entries:
        for number in range(documents):
            source, row = f"part-{number // PER_FILE:03}.jsonl", number % PER_FILE + 1
            # A few sites have most of the pages.
            site = names[int(sites * chance.random() ** 3)]
            wanted = (removals * (number + 1)) // documents - made
            made += wanted
            parts, cuts, length = [], [], 0
            for place in range(wanted + 1):
                sentence = _filled(chance.choice(SENTENCES), chance) + "\n"
                parts.append(sentence)
                length += len(sentence)
                if place < wanted:
                    rule = rules[int(len(rules) * chance.random() ** 2)]
                    text = _filled(chance.choice(RULES[rule][2]), chance) + "\n"
                    flagged = chance.random() < 0.08
                    cuts.append((length, text, rule, flagged))
                    parts.append(text)
                    length += len(text)
            raw = "".join(parts)
            gone = {start for start, _, _, flagged in cuts if not flagged}
            article, position = [], 0
            for part in parts:
                article += [] if position in gone else [part]
                position += len(part)
            name = f"{site}-{number}"
            for start, text, rule, flagged in cuts:
                category, confidence, _ = RULES[rule]
                entry = {
                    "doc": name,
                    "start": start,
                    "end": start + len(text),
                    "line": raw.count("\n", 0, start) + 1,
                    "category": category,
                    "rule": rule,
                    "action": "flagged" if flagged else "removed",
                    "confidence": round(confidence - (0.3 if flagged else 0), 4),
                    "text": text,
                    "also": [],
                    "reason": f"a made-up line of {rule}",
                    "fingerprint": fingerprint(text),
                    "source": source,
                    "row": row,
                    "schema": 1,
                }
                log.write(json.dumps(entry) + "\n")
            with_flags = len(cuts) - len(gone)
            entry = {
                "doc": name,
                "source": source,
                "digest": blake2b(raw.encode(), digest_size=16).hexdigest(),
                "chars_in": len(raw),
                "chars_out": sum(map(len, article)),
                "row": row,
                "url": f"https://www.{site}/{number}",
                "removed": len(gone),
                "flagged": with_flags,
            }
            entries.write(json.dumps(entry) + "\n")
            if row == 1:
                out = (run / "articles" / source).open("w")
            out.write(json.dumps({"id": name, "url": entry["url"], "text": "".join(article)}) + "\n")
            if row == PER_FILE or number == documents - 1:
                out.close()
    (run / "errors.jsonl").touch()
    (run / "summary.json").write_text("{}\n")


def _filled(text: str, chance: Random) -> str:
    while "{" in text:
        text = text.replace("{name}", chance.choice(FIRST) + chance.choice(LAST), 1)
        text = text.replace("{thing}", chance.choice(THINGS), 1).replace("{day}", chance.choice(DAYS), 1)
        text = text.replace("{number}", str(chance.randrange(2, 60)), 1)
    return text


def measure(run: Path) -> None:
    from cleaner.review import queries
    from cleaner.review.index import Index
    from cleaner.review.verdicts import Verdict, Verdicts

    started = perf_counter()
    Index.open(run).close()
    print(f"index made or found     {perf_counter() - started:8.2f} s   (peak {_peak():.0f} MB)")
    size = (run / ".review" / "index.duckdb").stat().st_size
    print(f"index                   {size / 2**20:8.0f} MB")
    with TemporaryDirectory() as folder:
        verdicts = Verdicts.open(Path(folder, "verdicts.jsonl"))
        started = perf_counter()
        index = Index.open(run)
        queries.overview(index, verdicts)
        found = queries.groups(index, verdicts)
        print(f"first screen            {perf_counter() - started:8.3f} s")
        groups = found["groups"]

        def judge(group: dict[str, object]) -> None:
            verdict = Verdict(
                reviewer="ann",
                verdict="right",
                rule=str(group["rule"]),
                fingerprint=str(group["fingerprint"]),
                scope="group",
            )
            verdicts.add(verdict)

        name = {"rule": groups[0]["rule"]}
        _timed("a verdict", judge, groups)
        _timed("groups after a verdict", lambda group: (judge(group), queries.groups(index, verdicts)), groups[:20])
        _timed("overview after a verdict", lambda group: (judge(group), queries.overview(index, verdicts)), groups[:10])
        large = queries.groups(index, verdicts, order="count")["groups"]
        for said, some in (("one group", groups[:30]), ("one group, the largest", large[:10])):
            _timed(
                said,
                lambda group: queries.group(index, verdicts, rule=group["rule"], fingerprint=group["fingerprint"]),
                some,
            )
        _timed(
            "removals of the largest",
            lambda group: queries.removals(index, verdicts, rule=group["rule"], fingerprint=group["fingerprint"]),
            large[:10],
        )
        _timed(
            "next page of groups",
            lambda order: _second(index, verdicts, order=order),
            ["chars", "count", "surprise"] * 3,
        )
        _timed(
            "groups of a rule",
            lambda order: queries.groups(index, verdicts, order=order, **name),
            ["chars", "count"] * 4,
        )
        site = queries.overview(index, verdicts)["sites"][0]["site"]
        _timed(
            "groups of a site",
            lambda order: queries.groups(index, verdicts, order=order, site=site),
            ["chars", "count"] * 4,
        )
        _timed(
            "groups that hold",
            lambda q: queries.groups(index, verdicts, q=q),
            ["orchard", "esk", "Dorfell", "kiln"] * 2,
        )
        ids = [Random(SEED + place).randrange(1000) * 997 % 1000 * 1000 for place in range(30)]
        total = queries.overview(index, verdicts)["totals"]["removals"]
        ids = [one % total for one in ids]
        _timed("one removal", lambda one: queries.removal(index, verdicts, id=one), ids)
        _timed(
            "one document", lambda one: queries.document(index, verdicts, id=one), [(one + 7) % total for one in ids]
        )
        for by in ("removals", "characters", "sites", "groups"):
            _timed(
                f"a sample by {by}",
                lambda seed, by=by: queries.start_sample(index, verdicts, **name, by=by, seed=seed),
                [1, 2, 3],
            )
        _timed("misses", lambda seed: queries.misses(index, verdicts, seed=seed), [1, 2, 3])
        print(f"peak of memory          {_peak():8.0f} MB")


def _second(index: object, verdicts: object, order: str) -> object:
    from cleaner.review import queries

    first = queries.groups(index, verdicts, order=order)  # type: ignore[arg-type]
    return queries.groups(index, verdicts, order=order, after=first["next"])  # type: ignore[arg-type]


def _timed(name: str, act: Callable, over: list) -> None:
    times = []
    for one in over:
        started = perf_counter()
        act(one)
        times.append(perf_counter() - started)
    print(f"{name:24}{median(times) * 1000:8.1f} ms   (most {max(times) * 1000:.1f})")


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
