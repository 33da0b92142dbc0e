"""Where a rule may act: the conditions of ``when``, checked for the line at which its anchor stands.

All but ``near`` depend on the view alone; ``near`` also on what surer rules found.
"""

from collections.abc import Callable, Iterator, Sequence

from msgspec import UNSET

from cleaner.rules.patterns import Pattern, Patterns
from cleaner.rules.shapes import fits
from cleaner.rules.spec import When
from cleaner.view import View

Condition = Callable[[View, int], bool]

HEAD_SHARE, HEAD_LINES = 0.03, 5
TAIL_SHARE = 0.85


def before_body(view: View, number: int) -> bool:
    return not view.prose or number < view.prose[0]


def after_body(view: View, number: int) -> bool:
    return not view.prose or number > view.prose[-1]


def in_head(view: View, number: int) -> bool:
    """In the first 3 % of the text, its first five filled lines, or before any prose."""
    return (
        view.starts[number] < HEAD_SHARE * len(view.text)
        or number <= view.filled[:HEAD_LINES][-1]
        or before_body(view, number)
    )


def in_tail(view: View, number: int) -> bool:
    """In the last 15 % of the text, or after all prose."""
    return view.starts[number] >= TAIL_SHARE * len(view.text) or after_body(view, number)


_WHERE: dict[str, Condition] = {
    "head": in_head,
    "tail": in_tail,
    "edges": lambda view, number: in_head(view, number) or in_tail(view, number),
    "before-body": before_body,
    "after-body": after_body,
}


def conditions(when: When, keywords: Pattern | None) -> tuple[Condition, ...]:
    """The checks that ``when`` asks for and that cost less than a pattern, besides the width of the line."""
    checks: list[Condition] = []
    if keywords:
        checks.append(lambda view, number: fits(keywords, view, number, anywhere=True))
    if when.page != "any":
        checks.append(lambda view, number: view.page == when.page)
    if when.sites or when.not_sites:
        checks.append(_site(when))
    if when.max_words is not UNSET:
        checks.append(_words(when.max_words))
    if when.prose is not UNSET:
        checks.append(lambda view, number: view.is_prose(number) == when.prose)
    if when.where != "anywhere":
        checks.append(_WHERE[when.where])
    if when.between is not UNSET:
        checks.append(_between(*when.between))
    return tuple(checks)


def surroundings(when: When, patterns: Patterns) -> tuple[Condition, ...]:
    """The checks that cost more: neighbouring lines, the language."""
    checks: list[Condition] = []
    if when.previous:
        checks.append(_neighbour(View.before, when.previous, patterns))
    if when.next:
        checks.append(_neighbour(View.after, when.next, patterns))
    if when.not_previous:
        checks.append(_no(_neighbour(View.before, when.not_previous, patterns)))
    if when.not_next:
        checks.append(_no(_neighbour(View.after, when.not_next, patterns)))
    if when.languages:
        checks.append(lambda view, number: view.language in when.languages)
    return tuple(checks)


def _no(check: Condition) -> Condition:
    return lambda view, number: not check(view, number)


def _words(most: int) -> Condition:
    return lambda view, number: len(view.lines[number].split()) <= most


def _site(when: When) -> Condition:
    def check(view: View, number: int) -> bool:
        site = view.document.site
        return (not when.sites or _belongs(site, when.sites)) and not _belongs(site, when.not_sites)

    return check


def _belongs(site: str, sites: Sequence[str]) -> bool:
    return any(site == known or site.endswith("." + known) for known in sites)


def _between(low: float, high: float) -> Condition:
    return lambda view, number: low * len(view.text) <= view.starts[number] <= high * len(view.text)


def _neighbour(step: Callable[[View, int], Iterator[int]], given: list[str], patterns: Patterns) -> Condition:
    pattern = patterns.any(given)

    def check(view: View, number: int) -> bool:
        neighbour = next(step(view, number), None)
        return neighbour is not None and fits(pattern, view, neighbour)

    return check
