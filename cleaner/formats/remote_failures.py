"""What goes wrong with remote files: tried again if that may help, and said in plain words without secrets."""

import contextlib
import errno
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from cleaner.errors import CleanerError

#: How often in a row a request is made again, or a broken connection opened again, without a byte of progress.
RETRIES = 4
#: Seconds before the first of these; each pause is twice as long as the one before.
PAUSE = 0.25
SCHEME = re.compile(r"([a-z][a-z0-9+.-]+)://", re.I)
#: File systems whose objects appear whole; elsewhere a file is written beside and then renamed.
WHOLE = {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "memory"}
WEB = {"http", "https"}
_LIBRARIES = {"s3": "'cleaner[remote]'", "s3a": "'cleaner[remote]'", "gs": "gcsfs", "gcs": "gcsfs"}
CHANGED = "it was changed while it was read; start again when nobody writes to it"
_CREDENTIALS = {
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE; for a public bucket, FSSPEC_S3_ANON=true",
    "gs": "set GOOGLE_APPLICATION_CREDENTIALS, or log in with gcloud; for a public bucket, FSSPEC_GS_TOKEN=anon",
}
_LASTING: tuple[type[Exception], ...] = (
    *(FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError),
    *(NotImplementedError, ImportError, ValueError, TypeError, AttributeError),
)

_Value = TypeVar("_Value")


def shown(url: str) -> str:
    """The address as it may be shown: without password, query and signature.

    >>> shown("https://ann:secret@example.org/a.txt?signature=1f2e")
    'https://example.org/a.txt'
    """
    if scheme_of(url) not in WEB:
        return re.sub(r"(?<=://)[^/@]*@", "", url)
    return re.sub(r"(?<=://)[^/@]*@", "", re.split(r"[?#]", url, maxsplit=1)[0])


def scheme_of(url: str) -> str:
    match = SCHEME.match(url)
    return match[1].lower() if match else ""


def pauses() -> Iterator[float | None]:
    """The pauses between attempts, and ``None`` after the last one."""
    yield from (PAUSE * 2**attempt for attempt in range(RETRIES))
    yield None


def retried(call: Callable[..., _Value], *arguments: Any, **options: Any) -> _Value:
    for pause in pauses():
        try:
            return call(*arguments, **options)
        except Exception as error:
            if pause is None or is_lasting(error):
                raise
        time.sleep(pause)
    raise AssertionError("the last pause is None")


def is_lasting(error: Exception) -> bool:
    """Would the same request fail again?"""
    error = _root(error)
    status = getattr(error, "status", None)
    if isinstance(status, int):
        return 400 <= status < 500 and status not in (408, 429)
    return isinstance(error, (*_LASTING, CleanerError)) or _is_about_credentials(error) or _is_changed(error)


def _root(error: Exception) -> Exception:
    """What was behind an error: to fsspec a page is "not found" whatever happened on the way to it."""
    cause = error.__cause__
    on_the_way = isinstance(cause, (OSError, TimeoutError)) or type(cause).__module__.startswith("aiohttp")
    return cause if isinstance(error, FileNotFoundError) and isinstance(cause, Exception) and on_the_way else error


def _is_changed(error: Exception) -> bool:
    return type(error).__name__ == "FileExpired"  # of s3fs


def _is_about_credentials(error: Exception) -> bool:
    name = type(error).__name__
    return "Credential" in name or name in ("ProfileNotFound", "TokenRetrievalError", "RefreshError", "SSOError")


@contextlib.contextmanager
def in_plain_words(url: str, kind: type[CleanerError]) -> Iterator[None]:
    """Turns whatever the libraries raise into an error that says what to do, without anything secret in it."""
    try:
        yield
    except CleanerError:
        raise
    except Exception as error:  # noqa: BLE001 - each file system raises its own
        raise kind(f"{shown(url)}: {_plain(_root(error), scheme_of(url))}") from None


def _plain(error: Exception, scheme: str) -> str:
    credentials = _CREDENTIALS.get("gs" if scheme in ("gs", "gcs") else "s3" if scheme in WHOLE else scheme, "")
    status = getattr(error, "status", None)
    if isinstance(error, ImportError):
        return (
            f"{scheme}:// needs a library that is not installed; pip install {_LIBRARIES.get(scheme, 'what reads it')}"
        )
    if isinstance(error, ValueError) and "rotocol" in str(error):
        return f"{scheme}:// is not known; s3://, gs://, https:// and file:// are"
    if _is_changed(error):
        return CHANGED
    if _is_about_credentials(error):
        return f"no credentials were found; {credentials or 'log in first'}"
    if isinstance(error, PermissionError) or status in (401, 403):
        return f"access is denied; are the credentials right, and may they do this? {credentials}".rstrip()
    if isinstance(error, FileNotFoundError) or status in (404, 410):
        return "there is no such file, folder or bucket"
    if isinstance(error, IsADirectoryError):
        return "is a folder, not a file"
    if isinstance(error, NotImplementedError):
        return f"{scheme}:// cannot do this"
    if isinstance(status, int):
        return f"the server answers with HTTP {status}"
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return f"no space left for temporary files in {tempfile.gettempdir()}; set TMPDIR to a larger folder"
    if isinstance(error, ValueError) and scheme not in WEB:
        return str(error)[:200]
    return (
        f"cannot be reached, or the connection keeps breaking ({type(error).__name__}); "
        "are the address and the endpoint right, and is the network up?"
    )
