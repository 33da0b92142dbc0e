"""What went, at a glance, and how far reviewers are."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cleaner.review.precision import Precisions, precisions
from cleaner.review.queries.rows import Answer, only, removal_rows, wide, with_standing
from cleaner.review.standing import DONE, SKIPPED, standings
from cleaner.review.verdicts import Sample, Verdicts

if TYPE_CHECKING:
    from cleaner.review.index import Index


def overview(index: "Index", verdicts: Verdicts, *, reviewer: str = "") -> Answer:
    """What went, at a glance.

    ``totals``: ``documents documents_cut removals cuts flags groups rules sites chars_in chars_out chars_cut``.
    ``categories[]``: ``category cuts chars flags flag_chars``; ``actions[]``: ``action count chars``.
    ``sites[]``: the 50 that lost most: ``site documents chars_in chars_cut cuts share``.
    ``shares``: documents by the share of their characters that went: ``bins`` (20 counts), ``untouched``.
    ``rules[]``, most characters first: ``rule category`` (with most characters) ``categories[]`` (in that order) ``cuts
    flags chars documents sites groups confidence middle`` (about the median length) ``positions`` (20 counts of the
    places of its removals) ``one_site site judged``.
    ``surprises``: ``longest`` and ``unsure`` (removals), ``flagged`` (groups), ``lost_share`` and ``lost_chars``
    (documents: ``id`` (of its first removal) ``doc source row url site chars_in chars_out chars_cut share``),
    ``one_site`` (rules: ``rule category site cuts chars documents``).
    ``verdicts``: ``right wrong skip conflicts`` (of removals; kept lines are not among them) ``reviewers`` (name -> how
    many hold, all of them), ``damaged`` (numbers of lines that could not be read). ``progress`` as in :func:`progress`.
    ``samples[]``: ``name rule by size seed drawn judged right wrong lower whole exact here``; ``here`` says whether it
    was drawn from this log.
    ``read_only``: why verdicts cannot be kept, or ``""``.
    """
    told, known = index.told("overview"), precisions(index, verdicts)
    judged = known.rules()
    rules = [{**rule, "judged": judged.get(rule["rule"]) or known.unjudged(rule["rule"])} for rule in told["rules"]]
    if verdicts.read_only:
        verdicts.try_out()  # somebody may have seen to it meanwhile
    return {
        **{name: told[name] for name in ("totals", "categories", "actions", "sites", "shares")},
        "rules": rules,
        "surprises": _surprises(index, verdicts, told["surprises"], rules),
        "verdicts": _said(verdicts, judged),
        "progress": progress(index, verdicts, reviewer=reviewer),
        "samples": [_sample(known, one) for one in verdicts.samples().values()],
        "read_only": verdicts.read_only,
    }


def progress(index: "Index", verdicts: Verdicts, *, reviewer: str = "") -> dict[str, int]:
    """How far reviewers are, or the one who is named: ``groups done skipped todo``, and ``removals done_removals`` of
    those groups.
    """
    totals = index.told("overview")["totals"]
    counted = standings(index, verdicts, reviewer).counted()
    (done, done_removals), (skipped, _) = counted[DONE], counted[SKIPPED]
    return {
        "groups": totals["groups"],
        "done": done,
        "skipped": skipped,
        "todo": totals["groups"] - done - skipped,
        "removals": totals["removals"],
        "done_removals": done_removals,
    }


def _surprises(index: "Index", verdicts: Verdicts, told: Mapping[str, Any], rules: list[Answer]) -> Answer:
    return {
        "longest": removal_rows(index, verdicts, told["longest"]),
        "unsure": removal_rows(index, verdicts, told["unsure"]),
        "flagged": _groups_of(index, verdicts, told["flagged"]),
        "lost_share": told["lost_share"],
        "lost_chars": told["lost_chars"],
        "one_site": [only(rule, "rule category site cuts chars documents") for rule in rules if rule["one_site"]],
    }


def _groups_of(index: "Index", verdicts: Verdicts, wanted: list[int]) -> list[Answer]:
    held = standings(index, verdicts)
    rows = index.known(("groups", *wanted), lambda: wide(index, [{"number": number} for number in wanted]))
    return [with_standing(row, held.of(row["number"])) for row in rows]


def _said(verdicts: Verdicts, judged: Mapping[str, Mapping[str, Any]]) -> Answer:
    sums = {name: sum(rule[name] for rule in judged.values()) for name in ("right", "wrong", "skip", "conflicts")}
    return {**sums, "reviewers": verdicts.reviewers(), "damaged": verdicts.damaged}


def _sample(known: Precisions, drawn: Sample) -> Answer:
    stands = known.sample(drawn)
    row = {"name": drawn.measure, "rule": drawn.rule, "by": drawn.by, "size": drawn.size, "seed": drawn.seed}
    counted = {"drawn": len(drawn.items), "judged": stands["right"] + stands["wrong"]}
    return {**row, **counted, **only(stands, "right wrong lower whole exact here")}
