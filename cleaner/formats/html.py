"""From a page to its text: trafilatura, and BeautifulSoup for pages on which it finds nothing.

The libraries take 400 ms to import, so they are imported when the first page comes.
"""

from typing import NamedTuple

from cleaner.errors import InputError

_NO_TEXT = ["script", "style", "noscript", "template", "svg", "head"]


class Extracted(NamedTuple):
    """The text of a page and the library that found it."""

    text: str
    extractor: str


def extract(page: str, url: str | None = None) -> Extracted:
    """The text of an HTML page. Raises ``InputError`` for a page that no parser gets through."""
    try:
        text = _with_trafilatura(page, url)
    except RecursionError:
        text = ""
    if text.strip():
        return Extracted(text, "trafilatura")
    try:
        return Extracted(_with_beautifulsoup(page), "beautifulsoup")
    except RecursionError:
        raise InputError("the page's tags are nested too deeply to be read") from None


def _with_trafilatura(page: str, url: str | None) -> str:
    import trafilatura

    return trafilatura.extract(page, url=url, favor_recall=True, include_comments=False, include_tables=True) or ""


def _with_beautifulsoup(page: str) -> str:
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(page, "html.parser")
    for tag in soup(_NO_TEXT):
        tag.decompose()
    return soup.get_text("\n", strip=True)
