# SPDX-License-Identifier: Apache-2.0
"""What somebody at a kiosk says is not right: one of a short list, under a number drawn for it, signed by the screen.

It holds no word that a person wrote, no time but the day, and nothing that leads to an enrolment: neither an event's id
nor a session's. The kiosk's own codes stand beside it for whoever mends.
"""

from __future__ import annotations

import secrets
from datetime import date
from typing import Annotated, NewType

import msgspec

from wire.bodies import Code, KioskText, Nonce, ShortText, Version1
from wire.errors import Malformed
from wire.events import Profile
from wire.opinions import Category, Place

TicketNumber = NewType("TicketNumber", str)

_DIGITS = 8
_SHAPE = r"^[0-9]{8}\Z"
TOLD_AT_ONCE = 64  # in one receipt


class Complaint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One complaint. `id` is how both ends know it again; `number` is what the person was shown.

    `day` is Bangkok's by the kiosk's clock. The codes are as in a heartbeat, from the moment it was said.
    """

    v: Version1
    id: Nonce
    kiosk: KioskText
    number: Annotated[str, msgspec.Meta(pattern=_SHAPE)]
    category: Category
    place: Place
    day: date
    profile: Profile
    release: ShortText
    screen: Code
    reader: Code
    camera: Code
    link: Code


def new_number() -> TicketNumber:
    """Draw a ticket's number: nobody can guess another one's, and it says nothing."""
    return TicketNumber(f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}")


def ticket_number(text: str) -> TicketNumber:
    """Read a ticket's number as people write it down.

    Raises:
        Malformed: when it is not eight digits.
    """
    digits = text.replace("-", "").replace(" ", "")
    if len(digits) != _DIGITS or not (digits.isascii() and digits.isdigit()):
        message = "a ticket's number has 8 digits"
        raise Malformed(message)
    return TicketNumber(digits)


def grouped(number: TicketNumber) -> str:
    """The number as it is shown: 4821-7306."""
    return f"{number[:4]}-{number[4:]}"
