# SPDX-License-Identifier: Apache-2.0
"""The kiosk's state for the devices page, read from what the screen process has pinned."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from kiosk import device
from kiosk.store import noticeboard, outbox
from kiosk.store.noticeboard import Topic
from wire.hello import Heartbeat

if TYPE_CHECKING:
    from kiosk.store.database import Store
    from wire.ids import KioskId

_MIB = 2**20


def heartbeat(store: Store, kiosk: KioskId, release: str) -> Heartbeat:
    """Describe this kiosk now. What the screen process has never told is `unknown`."""
    at = device.moment()
    told = noticeboard.read(store)
    depth = outbox.depth(store)
    oldest_s = None if depth.oldest_ms is None else max(0, at.wall_ms - depth.oldest_ms) // 1000

    def said(topic: Topic) -> str:
        notice = told.get(topic)
        return "unknown" if notice is None else notice.value

    return Heartbeat(
        v=1,
        kiosk=kiosk,
        at=at,
        release=release,
        outbox=depth.count,
        oldest_unacked_s=oldest_s,
        screen=said(Topic.SCREEN),
        reader=said(Topic.READER),
        camera=said(Topic.CAMERA),
        disk_free_mib=shutil.disk_usage(store.path.parent).free // _MIB,
        sessions=noticeboard.endings(store),
    )
