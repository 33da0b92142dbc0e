"""Steps for the pipelines of others, each a thin adapter. Those that work on tables call :mod:`cleaner.table`."""
