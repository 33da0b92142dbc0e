"""``cleaner.toml``: settings of a run in a file; what the command line says goes before."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct, field

from cleaner.categories import CATEGORIES, Action, Profile
from cleaner.errors import ConfigError
from cleaner.lines.model import LEVELS


class FieldNames(Struct, forbid_unknown_fields=True, frozen=True):
    """Names of fields in JSONL files."""

    text: str = "text"
    html: str = "html"
    id: str = "id"
    url: str = "url"


class Normalize(Struct, forbid_unknown_fields=True, frozen=True):
    """What the normalizer does beyond its normal form."""

    quotes: Annotated[Literal["keep", "straight"], Meta(description="curly quotes")] = "keep"
    dashes: Annotated[Literal["keep", "plain"], Meta(description="long dashes")] = "keep"
    mojibake: Annotated[Literal["repair", "keep"], Meta(description="text read in the wrong encoding")] = "repair"


class Config(Struct, forbid_unknown_fields=True, frozen=True):
    """The keys of ``cleaner.toml``. Paths in ``rules`` and ``state`` are relative to the file."""

    profile: Profile = "article"
    rules: Annotated[list[str], Meta(description="more rule files or folders")] = field(default_factory=list)
    only_rules: Annotated[bool, Meta(description="use these rules instead of the shipped ones")] = False
    state: Annotated[str, Meta(description="folder that keeps what batches learn; empty: none")] = ""
    single_pass: Annotated[bool, Meta(description="judge every document by itself")] = False
    jobs: Annotated[int, Meta(ge=0, description="worker processes; 0 lets cleaner choose")] = 0
    thoroughness: Annotated[
        float | None, Meta(description="loss of the author's text aimed at, in percent: 0.1, 0.2 (default), 0.5, 1")
    ] = None
    line_model: Annotated[bool, Meta(description="weigh doubtful lines by a learned model")] = True
    categories: Annotated[dict[str, Action], Meta(description="category = remove, flag or keep")] = field(
        default_factory=dict
    )
    fields: FieldNames = field(default_factory=FieldNames)
    normalize: Normalize = field(default_factory=Normalize)


def read_config(path: Path) -> Config:
    """The settings in ``path``. Raises ``ConfigError`` that names the key at fault."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        config = msgspec.convert(table, Config)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {error}; keys: {', '.join(Config.__struct_fields__)}") from None
    _check_thoroughness(config, path)
    for name in config.categories:
        check_category(name, str(path))
    rules = [str(path.parent / rule) for rule in config.rules]
    return msgspec.structs.replace(config, rules=rules, state=config.state and str(path.parent / config.state))


def _check_thoroughness(config: Config, path: Path) -> None:
    """Of keys that contradict each other neither is passed over."""
    if config.thoroughness is None:
        return
    if config.thoroughness not in LEVELS:
        raise ConfigError(f"{path}: thoroughness: {config.thoroughness:g}; accepted: {', '.join(map(str, LEVELS))}")
    about = f"{path}: thoroughness is that of the model of lines"
    if not config.line_model:
        raise ConfigError(f"{about}, which line_model = false leaves out; choose one")
    if config.only_rules:
        raise ConfigError(
            f"{about}, which leans on the shipped rules; only_rules = true does without them: leave one out"
        )


def check_category(name: str, where: str) -> None:
    if name not in CATEGORIES:
        raise ConfigError(f"{where}: there is no category {name!r}; categories: {', '.join(CATEGORIES)}")
