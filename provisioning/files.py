# SPDX-License-Identifier: Apache-2.0
"""Writes the files of a folder: secrets once and for their owner only, everything else atomically.

A secret that exists is kept; there is no way through this file to overwrite one.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from provisioning.errors import FolderError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OWNER_ONLY = 0o600
OWNER_ONLY_FOLDER = 0o700
_READABLE = 0o644


@dataclass(slots=True)
class Report:
    """What one run did, in order, for the technician to read."""

    lines: list[str] = field(default_factory=list)

    def made(self, path: Path) -> None:
        """Note a new file."""
        self.lines.append(f"made   {path}")

    def kept(self, path: Path) -> None:
        """Note a file that was there and stays."""
        self.lines.append(f"kept   {path}")

    def renewed(self, path: Path) -> None:
        """Note a file that was there and was written anew."""
        self.lines.append(f"wrote  {path}")


def folder(path: Path, *, private: bool = False) -> Path:
    """Make a folder and its parents; a private one is closed to group and others, also when it was there."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        if private:
            path.chmod(OWNER_ONLY_FOLDER)
    except OSError as error:
        message = f"{path}: the folder cannot be made ({error.strerror}). Choose a folder that you may write."
        raise FolderError(message) from error
    return path


def secret(path: Path, make: Callable[[], bytes], report: Report) -> bytes:
    """The secret in this file: read when it is there, made when it is not. Never overwritten.

    1. The new secret goes to a fresh name that only the owner can read, and to the disk.
    2. A hard link gives it its name; the link fails when somebody was faster, and theirs is then the one.
    """
    if path.exists():
        report.kept(path)
        return read(path)
    fresh = _beside(path)
    _write(fresh, make(), OWNER_ONLY)  # 1
    try:
        os.link(fresh, path)  # 2
        report.made(path)
    except FileExistsError:
        report.kept(path)
    finally:
        fresh.unlink()
        _settle(path.parent)
    return read(path)


def refuse_if_lost(path: Path, *, made_with: Path) -> None:
    """Refuse to go on when a secret is gone while what was made with it is there.

    Raises:
        FolderError: naming the secret.
    """
    if made_with.exists() and not path.exists():
        message = f"{path}: is gone, but {made_with.name} was made with it. Restore it from your backup."
        raise FolderError(message)


def public(path: Path, content: bytes, report: Report) -> None:
    """Write a file that everybody may read; a reader sees the old one or the new one, never half of one."""
    _replace(path, content, _READABLE, report)


def private(path: Path, content: bytes, report: Report) -> None:
    """The same for its owner only: a certificate with the key that was made for it, in place of the pair before."""
    _replace(path, content, OWNER_ONLY, report)


def remove(path: Path) -> None:
    """Remove a file for good, if it is there."""
    path.unlink(missing_ok=True)
    _settle(path.parent)


def _replace(path: Path, content: bytes, mode: int, report: Report) -> None:
    if _holds(path, content):
        report.kept(path)
        return
    note = report.renewed if path.exists() else report.made
    fresh = _beside(path)
    _write(fresh, content, mode)
    fresh.replace(path)
    _settle(path.parent)
    note(path)


def _holds(path: Path, content: bytes) -> bool:
    """Whether that is in the file already; a file of somebody else's is taken for another one."""
    try:
        return path.read_bytes() == content
    except OSError:
        return False


def _settle(place: Path) -> None:
    """Have the disk keep the names in a folder: a power cut now takes none of them back."""
    descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(path: Path) -> bytes:
    """Read a file of a provisioned folder.

    Raises:
        FolderError: naming the path and what to do.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}). Give a folder that `dipchip-provision` made."
        raise FolderError(message) from error


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object of a provisioned folder.

    Raises:
        FolderError: when it is missing or no JSON object.
    """
    try:
        value = json.loads(read(path))
    except ValueError as error:
        message = f"{path}: not JSON. Restore the file from your backup."
        raise FolderError(message) from error
    if not isinstance(value, dict):
        message = f"{path}: not a JSON object. Restore the file from your backup."
        raise FolderError(message)
    return value


def as_json(value: object) -> bytes:
    """The bytes of a JSON file."""
    return (json.dumps(value, indent=2) + "\n").encode()


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}")


def _write(path: Path, content: bytes, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
    except OSError as error:
        message = f"{path.parent}: cannot be written ({error.strerror}). Free space or choose another folder."
        raise FolderError(message) from error
