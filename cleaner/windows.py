"""Very long texts are shown to the detectors a window at a time, so that what they remember of lines stays small.

No article is so long; logs, books in one string and broken dumps are. A window shows its core and a margin on
both sides, so that every line of a core has its neighbours about it. What is said of the margin, or reaches an
end that is none of the text's, is left to the other window. A window that looks as it did before is not asked again.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import blake2b

from cleaner.annotation import Proposal
from cleaner.detectors import Detector, Weigher
from cleaner.edit import Track
from cleaner.span import Span
from cleaner.view import View

#: Characters: longer texts go by windows, of such a core and with such margins. A margin is more than the share of a
#: window that rules take for the head or the tail of a text, so that no core is taken for one.
LONGEST, CORE, MARGIN = 4_000_000, 2_000_000, 500_000


def proposed(
    detectors: Sequence[Detector], weighers: Sequence[Weigher], view: View, track: Track
) -> Iterator[Proposal]:
    """What the detectors propose for a text of any length; ``track`` leads back to the raw text."""
    if len(view.document.raw) <= LONGEST:
        yield from asked(detectors, view, weighers)
        return
    known: dict[int, tuple[bytes, list[Proposal]]] = view.memo.setdefault(proposed, {})
    for number, core in enumerate(_cores(view, track)):
        window = _around(view.text, core)
        text = view.text[window.start : window.end]
        seen = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if number not in known or known[number][0] != seen:
            part = View(text, view.document)
            known[number] = seen, list(asked(detectors, part, weighers))
            view.timed_out.update(part.timed_out)
        reach = window.end - 1 if window.end < len(view.text) else window.end + 1
        for proposal in known[number][1]:
            span = Span(proposal.span.start + window.start, proposal.span.end + window.start)
            if core.start <= span.start < core.end and span.end < reach:
                yield replace(proposal, span=span)


def asked(detectors: Iterable[Detector], view: View, weighers: Iterable[Weigher] = ()) -> list[Proposal]:
    """What the detectors propose for a text that they see whole, then those that weigh it."""
    found = [proposal for detector in detectors for proposal in detector(view)]
    return [*found, *(proposal for weigher in weighers for proposal in weigher(view, found))]


def _cores(view: View, track: Track) -> Iterator[Span]:
    """Parts of the text, of whole lines, that together are the text. They begin at fixed places of the raw text."""
    text, start, place = view.text, 0, CORE
    while start < len(text):
        end = _line_end(text, bisect_left(range(len(text)), place, lo=start, key=track.raw_start))
        yield Span(start, end)
        start, place = end, place + CORE


def _around(text: str, core: Span) -> Span:
    return Span(text.rfind("\n", 0, max(0, core.start - MARGIN)) + 1, _line_end(text, core.end + MARGIN))


def _line_end(text: str, offset: int) -> int:
    """Just behind the line end at or after ``offset``."""
    return text.find("\n", offset) + 1 or len(text)
