# SPDX-License-Identifier: Apache-2.0
"""What the machine knows of itself: its boot, its clocks and how far they can be believed."""

from __future__ import annotations

import ctypes
import os
import resource
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from wire.events import ClockSync, Moment

_WRITTEN = datetime(2026, 11, 26, tzinfo=UTC)
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronized
_MAX_ERROR_MS = 16_000  # the kernel's ceiling: it means "unknown"
_TEMPERATURE = "class/thermal/thermal_zone0/temp"  # thousandths of a degree
_POSSIBLE_C = 100  # a sensor that says more than a boiling board says nothing


class _Timex(ctypes.Structure):
    # <sys/timex.h>, struct timex, up to the fields read here; the kernel fills the rest into the padding.
    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("padding", ctypes.c_char * 256),
    )


def wall_ms() -> int:
    """The wall clock in milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


def utc_now() -> datetime:
    """The wall clock as an aware datetime."""
    return datetime.now(UTC)


def clock_is_possible(now: datetime) -> bool:
    """Whether the wall clock can be right: false before the day on which this was written, as after a dead battery."""
    return now >= _WRITTEN


def boot() -> str:
    """This boot's random id: 32 hexadecimal digits."""
    return _BOOT_ID.read_text(encoding="ascii").strip().replace("-", "")


def clock_sync() -> tuple[ClockSync, int | None]:
    """Whether the kernel believes its clock to be synchronized, and its own bound on the error in ms."""
    timex = _Timex()
    state = ctypes.CDLL(None).adjtimex(ctypes.byref(timex))
    if state < 0:
        return ClockSync.UNKNOWN, None
    error_ms = timex.maxerror // 1000
    if state == _TIME_ERROR or error_ms >= _MAX_ERROR_MS:
        return ClockSync.UNSYNCED, None
    return ClockSync.SYNCED, error_ms


def moment() -> Moment:
    """Now, honestly."""
    sync, error_ms = clock_sync()
    return Moment(
        boot=boot(), monotonic_ms=time.monotonic_ns() // 1_000_000, wall_ms=wall_ms(), sync=sync, error_ms=error_ms
    )


def temperature_c(sys: Path = Path("/sys")) -> float | None:
    """The processor's temperature in degrees; None where nothing measures it."""
    try:
        degrees = int((sys / _TEMPERATURE).read_text(encoding="ascii")) / 1000
    except (OSError, ValueError):
        return None
    return degrees if abs(degrees) <= _POSSIBLE_C else None


_PR_SET_DUMPABLE = 4  # prctl(2)
_LOCK_ALL = 1 | 2 | 4  # mlockall(2): what is mapped, what will be, each page once it is touched
_MMAP_THRESHOLD = -3  # mallopt(3)
_LARGE_BYTES = 64 * 1024  # a halved, grey picture is larger


def keep_memory_private() -> None:
    """No core file, no reading by another process of this user, no swap, and nothing large left where it was freed.

    Swap needs the right to lock memory, which the screen's unit gives; without it this leaves the page where it was.
    glibc keeps what is freed, and a picture's bytes with it, unless it has a mapping of its own: the kernel takes that
    back at once. Source: security design, K10.
    """
    libc = ctypes.CDLL(None)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    libc.mlockall(_LOCK_ALL)
    libc.mallopt(_MMAP_THRESHOLD, _LARGE_BYTES)


def leave_now() -> NoReturn:
    """End this process at once, from any thread."""
    os._exit(0)
