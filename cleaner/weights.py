"""Weights that ship with the package: arrays in a file with its checksum beside it."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from importlib.resources import files
from io import BytesIO
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np

from cleaner.errors import ModelError
from cleaner.trees import Trees

WEIGHTS, CHECKSUM = "weights.npz", "weights.npz.sha256"
_HEX = frozenset(b"0123456789abcdef")
#: So much of a file that holds no checksum is shown.
_SHOWN = 20


class Shipped(Protocol):
    """A model that knows the digest of its file."""

    @property
    def digest(self) -> str: ...


M = TypeVar("M", bound=Shipped)


class Tried(NamedTuple):
    """The digest of a model's weights, or why they cannot be used."""

    digest: str = ""
    problem: str = ""


def tried(load: Callable[[], Shipped]) -> Tried:
    """Whether a model can be used."""
    try:
        return Tried(load().digest)
    except ModelError as error:
        return Tried(problem=str(error))


def shipped(package: str, format: int, make: Callable[[Mapping[str, Any], str], M], again: str) -> M:
    """What ``make`` builds of the arrays of a package and the digest of their file.

    ``again`` says how to get them anew. Raises ``ModelError`` if the file is missing, damaged, of another ``format``,
    or not what ``make`` understands.
    """
    folder = files(package)
    data, checksum = (_read(folder / name, again) for name in (WEIGHTS, CHECKSUM))
    try:
        digest = _checked(data, checksum)
        arrays = _arrays(data)
        _check_format(arrays, format)
        return make(arrays, digest)
    except ModelError as error:
        raise ModelError(f"{folder / WEIGHTS}: {error}; {again}") from None
    except KeyError as error:
        raise ModelError(f"{folder / WEIGHTS}: lacks the array {error}; {again}") from None
    except (TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        raise ModelError(f"{folder / WEIGHTS}: holds other arrays than are asked for: {error}; {again}") from None


def _read(file: Any, again: str) -> bytes:
    try:
        data: bytes = file.read_bytes()
    except OSError as error:
        raise ModelError(f"{file}: cannot be read: {error.strerror or error}; {again}") from None
    return data


def _checked(data: bytes, checksum: bytes) -> str:
    """The digest of ``data``, if it is what the file beside says."""
    digest, said = sha256(data).hexdigest(), b"".join(checksum.split()[:1])
    if len(said) != len(digest) or not _HEX.issuperset(said):
        raise ModelError(f"cannot be checked: {CHECKSUM} begins with {checksum[:_SHOWN]!r}, not with a SHA-256")
    if said.decode() != digest:
        raise ModelError(f"is damaged: its checksum is {digest}, not {said.decode()}")
    return digest


def _arrays(data: bytes) -> dict[str, np.ndarray]:
    try:
        with np.load(BytesIO(data)) as arrays:
            return dict(arrays)
    except Exception as error:  # noqa: BLE001 - what is no archive of arrays is told in many ways
        raise ModelError(f"is no whole archive of arrays: {error}") from None


def _check_format(arrays: Mapping[str, Any], known: int) -> None:
    """Raises ``ModelError`` if the arrays were written for another version."""
    if (found := arrays["format"].tolist()) != known:
        raise ModelError(f"is of format {found}; this version of cleaner reads format {known}")


def checked_trees(arrays: Mapping[str, Any], name: str, measures: int) -> Trees:
    """The trees of that name. Raises ``ModelError`` if they ask for what is not there: a node, one of the measures."""
    trees = Trees.of(arrays, name)
    nodes = len(trees.feature)
    if any(len(other) != nodes for other in (trees.threshold, trees.left, trees.right, trees.value)):
        raise ModelError(f"the nodes of the trees {name!r} are not all as many")
    for field, below in (("roots", nodes), ("left", nodes), ("right", nodes), ("feature", measures)):
        numbers = getattr(trees, field)
        if not len(numbers) or not np.issubdtype(numbers.dtype, np.integer):
            raise ModelError(f"the array '{name}.{field}' holds no whole numbers")
        if numbers.min() < 0 or numbers.max() >= below:
            found = f"{numbers.min()} to {numbers.max()}"
            raise ModelError(f"the array '{name}.{field}' has numbers from {found}; accepted: 0 to {below - 1}")
    return trees


def load_again(load: Callable[[], M], digest: str) -> M:
    """The model that ships, for one that was pickled as its digest. Raises ``ModelError`` if it is another."""
    model = load()
    if model.digest != digest:
        raise ModelError(
            f"the weights here are {model.digest}, those of the pickled Cleaner {digest}; "
            "install the same version of cleaner on both sides"
        )
    return model
