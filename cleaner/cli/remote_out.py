"""``--out`` with an address: a run is made on this machine, and sent where it belongs when it is whole."""

import argparse
import getpass
import json
import os
import shutil
import tempfile
from hashlib import sha256
from pathlib import Path

from cleaner.errors import ConfigError, OutputError
from cleaner.formats import remote
from cleaner.formats.remote_failures import shown
from cleaner.output import SUMMARY

#: Options that do not change what comes out, so that a run may go on with others.
_FREE = ("jobs", "quiet", "checkpoints", "run", "force", "work", "engine")


class Stage:
    """A folder to work in, and the address that its files are sent to when the run is whole.

    It stays until all are there, so that a run that is cut short goes on from it. Raises ``OutputError``
    if another run stands at the address, or nothing can be written there.
    """

    def __init__(self, parsed: argparse.Namespace) -> None:
        self._url = parsed.out.rstrip("/")
        remote.check_writable(self._url)
        if remote.exists(f"{self._url}/{SUMMARY}") and not parsed.force:
            raise OutputError(
                f"{shown(self._url)}: holds another run; choose another --out, or replace it with --force"
            )
        self.folder = _folder(parsed)

    @property
    def made(self) -> bool:
        """Was the run cut short only while its files were sent?"""
        return (self.folder / SUMMARY).is_file()

    def send(self) -> None:
        """Sends the files, the summary last."""
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        for path in sorted(files, key=lambda path: path.name == SUMMARY):
            remote.upload(path, f"{self._url}/{path.relative_to(self.folder).as_posix()}")
        shutil.rmtree(self.folder)


def _folder(parsed: argparse.Namespace) -> Path:
    """The same for the same command, and nobody else's."""
    work = parsed.work or Path(tempfile.gettempdir()) / f"cleaner-{getpass.getuser()}"
    try:
        work.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not parsed.work and hasattr(os, "getuid") and work.stat().st_uid != os.getuid():
            raise ConfigError(f"{work}: belongs to another user; name a folder to work in with --work")
    except OSError as error:
        raise ConfigError(f"{work}: cannot be made: {error.strerror}; name another with --work") from None
    given = {name: str(value) for name, value in vars(parsed).items() if name not in _FREE}
    named = sha256(json.dumps([given, str(Path.cwd())], sort_keys=True).encode()).hexdigest()[:16]
    return work / named
