"""What goes wrong, told in the terminal. It may quote logs and requests, so nothing in it may act there."""

import logging
import traceback

from cleaner.review.visible import visible

_LOG = logging.getLogger("cleaner.review")


def tell(error: Exception) -> None:
    """What an error says."""
    _LOG.error("%s", visible(str(error)))


def tell_all(doing: str) -> None:
    """A mistake of ours, which is being handled: what was done, and where it happened."""
    _LOG.error("%s", visible(f"{doing}\n{traceback.format_exc()}"))
