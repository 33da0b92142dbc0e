"""Edits can be applied, undone, put one after another, and followed back."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cleaner.edit import Edit, Track, Undo, apply, beyond, then_delete, undo
from cleaner.span import Span, merge


@st.composite
def edited(draw):
    raw = draw(st.text(alphabet="abcdef\n ", min_size=1, max_size=30))
    marks = sorted(draw(st.sets(st.integers(0, len(raw)), max_size=10)))
    pairs = list(zip(marks[::2], marks[1::2], strict=False))
    edits = [Edit(a, b, draw(st.sampled_from(["", "X", "YZ"]))) for a, b in pairs]
    return raw, edits


@given(edited())
def test_undo_gives_the_raw_text_back(case):
    raw, edits = case
    undos = [Undo(e.start, raw[e.start : e.end], len(e.text)) for e in edits]
    assert undo(apply(raw, edits), undos) == raw


@given(edited(), st.data())
def test_deleting_from_the_edited_text_is_an_edit_of_the_raw_text(case, data):
    raw, edits = case
    text = apply(raw, edits)
    ends = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted)
    deletions = merge(Span(a, b) for a, b in data.draw(st.lists(ends, max_size=4)) if a < b)
    together = then_delete(edits, deletions)
    assert apply(raw, together) == apply(text, [Edit(*span) for span in deletions])
    assert all(a.end <= b.start for a, b in pairwise(together))


@given(edited())
def test_untouched_characters_are_followed_back_to_their_place(case):
    raw, edits = case
    text, track = apply(raw, edits), Track(edits)
    for place, character in enumerate(text):
        if character not in "XYZ":
            assert raw[track.raw_start(place)] == character
            assert track.raw_end(place + 1) == track.raw_start(place) + 1


@given(edited())
def test_snapped_spans_never_end_inside_an_edit(case):
    raw, edits = case
    text, track = apply(raw, edits), Track(edits)
    inner = {start + 1 for start, edit in zip(track.starts, edits, strict=True) if len(edit.text) == 2}
    for start in range(len(text)):
        for end in range(start, len(text) + 1):
            snapped = track.snap(Span(start, end))
            assert start <= snapped.start and snapped.end <= max(end, snapped.start)
            assert not len(range(*snapped)) or not {*snapped} & inner


def test_beyond_leaves_out_what_removals_already_say():
    edits = [Edit(0, 2), Edit(4, 9), Edit(12, 13, " ")]
    assert beyond(edits, [Span(0, 2), Span(5, 8)]) == [Edit(4, 5), Edit(8, 9), Edit(12, 13, " ")]
