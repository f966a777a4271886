# SPDX-License-Identifier: Apache-2.0
"""What a kiosk's welcome screen may show: the controller's whole list for it, signed. The list made last counts.

A list is whole each time, so that what was withdrawn is not in it any more. It names nobody: words that hold a citizen
number are refused at both ends.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Annotated

import msgspec

from wire.bodies import Instant, KioskText, Version1
from wire.envelope import open_message
from wire.errors import NotForYou
from wire.signing import Kind

if TYPE_CHECKING:
    from wire.ids import KioskId
    from wire.signing import VerifyKey

AT_MOST = 10  # more than that nobody stands still for
LONGEST = 100  # letters: four lines of the smallest screen

# No control character, none that turns the direction of writing or begins a line, and not only blanks.
_PRINTABLE = r"^(?=.*\S)[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+\Z"
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST, pattern=_PRINTABLE)]

# Thirteen digits, Thai ones too, in a row or grouped as they are printed on the card.
_CITIZEN_NUMBER = re.compile(r"\d{13}|\d[ -]\d{4}[ -]\d{5}[ -]\d{2}[ -]\d")


def is_printable(words: str) -> bool:
    """Whether the words can stand on a screen without doing anything to it."""
    return re.search(_PRINTABLE, words) is not None


def holds_a_citizen_number(words: str) -> bool:
    """Whether the words hold what may be somebody's number."""
    return _CITIZEN_NUMBER.search(words) is not None


class Announcement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words in both languages with their first and last day in Bangkok."""

    th: Words
    en: Words
    first: date
    last: date

    def __post_init__(self) -> None:
        """Refuse what the types alone do not.

        Raises:
            ValueError: which a decoder tells as a malformed body.
        """
        if self.last < self.first:
            message = "the last day is before the first"
            raise ValueError(message)
        if holds_a_citizen_number(self.th) or holds_a_citizen_number(self.en):
            message = "the words may hold a citizen number"
            raise ValueError(message)


class Announcements(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that stands or will stand at one kiosk. `at_ms`, when it was made, only rises: an older list is ignored."""

    v: Version1
    kiosk: KioskText
    at_ms: Instant
    items: Annotated[tuple[Announcement, ...], msgspec.Meta(max_length=AT_MOST)]


def open_announcements(message: bytes, key: VerifyKey, kiosk: KioskId) -> Announcements:
    """Verify a list, decode it and check that it is for this kiosk.

    Raises:
        WireError: with the reason.
    """
    announcements, _ = open_message(message, Kind.ANNOUNCEMENTS, key, Announcements)
    if announcements.kiosk != kiosk:
        text = "addressed to another kiosk"
        raise NotForYou(text)
    return announcements
