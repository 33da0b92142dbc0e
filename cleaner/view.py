"""What detectors look at: the normalized text of a document, in lines.

A view never changes. Lines are counted from 0 here; the removal log counts the raw text's from 1.
"""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import regex

from cleaner.document import Document
from cleaner.lazy import cached_property
from cleaner.span import Span

#: What lists, menus and link bars put around a line: bullets, arrows, pipes, pictographs. Not the #
#: of Markdown: a heading is the author's.
_DECORATION = (
    r"[\s\-–—•·∙●○◦■□▪▫◆◇★☆|¦*+_=~>›»<‹«→←↑↓⟶➔➜➤▶▷►▸◀◄▼▾▲▴✓✔✕✖✗✘×…]"
    r"|(?![©®™#*0-9])\p{Extended_Pictographic}\uFE0F?"
)
_LONGEST = 4000
#: A page with so many lines, such a share of them short and not so much prose is a whole page's text.
DUMP_LINES, DUMP_SHORT, DUMP_PROSE = 80, 0.55, 0.8
#: What is found out about lines up to this length is worth remembering: they come again in other texts.
SHORT = 100
_LEADING = regex.compile(rf"(?:{_DECORATION})+")
_TRAILING = regex.compile(rf"(?r)(?:{_DECORATION}|[.:!])+\Z")
_QUOTED = regex.compile(r"\s*«[^«»]+»[.,!?…]?\s*")

#: How a line goes on that an inline link broke off, and how one ends that is broken off itself.
_GOES_ON = regex.compile(r"[\p{Ll}(,.;:)’'”]")
_SENTENCE = 25  # so long a line that begins with a capital and ends with a stop stands by itself
_BROKEN_OFF = regex.compile(
    r"(?r)(?:[,;(–—]|\b(?:the|an?|of|in|on|at|to|for|with|and|or|that|is|was|de|la|le|des?|du|et|les?|"
    r"der|die|das|den|dem|und|von|im|el|los|las|en|y|del|do|da|e|di|il|i|på|och))\Z"
)

#: What ends a sentence, and the quotes and brackets that may close it.
_ENDS = frozenset(".!?…。！？؟।")
_CLOSERS = "\"'“”„‟‘’»«›」』)]"
_WIDE = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")


