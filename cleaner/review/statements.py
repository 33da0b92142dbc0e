"""What reviewers say: verdicts, what takes them back, and the samples that they were asked about.

A verdict is kept by rule and fingerprint, and with them by site or by document where it is meant so narrowly.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, get_args
from uuid import uuid4

import msgspec
import regex

from cleaner.errors import InputError

SCHEMA = 1
Answer = Literal["right", "wrong", "skip"]
Scope = Literal["text", "site", "group"]
By = Literal["removals", "characters", "sites", "groups"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)
#: The narrowest first: where one reviewer said several things of a removal, the narrowest holds.
SCOPES: tuple[Scope, ...] = get_args(Scope)
#: The rule of verdicts on lines that were kept (``queries.misses``): ``wrong`` says that junk was left.
KEPT = "kept-line"
#: How much of a text is kept with a verdict, and how long names and notes may be.
TEXT, LONGEST = 200, 2000
_SURROGATE = regex.compile("[\ud800-\udfff]")


class Key(NamedTuple):
    """What a verdict is on. Parts that are wider than its scope are empty."""

    scope: Scope
    rule: str
    fingerprint: str
    site: str = ""
    doc: str = ""
    source: str = ""
    row: int | None = None
    start: int = 0
    end: int = 0


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """A line of ``verdicts.jsonl``: what a reviewer says of a removal, or of all that are alike.

    ``scope`` is ``text`` (this removal of this document), ``site`` (this rule and fingerprint on this site) or
    ``group`` (this rule and fingerprint everywhere). ``sample`` names the sample that it was asked for.
    :meth:`Verdicts.add` fills in ``time``, and ``id`` where there is none.
    """

    reviewer: str
    verdict: Answer
    rule: str
    fingerprint: str
    scope: Scope
    site: str = ""
    doc: str = ""
    source: str = ""
    row: int | None = None
    start: int = 0
    end: int = 0
    category: str = ""
    text: str = ""
    sample: str = ""
    note: str = ""
    id: str = ""
    time: str = ""
    schema: int = SCHEMA

    @property
    def key(self) -> Key:
        return key_of(msgspec.structs.asdict(self), self.scope)


class Undone(msgspec.Struct, frozen=True, kw_only=True):
    """A line that takes back the verdict with the id ``undo``."""

    reviewer: str
    undo: str
    id: str
    time: str
    schema: int = SCHEMA


class Item(msgspec.Struct, frozen=True):
    """A removal in a sample, by what tells it apart in any run over the same documents."""

    doc: str
    source: str
    row: int | None
    start: int
    end: int
    fingerprint: str
    site: str = ""


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A line that says which removals of a rule were drawn, and how: see ``sampling``.

    ``population`` is how many there were to draw from: removals, characters, sites or groups, as ``by`` says. ``log``
    is the digest of the log of removals that it was drawn from: it measures no other.
    """

    measure: str  # its name
    rule: str
    by: By
    size: int
    seed: int
    action: str
    population: int
    items: list[Item]
    log: str = ""
    id: str = ""
    time: str = ""
    schema: int = SCHEMA


def key_of(removal: Mapping[str, Any], scope: Scope) -> Key:
    """The key of a verdict of this scope on a removal: ``rule fingerprint site doc source row start end``."""
    rule, fingerprint = removal["rule"], removal["fingerprint"]
    if scope == "group":
        return Key(scope, rule, fingerprint)
    if scope == "site":
        return Key(scope, rule, fingerprint, removal["site"])
    parts = (removal[name] for name in ("doc", "source", "row", "start", "end"))
    return Key(scope, rule, fingerprint, "", *parts)


def settled(verdicts: Iterable[Verdict]) -> str:
    """What verdicts say together: ``right wrong skip`` or ``""``. The majority decides, skips left out.

    Where as many say wrong as right it is wrong: losing an author's sentence is worse than leaving a line.
    """
    said = [verdict.verdict for verdict in verdicts]
    if (wrong := said.count("wrong")) | (right := said.count("right")):
        return "wrong" if wrong >= right else "right"
    return "skip" if said else ""


def checked(verdict: Verdict) -> Verdict:
    """The verdict as it is written. Raises ``InputError``."""
    if verdict.verdict not in ANSWERS or verdict.scope not in SCOPES:
        raise InputError(
            f"a verdict is one of {', '.join(ANSWERS)} and its scope one of {', '.join(SCOPES)}; "
            f"this is {verdict.verdict!r} with scope {verdict.scope!r}"
        )
    for name in ("reviewer", "rule", "fingerprint"):
        if not getattr(verdict, name).strip():
            raise InputError(f"a verdict needs a {name}; this one has none")
    made = msgspec.structs.replace(
        verdict,
        text=shown(verdict.text[:TEXT]),
        note=shown(verdict.note[:LONGEST]),
        reviewer=verdict.reviewer.strip(),
        id=verdict.id or uuid4().hex,
        time=now(),
        schema=SCHEMA,
    )
    if not made.reviewer.isprintable() or len(made.reviewer) > TEXT:
        raise InputError(f"a reviewer's name is at most {TEXT} printable characters")
    return made


def shown(text: str) -> str:
    """The text with U+FFFD for halves of characters, which no JSON can hold.

    >>> shown("a\\ud800b")
    'a�b'
    """
    return text if text.isascii() else _SURROGATE.sub("�", text)


def now() -> str:
    """The time of a line, in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
