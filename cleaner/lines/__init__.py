"""A small learned model of doubtful lines: which of those that no rule takes are junk, by all that is seen of them.

    proposals ─> Measures ─> signs (a row for each line looked at) ─> trees ─> log-odds ─> proposals

Two models, one for whole pages and one for the output of extractors; `python -m benchmarks.lines` trains both.
"""
