"""What the rest of a batch says of a run of paragraphs.

It stands on other pages; or other pages on the same event know less of it than of the rest. Both need a
:class:`~cleaner.survey.Survey` of the batch, and both only support what the text itself makes doubtful.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cleaner.stories.measures import Measured
from cleaner.stories.outline import Outline
from cleaner.survey import Survey

#: Shorter runs recur as background paragraphs and quotations.
REPEATED_PARAGRAPHS, REPEATED_CHARS = 3, 600
#: A page that holds one of the first paragraphs tells the same story, or is a copy.
FIRST = 3
#: Two pages that share so many paragraphs are no witnesses of each other.
SHARED = 2
#: So many other pages on the event, that alike in their openings (cosine by idf), can vouch for it.
LEAST_PEERS, MOST_PEERS, ALIKE = 2, 8, 0.28


@dataclass(frozen=True)
class Repeat:
    """A run of paragraphs, ``start`` to ``end`` (not included), that stands on other pages.

    ``leads`` says that it opens one of them.
    """

    start: int
    end: int
    pages: int
    leads: bool


def repeats(text: Measured, own: Outline, survey: Survey, but: int) -> list[Repeat]:
    """The runs of ``text`` found on pages that do not tell its story; ``but`` is the digest of the text itself."""
    found: dict[tuple[int, int], tuple[int, bool]] = {}
    for page in survey.pages(own.paragraphs, but).values():
        there = np.isin(own.paragraphs, page)
        if there[:FIRST].any():
            continue
        for start, end in _stretches(there):
            if end - start >= REPEATED_PARAGRAPHS and text.chars[end] - text.chars[start] >= REPEATED_CHARS:
                pages, leads = found.get((start, end), (0, False))
                opens = bool(np.isin(page[:FIRST], own.paragraphs[start:end]).any())
                found[start, end] = pages + 1, leads or opens
    return [Repeat(*place, *said) for place, said in sorted(found.items())]


def _stretches(flags: np.ndarray) -> Iterator[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


@dataclass(frozen=True)
class Support:
    """How much of a text other pages on the same event know: ``known`` flags its terms."""

    text: Measured
    peers: int
    known: np.ndarray

    def of(self, start: int, end: int) -> tuple[float, float]:
        """The share by idf of the terms, and of the names, of a run that the peers know."""
        return self._share(self.text.terms[end] - self.text.terms[start])

    def beyond(self, start: int, end: int) -> tuple[float, float]:
        """The same for all of the text but the run."""
        return self._share(self.text.terms[-1] - (self.text.terms[end] - self.text.terms[start]))

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
