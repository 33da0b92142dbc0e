"""Random texts in which prose, junk and odd characters meet, and the texts of the project."""

from pathlib import Path

from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parent.parent

PROSE = (
    "The council of Marrow Bay voted on Tuesday to rebuild the old lighthouse, ending a dispute of nine years.",
    "“We never gave up,” said Ines Calder, who chairs the harbour trust, as the last vote was counted.",
    "Work is to begin in spring and will cost about four million crowns, according to the city's treasurer.",
    "Nobody spoke against it.",
    "A question of money",
)
JUNK = (
    "Advertisement",
    "Please use Chrome browser for a more accessible video player",
    "4:03",
    "Share this:",
    "Facebook",
    "Twitter",
    "Related Articles",
    "Sign up for our newsletter",
    "Copyright © 2031 The Marrow Bay Courier. All rights reserved.",
    "Back to Top",
    "Leave a comment",
)
_ODD = " \t\n\r\u00a0\u200b\u00ad\u0301\x00Ã©â€™Âœe\u2028\u3000\u200d🇦🇺"

odd_words = st.text(alphabet=st.one_of(st.sampled_from(_ODD), st.characters()), max_size=12)
lines = st.one_of(st.sampled_from(PROSE + JUNK), st.sampled_from(JUNK), odd_words, st.just(""))
breaks = st.sampled_from(["\n", "\n\n", "\r\n", "\n \n\n", " \n"])
messy_texts = st.lists(st.tuples(lines, breaks), max_size=14).map(lambda parts: "".join(a + b for a, b in parts))


def project_texts() -> list[Path]:
    """Every raw text that the project ships."""
    folders = ("seeds", "fixtures/cases", "fixtures/untouched", "fixtures/seeds")
    return sorted(path for folder in folders for path in (ROOT / folder).glob("*.txt"))
