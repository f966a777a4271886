# SPDX-License-Identifier: Apache-2.0
"""Word for whoever waits for a helper at a kiosk: who comes, and how long that may take. Signed by the controller.

It names a call by the fresh id that the kiosk gave it, so that an answer to an old call shows at no new one. The name
is what a helper chooses to be called in a lobby: letters only, so that it can neither draw nor command anything.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Annotated, NewType

import msgspec

from wire.bodies import Instant, KioskText, Nonce, Version1
from wire.envelope import open_message
from wire.errors import Malformed, NotForYou, TooLarge
from wire.signing import Kind

if TYPE_CHECKING:
    from wire.ids import KioskId
    from wire.signing import VerifyKey

HelperName = NewType("HelperName", str)

NAME_CELLS = 18  # with the words around it a line of the smallest screen is full
MINUTES_AT_MOST = 30  # who comes later than that has not acknowledged a call but put it off
MESSAGE_BYTES = 1_000  # the longest is below 600
LIVES_MS = 10 * 60 * 1000  # then it is believed no more; while a call is open it is told anew all the time

_LETTERS_AT_MOST = 40
# A Thai syllable is written vowel before, consonant, marks above and below, vowel after: no heap of marks passes.
_THAI = "(?:[\u0e40-\u0e44]?[\u0e01-\u0e2e][\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]{0,2}[\u0e30\u0e32\u0e33]{0,2})+"
_LATIN = "[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff]+"
_WORD = f"(?:{_THAI}|{_LATIN})"
_NAME = rf"^{_WORD}(?: {_WORD})?\Z"


class HelpAcknowledged(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who comes to the person that waits. `wait_s` is what was left of the promised minutes when it was made, `at_ms`.

    Of two for the same call the one made later counts.
    """

    v: Version1
    kiosk: KioskText
    call: Nonce
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=_LETTERS_AT_MOST, pattern=_NAME)]
    wait_s: Annotated[int, msgspec.Meta(ge=0, le=MINUTES_AT_MOST * 60)]
    at_ms: Instant
    expires_ms: Instant

    def __post_init__(self) -> None:
        """Refuse what the types alone do not.

        Raises:
            ValueError: which a decoder tells as a malformed body.
        """
        if _cells(self.name) > NAME_CELLS:
            message = "the name is too wide"
            raise ValueError(message)

    def __repr__(self) -> str:
        """Mask the helper: a name belongs on one screen."""
        return f"HelpAcknowledged({self.kiosk}, masked)"


def helper_name(text: str) -> HelperName:
    """What a helper is called on the screen.

    Raises:
        Malformed: when it is not one word or two of Thai or Latin letters, at most 18 wide.
    """
    name = unicodedata.normalize("NFC", " ".join(text.split()))
    if len(name) > _LETTERS_AT_MOST or _cells(name) > NAME_CELLS or re.search(_NAME, name) is None:
        message = (
            f"not a name for a screen: a first name or a role is needed, one word or two, in Thai or Latin letters, at "
            f"most {NAME_CELLS} wide, without digits and signs"
        )
        raise Malformed(message)
    return HelperName(name)


def open_help_acknowledged(message: bytes, key: VerifyKey, kiosk: KioskId, now_ms: int) -> HelpAcknowledged:
    """Verify an acknowledgement, decode it, and check that it is for this kiosk and its time is not over.

    Raises:
        WireError: with the reason.
    """
    if len(message) > MESSAGE_BYTES:
        text = f"an acknowledgement has no more than {MESSAGE_BYTES} bytes"
        raise TooLarge(text)
    acknowledged, _ = open_message(message, Kind.HELP, key, HelpAcknowledged)
    if acknowledged.kiosk != kiosk:
        text = "addressed to another kiosk"
        raise NotForYou(text)
    if acknowledged.expires_ms <= now_ms:
        text = "its time is over"
        raise NotForYou(text)
    return acknowledged


def _cells(name: str) -> int:
    """How wide it stands: marks above and below take no cell of their own."""
    return sum(unicodedata.category(letter) != "Mn" for letter in name)
