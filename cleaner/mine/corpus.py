"""Two readings of a corpus: the first finds the templates that recur, the second looks where they stand.

Counts are exact and do not depend on the order of the inputs. The first reading keeps an 8-byte hash
and a count for each distinct template, some hundred bytes; texts are kept only of templates that reach
the least number of documents. It counts all lines, removed ones too, so it need not clean. The second
reading cleans, and counts again for these templates alone, by their text: of lines that stay.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import PurePosixPath

import regex

from cleaner.categories import CATEGORIES
from cleaner.document import Document
from cleaner.edit import apply
from cleaner.formats.read import read_documents
from cleaner.formats.sources import Plan
from cleaner.mine.find import TELLING_WORDS, Find, ranked
from cleaner.mine.lines import neighbourhoods
from cleaner.mine.templates import LONGEST, template_of
from cleaner.normalizer import Normalizer
from cleaner.work import Settings

#: Sites that a template must stand on, where documents have addresses.
MIN_SITES = 2

Complain = Callable[[str], None]
_TOKEN = regex.compile(r"[\p{L}\p{M}\d'⟨⟩]+")


@dataclass(frozen=True)
class Mined:
    """What a corpus gave: how much was read, what was asked for, and the best finds, best first."""

    documents: int
    failed: int
    with_url: int
    sites: int
    min_docs: int
    min_sites: int
    finds: list[Find]


def mine(
    work: Plan, settings: Settings, *, min_docs: int, min_sites: int | None, top: int, complain: Complain
) -> Mined:
    """Reads the sources of ``work`` twice. ``complain`` is told once of every document that cannot be read.

    Without ``min_sites`` it is 2, or 1 if no document has an address.
    """
    first = _FirstReading(settings.normalizer, min_docs)
    for document, site in _documents(work, settings, complain, first.fail):
        first.count(document, site)
    if min_sites is None:
        min_sites = MIN_SITES if first.with_url else 1
    finds = _second_reading(_documents(work, settings), settings, first.recurring) if first.recurring else []
    enough = [find for find in finds if find.documents >= min_docs and len(find.sites) >= min_sites]
    best = ranked(enough, top)
    return Mined(first.documents, first.failed, first.with_url, len(first.sites), min_docs, min_sites, best)


def _ignore(_: str = "") -> None:
    """The second reading has nothing new to say of documents that cannot be read."""


def _documents(
    work: Plan, settings: Settings, complain: Complain = _ignore, fail: Callable[[], None] = _ignore
) -> Iterator[tuple[Document, str]]:
    """Every document with its site: the host of its address, else the folder its file lies in."""
    for name, message in work.failures:
        complain(f"{name}: {message}")
        fail()
    for source in work.sources:
        folder = str(PurePosixPath(source.name).parent)
        for document in read_documents(Plan([source]), settings.fields):
            if isinstance(document, str):
                complain(document)
                fail()
            else:
                yield document, document.site or ("" if folder == "." else folder)


class _FirstReading:
    """Counts, and the templates that are in at least ``min_docs`` documents."""

    def __init__(self, normalizer: Normalizer, min_docs: int) -> None:
        self.normalizer = normalizer
        self.min_docs = min_docs
        self.documents = self.failed = self.with_url = 0
        self.sites: set[str] = set()
        self.recurring: set[str] = set()
        self._counts: dict[int, int] = {}

    def fail(self) -> None:
        self.failed += 1

    def count(self, document: Document, site: str) -> None:
        self.documents += 1
        self.with_url += bool(document.site)
        self.sites.add(site)
        text = apply(document.raw, self.normalizer.edits(document.raw, keep_indent=document.markdown))
        for template in set(map(template_of, text.split("\n"))) - {""}:
            key = int.from_bytes(blake2b(template.encode(), digest_size=8).digest())
            count = self._counts[key] = self._counts.get(key, 0) + 1
            if count == self.min_docs:
                self.recurring.add(template)


def _second_reading(documents: Iterable[tuple[Document, str]], settings: Settings, recurring: set[str]) -> list[Find]:
    cleaner = _knowing(settings).cleaner(settings.packs().by_words())
    inside = _Inside(recurring)
    finds = {template: Find(template) for template in recurring}
    for document, site in documents:
        here: set[str] = set()
        in_prose: set[str] = set()
        for found in neighbourhoods(cleaner.clean_document(document), settings.normalizer):
            line = found.line
            if line.fate != "stays":
                continue
            if (template := template_of(line.text)) in recurring:
                finds[template].count(found)
                here.add(template)
            elif line.prose:
                in_prose |= inside(line.text)
        for template in here:
            finds[template].documents += 1
            finds[template].sites.add(site)
        for template in in_prose:
            finds[template].in_prose += 1
    return [find for find in finds.values() if find.documents]


def _knowing(settings: Settings) -> Settings:
    """The settings with kept categories flagged: a line that a rule knows, and leaves on purpose, is no find."""
    kept = {name: "flag" for name, category in CATEGORIES.items() if getattr(category, settings.profile) == "keep"}
    return replace(settings, actions=tuple({**kept, **dict(settings.actions)}.items()))  # type: ignore[arg-type]


class _Inside:
    """Finds templates inside lines of prose, by their words. Those of fewer than three are not looked for."""

    def __init__(self, templates: Iterable[str]) -> None:
        self._by_head: dict[tuple[str, ...], list[tuple[Sequence[str], str]]] = defaultdict(list)
        for template in templates:
            words = _TOKEN.findall(template)
            if len(words) >= TELLING_WORDS:
                self._by_head[tuple(words[:TELLING_WORDS])].append((words, template))

    def __call__(self, line: str) -> set[str]:
        found: set[str] = set()
        # Masks are made within a piece of the line, so long lines are cut; what stands across a cut is lost.
        for start in range(0, len(line), LONGEST):
            words = _TOKEN.findall(template_of(line[start : start + LONGEST]))
            for place in range(len(words) - TELLING_WORDS + 1):
                for wanted, template in self._by_head.get(tuple(words[place : place + TELLING_WORDS]), ()):
                    if words[place : place + len(wanted)] == wanted:
                        found.add(template)
        return found
