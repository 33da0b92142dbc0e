"""Samples of a rule: drawn, shown, and what they prove so far."""

from typing import TYPE_CHECKING

from cleaner.errors import InputError
from cleaner.review import sampling
from cleaner.review.precision import of_item, precisions
from cleaner.review.queries.rows import Answer, removal_rows
from cleaner.review.verdicts import By, Sample, Verdicts, settled

if TYPE_CHECKING:
    from cleaner.review.index import Index


def start_sample(
    index: "Index", verdicts: Verdicts, *, rule: str, by: By = "removals", size: int = 100, seed: int = 0
) -> Answer:
    """Draws a random sample of a rule's removals and keeps it; the same question gives the same sample.

    Answers as :func:`sample`.
    """
    name = sampling.name_of(rule, by, size, seed, sampling.log_digest(index))
    if name not in verdicts.samples():
        drawn, ids = sampling.draw(index, rule, by, size, seed)
        verdicts.add_sample(drawn)
        if verdicts.samples()[name].items == drawn.items:
            index.known(("items", name), lambda: ids)
    return sample(index, verdicts, name=name)


def sample(index: "Index", verdicts: Verdicts, *, name: str) -> Answer:
    """A sample and how it stands: all that :func:`sample_standing` tells, and ``items[]``: ``id`` (``None`` if this log
    does not hold it any more), ``judged`` and ``removal`` (as above, without context); they come as often as they were
    drawn.
    """
    standing, drawn = sample_standing(index, verdicts, name=name), verdicts.samples()[name]
    ids = index.known(("items", name), lambda: _ids_of(index, drawn))
    found = {row["id"]: row for row in removal_rows(index, verdicts, {one for one in ids if one is not None})}
    return {
        **standing,
        "items": [
            {"id": one, "judged": settled(of_item(verdicts, drawn, place)), "removal": found.get(one)}
            for place, one in enumerate(ids)
        ],
    }


def sample_standing(index: "Index", verdicts: Verdicts, *, name: str) -> Answer:
    """How a sample stands: ``name rule by size seed action population``, ``here`` (was it drawn from this log?),
    ``stated`` (how it was drawn, in a sentence), ``right wrong skip left``, ``low high lower needed_95 needed_99 whole
    exact`` as of a rule.
    """
    drawn = verdicts.samples().get(name)
    if drawn is None:
        raise InputError(f"there is no sample {name!r}; start it first")
    stands = precisions(index, verdicts).sample(drawn)
    return {
        **{part: getattr(drawn, part) for part in ("rule", "by", "size", "seed", "action", "population")},
        "name": drawn.measure,
        "stated": sampling.stated(drawn) + ("" if stands["here"] else "; of another run"),
        **stands,
    }


def _ids_of(index: "Index", drawn: Sample) -> list[int | None]:
    """Where this log holds what was drawn, perhaps out of another run over the same documents."""
    import pyarrow as pa

    columns = {name: [getattr(item, name) for item in drawn.items] for name in ("doc", "source", "fingerprint")}
    places = {name: [getattr(item, name) for item in drawn.items] for name in ("row", "start", "end")}
    table = pa.table(
        {
            "place": pa.array(range(len(drawn.items)), pa.int64()),
            **{name: pa.array(values, pa.string()) for name, values in columns.items()},
            **{name: pa.array(values, pa.int64()) for name, values in places.items()},
        }
    )
    rows = index.ask(
        "SELECT i.place AS place, min(r.id) AS id FROM items i "
        'JOIN documents d ON d.doc = i.doc AND d.source = i.source AND d."row" IS NOT DISTINCT FROM i."row" '
        'JOIN removals r ON r.document = d.number AND r."start" = i."start" AND r."end" = i."end" '
        "AND r.fingerprint = i.fingerprint WHERE r.rule = ? GROUP BY i.place",
        drawn.rule,
        items=table,
    )
    found = {row["place"]: row["id"] for row in rows}
    return [found.get(place) for place in range(len(drawn.items))]
