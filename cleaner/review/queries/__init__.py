"""Questions to the index and the verdicts. Answers are plain dicts and lists, ready for JSON.

``glance`` answers what went, ``queue`` which groups, ``one_group`` what of one of them, ``cuts`` and ``whole_text``
what was cut where, ``measuring`` what samples prove, ``kept_lines`` what may remain.

Shapes that come again:

``removal``: ``id rule category action confidence reason also[] fingerprint text chars clipped doc source row url site
start end line place size`` (``text`` is the first 2,000 characters, ``clipped`` says whether that is not all; ``place``
and ``size`` are shares of the document), ``document`` (its number), ``verdicts[]`` (those that hold for it), ``judged``
(``right wrong skip`` or ``""``), ``conflict`` (do reviewers differ on it?).

``verdict``: the fields of a line of ``verdicts.jsonl``.

``group``: ``number rule category action fingerprint count chars sites docs longest confidence surprise text clipped
first`` (the id of its first removal), ``state`` (``todo done skipped``), ``judged`` (``right wrong skip`` or ``""``).
Where a site is asked for, also ``here``: ``count chars docs state judged`` of the group on that site.

``judged`` of a rule: ``right wrong skip conflicts basis low high lower needed_95 needed_99 whole exact``. ``conflicts``
counts what reviewers differ on, be it that one judged a group and another a part of it. ``basis`` is ``sample``
where a random sample of the rule in this log was judged (the bounds are then those of the sample), ``verdicts`` where
people judged what they chose, ``""`` where nobody has. ``low`` and ``high`` are the exact two-sided 95 % interval,
``lower`` the exact one-sided 95 % bound; ``needed_*``: how many more must be judged, all right, until ``lower`` is
there: never more than are left, and ``None`` where all that is left could not bring it there. ``whole``: the sample is
all there is. Then nothing is left to chance once all of it is judged: ``exact`` is true, and ``low``, ``high`` and
``lower`` are the share itself.

``segment``: ``kind`` (``kept removed flagged``) ``text start end line``, and but for kept text ``id rule category
action confidence reason fingerprint judged``. What is flagged takes its place among the segments.

Lone surrogates in what is shown are U+FFFD. Unknown ids, groups and samples raise ``InputError``.
"""

from cleaner.review.queries.cuts import removal, removals
from cleaner.review.queries.glance import overview, progress
from cleaner.review.queries.kept_lines import misses
from cleaner.review.queries.measuring import sample, sample_standing, start_sample
from cleaner.review.queries.one_group import group
from cleaner.review.queries.queue import groups
from cleaner.review.queries.rows import Answer
from cleaner.review.queries.whole_text import document

__all__ = [
    "Answer",
    "document",
    "group",
    "groups",
    "misses",
    "overview",
    "progress",
    "removal",
    "removals",
    "sample",
    "sample_standing",
    "start_sample",
]
