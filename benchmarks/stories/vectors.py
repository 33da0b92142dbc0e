"""Word vectors for one task: which text does this passage come from?

Passages and the rest of their articles are sums of word vectors. Stochastic gradient descent on the
InfoNCE loss (van den Oord et al., *Representation learning with contrastive predictive coding*, 2018)
draws a passage to its own article and away from articles next to it in topic. Begins with latent
semantic indexing.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from sklearn.utils.extmath import randomized_svd

from benchmarks.stories.articles import Article, paragraphs
from cleaner.stories.passages import TOKEN
from cleaner.stories.vocabulary import Vocabulary, normal

#: Words of fewer articles are not learnt, those of more than this share of articles tell nothing.
RARE, COMMON, MOST = 4, 0.25, 40_000
SIZE = 192
EPOCHS, BATCH, TEMPERATURE, RATE, DROPPED = 50, 128, 0.07, 0.06, 0.15
#: Share of batches made of clusters of neighbours, and how many neighbours a cluster has.
NEAR_BATCHES, CLUSTER = 0.7, 24


def train(articles: Sequence[Article], seed: int) -> Vocabulary:
    rng = np.random.default_rng(seed)
    words, idf, unseen = _words(articles)
    empty = np.zeros((len(idf), 1), dtype=np.int8)
    rows, bounds = _presence(articles, Vocabulary(words, idf, empty, np.ones_like(empty, dtype=np.float32), unseen))
    vectors, topics = _start(rows, bounds, idf, seed)
    squares = np.full(len(vectors), 1e-2, dtype=np.float32)
    sources = np.array([article.source for article in articles])
    mates = {source: np.flatnonzero(sources == source) for source in set(sources)}
    able = np.diff(bounds) >= 4
    for epoch in range(EPOCHS):
        rate = 2 * RATE * (1 - 0.9 * epoch / EPOCHS)
        for _ in range(int(able.sum()) // BATCH):
            batch = _batch(np.flatnonzero(able), able, sources, mates, topics, rng)
            changed, gradient = _gradient(vectors, *_passages(batch, bounds, rows, rng))
            squares[changed] += (gradient**2).mean(1)
            vectors[changed] -= rate * gradient / np.sqrt(squares[changed])[:, None]
    scales = np.maximum(np.abs(vectors).max(1, keepdims=True), 1e-6) / 127
    return Vocabulary(words, idf, np.round(vectors / scales).astype(np.int8), scales.astype(np.float32), unseen)


def _words(articles: Sequence[Article]) -> tuple[dict[str, int], np.ndarray, float]:
    """Row of each word, idf of each row, and the idf of words not seen. Plurals go to their singular."""
    forms: Counter[str] = Counter()
    for article in articles:
        forms.update({normal(token) for line in article.lines for token in TOKEN.findall(line)})
    counts: Counter[str] = Counter()
    for form, count in forms.items():
        plural = form.endswith("s") and len(form) > 3 and forms[form[:-1]] > 1
        counts[form[:-1] if plural else form] += count
    common = {word for word, count in counts.items() if count > COMMON * len(articles) or len(word) < 2}
    kept = [w for w, n in counts.most_common() if n >= RARE and w not in common and len(w) <= 20][:MOST]
    words = {word: row for row, word in enumerate(kept)} | dict.fromkeys(sorted(common), -1)
    idf = np.array([np.log(len(articles) / counts[word]) for word in kept], dtype=np.float32)
    return words, idf, float(np.log(len(articles) / 2))


def _presence(articles: Sequence[Article], words: Vocabulary) -> tuple[sp.csr_matrix, np.ndarray]:
    """Paragraphs × words, and the first paragraph of each article."""
    columns, ends, bounds = [], [0], [0]
    for article in articles:
        for text in paragraphs(article):
            ids = np.unique(words.ids(TOKEN.findall(text)))
            columns.append(ids[(ids >= 0) & (ids < len(words.idf))])
            ends.append(ends[-1] + len(columns[-1]))
        bounds.append(len(columns))
    ones = np.ones(ends[-1], dtype=np.float32)
    shape = (len(columns), len(words.idf))
    return sp.csr_matrix((ones, np.concatenate(columns), ends), shape=shape), np.array(bounds)


def _summed(rows: sp.csr_matrix, groups: Sequence[np.ndarray]) -> sp.csr_matrix:
    ends = np.cumsum([0, *map(len, groups)])
    chosen = np.ones(ends[-1], dtype=np.float32), np.concatenate(groups), ends
    return sp.csr_matrix(chosen, shape=(len(groups), rows.shape[0])) @ rows


def _start(rows: sp.csr_matrix, bounds: np.ndarray, idf: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of words, and unit vectors of articles by which neighbours are found."""
    whole = _summed(rows, [np.arange(a, b) for a, b in pairwise(bounds)])
    whole.data = np.log1p(whole.data)
    whole = (whole @ sp.diags(idf)).tocsr()
    length = np.sqrt(np.asarray(whole.multiply(whole).sum(1)).ravel())
    left, strength, right = randomized_svd(
        sp.diags(1 / np.maximum(length, 1e-6)) @ whole, SIZE, n_iter=4, random_state=seed
    )
    vectors = right.T * idf[:, None] * strength**0.25
    topics = left * strength
    topics /= np.maximum(np.linalg.norm(topics, axis=1, keepdims=True), 1e-6)
    return (vectors / np.linalg.norm(vectors, axis=1).mean()).astype(np.float32), topics.astype(np.float32)


