"""Numbers in words."""


def percent(share: float, digits: int = 1) -> str:
    """A share in per cent; a trace is not called nothing, nor nearly all called all.

    >>> percent(0.1234), percent(0.00001), percent(0.99999), percent(1.0)
    ('12.3 %', '< 0.1 %', '> 99.9 %', '100.0 %')
    """
    least = 10.0**-digits
    if 0 < share * 100 < least / 2:
        return f"< {least:.{digits}f} %"
    if 0 < (1 - share) * 100 < least / 2:
        return f"> {100 - least:.{digits}f} %"
    return f"{share * 100:.{digits}f} %"


def many(count: int, one: str, several: str = "") -> str:
    """A count with its noun.

    >>> many(1, "cut"), many(2000, "cut")
    ('1 cut', '2,000 cuts')
    """
    return f"{count:,} {noun(count, one, several)}"


def noun(count: int, one: str, several: str = "") -> str:
    """The noun of a count that stands elsewhere."""
    return one if count == 1 else several or one + "s"
