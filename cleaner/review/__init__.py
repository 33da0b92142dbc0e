"""Looking at what a run cut: an index over its logs, questions to it, verdicts of reviewers, and samples.

    logs ─> index ─> queries ─> web, terminal, report, exports
                       ↑
    reviewers ─> verdicts, samples

Nothing here knows of the web. What ``queries`` gives is plain data, ready for JSON.
"""
