"""Samples of a rule's removals, and what they prove: exact binomial bounds, and how many more verdicts are needed.

A sample is drawn in a stated way from a seed, and kept with the verdicts, so that it stays the same. What it measures
depends on how it is drawn:

- ``removals``: each removal has the same chance, none comes twice. Measures the share of removals that are right.
- ``characters``: each character that went has the same chance, and brings its removal; long ones may come more than
  once. Measures the share of characters that are.
- ``sites``: each site has the same chance, then each removal on it; they may come more than once. Measures the share
  on a site like any other, so that one large site does not decide.
- ``groups``: each group of like removals has the same chance, then one removal of it. Measures the share of texts.

A removal that was drawn more than once counts as often. Skips do not count. Where all there are were drawn, no chance
is left: once all are judged, what is right is known (of ``groups``: of texts, as far as like ones are judged alike). A
sample measures the log that it was drawn from, and copies of it; to another log, which changed rules may have made, it
says nothing.
"""

from collections.abc import Iterable
from functools import lru_cache
from math import exp, lgamma, log, log1p
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from cleaner.errors import InputError
from cleaner.restore import log_of
from cleaner.review.loading import digest_of
from cleaner.review.verdicts import By, Item, Sample

if TYPE_CHECKING:
    from cleaner.review.index import Index

CONFIDENCE = 0.95
#: What rules are measured against.
TARGETS = (0.95, 0.99)
#: A sample of more is not asked for by anybody who wants to see its end.
LARGEST = 10_000
STATED: dict[By, str] = {
    "removals": "{size} of {population} removals, each with the same chance, none twice",
    "characters": "the removals of {size} of {population} characters, each with the same chance; they may come twice",
    "sites": "{size} removals, each from one of {population} sites with the same chance; they may come twice",
    "groups": "one removal from each of {size} of {population} groups of like texts, each with the same chance",
}
#: The same where nothing is left that could be drawn.
ALL: dict[By, str] = {
    "removals": "all {population} removals that there are",
    "groups": "one removal from each of all {population} groups of like texts",
}
_COLUMNS = (
    "id, document, site, rule, category, action, confidence, reason, also, fingerprint, text, chars, "
    'start, "end", line, place, size'
)
_STEPS, _TINY = 200, 1e-300


def lower_bound(right: int, wrong: int, confidence: float = CONFIDENCE) -> float:
    """The exact one-sided bound (Clopper and Pearson): the share that is right is higher, with this confidence.

    >>> round(lower_bound(59, 0), 4), round(lower_bound(98, 2), 4)
    (0.9505, 0.9384)
    """
    if right == 0:
        return 0.0
    return _bound(right, wrong, confidence)


