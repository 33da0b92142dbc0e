"""Rule files: found, read strictly, checked against their own samples."""

from cleaner.rulefiles.load import Packs, load_packs, shipped_rules

__all__ = ["Packs", "load_packs", "shipped_rules"]
