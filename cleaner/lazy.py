"""A property that is computed once and kept, without a lock.

That of ``functools`` holds, until Python 3.12, one lock for all instances of a class: threads that clean
different texts wait for each other, and a process that is forked while one of them holds it waits for ever.
Computing twice at the same moment does no harm; what is computed here does not change.
"""

import functools
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING or sys.version_info >= (3, 12):
    from functools import cached_property as cached_property
else:

    class cached_property(functools.cached_property):  # noqa: N801 - stands for the one of functools
        """See ``functools.cached_property``."""

        def __get__(self, instance, owner=None):
            if instance is None:
                return self
            made = instance.__dict__[self.attrname] = self.func(instance)
            return made
