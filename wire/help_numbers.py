# SPDX-License-Identifier: Apache-2.0
"""The number that a kiosk tells people to call, as its province has agreed on it, signed. The one made last counts.

Without one the kiosk tells the number that it was set up with. It names nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec

from wire.bodies import Instant, KioskText, Version1
from wire.envelope import open_message
from wire.errors import NotForYou, TooLarge
from wire.phones import SHAPE, HelpNumber
from wire.signing import Kind

if TYPE_CHECKING:
    from wire.ids import KioskId
    from wire.signing import VerifyKey

MESSAGE_BYTES = 1_000  # the longest is below 400


class HelpNumberTold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What people are told to call at one kiosk: digits, empty for none of its own. `at_ms` only rises."""

    v: Version1
    kiosk: KioskText
    at_ms: Instant
    number: Annotated[str, msgspec.Meta(max_length=10, pattern=rf"^({SHAPE})?\Z")]

    @property
    def of_its_own(self) -> HelpNumber | None:
        """The number; None where the kiosk is to tell the one that it was set up with."""
        return HelpNumber(self.number) if self.number else None


def open_help_number(message: bytes, key: VerifyKey, kiosk: KioskId) -> HelpNumberTold:
    """Verify a number, decode it and check that it is for this kiosk.

    Raises:
        WireError: with the reason.
    """
    if len(message) > MESSAGE_BYTES:
        text = f"a help number has no more than {MESSAGE_BYTES} bytes"
        raise TooLarge(text)
    told, _ = open_message(message, Kind.HELP_NUMBER, key, HelpNumberTold)
    if told.kiosk != kiosk:
        text = "addressed to another kiosk"
        raise NotForYou(text)
    return told
