# SPDX-License-Identifier: Apache-2.0
"""What the screen's process tells the others of itself: pinned to the noticeboard when it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from kiosk import device
from kiosk.store import noticeboard
from kiosk.store.database import StoreError
from kiosk.store.noticeboard import Topic

if TYPE_CHECKING:
    from kiosk.enrollment.failures import Fault
    from kiosk.store.database import Store

log = structlog.get_logger()


class Pins:
    """The notices of one process."""

    def __init__(self, store: Store) -> None:
        """Nothing is pinned yet."""
        self._store = store
        self._pinned: dict[Topic, str] = {}

    def tell(self, topic: Topic, value: str) -> None:
        """Pin it, unless it stands there already. A store that cannot be written is logged, and it is tried again."""
        if self._pinned.get(topic) == value:
            return
        try:
            noticeboard.pin(self._store, topic, value, device.wall_ms())
            self._pinned[topic] = value
        except StoreError as error:
            log.error("not_pinned", technician=str(error))  # noqa: TRY400 - the sentence is the whole story

    def device(self, fault: Fault) -> None:
        """Pin a fault to the part that has it."""
        if fault.value.startswith("reader"):
            self.tell(Topic.READER, fault)
        elif fault.value.startswith(("camera", "model", "policy")):
            self.tell(Topic.CAMERA, fault)
