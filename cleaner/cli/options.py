"""Options that several commands share, and the settings they make."""

import argparse
from pathlib import Path

from cleaner.categories import ACTIONS, PROFILES, Action
from cleaner.config import Config, check_category, read_config
from cleaner.errors import ConfigError
from cleaner.formats.jsonl import Fields
from cleaner.lines.model import LEVELS, THOROUGHNESS
from cleaner.normalizer import Normalizer
from cleaner.rulefiles import Packs, load_packs
from cleaner.scanner import CHOICES, chosen
from cleaner.work import Settings

Commands = argparse._SubParsersAction


def add_rule_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--rules", metavar="PATH", action="append", help="more rules: a file or folder; repeatable")
    command.add_argument(
        "--only-rules", action="store_true", default=None, help="use --rules instead of the shipped ones"
    )


def rule_packs(parsed: argparse.Namespace) -> Packs:
    """The rules that the options of :func:`add_rule_options` name."""
    if parsed.only_rules and not parsed.rules:
        raise ConfigError("--only-rules needs at least one --rules PATH")
    return load_packs(parsed.rules or (), only=bool(parsed.only_rules))


def add_cleaning_options(command: argparse.ArgumentParser) -> None:
    """The options that decide what goes."""
    add_rule_options(command)
    command.add_argument("--profile", choices=PROFILES, help="how much goes (default: article)")
    command.add_argument(
        "--category",
        metavar="NAME=ACTION",
        action="append",
        default=[],
        help=f"{', '.join(ACTIONS)} this category, whatever the profile says; repeatable",
    )
    command.add_argument(
        "--thoroughness",
        metavar="PERCENT",
        help="how far the learned model of doubtful lines goes, as the loss of the author's text that is aimed at, "
        f"in percent: {', '.join(map(str, LEVELS))} (default: {THOROUGHNESS})",
    )
    command.add_argument(
        "--no-line-model", action="store_true", help="without the learned model: rules and the other detectors alone"
    )
    command.add_argument(
        "--matcher",
        choices=CHOICES,
        default="auto",
        help="what finds the lines that rules look at; changes speed alone (default: the fastest installed)",
    )
    command.add_argument("--config", metavar="FILE", type=Path, help="settings in TOML; options go before them")
    for name in ("text", "html", "id", "url"):
        command.add_argument(f"--{name}-field", metavar="NAME", help=f"JSONL field of the {name} (default: {name})")


def config_of(parsed: argparse.Namespace) -> Config:
    return read_config(parsed.config) if parsed.config else Config()


def settings_of(parsed: argparse.Namespace, config: Config) -> Settings:
    """What the options and the configuration together ask for."""
    actions = {**config.categories, **dict(map(_action, parsed.category))}
    normalize, fields = config.normalize, config.fields
    only = config.only_rules if parsed.only_rules is None else parsed.only_rules
    rules = (*config.rules, *(parsed.rules or ()))
    if only and not rules:
        raise ConfigError("--only-rules needs at least one --rules PATH; without any, nothing would be removed")
    try:
        chosen(parsed.matcher)
    except ImportError as error:
        raise ConfigError(f"--matcher: {error}") from None
    return Settings(
        rules=rules,
        only_rules=only,
        profile=parsed.profile or config.profile,
        actions=tuple(sorted(actions.items())),
        normalizer=Normalizer(
            straight_quotes=normalize.quotes == "straight",
            plain_dashes=normalize.dashes == "plain",
            repair_mojibake=normalize.mojibake == "repair",
        ),
        fields=Fields(
            parsed.text_field or fields.text,
            parsed.html_field or fields.html,
            parsed.id_field or fields.id,
            parsed.url_field or fields.url,
        ),
        matcher=parsed.matcher,
        thoroughness=_thoroughness(parsed, config, only=only),
    )


def _thoroughness(parsed: argparse.Namespace, config: Config, *, only: bool) -> float | None:
    """How far the model of lines goes, or None. An option goes before the file, whichever of the keys it is about."""
    level = _level(parsed.thoroughness)
    if level is not None and only:
        where = "--only-rules" if parsed.only_rules else f"only_rules in {parsed.config}"
        raise ConfigError(
            "--thoroughness is that of the model of lines, which leans on the shipped rules; "
            f"{where} does without them: leave one out"
        )
    if level is not None and parsed.no_line_model:
        raise ConfigError("--thoroughness is that of the model of lines, which --no-line-model leaves out; choose one")
    if parsed.no_line_model or only:
        return None
    if level is None and config.line_model:
        return THOROUGHNESS if config.thoroughness is None else config.thoroughness
    return level


def _level(given: str | None) -> float | None:
    """What ``--thoroughness`` asks for."""
    if given is None:
        return None
    found = next((level for level in LEVELS if given in (str(level), f"{level:g}")), None)
    if found is None:
        raise ConfigError(f"--thoroughness {given}: accepted, in percent: {', '.join(map(str, LEVELS))}")
    return found


def _action(given: str) -> tuple[str, Action]:
    name, _, action = given.partition("=")
    check_category(name, "--category")
    for known in ACTIONS:
        if action == known:
            return name, known
    raise ConfigError(f"--category {given}: {action!r} is no action; actions: {', '.join(ACTIONS)}")
