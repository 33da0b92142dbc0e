"""The content words of lines."""

from hypothesis import given
from hypothesis import strategies as st

from cleaner.lines.kinship import stems


def test_words_are_cut_to_what_inflection_leaves_alike():
    assert stems("The Harbour’s harbours, HARBOURED in 2020") == {"harbou"}


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_text_takes_a_quicker_way_to_the_same_words(text):
    assert stems(text) == stems(f"{text} é")
