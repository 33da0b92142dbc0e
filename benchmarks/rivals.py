"""Other tools, where installed, each called straight and without its framework around it.

Each gets what it is made for: texts, and those that take a list of strings one for each of our rules.
None keeps a log, none can undo. They read and write JSON as the others do.
"""

from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version

import msgspec
import regex

from benchmarks.contenders import Contender, Run
from cleaner.rulefiles import load_packs

Change = Callable[[str], str]
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def rivals(complain: Callable[[str], None]) -> list[Contender]:
    """All that are installed; ``complain`` hears of the others."""
    found: list[Contender] = []
    for package, made in (
        ("ftfy", _ftfy),
        ("datatrove", _datatrove),
        ("nemo-curator", _nemo_curator),
        ("py-data-juicer", _data_juicer),
    ):
        try:
            number = version(package)
            found += (
                Contender(f"{package}: {name}", f"{package} {number}: {name}", _on_json(change), sample=True)
                for name, change in made()
            )
        except (PackageNotFoundError, ImportError) as error:
            complain(f"{package}: skipped, not installed ({error})")
    return found


def _on_json(change: Change) -> Run:
    def run(lines: Sequence[bytes]) -> int:
        made = 0
        for line in lines:
            row = _decode(line)
            row["text"] = change(row["text"])
            made += len(_encode(row))
        return made

    return run


def _strings() -> list[str]:
    """A line that must go for each of our rules: what a user of a list of strings would put there."""
    return [rule.spec.samples.remove[0].split("\n")[0].strip("⟦⟧") for rule in load_packs().rules]


def _ftfy() -> Iterator[tuple[str, Change]]:
    import ftfy

    yield "`fix_text`", ftfy.fix_text


def _datatrove() -> Iterator[tuple[str, Change]]:
    """The C4 filter: it takes a text apart into sentences, drops lines and whole documents."""
    from datatrove.data import Document
    from datatrove.pipeline.filters import C4QualityFilter

    def filtered(quality: C4QualityFilter) -> Change:
        def change(text: str) -> str:
            document = Document(text=text, id="")
            kept = quality.filter(document)
            return document.text if kept is True else ""

        return change

    yield "C4 filter", filtered(C4QualityFilter())
    yield "C4 filter without counting sentences", filtered(C4QualityFilter(min_num_sentences=-1))


def _nemo_curator() -> Iterator[tuple[str, Change]]:
    from nemo_curator.stages.text.modifiers.string import BoilerPlateStringModifier, LineRemover

    yield "`BoilerPlateStringModifier`", BoilerPlateStringModifier().modify_document
    strings = _strings()
    yield f"`LineRemover`, {len(strings)} lines", LineRemover(strings).modify_document


def _data_juicer() -> Iterator[tuple[str, Change]]:
    from data_juicer.ops.mapper import RemoveWordsWithIncorrectSubstringsMapper, ReplaceContentMapper

    def applied(mapper: RemoveWordsWithIncorrectSubstringsMapper | ReplaceContentMapper) -> Change:
        return lambda text: mapper.process_batched({mapper.text_key: [text]})[mapper.text_key][0]

    yield "`remove_words_with_incorrect_substrings`", applied(RemoveWordsWithIncorrectSubstringsMapper())
    patterns = [rf"(?m)^{regex.escape(line, literal_spaces=True)}$" for line in _strings()]
    yield f"`replace_content`, {len(patterns)} lines", applied(ReplaceContentMapper(patterns))
