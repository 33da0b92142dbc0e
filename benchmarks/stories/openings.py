"""Fits the signs of first and last paragraphs: two logistic regressions with an L1 penalty."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression

from benchmarks.stories.articles import Article, paragraphs
from cleaner.stories.openings import Openings, signs
from cleaner.stories.passages import TOKEN

#: Signs of fewer paragraphs are not learnt; weights below this are dropped.
RARE, LEAST, PENALTY = 25, 0.02, 0.15
#: Paragraphs taken from the middle of each article.
MIDDLE = 7


def train(articles: Sequence[Article], seed: int) -> Openings:
    shown, first, last = _examples(articles, np.random.default_rng(seed))
    counts = Counter(sign for one in shown for sign in one)
    columns = {sign: place for place, sign in enumerate(sorted(s for s, n in counts.items() if n >= RARE))}
    rows = [sorted({columns[sign] for sign in one if sign in columns}) for one in shown]
    ends = np.cumsum([0, *map(len, rows)])
    matrix = sp.csr_matrix((np.ones(ends[-1]), np.concatenate(rows), ends), shape=(len(rows), len(columns)))
    fits = [
        LogisticRegression(l1_ratio=1, solver="liblinear", C=PENALTY, random_state=0, tol=1e-3).fit(matrix, truth)
        for truth in (first, last)
    ]
    weights = np.round(np.stack([fit.coef_[0] for fit in fits], axis=1), 3)
    kept = {
        sign: tuple(weights[place].tolist()) for sign, place in columns.items() if np.abs(weights[place]).max() > LEAST
    }
    return Openings(kept, (float(fits[0].intercept_[0]), float(fits[1].intercept_[0])))


def _examples(articles: Sequence[Article], rng: np.random.Generator) -> tuple[list[set[str]], list[bool], list[bool]]:
    shown, first, last = [], [], []
    for article in articles:
        texts = paragraphs(article)
        if len(texts) < 6:
            continue
        beginning = {0, 1} if len(texts[0]) < 130 and texts[0][-1].isalnum() else {0}
        middle = rng.choice(np.arange(2, len(texts) - 1), min(MIDDLE, len(texts) - 3), replace=False)
        for place in sorted({*beginning, *middle.tolist(), len(texts) - 1}):
            shown.append(set(signs(TOKEN.findall(texts[place]), texts[place])))
            first.append(place in beginning)
            last.append(place == len(texts) - 1)
    return shown, first, last
