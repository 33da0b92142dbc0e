"""The laws of the design, on random texts and on every text of the project."""

import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from texts import messy_texts, project_texts

from cleaner import PROFILES, Cleaned, Cleaner, Policy, Proposal, Span
from cleaner.resolver import STRONG, resolve

CLEANERS = {profile: Cleaner.from_packs(policy=Policy(profile)) for profile in PROFILES}


def check_laws(cleaner: Cleaner, raw: str) -> Cleaned:
    cleaned = cleaner.clean(raw)
    assert cleaned.restore() == raw
    removed = cleaned.removed
    assert all(a.span.end <= b.span.start for a, b in pairwise(removed)), "sorted and disjoint"
    assert all(r.text == raw[slice(*r.span)] and r.text.strip() for r in cleaned.removals), "exact and never empty"
    again = cleaner.clean(cleaned.text)
    assert again.text == cleaned.text
    assert not again.removed, "a second cleaning is quiet"
    return cleaned


@given(messy_texts, st.sampled_from(PROFILES))
def test_laws_hold_on_random_texts(raw, profile):
    check_laws(CLEANERS[profile], raw)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("path", project_texts(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_laws_hold_on_the_texts_of_the_project(path, profile):
    check_laws(CLEANERS[profile], path.read_bytes().decode())


@given(messy_texts, st.randoms(use_true_random=False))
def test_the_order_of_detectors_and_proposals_changes_nothing(raw, chance):
    cleaner = CLEANERS["article"]

    def shuffled(detector):
        def detect(view):
            proposals = list(detector(view))
            chance.shuffle(proposals)
            return proposals

        return detect

    detectors = [shuffled(detector) for detector in cleaner.detectors]
    chance.shuffle(detectors)
    assert replace(cleaner, detectors=detectors).clean(raw) == cleaner.clean(raw)


@st.composite
def texts_with_proposals(draw):
    text = "\n".join(draw(st.lists(st.sampled_from(["one line", "two", "", "x", "a longer line of text"]), min_size=1)))
    spans = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted)
    proposals = [
        Proposal(Span(*span), rule, "ad", confidence, "why", action, precedence)
        for span, rule, confidence, action, precedence in draw(
            st.lists(
                st.tuples(
                    spans,
                    st.sampled_from("abc"),
                    st.sampled_from([0.6, 0.8, 0.95]),
                    st.sampled_from(["remove", "remove", "flag", "keep"]),
                    st.integers(0, 1),
                ),
                max_size=8,
            )
        )
        if span[0] < span[1]
    ]
    return text, proposals


@given(texts_with_proposals(), st.integers())
def test_resolving_does_not_depend_on_order(given_, seed):
    text, proposals = given_
    mixed = random.Random(seed).sample(proposals, len(proposals))
    assert resolve(text, mixed, Policy()) == resolve(text, proposals, Policy())


@given(texts_with_proposals())
def test_a_keep_rule_beats_every_removal(given_):
    text, proposals = given_
    for removed in resolve(text, proposals, Policy()).removed:
        assert not any(p.action == "keep" and p.span.overlaps(removed.span) for p in proposals)


@given(texts_with_proposals())
def test_weak_evidence_never_empties_a_text(given_):
    text, proposals = given_
    removed = resolve(text, proposals, Policy()).removed
    left = set(range(len(text))) - {place for r in removed for place in range(*r.span)}
    if text.strip() and not any(text[place].isalnum() for place in left):
        assert all(r.proposal.confidence >= STRONG for r in removed)
