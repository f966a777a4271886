# SPDX-License-Identifier: Apache-2.0
"""Packs a release's slot into the one file that kiosks of its kind fetch, and has its channel sign it.

A slot is the folder that the playbook makes: `releases/<version>/venv`. Its interpreter belongs to the machine and is
left out; what leads out of the folder otherwise is refused, because a kiosk would refuse it.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from tuf.api.metadata import TargetFile, Targets

from provisioning.errors import FolderError, RefusedError
from provisioning.files import Report, folder, read
from provisioning.releases import YEAR, Places, put_draft
from wire.errors import WireError
from wire.ids import ReleaseVersion, release_version
from wire.releases import MOST_BYTES, Bundle, place, target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

_DISTRIBUTION = re.compile(r"dipchip-([0-9.]+)\.dist-info")
_PYTHON = re.compile(r"^version(?:_info)? *= *3\.([0-9]+)", re.MULTILINE)
_INTERPRETER = re.compile(r"venv/bin/python[0-9.]*")
_PROGRAM = "venv/bin/dipchip-kiosk"
_PRESSED = 6  # gzip, 1 to 9


@dataclass(frozen=True, slots=True)
class Slot:
    """A release as it lies on a machine, and how to say of what kind that machine is."""

    folder: Path
    version: ReleaseVersion
    platform: str

    @classmethod
    def read(cls, path: Path, machine: str, home: Path) -> Slot:
        """Look at a folder `releases/<version>`.

        Raises:
            RefusedError: it holds no release, or one that was made for another place.
        """
        held = [
            found[1]
            for each in path.glob("venv/lib/python3.*/site-packages/*")
            if (found := _DISTRIBUTION.fullmatch(each.name))
        ]
        python = _PYTHON.search(read(path / "venv" / "pyvenv.cfg").decode(errors="replace"))
        if len(held) != 1 or python is None or not (path / _PROGRAM).is_file():
            message = (
                f"{path}: holds no release. Give a folder that the role `release` made, as /opt/dipchip/releases/0.2.0."
            )
            raise RefusedError(message)
        begins = f"#!{home / held[0]}/venv/bin/python"
        if not read(path / _PROGRAM).startswith(begins.encode()):
            message = f"{path}: its programs do not begin with {begins}. Build it where kiosks have it."
            raise RefusedError(message)
        return cls(path, release_version(held[0]), f"{machine}-cp3{python[1]}")


def add(  # noqa: PLR0913 - whose release, over which, by whose key
    places: Places,
    channel: str,
    slot: Slot,
    *,
    follows: str,
    key: Path,
    passphrase: str,
    now: datetime,
    report: Report,
) -> Bundle:
    """Pack a slot, put it beside the others, and draft the channel's next version with it in its predecessor's place.

    Raises:
        RefusedError: the channel has a later release already, or the passphrase opens nothing.
    """
    name = target(channel, slot.platform)
    before = places.published(channel)
    kept = {} if before is None else dict(before.signed.targets)
    _require_later(kept.get(name), slot.version)
    path, unpacked = _packed(places, name, slot)
    try:
        made = Bundle(1, slot.version, release_version(follows), slot.platform, unpacked).checked()
    except WireError as error:
        message = f"--follows {follows}: {error}."
        raise RefusedError(message) from error
    report.made(path)
    kept[name] = TargetFile.from_file(name, str(path), ["sha256"])
    kept[name].unrecognized_fields["custom"] = msgspec.to_builtins(made)
    version = 1 if before is None else before.signed.version + 1
    put_draft(places, channel, Targets(version, expires=now + YEAR, targets=kept), key, passphrase, report)
    return made


def _require_later(before: TargetFile | None, version: ReleaseVersion) -> None:
    told = {} if before is None else before.unrecognized_fields.get("custom", {})
    known = told.get("version")
    if known is not None and place(release_version(known)) >= place(version):
        message = (
            f"{version}: the channel has {known} already, and kiosks never go back. Give the release a later version."
        )
        raise RefusedError(message)


def _packed(places: Places, name: str, slot: Slot) -> tuple[Path, int]:
    """The file under the name that consistent snapshots want (the specification's 6.2), and what it unpacks to."""
    target_folder, _, file_name = name.rpartition("/")
    into = folder(places.targets / target_folder)
    unpacked = 0
    with tempfile.NamedTemporaryFile(dir=into, prefix=".packing-", delete=False) as packing:
        try:
            with (
                gzip.GzipFile("", "wb", _PRESSED, fileobj=packing, mtime=0) as pressed,
                tarfile.open(fileobj=pressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
            ):
                for member, path in _members(slot):
                    unpacked += member.size
                    if path is None:
                        archive.addfile(member)
                    else:
                        with path.open("rb") as content:
                            archive.addfile(member, content)
            packing.flush()
            os.fsync(packing.fileno())
            if packing.tell() > MOST_BYTES:
                message = (
                    f"{slot.folder}: packed it has more than {MOST_BYTES} bytes; kiosks refuse it. Leave something out."
                )
                raise RefusedError(message)
            packing.seek(0)
            with Path(packing.name).open("rb") as whole:
                digest = hashlib.file_digest(whole, "sha256").hexdigest()
            path = into / f"{digest}.{file_name}"
            Path(packing.name).chmod(0o644)
            Path(packing.name).replace(path)
        except OSError as error:
            message = f"{into}: cannot be written ({error.strerror}). Free space or choose another folder."
            raise FolderError(message) from error
        finally:
            Path(packing.name).unlink(missing_ok=True)
    return path, unpacked


def _members(slot: Slot) -> Iterator[tuple[tarfile.TarInfo, Path | None]]:
    """Each file and folder, in order; owner and group are left behind."""
    for path in sorted((slot.folder / "venv").rglob("*")):
        name = str(path.relative_to(slot.folder))
        if _INTERPRETER.fullmatch(name):
            continue
        member = tarfile.TarInfo(name)
        member.mtime = int(path.lstat().st_mtime)  # compiled files name it
        if path.is_symlink():
            leads_to = path.readlink()
            if leads_to.is_absolute() or not path.resolve().is_relative_to(slot.folder.resolve()):
                message = f"{path}: leads out of the release. Copy what it leads to, or leave it out."
                raise RefusedError(message)
            member.type, member.linkname = tarfile.SYMTYPE, str(leads_to)
            yield member, None
        elif path.is_dir():
            member.type, member.mode = tarfile.DIRTYPE, 0o755
            yield member, None
        elif path.is_file():
            member.size = path.stat().st_size
            member.mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
            yield member, path
        else:
            message = f"{path}: is neither a file nor a folder. Leave it out."
            raise RefusedError(message)
