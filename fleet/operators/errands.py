# SPDX-License-Identifier: Apache-2.0
"""What a browser has begun and must finish itself, once and within ten minutes: a way to the provider, a passkey.

A ticket goes out and has to come back. The database keeps a digest of it with the browser's own id, so that it is of no
use in another browser, for another purpose, or a second time.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import delete

from fleet.store.operator_tables import operator_errand

if TYPE_CHECKING:
    from sqlalchemy import Connection

LASTS_MS = 10 * 60 * 1000
LONGEST_WANTED = 512  # letters of an address
_TICKET_BYTES = 32


class Purpose(StrEnum):
    """What for."""

    SIGN_IN = "sign in at the provider"
    PROVE = "prove the second factor after it"
    LINK = "link who one is at the provider"
    PASSKEY = "sign in with a passkey"
    ADD_PASSKEY = "add a passkey"


@dataclass(frozen=True, slots=True)
class Errand:
    """One that came back: whose it is, where that was known, and the page that was wanted."""

    account: int | None
    wanted: str


def begin(
    connection: Connection, browser: str, purpose: Purpose, now_ms: int, *, account: int | None = None, wanted: str = ""
) -> str:
    """Begin one; its ticket. Those that are over are forgotten."""
    connection.execute(delete(operator_errand).where(operator_errand.c.until_ms <= now_ms))
    ticket = secrets.token_urlsafe(_TICKET_BYTES)
    row = {"digest": _digest(browser, purpose, ticket), "operator": account, "wanted": wanted[:LONGEST_WANTED]}
    connection.execute(operator_errand.insert().values(**row, until_ms=now_ms + LASTS_MS))
    return ticket


def finish(connection: Connection, browser: str, purpose: Purpose, ticket: str, now_ms: int) -> Errand | None:
    """Finish one; None where this browser has begun none with this ticket, it is over, or it was finished."""
    this = operator_errand.c.digest == _digest(browser, purpose, ticket)
    taken = delete(operator_errand).where(this, operator_errand.c.until_ms > now_ms)
    row = connection.execute(taken.returning(operator_errand.c.operator, operator_errand.c.wanted)).first()
    return None if row is None else Errand(row.operator, row.wanted)


def derived(browser: str, ticket: str, what: str) -> str:
    """A secret of an errand that its browser alone brings back: 256 bits in hexadecimal, kept nowhere."""
    return hmac.digest(browser.encode(), f"dipchip-{what}|{ticket}".encode(), "sha256").hex()


def _digest(browser: str, purpose: Purpose, ticket: str) -> bytes:
    return hashlib.sha256(f"{browser}\0{purpose}\0{ticket}".encode(errors="replace")).digest()
