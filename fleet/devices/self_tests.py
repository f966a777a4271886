# SPDX-License-Identifier: Apache-2.0
"""What was checked when a kiosk was handed over: believed by its event key, kept as it was signed, shown to its place.

Source: journeys, J11; docs/commissioning.md.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from fleet.devices.issuing import said_by
from fleet.store.device_tables import self_test
from wire.envelope import decode, encode
from wire.ids import KioskId
from wire.self_tests import Received, SelfTest, open_self_test, who_was_tested

if TYPE_CHECKING:
    from sqlalchemy import Connection

KEPT = 10  # of one kiosk; it is handed over once, and again after a repair


@dataclass(frozen=True, slots=True)
class Kept:
    """One report and when it came, in ms since 1970 UTC."""

    report: SelfTest
    received_ms: int


def receive(connection: Connection, message: bytes, now_ms: int) -> Received:
    """Keep a report; the same again changes nothing.

    Raises:
        WireError: no report.
        ClaimRefusedError: not a kiosk's, or never again.
    """
    who = KioskId(who_was_tested(message))
    report = said_by(connection, who, lambda key: open_self_test(message, key), locked=True)
    digest = hashlib.sha256(message).hexdigest()
    ours = self_test.c.kiosk == who
    if connection.execute(select(self_test.c.digest).where(self_test.c.digest == digest)).first() is None:
        row = {"digest": digest, "kiosk": who, "received_ms": now_ms, "body": encode(report).decode()}
        connection.execute(self_test.insert().values(**row))
        newest = select(self_test.c.digest).where(ours).order_by(self_test.c.received_ms.desc()).limit(KEPT)
        kept = connection.execute(newest).scalars().all()
        connection.execute(delete(self_test).where(ours, self_test.c.digest.not_in(kept)))
    return Received(1, who, digest)


def read_latest(connection: Connection, who: KioskId) -> Kept | None:
    """The last report that came from a kiosk; None when none did. Whether it may be seen the caller has asked."""
    asked = select(self_test.c.body, self_test.c.received_ms).where(self_test.c.kiosk == who)
    row = connection.execute(asked.order_by(self_test.c.received_ms.desc()).limit(1)).first()
    return None if row is None else Kept(decode(row.body.encode(), SelfTest), int(row.received_ms))
