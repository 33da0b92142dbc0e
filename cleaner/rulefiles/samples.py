"""Runs a rule's samples: what must go goes, what must stay stays."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cleaner.detectors.rules import RulesDetector
from cleaner.document import Document
from cleaner.matcher import PlainMatcher
from cleaner.rules.compiled import CompiledRule
from cleaner.span import Span, merge, subtract
from cleaner.view import View

OPEN, CLOSE = "⟦", "⟧"


class Outcome(NamedTuple):
    """One sample of one rule and whether it behaves; ``problem`` is empty if it does."""

    rule: str
    file: str
    kind: str
    sample: str
    problem: str


def run_samples(rules: Sequence[CompiledRule], all_rules: Sequence[CompiledRule] = ()) -> Iterator[Outcome]:
    """Tries every sample of ``rules``. A rule that leans on others runs among ``all_rules``, any other alone."""
    together = RulesDetector(PlainMatcher(all_rules or rules))
    for rule in rules:
        detector = together if rule.leans else RulesDetector(PlainMatcher([rule]))
        samples, protects = rule.spec.samples, rule.spec.action == "keep"
        for kind, texts in (("remove", samples.remove), ("keep", samples.keep), ("miss", samples.miss)):
            for text in texts:
                problem = _problem(rule, detector, text, acts=(kind == "keep") == protects)
                if kind == "miss":
                    problem = "" if problem else "is found now: move it to the other samples"
                yield Outcome(rule.id, rule.file, kind, text, problem)


def _problem(rule: CompiledRule, detector: RulesDetector, sample: str, *, acts: bool) -> str:
    text, marked = unmarked(sample)
    expected = marked or ([Span(0, len(text))] if acts else [])
    sites = rule.spec.when.sites
    document = Document(text, url=f"https://{sites[0]}/" if sites else None)
    found = merge(proposal.span for proposal in detector(View(text, document)) if proposal.rule == rule.id)
    missed = _visible(text, (part for span in expected for part in subtract(span, found)))
    taken = _visible(text, (part for span in found for part in subtract(span, expected)))
    return "; ".join([f"leaves {part!r}" for part in missed] + [f"takes {part!r}" for part in taken])


def _visible(text: str, spans: Iterator[Span]) -> list[str]:
    parts = (text[span.start : span.end].strip() for span in spans)
    return [part for part in parts if part]


def unmarked(sample: str) -> tuple[str, list[Span]]:
    """The text of a sample without its marks, and the spans between them.

    >>> unmarked("Stay. ⟦Go.⟧")
    ('Stay. Go.', [Span(start=6, end=9)])
    """
    text, spans = "", []
    for place, part in enumerate(sample.strip("\n").replace(CLOSE, OPEN).split(OPEN)):
        if place % 2:
            spans.append(Span(len(text), len(text) + len(part)))
        text += part
    return text, spans
