"""``--out`` with an address: a run is made on this machine, and sent where it belongs when it is whole."""

import argparse
import getpass
import json
import os
import shutil
import stat
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from cleaner import __version__
from cleaner.errors import ConfigError, OutputError
from cleaner.formats import remote
from cleaner.formats.remote_failures import shown
from cleaner.formats.sources import plan
from cleaner.output import RUN_FILES, SUMMARY
from cleaner.verify import verify_folder
from cleaner.work import Settings

#: Options that do not change what comes out, so that a run may go on with others.
_FREE = ("jobs", "quiet", "checkpoints", "run", "force", "work", "engine", "ray_address")


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
        self._inputs = parsed.input

    def made(self, settings: Settings) -> dict[str, Any] | None:
        """The summary of an earlier start of the run, if that was cut short only while its files were sent.

        None if rules, version or inputs are not what they were: then what was made is thrown away.
        """
        if not (self.folder / SUMMARY).is_file():
            return None
        said = msgspec.json.decode((self.folder / SUMMARY).read_bytes(), type=dict[str, Any])
        seen = verify_folder(self.folder, plan(self._inputs, without=self.folder))
        same = said["cleaner"] == __version__ and said["rules"]["digest"] == settings.packs().digest()
        if same and not seen.failed:
            return said
        shutil.rmtree(self.folder)
        return None

    def send(self) -> None:
        """Takes away what an older run left, and sends the files, the summary last."""
        mine = [path for path in self.folder.rglob("*") if path.is_file() and self._named(path)[0] in RUN_FILES]
        old = [file for file in remote.found_below(self._url) if file.name.split("/")[0] in RUN_FILES]
        for file in sorted(old, key=lambda file: file.name != SUMMARY):
            remote.remove(file.url)
        for path in sorted(mine, key=lambda path: (path.name == SUMMARY, path)):
            remote.upload(path, f"{self._url}/{'/'.join(self._named(path))}")
        shutil.rmtree(self.folder)

    def _named(self, path: Path) -> tuple[str, ...]:
        return path.relative_to(self.folder).parts


def _folder(parsed: argparse.Namespace) -> Path:
    """The same for the same command, and nobody else's."""
    user = os.getuid() if hasattr(os, "getuid") else getpass.getuser()
    work = parsed.work or Path(tempfile.gettempdir()) / f"cleaner-{user}"
    try:
        work.mkdir(mode=0o700, parents=True, exist_ok=True)
        said = work.lstat()
        if not parsed.work and (not stat.S_ISDIR(said.st_mode) or (hasattr(os, "getuid") and said.st_uid != user)):
            raise ConfigError(f"{work}: is not a folder of this user alone; name one to work in with --work")
    except OSError as error:
        raise ConfigError(f"{work}: cannot be made: {error.strerror}; name another with --work") from None
    given = {name: str(value) for name, value in vars(parsed).items() if name not in _FREE}
    named = sha256(json.dumps([given, str(Path.cwd())], sort_keys=True).encode()).hexdigest()[:16]
    return work / named
