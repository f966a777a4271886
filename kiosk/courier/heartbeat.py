# SPDX-License-Identifier: Apache-2.0
"""The kiosk's state for the devices page, read from what the screen process has pinned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk import device
from kiosk.store import help_calls, noticeboard, opinions, orders, outbox
from kiosk.store.database import LOW_WATER_BYTES, StoreError, free_bytes
from kiosk.store.noticeboard import Topic
from wire.hello import Heartbeat

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.store.database import Store
    from wire.events import Profile
    from wire.ids import KioskId

_MIB = 2**20
HELP_WANTED = "help_wanted"
UNKNOWN, DISK_FULL, STORE_BROKEN = "unknown", "disk_full", "store_broken"  # the last two as `Fault` spells them


def heartbeat(store: Store, kiosk: KioskId, release: str, profile: Profile | None = None) -> Heartbeat:
    """Describe this kiosk now. What the screen process has never told is `unknown`; a full disk speaks for it."""
    try:
        depth, told, sessions = outbox.depth(store), noticeboard.read(store), noticeboard.endings(store)
        thought, call = opinions.told(store, device.wall_ms()), help_calls.called(store)
        nonce, free = orders.nonce(store), free_bytes(store.path)
    except StoreError:
        return distress(store.path, kiosk, release)
    at = device.moment()

    def said(topic: Topic) -> str:
        notice = told.get(topic)
        return UNKNOWN if notice is None else notice.value

    return Heartbeat(
        v=1,
        kiosk=kiosk,
        at=at,
        release=release,
        outbox=depth.count,
        oldest_unacked_s=None if depth.oldest_ms is None else max(0, at.wall_ms - depth.oldest_ms) // 1000,
        screen=DISK_FULL if free < LOW_WATER_BYTES else _of_screen(said(Topic.SCREEN), call),
        reader=said(Topic.READER),
        camera=said(Topic.CAMERA),
        disk_free_mib=free // _MIB,
        sessions=sessions | {f"opinion.{code}": n for code, n in thought.items()},
        call=call,
        order_nonce=nonce,
        certificate_ms=noticeboard.certificate_ms(told),
        profile=profile,
        event_key=noticeboard.kept(told, Topic.EVENT_KEY),
        tls_key=noticeboard.kept(told, Topic.TLS_KEY),
    )


def _of_screen(screen: str, call: str | None) -> str:
    """A person who waits for a helper comes before a kiosk that is well, and after one that is not."""
    return HELP_WANTED if call is not None and screen == "ok" else screen


def distress(path: Path, kiosk: KioskId, release: str) -> Heartbeat:
    """Describe a kiosk whose store at `path` cannot be read: the fleet must hear of it from somebody."""
    try:
        free = free_bytes(path)
    except StoreError:
        free = 0
    return Heartbeat(
        v=1,
        kiosk=kiosk,
        at=device.moment(),
        release=release,
        outbox=None,
        oldest_unacked_s=None,
        screen=STORE_BROKEN,
        reader=UNKNOWN,
        camera=UNKNOWN,
        disk_free_mib=free // _MIB,
        sessions={},
    )
