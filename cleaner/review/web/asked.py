"""What the page may ask for: questions with their parameters, and orders with their bodies. All else is refused."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

import msgspec

from cleaner.review.verdicts import Answer, By, Scope

Reader = Callable[[str], Any]

#: Characters of a parameter, answers on one page, and how far seeds go.
_LONGEST, _PAGE, _SEEDS = 500, 200, 2**31 - 1


class Refused(Exception):
    """A request that makes no sense: the status, and what to tell the page."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def _text(given: str) -> str:
    if len(given) > _LONGEST:
        raise Refused(400, f"at most {_LONGEST} characters")
    return given


def _whole(least: int, most: int) -> Reader:
    def read(given: str) -> int:
        if not (given.isascii() and given.isdigit() and len(given) <= 18 and least <= int(given) <= most):
            raise Refused(400, f"a whole number from {least} to {most}")
        return int(given)

    return read


def _one_of(*words: str) -> Reader:
    def read(given: str) -> str:
        if given not in words:
            raise Refused(400, f"one of {', '.join(words)}")
        return given

    return read


_PLACE, _LIMIT, _SEED = _whole(0, 10**15), _whole(1, _PAGE), _whole(0, _SEEDS)
_MINE = _one_of("0", "1")
_GROUP: dict[str, Reader] = {"rule": _text, "fingerprint": _text, "site": _text}

#: The questions by name, which are functions of ``cleaner.review.queries``, with what reads each of their parameters.
#: ``mine`` asks how groups stand with the reviewer of this desk, whatever others said.
QUESTIONS: dict[str, dict[str, Reader]] = {
    "overview": {},
    "groups": {
        **dict.fromkeys(("rule", "category", "site", "action", "q", "after"), _text),
        "order": _one_of("chars", "count", "confidence", "surprise"),
        "state": _one_of("todo", "done", "skipped", "all"),
        "mine": _MINE,
        "limit": _LIMIT,
    },
    "group": {**_GROUP, "mine": _MINE},
    "removals": {**_GROUP, "after": _text, "limit": _LIMIT},
    "removal": {"id": _PLACE},
    "document": {"id": _PLACE, "around": _PLACE},
    "sample": {"name": _text},
    "misses": {"seed": _SEED, "size": _LIMIT},
}
#: What a question cannot do without.
_NEEDED = {"group": ("rule", "fingerprint"), "removals": ("rule", "fingerprint"), "sample": ("name",)}


def parameters(name: str, given: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of a question as its function takes them. Raises :class:`Refused`."""
    takes = QUESTIONS[name]
    read: dict[str, Any] = {}
    for key in _NEEDED.get(name, ()):
        if key not in given:
            raise Refused(400, f"{name} needs {key}")
    for key, value in given.items():
        if key not in takes:
            raise Refused(400, f"{name} takes {', '.join(takes) or 'nothing'}")
        try:
            read[key] = takes[key](value)
        except Refused as refused:
            raise Refused(400, f"{key}: {refused}") from None
    return read


class Judge(msgspec.Struct, forbid_unknown_fields=True):
    """An order to keep a verdict on the removal ``id`` or, if ``scope`` is wider, on all that are like it.

    Instead of a removal it may name a kept line by its ``place`` in what ``misses`` answers for ``seed`` and ``size``.
    ``key`` becomes the id of the verdict: an order that is sent again with the same key is kept once.
    """

    verdict: Answer
    scope: Scope = "text"
    id: int | None = None
    seed: int = 0
    size: int = 50
    place: int | None = None
    sample: str = ""
    note: str = ""
    key: Annotated[str, msgspec.Meta(pattern=r"\A([0-9a-f]{32})?\Z")] = ""


class Undo(msgspec.Struct, forbid_unknown_fields=True):
    """An order to take back the verdict with the id ``of``, or else the last: then sent twice it takes back two."""

    of: str = ""


class Draw(msgspec.Struct, forbid_unknown_fields=True):
    """An order to draw a sample of a rule's removals."""

    rule: str
    by: By = "removals"
    size: int = 100
    seed: int = 0


#: The orders by name, and the parts of their bodies that are bounded.
ORDERS: dict[str, type[msgspec.Struct]] = {"verdict": Judge, "undo": Undo, "sample": Draw}
_BOUNDS: dict[str, tuple[int, int]] = {
    "id": (0, 10**15),
    "seed": (0, _SEEDS),
    "size": (1, 10_000),
    "place": (0, 10_000),
}


def read_body(name: str, body: bytes) -> msgspec.Struct:
    """The order in a body. Raises :class:`Refused`."""
    try:
        order = msgspec.json.decode(body, type=ORDERS[name])
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Refused(400, f"not what {name} takes: {error}") from None
    for field, value in msgspec.structs.asdict(order).items():
        least, most = _BOUNDS.get(field, (0, 0))
        if isinstance(value, int) and not least <= value <= most:
            raise Refused(400, f"{field}: a whole number from {least} to {most}")
        if isinstance(value, str) and len(value) > _LONGEST:
            raise Refused(400, f"{field}: at most {_LONGEST} characters")
    return order
