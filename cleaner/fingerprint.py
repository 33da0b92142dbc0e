"""A short hash by which removals that differ only in digits, case and spacing are the same."""

from hashlib import blake2b

import regex

_DIGITS = regex.compile(r"\d+")


def masked(text: str) -> str:
    """The text with digits, case and spacing levelled.

    >>> masked("Play 4:03  Now")
    'play 0:0 now'
    """
    return _DIGITS.sub("0", " ".join(text.casefold().split()))


def fingerprint(text: str) -> str:
    """Sixteen hexadecimal digits of the masked text's BLAKE2b hash."""
    return blake2b(masked(text).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
