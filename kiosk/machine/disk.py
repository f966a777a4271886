# SPDX-License-Identifier: Apache-2.0
"""Examines the room where the store lies, and whether the kernel still lets anybody write there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from kiosk.findings import OK, Code, Figure, Finding, Level, Part
from kiosk.machine.kernel import told
from kiosk.store.database import LOW_WATER_BYTES

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.machine.kernel import Kernel

LOW_MIB = 512  # as the controller has it: less leaves no room for a release and a day of events
INODES_AT_LEAST = 1_000
_MIB = 2**20
_OCTAL = {"\\040": " ", "\\011": "\t", "\\012": "\n", "\\134": "\\"}  # fstab(5)


def examine(store: Path, kernel: Kernel) -> Finding:
    """Look at the file system of the folder in which the store lies."""
    try:
        found = os.statvfs(store.parent)
    except PermissionError:
        technician = f"{store.parent.name}: not yours to look at."
        return Finding(part=Part.DISK, code=Code.NOT_PERMITTED, level=Level.UNKNOWN, technician=technician)
    except OSError as error:
        technician = f"{store.parent.name}: {error.strerror}. Check that the data partition is mounted."
        return Finding(part=Part.DISK, code=Code.STORE_BROKEN, level=Level.FAULT, technician=technician)
    free_mib = found.f_bavail * found.f_frsize // _MIB
    figures = {"free": Figure(free_mib, "MiB"), "size": Figure(found.f_blocks * found.f_frsize // _MIB, "MiB")}
    if found.f_files:  # some file systems make inodes as they need them
        figures["inodes_free"] = Figure(found.f_favail)
    mount, options = _mount(store.parent.resolve(), kernel)
    if mount:
        figures["mounted_at"] = Figure(mount)
    is_read_only = "ro" in options or bool(found.f_flag & os.ST_RDONLY)
    code, level = judged(free_mib, found.f_favail if found.f_files else None, is_read_only=is_read_only)
    return Finding(part=Part.DISK, code=code, level=level, figures=figures)


def judged(free_mib: int, inodes: int | None, *, is_read_only: bool) -> tuple[str, Level]:
    """Judge the room; no inodes where the file system makes them as it needs them."""
    if is_read_only:
        return Code.DISK_READ_ONLY, Level.FAULT
    if free_mib < LOW_WATER_BYTES // _MIB or inodes == 0:
        return Code.DISK_FULL, Level.FAULT
    if inodes is not None and inodes < INODES_AT_LEAST:
        return Code.INODES_LOW, Level.CARE
    return (Code.DISK_LOW, Level.CARE) if free_mib < LOW_MIB else (OK, Level.WELL)


def _mount(folder: Path, kernel: Kernel) -> tuple[str, list[str]]:
    """Where the folder's file system is mounted, and how; the last line that holds it, as the kernel has it."""
    found: tuple[str, list[str]] = ("", [])
    for line in (told(kernel.proc / "self" / "mounts") or "").splitlines():
        _, point, _, options, *_ = [*line.split(" "), "", "", "", ""]
        for written, meant in _OCTAL.items():
            point = point.replace(written, meant)
        if point and folder.is_relative_to(point) and len(point) >= len(found[0]):
            found = (point, options.split(","))
    return found