class View:
    """The lines of ``text``, and where in the text things stand.

    >>> view = View("Title\\n\\nFirst line.")
    >>> view.lines, view.filled
    (['Title', '', 'First line.'], [0, 2])
    """

    def __init__(self, text: str, document: Document | None = None, before: "View | None" = None) -> None:
        self.text = text
        self.document = document or Document(text)
        #: What is known of lines, by whoever found it out; it holds for later views of the document too.
        self.memo: dict[Any, Any] = before.memo if before else {}
        #: The document as it came, before anything was cut.
        self.first: View = before.first if before else self
        #: Rules that took too long on this document, and have no say in it.
        self.timed_out: set[str] = before.timed_out if before else set()
        self._bare: dict[int, str] = {}

    @cached_property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def joined(self) -> "View":
        """The same text with the paragraphs whole that inline links broke into lines; offsets are the same.

        >>> View("Follow us on\\nTwitter\\n.\\nThe end.").joined.lines
        ['Follow us on Twitter .', 'The end.']
        """
        text = "".join(_joined(self.lines))
        return self if text == self.text else View(text, self.document, self)

    @property
    def page(self) -> str:
        """``dump`` if this is a whole page, menus and all, else ``text``."""
        return "dump" if self._is_dump else "text"

    @cached_property
    def _is_dump(self) -> bool:
        if len(self.filled) < DUMP_LINES:
            return False
        lines = [self.lines[number] for number in self.filled]
        short = sum(len(line) < 80 and not ends_sentence(line) for line in lines)
        if short < DUMP_SHORT * len(lines):
            return False
        prose = sum(len(line) for line in lines if len(line) >= 80)
        return prose < DUMP_PROSE * sum(map(len, lines))

    @cached_property
    def starts(self) -> list[int]:
        """The offset of each line."""
        return list(accumulate((len(line) + 1 for line in self.lines[:-1]), initial=0))

    @cached_property
    def filled(self) -> list[int]:
        """The numbers of the lines that are not blank."""
        return [number for number, line in enumerate(self.lines) if line and not line.isspace()]

    def span(self, first: int, last: int | None = None) -> Span:
        """From the start of line ``first`` to the end of line ``last``, its line end left out."""
        last = first if last is None else last
        return Span(self.starts[first], self.starts[last] + len(self.lines[last]))

    def line_at(self, offset: int) -> int:
        return bisect_right(self.starts, offset) - 1

    def bare(self, number: int) -> str:
        """Line ``number`` without the decoration around it."""
        if (known := self._bare.get(number)) is None:
            known = self._bare[number] = bare(self.lines[number])
        return known

    def after(self, number: int) -> Iterator[int]:
        """The filled lines after line ``number``, downward."""
        return map(self.filled.__getitem__, range(bisect_right(self.filled, number), len(self.filled)))

    def before(self, number: int) -> Iterator[int]:
        """The filled lines before line ``number``, upward."""
        return map(self.filled.__getitem__, range(bisect_right(self.filled, number - 1) - 1, -1, -1))

    def is_prose(self, number: int) -> bool:
        """Whether a line is long and ends like a sentence, as paragraphs of articles do; a cut-off blurb does not."""
        line = self.lines[number]
        if len(line) < 30 or not ends_sentence(line) or is_cut_off(line):
            return False
        return len(line) >= 80 or len(_WIDE.findall(line)) > len(line) / 3

    @cached_property
    def prose(self) -> list[int]:
        """The lines of prose: the body of the article, and whatever junk looks like it."""
        return [number for number in self.filled if self.is_prose(number)]

    def prose_chars(self, first: int, last: int) -> int:
        """How many characters of prose the lines ``first`` to ``last`` (excluded) hold."""
        return sum(len(self.lines[number]) for number in self.prose if first <= number < last)

    @cached_property
    def language(self) -> str:
        """The language of the text as a two-letter code. Found only when a rule asks (100 ms the first time)."""
        from cleaner.language import detect

        return detect(self.text)


def _joined(lines: list[str]) -> Iterator[str]:
    """The lines with what stands between them: a blank inside a broken paragraph, else a line end."""
    size, place = len(lines), 0
    while place < size:
        end = place
        while end + 1 < size and _goes_on(lines[end], lines[end + 1]):
            end += 1
        inside = " " if end > place and ends_sentence(lines[end]) else "\n"
        yield inside.join(lines[place : end + 1])
        if end + 1 < size:
            yield "\n"
        place = end + 1


def _goes_on(line: str, below: str) -> bool:
    if not line or not below or ends_sentence(line):
        return False
    if _GOES_ON.match(below):
        return True
    return bool(_BROKEN_OFF.search(line)) and not (len(below) >= _SENTENCE and ends_sentence(below))


def ends_sentence(line: str) -> bool:
    """Whether a line ends like a sentence.

    >>> ends_sentence("“It held,” he said (again.) "), ends_sentence("Read more")
    (True, False)
    """
    return line.rstrip().rstrip(_CLOSERS)[-1:] in _ENDS


def is_cut_off(line: str) -> bool:
    """Whether a line ends like the blurb of a teaser, in the middle of things.

    >>> is_cut_off("The ferry will […]"), is_cut_off("He came to the quay and…"), is_cut_off("“And then …”")
    (True, True, False)
    """
    return line.endswith(("…", "...", "…]", "...]", "…)", "...)"))


def bare(line: str) -> str:
    """A line without the decoration around it. What stands in a pair of guillemets is quoted, not decorated.

    >>> bare("» Read more …"), bare("👉 Share:"), bare("© 2020"), bare("« Menu »")
    ('Read more', 'Share', '© 2020', '« Menu »')
    """
    if len(line) > _LONGEST or _QUOTED.fullmatch(line):  # no rule looks at so long a line
        return line
    if match := _LEADING.match(line):
        line = line[match.end() :]
    if match := _TRAILING.search(line):
        line = line[: match.start()]
    return line
