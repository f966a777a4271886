# SPDX-License-Identifier: Apache-2.0
"""Looks into living processes, as root can: what stands in their memory, what they hold open, what they may leave.

It sees every page that is written to or belongs to no file, also what a program has freed and not overwritten. It does
not see what the kernel keeps for a driver or a socket. Source: proc(5).
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.simulators.needles import Needles

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROC = Path("/proc")
_CAP_IPC_LOCK = 14  # capability.h
_NOT_MEMORY = ("[vvar]", "[vvar_vclock]", "[vsyscall]", "[vdso]")


def memory(pid: int) -> bytes:
    """A process's memory, region after region; the process goes on meanwhile, so its person is not kept waiting."""
    content = bytearray()
    process = _PROC / str(pid)
    with (process / "mem").open("rb", buffering=0) as pages:
        for line in (process / "maps").read_text(encoding="utf-8").splitlines():
            span, rights, _, _, inode, *name = line.split(maxsplit=5)
            if rights[0] != "r" or (rights[1] != "w" and inode != "0") or "".join(name) in _NOT_MEMORY:
                continue
            start, end = (int(edge, 16) for edge in span.split("-"))
            content += _region(pages.fileno(), start, end)
            content += bytes(1)  # or two regions could make up what stands in neither
    return bytes(content)


def _region(pages: int, start: int, end: int) -> bytes:
    content = bytearray()
    while start + len(content) < end:
        try:
            part = os.pread(pages, end - start - len(content), start + len(content))
        except OSError:
            break
        if not part:
            break
        content += part
    return bytes(content)


@dataclass(frozen=True, slots=True)
class Glance:
    """What was seen of a living process: which needles it holds, what it may leave where."""

    found: frozenset[str]
    swapped: str
    locked: str
    core_bytes: tuple[str, str]
    writable: frozenset[Path]


def look(pid: int, needles: Mapping[str, bytes]) -> Glance | None:
    """Look into a process, None when it has ended; what it is and what it holds are taken first, then searched."""
    try:
        told = (status(pid, "VmSwap"), status(pid, "VmLck"), core_bytes(pid), frozenset(files_it_may_write(pid)))
        content = memory(pid)
    except OSError:
        return None
    return Glance(frozenset(Needles(needles).names(content)), *told)


def children_of(pid: int, module: str) -> list[int]:
    """The children that run a module, the oldest first."""
    found = []
    for status in _PROC.glob("[0-9]*/status"):
        try:
            is_child = re.search(rf"^PPid:\t{pid}$", status.read_text(encoding="utf-8"), re.MULTILINE)
            words = (status.parent / "cmdline").read_bytes().split(b"\0")
        except OSError:  # it has ended meanwhile
            continue
        if is_child and module.encode() in words:
            with suppress(OSError):
                found.append((_born(status.parent), int(status.parent.name)))
    return [child for _, child in sorted(found)]


def _born(process: Path) -> int:
    """When it was started, in ticks since boot: proc(5), field 22 of `stat`, the 20th after the name."""
    return int((process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])


def status(pid: int, field: str) -> str:
    """One line of a process's status, such as VmSwap."""
    match = re.search(rf"^{field}:\s*(.*)$", (_PROC / f"{pid}/status").read_text(encoding="utf-8"), re.MULTILINE)
    return match[1] if match else ""


def may_lock(pid: int) -> bool:
    """Whether a process has the right to lock any amount of memory (CAP_IPC_LOCK)."""
    return bool(int(status(pid, "CapEff"), 16) >> _CAP_IPC_LOCK & 1)


def core_bytes(pid: int) -> tuple[str, str]:
    """How large a core file it may leave, by its soft and its hard limit."""
    limits = (_PROC / f"{pid}/limits").read_text(encoding="utf-8")
    soft, hard = re.findall(r"^Max core file size +(\S+) +(\S+)", limits, re.MULTILINE)[0]
    return soft, hard


def files_it_may_write(pid: int) -> set[Path]:
    """The files on disk or in shared memory that a process holds open for writing, also those without a name."""
    held = set()
    for descriptor in (_PROC / f"{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            told = (_PROC / f"{pid}/fdinfo/{descriptor.name}").read_text(encoding="ascii")
            flags = int(told.split("flags:")[1].split()[0], 8)
            if flags & (os.O_WRONLY | os.O_RDWR) and descriptor.is_file():
                held.add(descriptor.readlink())
    return held


def reads_from(pid: int, folder: Path) -> bool:
    """Whether a process lives and holds a file of this folder open."""
    for descriptor in (_PROC / f"{pid}/fd").glob("*"):
        with suppress(FileNotFoundError):  # closed meanwhile
            if descriptor.readlink().is_relative_to(folder):
                return True
    return False
