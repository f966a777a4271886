# SPDX-License-Identifier: Apache-2.0
"""Three holders, a release engineer and their repository, by the real command line; and releases that are small.

What they publish is a folder that any server of files gives out, and that a stick can hold.
"""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from provisioning import bundles, releases
from provisioning.files import Report
from provisioning.releases import Places

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

WORDS = "three kind words and a fish"
CHANNEL = "stable"
HOLDERS = ("somsri", "anan", "malee")
PYTHON = f"cp3{sys.version_info.minor}"
PLATFORM = f"aarch64-{PYTHON}"


class ReleaseKeepers:
    """People with their keys, and the folder that they keep. `now` may be another day than today."""

    def __init__(self, folder: Path, home: Path, now: datetime | None = None) -> None:
        """Make the keys and publish an empty repository; `home` is where kiosks keep releases."""
        self.folder, self.home, self.machine = folder, home, "aarch64"
        self.now = now or datetime.now(UTC).replace(microsecond=0)
        self.places = Places(folder / "releases")
        for name in (*HOLDERS, "engineer"):
            self.make_key(name)
        self.draft(HOLDERS, channels={CHANNEL: "engineer"})
        self.sign(*HOLDERS[:2])
        self.publish()

    def copied(self, folder: Path, home: Path) -> ReleaseKeepers:
        """The same people with the same keys, and a folder of their own from here on."""
        shutil.copytree(self.folder, folder)
        return self.at(folder, home)

    @classmethod
    def at(cls, folder: Path, home: Path) -> ReleaseKeepers:
        """Those who have kept this folder before."""
        made = cls.__new__(cls)
        made.folder, made.home, made.machine = folder, home, "aarch64"
        made.places, made.now = Places(folder / "releases"), datetime.now(UTC).replace(microsecond=0)
        return made

    @property
    def repository(self) -> Path:
        """What a server gives out."""
        return self.places.repository

    @property
    def first_root(self) -> bytes:
        """What an image holds."""
        return (self.places.metadata / "1.root.json").read_bytes()

    def key(self, name: str) -> Path:
        """Somebody's key."""
        return self.folder / f"{name}.key"

    def make_key(self, name: str) -> None:
        """Somebody makes a key."""
        self.folder.mkdir(parents=True, exist_ok=True)
        releases.make_key(self.key(name), WORDS, Report())

    def draft(self, holders: tuple[str, ...] = (), channels: Mapping[str, str] = {}) -> None:
        """Draft the next root and targets."""
        public = [self.key(name).with_name(f"{name}.key.public.json") for name in holders]
        named = {name: self.key(who).with_name(f"{who}.key.public.json") for name, who in channels.items()}
        releases.draft(self.places, public, named, self.now, Report())

    def sign(self, *names: str) -> None:
        """These sign both drafts."""
        for name in names:
            for role in ("root", "targets"):
                releases.sign(self.places.draft(role), self.key(name), WORDS, Report())

    def publish(self, days: int = 7) -> None:
        """Publish, or publish again, what is drafted."""
        releases.publish(self.places, timedelta(days=days), self.now, Report())

    def slot(self, version: str, program: str = "exit 0") -> Path:
        """A release as a playbook lays it down, with one program and the links that a virtual environment has."""
        slot = self.folder / "built" / version
        shutil.rmtree(slot, ignore_errors=True)
        site = slot / "venv" / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
        (site / f"dipchip-{version}.dist-info").mkdir(parents=True)
        (site / "a_module.py").write_text(f"VERSION = {version!r}\n", encoding="utf-8")
        home = Path(sys.base_prefix) / "bin"
        (slot / "venv" / "pyvenv.cfg").write_text(f"home = {home}\nversion = 3.{sys.version_info.minor}.2\n", "utf-8")
        binaries = slot / "venv" / "bin"
        binaries.mkdir()
        (binaries / "python3").symlink_to(home / "python3")
        (binaries / "python").symlink_to("python3")
        (slot / "venv" / "lib64").symlink_to("lib")
        begins = f"#!{self.home / version}/venv/bin/python3"
        text = f"{begins}\nimport sys\n{program}\n"
        (binaries / "dipchip-kiosk").write_text(text, encoding="utf-8")
        (binaries / "dipchip-kiosk").chmod(0o755)
        return slot

    def release(
        self, version: str, *, follows: str = "0.0.0", program: str = "sys.exit(0)", key: str = "engineer"
    ) -> None:
        """Build, sign and publish a release."""
        self.add(version, follows=follows, program=program, key=key)
        self.publish()

    def add(self, version: str, *, follows: str = "0.0.0", program: str = "sys.exit(0)", key: str = "engineer") -> None:
        """Build and sign a release."""
        self.add_slot(self.slot(version, program), follows=follows, key=key)

    def add_slot(self, folder: Path, *, follows: str = "0.0.0", key: str = "engineer") -> None:
        """Sign a release that stands somewhere."""
        slot = bundles.Slot.read(folder, self.machine, self.home)
        bundles.add(
            self.places,
            CHANNEL,
            slot,
            follows=follows,
            key=self.key(key),
            passphrase=WORDS,
            now=self.now,
            report=Report(),
        )

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Each published file by its path."""
        for path in sorted(self.repository.rglob("*")):
            if path.is_file():
                yield f"/{path.relative_to(self.repository)}", path.read_bytes()
