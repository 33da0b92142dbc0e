"""``--engine``: where a job is done, on this machine or on a cluster."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

from cleaner.config import Config
from cleaner.engines.ray import Ray
from cleaner.errors import ConfigError
from cleaner.workers import Engine, Local


def add_to(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--engine", choices=("local", "ray"), default="local", help="where it is done: here, or on a Ray cluster"
    )
    command.add_argument(
        "--ray-address",
        metavar="ADDRESS",
        default="",
        help="the cluster for --engine ray (default: RAY_ADDRESS, or one on this machine alone)",
    )


@contextmanager
def engine_of(parsed: argparse.Namespace, config: Config, jobs: int) -> Iterator[Engine]:
    """The engine that is asked for, with what serves both passes. ``jobs`` is how many processes pay here."""
    if parsed.engine == "local":
        if parsed.ray_address:
            raise ConfigError("--ray-address goes with --engine ray")
        with Local(jobs).session() as engine:
            yield engine
        return
    ray = Ray(parsed.ray_address, parsed.jobs or config.jobs or None)
    # On standard output Ray would tell what became of its nodes.
    with redirect_stdout(sys.stderr), ray.session() as engine:
        yield engine
