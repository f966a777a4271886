# SPDX-License-Identifier: Apache-2.0
"""Reads what the image is made of from `image.toml`, and what the Ansible roles say to it."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec

from provisioning.errors import FolderError, RefusedError
from provisioning.image.roles import installed_by

if TYPE_CHECKING:
    from pathlib import Path

CONTENTS = ("bootsel", "boot", "root", "data")


class Flavour(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of board: where its kernel comes from, and what its firmware reads.

    `kernel` is a package of Debian; `given` are patterns of packages that lie in a folder. `boot` says which files of
    the root go where on the firmware's partition, beside kernel and initramfs.
    """

    modules: tuple[str, ...]
    commands: str
    settings: tuple[str, ...]
    kernel: str = ""
    given: tuple[str, ...] = ()
    boot: dict[str, str] = msgspec.field(default_factory=dict)

    def packages_in(self, folder: Path | None) -> list[Path]:
        """The packages that this flavour wants from a folder.

        Raises:
            FolderError: there is none, or one is not in it.
        """
        if not self.given:
            return []
        missing = [pattern for pattern in self.given if folder is None or not [*folder.glob(pattern)]]
        if missing or folder is None:
            message = (
                f"{folder or 'no folder'}: lacks {', '.join(missing)}. Fetch kernel and firmware from Raspberry Pi's "
                "archive into a folder, and name it with --firmware."
            )
            raise FolderError(message)
        return sorted({path for pattern in self.given for path in folder.glob(pattern)})


class Partition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One partition; without a content it is the other one's place for an update."""

    name: str
    size_mib: int
    content: str = ""


class Writable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file system that can be written: folders that lie over the root's, and folders that are its own."""

    label: str
    overlaid: tuple[str, ...]
    whole: tuple[str, ...]


class Declaration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of an image."""

    suite: str
    architecture: str
    machine: str
    roles: tuple[str, ...]
    left_out: tuple[str, ...]
    packages: tuple[str, ...]
    services: tuple[str, ...]
    masked: tuple[str, ...]
    maker: tuple[str, ...]
    without_wheel: tuple[str, ...]
    glibc: tuple[str, ...]
    data: Writable
    partitions: tuple[Partition, ...]
    flavours: dict[str, Flavour]

    @classmethod
    def read(cls) -> Declaration:
        """The one beside this file.

        Raises:
            FolderError: it does not say what it must.
        """
        text = files("provisioning.image").joinpath("image.toml").read_text(encoding="utf-8")
        try:
            told = msgspec.convert(tomllib.loads(text), cls)
        except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
            message = f"image.toml: {error}. Mend it."
            raise FolderError(message) from error
        contents = [partition.content for partition in told.partitions if partition.content]
        if sorted(contents) != sorted(CONTENTS) or told.partitions[-1].content != "data":
            message = f"image.toml: needs one partition each of {', '.join(CONTENTS)}, and data as the last. Mend it."
            raise FolderError(message)
        return told

    def flavour(self, name: str) -> Flavour:
        """One flavour.

        Raises:
            RefusedError: there is none of this name.
        """
        if name not in self.flavours:
            message = f"--flavour {name}: not one of {', '.join(sorted(self.flavours))}."
            raise RefusedError(message)
        return self.flavours[name]

    def installed(self, roles: Path) -> list[str]:
        """Debian's packages in the image: those of the system and those that its roles install."""
        of_roles = set().union(*(installed_by(roles / role) for role in self.roles))
        return sorted({*self.packages, *of_roles} - {*self.left_out})


def parts(lock: str, without_wheel: tuple[str, ...]) -> tuple[str, str]:
    """A lock file in two: what has a wheel, and what is built from its source."""
    with_wheel: list[str] = []
    from_source: list[str] = []
    into = with_wheel
    for line in lock.splitlines(keepends=True):
        if line[:1].isalnum():
            into = from_source if line.partition("==")[0] in without_wheel else with_wheel
        into.append(line)
    return "".join(with_wheel), "".join(from_source)
