"""Weights that ship with the package: arrays in a file with its checksum beside it."""

from hashlib import sha256
from importlib.resources import files
from io import BytesIO

import numpy as np

from cleaner.errors import ModelError

WEIGHTS, CHECKSUM = "weights.npz", "weights.npz.sha256"


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
