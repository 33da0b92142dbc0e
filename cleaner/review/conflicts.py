"""Where reviewers differ, through whatever scopes: one may judge a group, another a text of it.

A reviewer who says something else of a text than of its group makes an exception; that is no conflict.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from cleaner.review.verdicts import Key, Verdict

Held = Mapping[Key, Mapping[str, Verdict]]


class Conflict(NamedTuple):
    """Reviewers who differ on what a key names: what holds of each there, skips left out, the oldest first."""

    key: Key
    verdicts: list[Verdict]


def conflicts_in(held: Held) -> list[Conflict]:
    """The keys of ``held`` on which somebody says another thing than somebody else says of the same, or of it all."""
    found = []
    for key, own in held.items():
        verdicts = [verdict for verdict in {**_wider(held, key, own), **own}.values() if verdict.verdict != "skip"]
        if differ(verdicts) and any(verdict in verdicts for verdict in own.values()):
            found.append(Conflict(key, sorted(verdicts, key=lambda verdict: (verdict.time, verdict.reviewer))))
    return found


def differ(verdicts: Iterable[Verdict]) -> bool:
    """Do some say right and some wrong?"""
    return {"right", "wrong"} <= {verdict.verdict for verdict in verdicts}


def _wider(held: Held, key: Key, own: Mapping[str, Verdict]) -> dict[str, Verdict]:
    """What was said more widely of what a key names, of each reviewer the narrowest."""
    if key.scope == "group":
        return {}
    group = held.get(Key("group", key.rule, key.fingerprint), {})
    if key.scope == "site":
        return dict(group)
    site = next((verdict.site for verdict in own.values()), "")
    return {**group, **held.get(Key("site", key.rule, key.fingerprint, site), {})}