def _batch(able_ones, able, sources, mates, topics, rng) -> np.ndarray:  # type: ignore[no-untyped-def]
    """Articles of one publisher; most times clusters of neighbours, which are hard to tell apart."""
    if rng.random() >= NEAR_BATCHES:
        members = mates[sources[rng.choice(able_ones)]]
        members = members[able[members]]
        chosen = rng.choice(members, min(BATCH, len(members)), replace=False)
        rest = rng.choice(able_ones, BATCH - len(chosen), replace=False)
        return np.unique(np.concatenate([chosen, rest]))
    chosen: set[int] = set()
    while len(chosen) < BATCH:
        one = int(rng.choice(able_ones))
        members = mates[sources[one]]
        near = members[np.argsort(-(topics[members] @ topics[one]), kind="stable")[:CLUSTER]]
        chosen |= {one, *near[able[near]].tolist()}
    return rng.permutation(sorted(chosen))[:BATCH]


def _passages(batch, bounds, rows, rng) -> tuple[sp.csr_matrix, sp.csr_matrix]:  # type: ignore[no-untyped-def]
    """A run of paragraphs of each article, and another run of what is left; some words dropped."""
    pairs = []
    for article in batch:
        first, size = int(bounds[article]), int(bounds[article + 1] - bounds[article])
        short = int(rng.integers(1, min(8, size // 2) + 1))
        start = int(rng.integers(0, size - short + 1))
        rest = np.delete(np.arange(size), np.s_[start : start + short])
        long = min(int(rng.integers(2, max(3, len(rest)) + 1)), len(rest))
        begin = int(rng.integers(0, len(rest) - long + 1))
        pair = first + np.arange(start, start + short), first + rest[begin : begin + long]
        pairs.append(pair if rng.random() < 0.5 else pair[::-1])
    sides = [_summed(rows, side) for side in zip(*pairs, strict=True)]
    for side in sides:
        side.data *= rng.random(len(side.data)) > DROPPED
    return sides[0], sides[1]


def _gradient(vectors: np.ndarray, one: sp.csr_matrix, other: sp.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    """The words of a batch, and the gradient of its loss at their vectors."""
    sums = [one @ vectors, other @ vectors]
    norms = [np.linalg.norm(side, axis=1, keepdims=True) + 1e-6 for side in sums]
    units = [side / norm for side, norm in zip(sums, norms, strict=True)]
    alike = units[0] @ units[1].T / TEMPERATURE
    wrong = _softmax(alike) + _softmax(alike.T).T - 2 * np.eye(len(alike))
    back = [wrong @ units[1], wrong.T @ units[0]]
    flat = [
        (step - unit * (step * unit).sum(1, keepdims=True)) / norm / (2 * TEMPERATURE)
        for step, unit, norm in zip(back, units, norms, strict=True)
    ]
    both = sp.vstack([one, other]).tocsc()
    changed = np.flatnonzero(np.diff(both.indptr))
    return changed, np.asarray(both[:, changed].T @ np.vstack(flat).astype(np.float32))


def _softmax(rows: np.ndarray) -> np.ndarray:
    raised = np.exp(rows - rows.max(1, keepdims=True))
    return raised / raised.sum(1, keepdims=True)
