"""Copies that extractors make go; repetitions that authors make stay."""

import pytest

TITLE = "Marrow Bay votes to rebuild its lighthouse"
CAPTION = "The lighthouse of Marrow Bay on a calm day in May, seen from the old customs pier."
PROSE = (
    "The council of Marrow Bay voted on Tuesday to rebuild the lighthouse, which fell in the storm of nine years ago."
)
LONG = PROSE + " The vote ended a dispute that had split the town and cost two mayors their office since then."


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        pytest.param(f"{TITLE}\n\n{TITLE}\n\n{PROSE}", f"{TITLE}\n\n{PROSE}", id="title twice"),
        pytest.param(f"{TITLE}\nBy A. Pen\n{TITLE}\n{PROSE}", f"{TITLE}\nBy A. Pen\n{PROSE}", id="title again"),
        pytest.param(f"{PROSE}\n{CAPTION}\n{CAPTION}\nIt rained.", f"{PROSE}\n{CAPTION}\nIt rained.", id="caption"),
        pytest.param(f"{TITLE} {TITLE}\n\n{PROSE}", f"{TITLE}\n\n{PROSE}", id="title twice in its line"),
        pytest.param(f"{TITLE}\n\n{PROSE}\n\n{CAPTION[:-1]} {CAPTION[:-1]}", f"{TITLE}\n\n{PROSE}", id="teaser"),
        pytest.param(
            f"{LONG}\nIt rained.\nIt was late.\n{LONG}", f"{LONG}\nIt rained.\nIt was late.", id="long paragraph"
        ),
    ],
)
def test_copies_go(cleaner, raw, clean):
    assert cleaner.clean(raw).text == clean


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Row, row, row your boat down\nGently\nRow, row, row your boat down\nGently", id="refrain"),
        pytest.param("“No,” she said.\n“No,” he said.\n“No,” she said.\n“No,” she said.", id="dialogue"),
        pytest.param("[Applause]\nThank you.\n[Applause]\n[Applause]", id="sound cues"),
        pytest.param("Harwick | 3 | 1 | 2 | 0\nHarwick | 3 | 1 | 2 | 0", id="table rows"),
        pytest.param(f"{PROSE}\n{'Oh the wind and the rain again' * 1}\n{PROSE[:40]}", id="part of a paragraph"),
        pytest.param(f"{PROSE}\nrow on, my bonny boat, row on, my bonny boat", id="verse in one line"),
        pytest.param(f"{PROSE}\nThe bell rang again. The bell rang again.\n{PROSE[:50]}", id="sentence twice"),
        pytest.param("\n".join(["And the sea it rolls along the shore"] * 5), id="chant"),
    ],
)
def test_the_authors_repetitions_stay(cleaner, text):
    assert cleaner.clean(text).text == text
