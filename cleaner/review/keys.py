"""Keys from a terminal, one press each, on POSIX and Windows; from a pipe, the characters of its lines."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

#: What the keys are called that are no letters. ``END`` says that there will be no more.
ENTER, ESCAPE, LEFT, RIGHT, UP, DOWN, END = "enter", "escape", "left", "right", "up", "down", "end"
_ARROWS = {"A": UP, "B": DOWN, "C": RIGHT, "D": LEFT}
_NAMES = {"\r": ENTER, "\n": ENTER, "\x04": END, "": END}
#: Seconds in which the rest of an arrow key follows its escape.
_REST = 0.05


class Keys(Protocol):
    """Where keys come from."""

    def key(self) -> str:
        """The next key: a character, or one of the names above."""

    def line(self, prompt: str) -> str | None:
        """A line that people write; ``None`` at the end of the input."""

    def pause(self) -> None:
        """Waits for any key, where somebody may want to read."""


class Piped:
    """Keys from something that is no terminal: each line is a row of keys, an empty one is Enter."""

    def __init__(self) -> None:
        self._rest = ""

    def key(self) -> str:
        if not self._rest:
            line = sys.stdin.readline()
            if not line:
                return END
            self._rest = line.rstrip("\r\n")
            if not self._rest:
                return ENTER
        pressed, self._rest = self._rest[0], self._rest[1:]
        return pressed

    def line(self, prompt: str) -> str | None:
        """The rest of the line that is being read, or the next."""
        if self._rest:
            line, self._rest = self._rest, ""
            return line
        line = sys.stdin.readline()
        return line.rstrip("\r\n") if line else None

    def pause(self) -> None:
        """Nobody reads: the next key is an answer."""


class Pressed:
    """Key presses on a terminal, which is left as it was found."""

    def key(self) -> str:
        pressed = self._one()
        if pressed == "\x1b":
            return self._after_escape()
        return _NAMES.get(pressed, pressed)

    def line(self, prompt: str) -> str | None:
        with _as_people_write():
            try:
                return input(prompt)
            except (EOFError, UnicodeDecodeError):
                return None

    def pause(self) -> None:
        self.key()

    def _one(self) -> str:
        """A character, however many bytes it has."""
        taken = os.read(sys.stdin.fileno(), 1)
        while taken:
            try:
                return taken.decode()
            except UnicodeDecodeError as error:
                if error.reason != "unexpected end of data":
                    return "?"
            more = os.read(sys.stdin.fileno(), 1)
            if not more:
                return ""
            taken += more
        return ""

    def _after_escape(self) -> str:
        """An arrow key, or Escape itself; what other keys send is swallowed."""
        if not self._waits() or self._one() not in "[O":
            return ESCAPE
        while self._waits():
            letter = self._one()
            if letter.isalpha() or letter in "~":
                return _ARROWS.get(letter, "")
        return ""

    def _waits(self) -> bool:
        import select

        return bool(select.select([sys.stdin], [], [], _REST)[0])


class PressedOnWindows:
    """Key presses in a Windows console."""

    def key(self) -> str:
        if sys.platform == "win32":
            import msvcrt

            pressed = msvcrt.getwch()
            if pressed == "\x03":
                raise KeyboardInterrupt
            if pressed in "\x00\xe0":
                return {"H": UP, "P": DOWN, "M": RIGHT, "K": LEFT}.get(msvcrt.getwch(), "")
            return {"\x1b": ESCAPE, "\x1a": END}.get(pressed, _NAMES.get(pressed, pressed))
        return END

    def line(self, prompt: str) -> str | None:
        try:
            return input(prompt)
        except EOFError:
            return None

    def pause(self) -> None:
        self.key()


@contextmanager
def open_keys() -> Iterator[Keys]:
    """The keys of standard input."""
    if not sys.stdin.isatty():
        yield Piped()
    elif sys.platform == "win32":
        yield PressedOnWindows()
    else:
        with _as_keys_come():
            yield Pressed()


@contextmanager
def _as_keys_come() -> Iterator[None]:
    """The terminal hands over each key at once and does not show it; Ctrl-C still interrupts."""
    import signal
    import termios
    import tty

    found = termios.tcgetattr(sys.stdin)
    # Shells give a process that was suspended their own settings.
    before = signal.signal(signal.SIGCONT, lambda *_: tty.setcbreak(sys.stdin))
    try:
        tty.setcbreak(sys.stdin)
        yield
    finally:
        signal.signal(signal.SIGCONT, before)
        with suppress(termios.error):  # the terminal is gone
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, found)


@contextmanager
def _as_people_write() -> Iterator[None]:
    """Within :func:`_as_keys_come`: lines are shown and can be corrected."""
    import termios

    now = termios.tcgetattr(sys.stdin)
    lines = [*now]
    lines[3] |= termios.ICANON | termios.ECHO
    termios.tcsetattr(sys.stdin, termios.TCSADRAIN, lines)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, now)
