"""Which lines recur over the pages of a site: counted exactly in a first pass, looked up in the second.

page_of ─> Recurrences.add ─> write_table ─> RecurrenceTable ─> the detector of recurring lines
"""

from cleaner.recurrence.counting import Limits, Recurrences
from cleaner.recurrence.pages import Page, line_hashes, page_of
from cleaner.recurrence.table import RecurrenceTable

__all__ = ["Limits", "Page", "RecurrenceTable", "Recurrences", "line_hashes", "page_of"]
