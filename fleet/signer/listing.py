# SPDX-License-Identifier: Apache-2.0
"""Keeps the signed list of revoked kiosks' certificates in its file: anew within a second of a revocation, and daily.

Broker and door are given it by `dipchip-provision follow`. An entry is never taken off, whatever the database says
later; the number only goes up. Source: docs/adr/0039; RFC 5280, 5.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from fleet.devices import issuing, registry
from fleet.store.session import reading
from wire.certificates import BACKDATED, list_pem, lists_of
from wire.errors import WireError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from pathlib import Path

    from cryptography import x509
    from sqlalchemy import Engine

    from fleet.devices.issuing import Issuer

LOOK_S = 1.0  # how often kiosks are counted that were revoked
ALL_MS = 60 * 1000  # how often all that is given is gone through: for certificates that an order replaced
ANEW = timedelta(days=1)  # a list is good for 90 days: whoever follows it has 89 to find that it comes no more
_READABLE = 0o644  # it is public: RFC 5280, 4.2.1.13
_log = structlog.get_logger()


class RevocationList:
    """The list in its file, by what the database says."""

    def __init__(self, engine: Engine, issuer: Issuer, file: Path, now_ms: Callable[[], int]) -> None:
        """Look at nothing yet."""
        self._engine = engine
        self._issuer = issuer
        self._file = file
        self._now_ms = now_ms
        self._revoked = -1
        self._looked_ms = 0

    def keep(self, stop: threading.Event) -> None:
        """Look each second until told to stop. What fails is tried again."""
        is_well = True
        while True:
            try:
                self.look()
                is_well = True
            except (OperationalError, InterfaceError, OSError) as error:
                if is_well:
                    _log.error("revocations_not_written", error=type(error).__name__)
                is_well = False
            if stop.wait(LOOK_S):
                return

    def look(self) -> bool:
        """Write the list anew where something was revoked since or it is a day old; whether that was so.

        Raises:
            OSError: it cannot be written.
            OperationalError, InterfaceError: the database is away.
        """
        now_ms = self._now_ms()
        with reading(self._engine) as connection:
            revoked = registry.count_revoked(connection)
            if revoked == self._revoked and now_ms < self._looked_ms + ALL_MS:
                return False
            serials = issuing.revoked_serials(connection, now_ms)
        now, before = datetime.fromtimestamp(now_ms / 1000, UTC), self._before()
        fresh = [
            each for each in serials if before is None or before.get_revoked_certificate_by_serial_number(each) is None
        ]
        is_due = bool(fresh) or before is None or before.last_update_utc + BACKDATED + ANEW <= now
        if is_due:
            self._write(list_pem(self._issuer.authority.revocation_list(before, serials, now)))
            _log.info("revocations_listed", newly=len(fresh))
        self._revoked, self._looked_ms = revoked, now_ms
        return is_due

    def _before(self) -> x509.CertificateRevocationList | None:
        """The list that is there, if it is this authority's; anything else is written over."""
        try:
            (found,) = lists_of(self._file.read_bytes())
        except (FileNotFoundError, ValueError, WireError):
            return None
        return found if found.is_signature_valid(self._issuer.authority.key.public_key()) else None

    def _write(self, content: bytes) -> None:
        """Whoever reads sees the old one or the new one, never half of one."""
        fresh = self._file.with_name(f".{self._file.name}.new")
        with fresh.open("wb") as file:
            os.fchmod(file.fileno(), _READABLE)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._file)
