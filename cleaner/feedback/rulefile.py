"""The rule file that ``cleaner rules apply`` writes. A file that is not its own is never written over."""

import json
from collections.abc import Iterable
from pathlib import Path

from cleaner.checkpoint import sync_folder
from cleaner.errors import OutputError
from cleaner.formats.whole_file import written_whole
from cleaner.rulefiles.overrides import overrides_in
from cleaner.rules.spec import Override

OVERRIDES = "overrides.toml"
MARK = "# Written by `cleaner rules apply`, which makes it anew: comments in it are lost, overrides added to it stay."
_HEAD = f'{MARK}\ndescription = "What reviewers know better than the rules"\n'


def written_before(path: Path, *, force: bool = False) -> list[Override]:
    """The overrides in a file of ours; none if there is no such file.

    Raises ``OutputError`` for a file of somebody else's, which only ``force`` gives up.
    """
    try:
        with path.open("rb") as stream:
            first = stream.readline()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise OutputError(f"{path}: cannot be read: {error.strerror}") from None
    if first.strip() == MARK.encode():
        return overrides_in(path)
    if force:
        return []
    raise OutputError(
        f"{path}: not written by `cleaner rules apply`, as its first line would say; choose another --out, "
        "or give the file up with --force"
    )


def write(path: Path, overrides: Iterable[Override]) -> None:
    """Writes the file whole, or not at all. Raises ``OutputError``."""
    data = "\n".join([_HEAD, *map(_table, overrides)]).encode()
    try:
        with written_whole(path) as stream:
            stream.write(data)
        sync_folder(path.parent)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}; choose another --out") from None


def _table(override: Override) -> str:
    lines = ["[[override]]", f"rule = {quoted(override.rule)}", f"action = {quoted(override.action)}"]
    for key, values in (
        ("fingerprints", override.fingerprints),
        ("sites", override.sites),
        ("documents", override.documents),
    ):
        if values:
            lines.append(f"{key} = {_list(values)}")
    lines.append(f"reason = {quoted(override.reason)}")
    if override.text:
        lines.append(f"text = {quoted(override.text)}")
    return "\n".join([*lines, ""])


def _list(values: list[str]) -> str:
    items = [quoted(value) for value in values]
    line = f"[{', '.join(items)}]"
    return line if len(line) <= 100 else "\n".join(["[", *(f"    {item}," for item in items), "]"])


def quoted(text: str) -> str:
    """A TOML string in which nothing can pass for something else: what does not print is escaped.

    >>> quoted('a "b"\\u202e')
    '"a \\\\"b\\\\"\\\\u202e"'
    """
    return "".join(map(_escaped, json.dumps(text, ensure_ascii=False)))


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
