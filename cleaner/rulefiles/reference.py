"""A reference text, and how often rules have to look at its lines in vain."""

from collections import Counter
from collections.abc import Sequence

from cleaner.matcher import matcher_for
from cleaner.rulefiles.load import shipped
from cleaner.rules.compiled import CompiledRule
from cleaner.view import View


def reference_texts() -> list[str]:
    """Articles without junk, of many kinds: inside the installed package, or among a checkout's fixtures."""
    folder = shipped("_reference", "fixtures/untouched")
    return [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.*"))]


def candidates_per_megabyte(rules: Sequence[CompiledRule], texts: Sequence[str]) -> dict[str, float]:
    """For each rule the lines of the reference text in which the scan does not rule it out, per million bytes.

    A line counts if the rule would have to look at it: of the right width, whatever else is asked of it.
    """
    matcher = matcher_for(rules)
    counts: Counter[str] = Counter()
    for text in texts:
        view = View(text)
        counts.update(candidate.rule.id for candidate in matcher.possible(view))
    size = sum(len(text.encode()) for text in texts)
    return {rule.id: counts[rule.id] * 1e6 / max(1, size) for rule in rules}
