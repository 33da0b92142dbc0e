"""Features of a line's shape, for rules that weigh signs."""

from collections.abc import Callable

import regex

from cleaner.view import ends_sentence

_WORD = regex.compile(r"\p{L}[\p{L}\p{M}'’-]*")
_QUOTE = regex.compile(r"[\"“”„«»「『]")


def _title_case(line: str) -> bool:
    words = [word for word in _WORD.findall(line) if len(word) > 3]
    return len(words) >= 2 and sum(word[0].isupper() for word in words) >= 0.8 * len(words)


#: Feature name in rule files -> test of a line.
FEATURES: dict[str, Callable[[str], bool]] = {
    "short": lambda line: len(line) <= 60,
    "no-final-stop": lambda line: not ends_sentence(line),
    "title-case": _title_case,
    "question": lambda line: line.rstrip().endswith(("?", "？", "؟")),
    "quote": lambda line: bool(_QUOTE.search(line)),
    "prose": lambda line: len(line) >= 80 and ends_sentence(line),
    "digits": lambda line: any(character.isdigit() for character in line),
}