@lru_cache(4096)
def _bound(right: int, wrong: int, confidence: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        # The chance of so many right, or more, where each is right with this chance.
        low, high = (middle, high) if beta(middle, right, wrong + 1) < 1 - confidence else (low, middle)
    return low


def interval(right: int, wrong: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The exact two-sided interval; everything where nothing was judged.

    >>> [round(end, 4) for end in interval(8, 2)]
    [0.4439, 0.9748]
    """
    side = (1 + confidence) / 2
    return lower_bound(right, wrong, side), 1 - lower_bound(wrong, right, side)


def needed(right: int, wrong: int, target: float, confidence: float = CONFIDENCE) -> int:
    """How many more verdicts, all of them right, bring the lower bound to ``target``.

    >>> needed(0, 0, 0.95), needed(0, 0, 0.99), needed(58, 1, 0.95)
    (59, 299, 34)
    """

    def there(more: int) -> bool:
        # So many right would be too lucky if the share were no higher than the target.
        return right + more > 0 and beta(target, right + more, wrong + 1) <= 1 - confidence

    if there(0):
        return 0
    low, high = 0, 1
    while not there(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if there(middle) else (middle, high)
    return high


def beta(x: float, a: float, b: float) -> float:
    """The regularized incomplete beta function, by its continued fraction (Lentz's method).

    >>> round(beta(0.5, 2, 3), 6)
    0.6875
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    # The fraction converges quickly on this side of the mean only.
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    c, d = 1.0, 1 / _not_zero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _STEPS + int((a + b) ** 0.5)):
        for factor in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _not_zero(1 + factor * d)
            c = _not_zero(1 + factor / c)
            value *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return value


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def log_digest(index: "Index") -> str:
    """Tells the log of removals from others by its content."""

    def found() -> str:
        if index.ask("SELECT key FROM meta WHERE key = 'log'"):
            return index.told("log")
        return digest_of(log_of(index.run, "removals"))  # the index was made when none was kept

    return index.known("digest of the log", found)


def name_of(rule: str, by: By, size: int, seed: int, log: str) -> str:
    """The name of a sample says all that decides it."""
    return f"{rule}:{by}:{size}:{seed}:{log}"


def stated(sample: Sample) -> str:
    """How a sample was drawn, in a sentence."""
    what = "" if sample.action == "removed" else ", which were only flagged"
    size, population = f"{len(sample.items):,}", f"{sample.population:,}"
    whole = len(sample.items) == sample.population
    said = (ALL if whole and sample.by in ALL else STATED)[sample.by].format(size=size, population=population)
    return f"{said}; rule {sample.rule}{what}, seed {sample.seed}"


def draw(index: "Index", rule: str, by: By, size: int, seed: int) -> tuple[Sample, list[int]]:
    """A random sample of a rule's removals, or where it removed nothing of what it flagged; and their ids.

    Raises ``InputError`` where there is nothing to draw from.
    """
    if by not in STATED:
        raise InputError(f"a sample is drawn by one of {', '.join(STATED)}, not by {by!r}")
    if not 1 <= size <= LARGEST:
        raise InputError(f"a sample of {size} removals cannot be drawn; ask for 1 to {LARGEST:,}")
    log = log_digest(index)
    for action in ("removed", "flagged"):
        ids, population = _drawn(index, rule, action, by, size, Random(f"{seed} {rule} {by} {size}"))
        if ids:
            items = _items(index, ids)
            drawn = Sample(
                measure=name_of(rule, by, size, seed, log),
                rule=rule,
                by=by,
                size=size,
                seed=seed,
                action=action,
                population=population,
                items=items,
                log=log,
            )
            return drawn, ids
    raise InputError(f"the log holds no removals of a rule {rule!r}; the overview lists the rules that it knows")


def _drawn(index: "Index", rule: str, action: str, by: By, size: int, chance: Random) -> tuple[list[int], int]:
    """The ids that were drawn, and how many there were to draw from."""
    if by == "removals":
        ids = index.arrays("SELECT id FROM removals WHERE rule = ? AND action = ? ORDER BY id", rule, action)["id"]
        return ids[_without_return(len(ids), size, chance)].tolist(), len(ids)
    if by == "characters":
        found = index.arrays("SELECT id, chars FROM removals WHERE rule = ? AND action = ? ORDER BY id", rule, action)
        ends = np.cumsum(found["chars"].astype(np.int64))
        total = int(ends[-1]) if len(ends) else 0
        draws = [chance.randrange(total) for _ in range(size if total else 0)]
        return found["id"][np.searchsorted(ends, draws, side="right")].tolist() if draws else [], total
    column = "site" if by == "sites" else "fingerprint"
    found = index.arrays(
        f"SELECT id, dense_rank() OVER (ORDER BY {column}) AS part FROM removals WHERE rule = ? AND action = ? "
        "ORDER BY part, id",
        rule,
        action,
    )
    ids, starts = found["id"], np.flatnonzero(np.diff(found["part"], prepend=0))
    bounds = [*starts.tolist(), len(ids)]
    if by == "groups":
        parts = _without_return(len(starts), size, chance)
    else:
        parts = [chance.randrange(len(starts)) for _ in range(size if len(starts) else 0)]
    return [int(ids[chance.randrange(bounds[part], bounds[part + 1])]) for part in parts], len(starts)


def _without_return(population: int, size: int, chance: Random) -> list[int]:
    return chance.sample(range(population), min(size, population))


def _items(index: "Index", ids: list[int]) -> list[Item]:
    found = {row["id"]: row for row in rows_of(index, ids)}
    return [Item(**{name: found[one][name] for name in Item.__struct_fields__}) for one in ids]


def rows_of(index: "Index", ids: Iterable[int]) -> list[dict[str, Any]]:
    """Removals that the log holds, each with what names its document: ``doc source row url``."""
    wanted = tuple(sorted(set(ids)))

    def found() -> list[dict[str, Any]]:
        rows = index.ask(f"SELECT {_COLUMNS} FROM removals WHERE id IN ({numbers(wanted)})")
        asked = numbers({row["document"] for row in rows})
        named = index.ask(f'SELECT number, doc, source, "row", url FROM documents WHERE number IN ({asked})')
        names = {row.pop("number"): row for row in named}
        return [{**row, **names[row["document"]]} for row in rows]

    return index.known(("rows", wanted), found) if wanted else []


def numbers(values: Iterable[int]) -> str:
    """Whole numbers for ``IN (...)``. DuckDB looks for a table of them ten times as fast as for a list."""
    return f"SELECT unnest([{', '.join(str(int(value)) for value in values)}]::BIGINT[])"
