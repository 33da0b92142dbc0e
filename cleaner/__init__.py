"""cleaner strips web boilerplate from scraped article text and logs every cut so that it can be undone.

>>> from cleaner import Cleaner
>>> cleaned = Cleaner.from_packs().clean("The bridge opened on Monday.\\n\\nAdvertisement\\n")
>>> cleaned.text
'The bridge opened on Monday.'
>>> [(removal.category, removal.reason) for removal in cleaned.removals]
[('ad', 'the label of an advertisement, alone on its line')]
"""

__version__ = "0.1.0"

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cleaner.annotation import Proposal, Removal
    from cleaner.categories import CATEGORIES, PROFILES
    from cleaner.document import Document
    from cleaner.errors import CleanerError, ConfigError, InputError, OutputError, RuleFileError
    from cleaner.normalizer import Normalizer
    from cleaner.pipeline import Cleaned, Cleaner
    from cleaner.policy import Policy
    from cleaner.span import Span

__all__ = [
    "CATEGORIES",
    "PROFILES",
    "Cleaned",
    "Cleaner",
    "CleanerError",
    "ConfigError",
    "Document",
    "InputError",
    "Normalizer",
    "OutputError",
    "Policy",
    "Proposal",
    "Removal",
    "RuleFileError",
    "Span",
    "__version__",
]
_HOMES = {
    "annotation": ("Proposal", "Removal"),
    "categories": ("CATEGORIES", "PROFILES"),
    "document": ("Document",),
    "errors": ("CleanerError", "ConfigError", "InputError", "OutputError", "RuleFileError"),
    "normalizer": ("Normalizer",),
    "pipeline": ("Cleaned", "Cleaner"),
    "policy": ("Policy",),
    "span": ("Span",),
}


def __getattr__(name: str) -> Any:
    """Loads what is asked for. The command is there before the rest is loaded, and hears Ctrl-C meanwhile."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"cleaner.{home}"), name)
    raise AttributeError(f"module 'cleaner' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
