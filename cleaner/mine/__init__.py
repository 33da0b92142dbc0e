"""Mining: rules proposed from texts that nobody labelled, from lines that recur where junk sits."""

from cleaner.mine.corpus import Mined, mine
from cleaner.mine.find import Find
from cleaner.mine.stub import rule_file

__all__ = ["Find", "Mined", "mine", "rule_file"]
