"""Articles of many genres keep every line, wherever a line or two of junk stand in them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

GENRES = sorted((Path(__file__).parent.parent / "fixtures" / "genres").glob("*.txt"))
JUNK = ("Advertisement", "Sign up for our newsletter")


def with_junk(lines: list[str]) -> Iterator[str]:
    """The article with junk below the lead, amid it, above its last line and at its end."""
    for junk in JUNK:
        for place in (2, len(lines) // 2, len(lines) - 1, len(lines)):
            yield "\n\n".join([*lines[:place], junk, *lines[place:]])
    middle = len(lines) // 2
    yield "\n".join([*lines[:middle], JUNK[0], *lines[middle:], JUNK[1]])


@pytest.mark.parametrize("path", GENRES, ids=[path.stem for path in GENRES])
def test_junk_in_an_article_takes_no_line_with_it(path, cleaner):
    lines = path.read_text(encoding="utf-8").splitlines()
    lost = {
        (removal.rule, removal.text)
        for text in with_junk(lines)
        for removal in cleaner.clean(text).removed
        if removal.text not in JUNK
    }
    assert not lost
