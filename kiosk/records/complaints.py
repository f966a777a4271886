# SPDX-License-Identifier: Apache-2.0
"""The desk's side of a complaint: a number is drawn, the kiosk's codes are put beside it, and it waits for the courier.

It knows nothing of the session that it came from.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from kiosk import device
from kiosk.enrollment.screening import BANGKOK
from kiosk.records.own_key import signed
from kiosk.store import complaints, noticeboard
from kiosk.store.noticeboard import Topic
from wire.complaints import Complaint, TicketNumber, new_number
from wire.envelope import encode
from wire.signing import Kind

if TYPE_CHECKING:
    from kiosk.records.filing import Filing
    from wire.opinions import Category, Place

_UNKNOWN = "unknown"


def file(filing: Filing, category: Category, place: Place) -> TicketNumber | None:
    """Sign a complaint and keep it; its number, None when too many wait already.

    Raises:
        StoreError: it is not kept.
    """
    told = noticeboard.read(filing.store)
    screen, reader, camera, link = (
        told[topic].value if topic in told else _UNKNOWN
        for topic in (Topic.SCREEN, Topic.READER, Topic.CAMERA, Topic.LINK)
    )
    said = Complaint(
        v=1,
        id=secrets.token_hex(16),
        kiosk=filing.kiosk,
        number=(number := new_number()),
        category=category,
        place=place,
        day=device.utc_now().astimezone(BANGKOK).date(),
        profile=filing.profile,
        release=filing.release,
        screen=screen,
        reader=reader,
        camera=camera,
        link=link,
    )
    kept = complaints.put(filing.store, said.id, signed(filing.key, Kind.COMPLAINT, encode(said)))
    return number if kept else None
