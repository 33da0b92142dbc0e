"""Weights that ship with the package: arrays in a file with its checksum beside it."""

from collections.abc import Callable
from hashlib import sha256
from importlib.resources import files
from io import BytesIO
from typing import Protocol, TypeVar

import numpy as np

from cleaner.errors import ModelError

WEIGHTS, CHECKSUM = "weights.npz", "weights.npz.sha256"


class Shipped(Protocol):
    """A model that knows the digest of its file."""

    @property
    def digest(self) -> str: ...


M = TypeVar("M", bound=Shipped)


def read_weights(package: str, again: str) -> tuple[dict[str, np.ndarray], str]:
    """The arrays of a package, and the digest of their file. ``again`` says how to get them anew.

    Raises ``ModelError`` if the file is missing or damaged.
    """
    folder = files(package)
    try:
        data, checksum = (folder / WEIGHTS).read_bytes(), (folder / CHECKSUM).read_text().split()[0]
    except (OSError, IndexError) as error:
        raise ModelError(f"{folder / WEIGHTS}: cannot be read: {error}; {again}") from None
    digest = sha256(data).hexdigest()
    if digest != checksum:
        raise ModelError(f"{folder / WEIGHTS}: is damaged: its checksum is {digest}, not {checksum}; {again}")
    with np.load(BytesIO(data)) as arrays:
        return dict(arrays), digest


def load_again(load: Callable[[], M], digest: str) -> M:
    """The model that ships, for one that was pickled as its digest. Raises ``ModelError`` if it is another."""
    model = load()
    if model.digest != digest:
        raise ModelError(
            f"the weights here are {model.digest}, those of the pickled Cleaner {digest}; "
            "install the same version of cleaner on both sides"
        )
    return model
