# SPDX-License-Identifier: Apache-2.0
"""The facts of this machine for a technician far away: figures and codes, never anything of a person."""

from __future__ import annotations

import platform
import re
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk import device
from kiosk.store import card_reads, noticeboard, outbox
from kiosk.store.database import free_bytes
from kiosk.store.noticeboard import Topic
from wire.orders import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kiosk.store.database import Store

_MIB = 2**20
_CODES = 16  # of each kind, the most frequent
_UNKNOWN = "unknown"
_MEMORY = Path("/proc/meminfo")
_STARTED_S = time.monotonic()


def diagnosis(store: Store, release: str) -> Diagnosis:
    """Describe this machine now.

    Raises:
        StoreError: the store cannot be read.
    """
    told, depth, now_ms = noticeboard.read(store), outbox.depth(store), device.wall_ms()

    def said(topic: Topic) -> str:
        notice = told.get(topic)
        return _UNKNOWN if notice is None else notice.value

    return Diagnosis(
        release=_program(release),
        python=_program(platform.python_version()),
        system=_program(platform.release()),
        uptime_s=int(time.clock_gettime(time.CLOCK_BOOTTIME)),
        process_s=int(time.monotonic() - _STARTED_S),
        temperature_c=_temperature(),
        memory_free_mib=_memory_free(),
        disk_free_mib=free_bytes(store.path) // _MIB,
        outbox=depth.count,
        oldest_unacked_s=None if depth.oldest_ms is None else max(0, now_ms - depth.oldest_ms) // 1000,
        link=said(Topic.LINK),
        screen=said(Topic.SCREEN),
        reader=said(Topic.READER),
        camera=said(Topic.CAMERA),
        certificate_ms=noticeboard.certificate_ms(told),
        card_reads=_frequent(Counter(read.code for read in card_reads.newest(store))),
        endings=_frequent(noticeboard.endings(store)),
    )


def _program(version: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.+~-]", "-", version)[:64].lstrip("_.+~-") or _UNKNOWN


def _frequent(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(Counter(counts).most_common(_CODES))


def _temperature() -> int | None:
    degrees = device.temperature_c()
    return None if degrees is None else round(degrees)


def _memory_free() -> int | None:
    try:
        found = re.search(r"^MemAvailable:\s+(\d+) kB$", _MEMORY.read_text(encoding="ascii"), re.MULTILINE)
    except OSError:
        return None
    return None if found is None else int(found[1]) // 1024
