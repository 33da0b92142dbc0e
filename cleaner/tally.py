"""Counts of a run: what came in, what went, by category and rule, and what failed."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from cleaner.categories import CATEGORIES
from cleaner.pipeline import Cleaned


@dataclass
class Tally:
    """Sums over documents; tallies add up in any grouping to the same numbers."""

    documents: int = 0
    failed: int = 0
    emptied: int = 0
    chars_in: int = 0
    chars_out: int = 0
    cuts: Counter[tuple[str, str]] = field(default_factory=Counter)
    chars_cut: Counter[tuple[str, str]] = field(default_factory=Counter)
    flags: Counter[tuple[str, str]] = field(default_factory=Counter)
    encodings: Counter[str] = field(default_factory=Counter)
    extractors: Counter[str] = field(default_factory=Counter)
    timeouts: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)

    def count(self, cleaned: Cleaned, encoding: str = "", extractor: str = "") -> None:
        self.documents += 1
        self.chars_in += len(cleaned.document.raw)
        self.chars_out += len(cleaned.text)
        self.emptied += bool(cleaned.document.raw.strip() and not cleaned.text)
        for removal in cleaned.removals:
            key = removal.category, removal.rule
            if removal.action == "flagged":
                self.flags[key] += 1
            else:
                self.cuts[key] += 1
                self.chars_cut[key] += len(removal.text)
        self.timeouts.update(cleaned.timed_out)
        if encoding:
            self.encodings[encoding] += 1
        if extractor:
            self.extractors[extractor] += 1

    def add(self, other: "Tally") -> None:
        for name, value in vars(other).items():
            if isinstance(value, Counter):
                getattr(self, name).update(value)
            else:
                setattr(self, name, getattr(self, name) + value)

    def as_record(self) -> dict[str, Any]:
        """Plain data from which :meth:`of_record` makes the same tally."""
        return {name: list(v.items()) if isinstance(v, Counter) else v for name, v in vars(self).items()}

    @classmethod
    def of_record(cls, record: dict[str, Any]) -> "Tally":
        tally = cls()
        for name, value in record.items():
            if isinstance(value, list):
                pairs = ((tuple(key) if isinstance(key, list) else key, count) for key, count in value)
                setattr(tally, name, Counter(dict(pairs)))
            else:
                setattr(tally, name, value)
        return tally

    def by_category(self) -> list[tuple[str, int, int]]:
        """Category, cuts and characters cut, in the order of the category table; only what occurs."""
        cuts, chars = _first(self.cuts), _first(self.chars_cut)
        return [(name, cuts[name], chars[name]) for name in CATEGORIES if cuts[name]]

    def as_dict(self) -> dict[str, Any]:
        rules = sorted({*self.cuts, *self.flags}, key=lambda key: (-self.chars_cut[key], key))
        return {
            "documents": self.documents,
            "failed": self.failed,
            "emptied": self.emptied,
            "chars_in": self.chars_in,
            "chars_out": self.chars_out,
            "removed": {name: {"cuts": cuts, "chars": chars} for name, cuts, chars in self.by_category()},
            "rules": [
                {
                    "rule": rule,
                    "category": category,
                    "cuts": self.cuts[category, rule],
                    "chars": self.chars_cut[category, rule],
                    "flags": self.flags[category, rule],
                }
                for category, rule in rules
            ],
            "encodings": dict(sorted(self.encodings.items())),
            "timeouts": dict(sorted(self.timeouts.items())),
            "extractors": dict(sorted(self.extractors.items())),
            "skipped_records": dict(sorted(self.skipped.items())),
        }


def _first(counts: Counter[tuple[str, str]]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for (first, _), count in counts.items():
        sums[first] += count
    return sums
