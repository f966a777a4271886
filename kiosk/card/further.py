# SPDX-License-Identifier: Apache-2.0
"""The chip's further applications, read only where the settings ask for them: laser number and health entitlement.

No enrolment needs either. A card without the application simply has none to tell; what the chip says of an entitlement
was true when it was last written, and hospitals ask the fund instead.
Source: comparison of public readers, see docs/card.md; no official publication is known.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kiosk.card.apdu import SW, Conversation
from kiosk.card.applet import Applet
from kiosk.card.fields import are_digits, date_of, expiry_of, text_of
from kiosk.card.file_map import Field
from kiosk.enrollment.failures import CardReadError, Failure
from kiosk.enrollment.identity import Entitlement

if TYPE_CHECKING:
    from kiosk.card.apdu import Transport

LASER_APPLICATION = bytes.fromhex("A000000084060002")
ENTITLEMENT_APPLICATION = bytes.fromhex("A000000054480083")  # National Health Security Office

_READ_LASER = bytes.fromhex("8000000017")
_LASER_NUMBER = re.compile(rb"[A-Z]{2}[0-9]{10}")  # as printed on the back, without its hyphens

_MAIN_SCHEME = Field(0x0004, 60)
_SUB_SCHEME = Field(0x0040, 100)
_MAIN_HOSPITAL = Field(0x00A4, 80)
_SUB_HOSPITAL = Field(0x00F4, 80)
_PAID_TYPE = Field(0x0144, 1)
_ISSUED = Field(0x0145, 8)
_EXPIRES = Field(0x014D, 8)
_UPDATED = Field(0x0155, 8)
_CHANGES = Field(0x015D, 1)
_ENTITLEMENT = Field(_MAIN_SCHEME.offset, _CHANGES.end - _MAIN_SCHEME.offset)


def read_laser_number(transport: Transport) -> str | None:
    """Read the two letters and ten digits from the back of the card; None when this card does not tell.

    Raises:
        CardReadError: CARD_REMOVED or CARD_UNREADABLE.
        FaultError: when the reader or its service is gone.
    """
    card = Conversation(transport)
    if not _selected(Applet(card, LASER_APPLICATION)):
        return None
    answer = card.exchange(_READ_LASER)
    found = _LASER_NUMBER.search(answer.data) if answer.status == SW.NO_FURTHER_QUALIFICATION else None
    return None if found is None else found[0].decode("ascii")


def read_entitlement(transport: Transport) -> Entitlement | None:
    """Read what the chip says of its holder's health entitlement; None when it has no such application.

    Raises:
        CardReadError: CARD_REMOVED or CARD_UNREADABLE.
        FaultError: when the reader or its service is gone.
    """
    applet = Applet(Conversation(transport), ENTITLEMENT_APPLICATION)
    if not _selected(applet):
        return None
    block = applet.read(_ENTITLEMENT)

    def text(field: Field) -> str:
        return text_of(field.of(block, _ENTITLEMENT.offset))

    changes = text(_CHANGES)
    return Entitlement(
        main_scheme=text(_MAIN_SCHEME),
        sub_scheme=text(_SUB_SCHEME),
        main_hospital=text(_MAIN_HOSPITAL),
        sub_hospital=text(_SUB_HOSPITAL),
        paid_type=text(_PAID_TYPE),
        issued=date_of(text(_ISSUED)).value,
        expires=expiry_of(text(_EXPIRES)).value,
        updated=date_of(text(_UPDATED)).value,
        changes=int(changes) if are_digits(changes) else None,
    )


def _selected(applet: Applet) -> bool:
    try:
        applet.select()
    except CardReadError as error:
        if error.failure is not Failure.CARD_NOT_NATIONAL_ID:
            raise
        return False
    return True
