"""``cleaner`` with tasks of a few documents: ``python -m benchmarks.faults.small clean ...``.

A task is otherwise a megabyte, and a run can go on only from the end of one: with small ones a small
input has as many such places as a large one.
"""

import sys

import cleaner.tasks
from cleaner.cli import main

if __name__ == "__main__":
    cleaner.tasks.TASK_BYTES, cleaner.tasks.TASK_ITEMS = 1 << 14, 8
    sys.exit(main())
