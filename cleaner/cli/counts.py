"""Counts with their nouns."""


def many(count: int, what: str) -> str:
    """So many of something.

    >>> many(1, "cut"), many(2000, "cut")
    ('1 cut', '2,000 cuts')
    """
    return f"{count:,} {what}{'' if count == 1 else 's'}"
