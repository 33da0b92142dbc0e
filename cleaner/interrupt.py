"""Ctrl-C, heard whatever becomes of its exception.

``KeyboardInterrupt`` may be raised between any two steps. Some libraries make another exception of it, and where
Python clears up it is dropped. Within ``heard`` it is remembered, and ends what goes on there all the same.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_MASKS = hasattr(signal, "pthread_sigmask")  # Windows has none


class _State:
    """Of this process, for signals come to its main thread alone."""

    came = False
    waits = False
    late = False


@contextmanager
def heard(*numbers: int, last: bool = False) -> Iterator[None]:
    """These signals end the block with ``KeyboardInterrupt``, also where something made another exception of that.

    A signal that is ignored stays so; in another thread than the main one nothing can be heard. With ``last``
    the process ends after the block: what is done then is heard no more, nor what was stopped a second time.
    """
    before = {number: signal.signal(number, _hear) for number in numbers if _is_open(number)}
    hook, sys.unraisablehook = sys.unraisablehook, _drop
    _State.late, after = False, signal.SIG_DFL
    try:
        yield
        after = signal.SIG_IGN
    except Exception:
        if _State.came:
            raise KeyboardInterrupt from None
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, after if last else handler)
        sys.unraisablehook = hook
        _State.came = _State.late = False


def heed() -> None:
    """Raises ``KeyboardInterrupt`` if one came and was lost: for loops, before they trust what was done."""
    if _State.came and not _State.late:
        raise KeyboardInterrupt


def too_late() -> None:
    """From here to the end of the ``heard`` block there is nothing left to be stopped."""
    _State.late = True


@contextmanager
def held() -> Iterator[None]:
    """Ctrl-C waits for the end of the block, and processes that begin in it do not hear it until ``unheard``.

    One that is cut short, or its parent, while it begins, would say so with a traceback.
    """
    if _MASKS:
        from multiprocessing import resource_tracker

        resource_tracker.ensure_running()  # beginning later, it would end the blocking
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    main = _is_main()
    _State.waits |= main
    try:
        yield
    finally:
        if main:
            _State.waits = False
        if _MASKS:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    if main:
        heed()


def unheard() -> None:
    """For a process whose parent hears Ctrl-C and ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if _MASKS:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _hear(number: int, frame: FrameType | None) -> None:
    if _State.late:
        return
    _State.came = True
    if not _State.waits:
        raise KeyboardInterrupt


def _drop(said: Any) -> None:
    """What is raised where nothing can be, as while garbage is collected, is printed; Ctrl-C is in mind already."""
    if not (_State.came and issubclass(said.exc_type, KeyboardInterrupt)):
        sys.__unraisablehook__(said)


def _is_open(number: int) -> bool:
    return _is_main() and signal.getsignal(number) not in (signal.SIG_IGN, None)


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()
