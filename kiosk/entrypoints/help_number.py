# SPDX-License-Identifier: Apache-2.0
"""Whom the screen tells people to call: what the controller has sent for this kiosk, else what it was set up with.

It is verified here again: a captured courier puts no number on a screen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from kiosk.store import newest
from kiosk.store.newest import Word
from wire.errors import WireError
from wire.help_numbers import open_help_number

if TYPE_CHECKING:
    from kiosk.store.database import Store
    from wire.ids import KioskId
    from wire.phones import HelpNumber
    from wire.signing import VerifyKey

log = structlog.get_logger()


@dataclass(slots=True)
class NumberBoard:
    """Looked up anew at each call; `believes` is the key of the controller's courier."""

    store: Store
    believes: VerifyKey
    kiosk: KioskId
    configured: HelpNumber
    _message: bytes | None = field(init=False, default=None)
    _told: HelpNumber | None = field(init=False, default=None)

    def __call__(self) -> HelpNumber:
        """The number to tell now.

        Raises:
            StoreError: the store cannot be read.
        """
        message = newest.kept(self.store, Word.HELP_NUMBER)
        if message != self._message:
            self._message = message
            self._told = None if message is None else self._opened(message)
        return self._told or self.configured

    def _opened(self, message: bytes) -> HelpNumber | None:
        try:
            return open_help_number(message, self.believes, self.kiosk).of_its_own
        except WireError as error:
            log.error("help_number_refused", reason=error.reason)  # noqa: TRY400 - the reason is the whole story
            return None
