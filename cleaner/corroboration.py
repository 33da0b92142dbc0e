"""What the rest of a batch says of a run of paragraphs.

It stands on other pages; pages with the same story do without it; or pages on the same event know less of it than
of the rest. All need a :class:`~cleaner.survey.Survey` of the batch, and only support what the text itself makes
doubtful.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from cleaner.span import Span
from cleaner.stories.measures import Measured
from cleaner.stories.outline import Outline
from cleaner.survey import Survey

#: Shorter runs recur as background paragraphs and quotations, or come with an update.
LEAST_PARAGRAPHS, LEAST_CHARS = 3, 600
#: A page that holds one of the first paragraphs tells the same story, or is a copy.
FIRST = 3
#: A page with the same story holds such a share of what is left without a run.
WHOLE = 0.9
#: Two pages that share so many paragraphs are no witnesses of each other.
SHARED = 2
#: So many other pages on the event, that alike in their openings (cosine by idf), can vouch for it.
LEAST_PEERS, MOST_PEERS, ALIKE = 2, 8, 0.28


@dataclass(frozen=True)
class Repeat:
    """A run of paragraphs that stands on other pages. ``leads`` says that it opens one of them."""

    place: Span
    pages: int
    leads: bool


@dataclass(frozen=True)
class Absence:
    """A run of paragraphs that pages do without, though they hold the story around it."""

    place: Span
    pages: int


def repeats(text: Measured, own: Outline, pages: Mapping[int, np.ndarray]) -> list[Repeat]:
    """The runs of ``text`` found on those of ``pages`` that do not tell its story."""
    found: dict[Span, tuple[int, bool]] = {}
    for page in pages.values():
        there = np.isin(own.paragraphs, page)
        if there[:FIRST].any():
            continue
        for place in _long(text, there):
            count, leads = found.get(place, (0, False))
            opens = bool(np.isin(page[:FIRST], own.paragraphs[place.start : place.end]).any())
            found[place] = count + 1, leads or opens
    return [Repeat(place, *said) for place, said in sorted(found.items())]


def absences(text: Measured, own: Outline, pages: Mapping[int, np.ndarray]) -> list[Absence]:
    """The runs of ``text`` that are missing on those of ``pages`` that tell its story."""
    found: Counter[Span] = Counter()
    for page in pages.values():
        there = np.isin(own.paragraphs, page)
        if there[:FIRST].any():
            shared = there @ text.passages.chars
            found.update(place for place in _long(text, ~there) if place.start and shared >= WHOLE * _rest(text, place))
    return [Absence(*one) for one in sorted(found.items())]


def _long(text: Measured, flags: np.ndarray) -> Iterator[Span]:
    """The stretches of flagged paragraphs that are long enough to tell something."""
    for start, end in _stretches(flags):
        if end - start >= LEAST_PARAGRAPHS and text.chars[end] - text.chars[start] >= LEAST_CHARS:
            yield Span(start, end)


def _rest(text: Measured, place: Span) -> float:
    """The characters of all paragraphs but those of a run."""
    return float(text.chars[-1] - (text.chars[place.end] - text.chars[place.start]))


def _stretches(flags: np.ndarray) -> Iterator[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


@dataclass(frozen=True)
class Support:
    """How much of a text other pages on the same event know: ``known`` flags its terms."""

    text: Measured
    peers: int
    known: np.ndarray

    def of(self, place: Span) -> tuple[float, float]:
        """The share by idf of the terms, and of the names, of a run that the peers know."""
        return self._share(self._counts(place))

    def beyond(self, place: Span) -> tuple[float, float]:
        """The same for all of the text but the run."""
        return self._share(self.text.terms[-1] - self._counts(place))

    def _counts(self, place: Span) -> np.ndarray:
        return self.text.terms[place.end] - self.text.terms[place.start]

    def _share(self, counts: np.ndarray) -> tuple[float, float]:
        passages = self.text.passages
        terms = passages.idf * (counts > 0)
        names = terms * passages.is_name
        return float(terms @ self.known / max(1.0, terms.sum())), float(names @ self.known / max(1.0, names.sum()))


def support(text: Measured, own: Outline, survey: Survey, but: int) -> Support | None:
    """What pages on the same event know of ``text``; nothing if there are too few of them."""
    weights = dict(zip(text.passages.terms.tolist(), text.passages.idf.tolist(), strict=True))
    witnesses = (p for p in survey.peers(own.opening, but) if np.isin(own.paragraphs, p.paragraphs).sum() < SHARED)
    alike = [(_alike(own, peer, weights), peer) for peer in witnesses]
    peers = sorted((one for one in alike if one[0] >= ALIKE), key=lambda one: (-one[0], one[1].digest))[:MOST_PEERS]
    if len(peers) < LEAST_PEERS:
        return None
    known = np.isin(text.passages.terms, np.concatenate([peer.terms for _, peer in peers]))
    return Support(text, len(peers), known)


def _alike(own: Outline, peer: Outline, weights: dict[int, float]) -> float:
    """The cosine of two openings; terms that only the peer has weigh as much as the own ones do on average."""
    mass = sum(weights[term] for term in own.opening.tolist())
    shared = sum(weights[term] for term in np.intersect1d(own.opening, peer.opening).tolist())
    return shared / max(1e-9, mass * (len(peer.opening) / max(1, len(own.opening))) ** 0.5)
