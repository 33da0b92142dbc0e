"""A document: an id and raw text that never changes."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from cleaner.lazy import cached_property


@dataclass(frozen=True)
class Document:
    """Raw text as it was decoded or extracted, with the name it goes by and the page it came from."""

    raw: str
    id: str = ""
    url: str | None = None
    markdown: bool = False

    @cached_property
    def site(self) -> str:
        """The host of the URL without ``www.``, or an empty string.

        >>> Document("", url="https://www.example.org/a").site
        'example.org'
        """
        try:
            host = urlsplit(self.url or "").hostname or ""
        except ValueError:  # "http://[broken": an address nobody can parse belongs to no site
            return ""
        return host.removeprefix("www.")
