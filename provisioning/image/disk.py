# SPDX-License-Identifier: Apache-2.0
"""Makes the disk from the root: a squashfs, a data partition with what changes, and what the firmware reads."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from provisioning.image.building import Workshop, removed, run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from provisioning.image.declaration import Flavour, Partition

# Kinds of partitions (UAPI Group, Discoverable Partitions Specification). systemd-repart knows the one that grows by
# its kind, so that no other may have it: data is "linux-generic", as in repart.d.
KINDS = {
    "boot": "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7",
    "root": "b921b045-1df0-41c3-af44-4c6f280d3fae",
    "data": "0fc63daf-8483-4772-8e79-3d69d8477de4",
}
# What a Raspberry Pi's boot loader reads first: which partition it starts from, and which it tries once when told to.
AUTOBOOT = "[all]\ntryboot_a_b=1\nboot_partition={first}\n[tryboot]\nboot_partition={second}\n"


def autoboot(partitions: Sequence[Partition]) -> str:
    """The text of autoboot.txt; partitions are counted from 1."""
    names = [partition.name for partition in partitions]
    return AUTOBOOT.format(first=names.index("boot_a") + 1, second=names.index("boot_b") + 1)


def layout(partitions: Sequence[Partition]) -> str:
    """The disk, as genimage reads it."""
    lines = ["image kiosk.img {", "  hdimage { partition-table-type = gpt align = 4M }"]
    for each in partitions:
        lines.append(f"  partition {each.name} {{")
        lines.append(f"    partition-type-uuid = {KINDS[each.name[:4]]}")
        lines.append(f"    size = {each.size_mib}M")
        if each.content:
            lines.append(f"    image = {each.content}.part")
        lines.append("  }")
    return "\n".join([*lines, "}"]) + "\n"


def press(workshop: Workshop, flavour: Flavour, release: str) -> Path:
    """Make the partitions and put them together; gives the image.

    Raises:
        FolderError: a program fails.
    """
    parts = workshop.place / "parts"
    removed(parts)
    parts.mkdir()
    sizes = {partition.content: partition.size_mib for partition in workshop.told.partitions}
    _data(workshop, parts / "data.part", sizes["data"])
    _boot(workshop, flavour, release, parts / "boot.part", sizes["boot"])
    pick = parts / "autoboot.txt"
    pick.write_text(autoboot(workshop.told.partitions))
    _fat(parts / "bootsel.part", sizes["bootsel"], [pick])
    run(
        *("mksquashfs", workshop.root, parts / "root.part", "-quiet", "-no-progress"),
        *("-comp", "zstd", "-Xcompression-level", "3", "-e", "boot"),
    )
    config = workshop.place / "genimage.cfg"
    config.write_text(layout(workshop.told.partitions))
    for name in ("genimage.tmp", "out"):
        removed(workshop.place / name)
    run(
        *("genimage", "--config", config, "--inputpath", parts, "--outputpath", workshop.place / "out"),
        *("--tmppath", workshop.place / "genimage.tmp", "--rootpath", _nothing(workshop)),
    )
    return workshop.place / "out" / "kiosk.img"


def _nothing(workshop: Workshop) -> Path:
    empty = workshop.place / "empty"
    empty.mkdir(exist_ok=True)
    return empty


def _data(workshop: Workshop, into: Path, size_mib: int) -> None:
    """Folders that belong to the data partition as a whole move there; the root keeps their places, empty."""
    data, tree = workshop.told.data, workshop.place / "data"
    removed(tree)
    for folder in data.whole:
        held, moved = workshop.root / folder.lstrip("/"), tree / "whole" / folder.lstrip("/")
        moved.parent.mkdir(parents=True, exist_ok=True)
        run("mv", held, moved)
        held.mkdir()
        shutil.copystat(moved, held)
        owner = moved.stat()
        os.chown(held, owner.st_uid, owner.st_gid)
    run("truncate", f"--size={size_mib}M", into)
    run("mke2fs", "-q", "-t", "ext4", "-L", data.label, "-d", tree, into)


def _boot(workshop: Workshop, flavour: Flavour, release: str, into: Path, size_mib: int) -> None:
    """The firmware's partition: kernel, initramfs, their settings, and what a board wants besides."""
    root, files = workshop.root, workshop.place / "boot"
    removed(files)
    files.mkdir()
    shutil.copy(root / f"boot/vmlinuz-{release}", files / "vmlinuz")
    shutil.copy(root / "boot/initrd.img", files / "initrd.img")
    (files / "config.txt").write_text("".join(f"{line}\n" for line in flavour.settings))
    (files / "cmdline.txt").write_text(f"{flavour.commands}\n")
    for pattern, place in flavour.boot.items():
        (files / place).mkdir(exist_ok=True)
        for found in root.glob(pattern):
            if found.is_file():
                shutil.copy(found, files / place)
    _fat(into, size_mib, sorted(files.iterdir()))


def _fat(into: Path, size_mib: int, files: Sequence[Path]) -> None:
    run("truncate", f"--size={size_mib}M", into)
    run("mkfs.vfat", "-F", "32" if size_mib > 64 else "16", into)  # noqa: PLR2004 - FAT32 has no room in fewer clusters
    run("mcopy", "-s", "-i", into, *files, "::")
