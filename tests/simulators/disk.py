# SPDX-License-Identifier: Apache-2.0
"""A folder whose every write, sync, truncate and unlink is written down, or fails when it is told to.

The stand-in (disk.c) is preloaded into a Python of its own, below SQLite's code for real disks: Python's own `sqlite3`
and the kiosk's store run unchanged above it. It needs a compiler and nothing of the kernel: it runs wherever the tests
do. Not taken: apsw, which brings connections and an SQLite of its own; SQLite's `xSetSystemCall`, which has no hook
for fsync; a FUSE file system or a device mapper, which need devices that a container does not have.
"""

from __future__ import annotations

import ctypes
import json
import os
import struct
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# Thousands of disks are laid out: in memory where a machine has a folder for it.
MEMORY = next((folder for folder in ("/dev/shm",) if Path(folder).is_dir()), None)  # noqa: S108
_SOURCE = Path(__file__).with_suffix(".c")
_HOUSE = Path(__file__).parents[2]
_HEADER = struct.Struct("=BBHIq")


class Kind(StrEnum):
    """What a record tells of."""

    OPEN = "o"  # `name` is the file's; `number` is 1 when it is new
    OPEN_FOLDER = "d"
    WRITE = "w"  # `data` at `number`
    TRUNCATE = "t"  # to `number`
    SYNC = "s"  # of a file or the folder
    UNLINK = "u"
    MARK = "m"  # `number` is the caller's own


@dataclass(frozen=True, slots=True)
class Record:
    """One call. `fd` stands for what was opened under it last."""

    kind: Kind
    failed: bool
    fd: int
    number: int
    data: bytes

    @property
    def name(self) -> str:
        """Of the file that was opened or unlinked."""
        return self.data.decode("utf-8")


class Calls(IntEnum):
    """Which calls are counted until one fails."""

    READS = 0
    CHANGES = 1


class Kept(IntEnum):
    """How much of the failing call happens all the same."""

    NOTHING = 0
    HALF = 1  # of a write
    ALL = 2


class Onward(IntEnum):
    """What fails after the first call that did."""

    NOTHING = 0
    CHANGES = 1  # a full disk, or one that the kernel made read-only
    EVERYTHING = 2  # a disk that is gone


def run_above(module: str, *arguments: str) -> Any:  # noqa: ANN401 - whatever JSON the module tells
    """Run a module of ours with the stand-in below it; returns what it prints, as JSON.

    Raises:
        RuntimeError: it cannot be compiled, or the module failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "libdisk.so"
        _run(["gcc", "-Wall", "-Wextra", "-Werror", "-O1", "-shared", "-fPIC", "-o", str(library), str(_SOURCE)])
        return json.loads(_run([sys.executable, "-m", module, *arguments], LD_PRELOAD=str(library)))


def _run(command: list[str], **env: str) -> str:
    try:
        done = subprocess.run(
            command, cwd=_HOUSE, env={**os.environ, **env}, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", "") or error
        message = f"{command[0]} failed: {said}"
        raise RuntimeError(message) from error
    return done.stdout


class StandIn:
    """The stand-in as this process has it preloaded."""

    def __init__(self) -> None:
        """Find it.

        Raises:
            RuntimeError: this process was not started by `run_above`.
        """
        self._calls = ctypes.CDLL(None)
        if not hasattr(self._calls, "disk_watch"):
            message = "the stand-in is not preloaded: see run_above"
            raise RuntimeError(message)
        self._calls.disk_mark.argtypes = [ctypes.c_int64]
        self._calls.disk_fail.argtypes = [ctypes.c_int64, *[ctypes.c_int] * 4]

    @contextmanager
    def watching(self, folder: Path, record: Path | None = None) -> Iterator[None]:
        """Watch a folder, from before its files are opened until after they are closed."""
        if self._calls.disk_watch(os.fsencode(folder), b"" if record is None else os.fsencode(record)) != 0:
            message = f"{record} cannot be written"
            raise RuntimeError(message)
        try:
            yield
        finally:
            self._calls.disk_rest()

    def mark(self, number: int) -> None:
        """Leave a mark in the record."""
        self._calls.disk_mark(number)

    def fail(self, at: int, error: int, *, of: Calls, kept: Kept, onward: Onward) -> None:
        """Let the call numbered `at` from now on fail with `error`."""
        self._calls.disk_fail(at, of, error, kept, onward)

    def mend(self) -> bool:
        """Let nothing fail any more; returns whether anything did."""
        happened = bool(self._calls.disk_failed())
        self._calls.disk_fail(0, 0, 0, 0, 0)
        return happened


def read(record: Path) -> list[Record]:
    """What was written down, in order."""
    told = record.read_bytes()
    records, position = [], 0
    while position < len(told):
        kind, failed, fd, size, number = _HEADER.unpack_from(told, position)
        position += _HEADER.size
        records.append(Record(Kind(chr(kind)), bool(failed), fd, number, told[position : position + size]))
        position += size
    return records
