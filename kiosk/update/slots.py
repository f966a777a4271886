# SPDX-License-Identifier: Apache-2.0
"""The folders that releases stand in, and the two links that say which one runs and which one has proved itself.

    /opt/dipchip/releases/0.2.0/venv    a slot, whole from the moment at which it has its name
    /opt/dipchip/current                what the kiosk's units start
    /opt/dipchip/proven                 what has stood its trial; the updater itself runs from here

A link is put in another one's place in one step, so that a power cut leaves the old or the new one and never none. The
playbook lays down the same.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from enum import StrEnum
from itertools import count
from typing import TYPE_CHECKING

from wire.errors import WireError
from wire.ids import ReleaseVersion, release_version
from wire.releases import place

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_DIGEST = "bundle.sha256"  # of the file that a slot was unpacked from
_NEW, _GONE = ".new-", ".gone-"


class Link(StrEnum):
    """The two links."""

    CURRENT = "current"
    PROVEN = "proven"


class Slots:
    """The releases of one kiosk, below one folder. Nothing here takes away what a link leads to."""

    def __init__(self, home: Path, sync: Callable[[], None] = os.sync) -> None:
        """Take the folder, and what has the disks keep all that was written: file by file a card takes minutes."""
        self.home, self._sync = home, sync
        self.releases = home / "releases"

    def where(self, link: Link) -> ReleaseVersion | None:
        """The version that a link leads to; None where it leads to no slot."""
        try:
            leads_to = self.home / (self.home / link).readlink()
            version = release_version(leads_to.parent.name)
        except (OSError, WireError):
            return None
        return version if leads_to == self._venv(version) and leads_to.is_dir() else None

    def point(self, link: Link, version: ReleaseVersion) -> None:
        """Let a link lead to a slot, in one step, and on the disk when this returns.

        Raises:
            OSError: it still leads where it led.
        """
        beside = self.home / f".{link}{_NEW}"
        beside.unlink(missing_ok=True)
        beside.symlink_to(self._venv(version))
        beside.replace(self.home / link)
        settle(self.home)

    def holds(self, version: ReleaseVersion, digest: str) -> bool:
        """Whether a version stands here whole, unpacked from exactly that file."""
        try:
            return (self.releases / version / _DIGEST).read_text(encoding="ascii") == digest
        except (OSError, ValueError):
            return False

    def begin(self, version: ReleaseVersion) -> Path:
        """An empty folder that has no version's name yet.

        Raises:
            OSError: it cannot be made.
        """
        self.tidy()
        made = self.releases / f"{_NEW}{version}"
        made.mkdir()
        made.chmod(0o755)
        return made

    def finish(self, version: ReleaseVersion, digest: str) -> None:
        """Give what was begun its name, once every byte is on the disk.

        Raises:
            OSError: it has no name yet, or what had it before is still there.
        """
        begun, slot = self.releases / f"{_NEW}{version}", self.releases / version
        (begun / _DIGEST).write_text(digest, encoding="ascii")
        (begun / _DIGEST).chmod(0o644)
        self._sync()
        if slot.exists():  # of another file, or half laid down by a playbook
            self._retire(version)
        begun.rename(slot)
        settle(self.releases)

    def prune(self, rather: ReleaseVersion | None = None) -> None:
        """Keep what the links lead to and one beside, `rather` that or the newest; take away the others."""
        used = {self.where(link) for link in Link}
        spare = [version for version in self.versions() if version not in used]
        for version in sorted(spare, key=lambda each: (each == rather, place(each)))[:-1]:
            self._retire(version)
        self.tidy()

    def versions(self) -> list[ReleaseVersion]:
        """Every slot that has its name."""
        found = []
        for path in self.releases.iterdir():
            with suppress(WireError):
                found.append(release_version(path.name))
        return found

    def tidy(self) -> None:
        """Take away what never got its name or has lost it; what root laid down is left for the next boot."""
        for path in self.releases.iterdir():
            if path.name.startswith((_NEW, _GONE)):
                shutil.rmtree(path, ignore_errors=True)

    def _retire(self, version: ReleaseVersion) -> None:
        """Take its name from a slot at once; taking it away may be cut off, or be root's to do."""
        free = next(name for n in count() if not (name := self.releases / f"{_GONE}{version}-{n}").exists())
        (self.releases / version).rename(free)

    def _venv(self, version: ReleaseVersion) -> Path:
        return self.releases / version / "venv"


def settle(folder: Path) -> None:
    """Have the disk keep what was named or renamed in a folder.

    Raises:
        OSError: it may not have.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
