# SPDX-License-Identifier: Apache-2.0
"""Waits until the real reader service has noticed what was done to a virtual reader: it looks every 0.4 s."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from kiosk.card.pcsc import PcscReaders
from tests.simulators.pcscd import READER_NAME

if TYPE_CHECKING:
    from kiosk.card.watcher import CardState

FIRST_SLOT = f"{READER_NAME} 00 00"
_PATIENCE_S = 20.0


def wait_for(state: CardState, reader: str = FIRST_SLOT) -> None:
    """Return when a reader holds a card, holds none, or holds a mute one.

    Raises:
        TimeoutError: it does not come about.
    """
    readers, until_s = PcscReaders(reader), time.monotonic() + _PATIENCE_S
    try:
        while [slot.card for slot in readers.look(1.0).slots] != [state]:
            if time.monotonic() > until_s:
                message = f"{reader} does not become {state}"
                raise TimeoutError(message)
    finally:
        readers.close()
