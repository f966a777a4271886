# SPDX-License-Identifier: Apache-2.0
"""The desk's side of a call for a helper: begun with a fresh id, ended with everything that was said to it.

Who comes is verified here again, and only for the call that is open: a captured courier puts no name on the screen.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import structlog

from kiosk import device
from kiosk.records import pipe
from kiosk.store import help_calls
from wire.errors import NotForYou, WireError
from wire.help_calls import HelpAcknowledged, open_help_acknowledged

if TYPE_CHECKING:
    from kiosk.store.database import Store
    from wire.ids import KioskId
    from wire.signing import VerifyKey

log = structlog.get_logger()


class HelpCalls:
    """One call at a time. Every method raises `StoreError` when the store cannot be used."""

    def __init__(self, *, store: Store, believes: VerifyKey, kiosk: KioskId) -> None:
        """Take where calls are kept, and the key of the controller's courier."""
        self._store = store
        self._believes = believes
        self._kiosk = kiosk
        self._call: str | None = None
        self._number = 0  # the person's process counts its calls
        self._brought: bytes | None = None
        self._ended = False  # what a process left that did not end its last call is not ours, and goes too

    def begin(self, number: int) -> None:
        """Begin a call; one that is open is over."""
        call = secrets.token_hex(16)
        self._call, self._brought, self._ended = None, None, False
        help_calls.begin(self._store, call)
        self._call, self._number = call, number

    def end(self) -> None:
        """End the call, if there is one."""
        self._call = None
        if not self._ended:
            help_calls.end(self._store)
            self._ended = True

    def news(self) -> pipe.HelperComes | None:
        """Who comes, when that was not told yet."""
        message = None if self._call is None else help_calls.kept(self._store, self._call)
        if message is None or message == self._brought:
            return None
        self._brought = message
        try:
            told = self._opened(message)
        except WireError as error:
            log.error("helper_refused", reason=error.reason)  # noqa: TRY400 - the reason is the whole story
            return None
        return pipe.HelperComes(self._number, told.name, told.wait_s)

    def _opened(self, message: bytes) -> HelpAcknowledged:
        told = open_help_acknowledged(message, self._believes, self._kiosk, device.wall_ms())
        if told.call != self._call:
            text = "for a call that is not open"
            raise NotForYou(text)
        return told
