# SPDX-License-Identifier: Apache-2.0
"""Takes one due enrolment one step further, whatever step that is; a step may be taken twice without effect."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from fleet.enrollments import lifecycle
from fleet.partners.idp.shapes import ProviderUnavailableError
from fleet.relay import submission
from fleet.relay.patience import retry_ms
from fleet.relay.settling import settle
from fleet.store.session import unit_of_work
from wire.asks import PersonState

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from fleet.partners.idp.shapes import Enrolment
    from fleet.relay.due import Due
    from fleet.relay.ports import IdentityProvider, RelayKeyring

_log = structlog.get_logger()


class Road:
    """The way from CAPTURED to ACTIVATED. `poll_first_ms` is the first pause before looking for an activation."""

    def __init__(self, engine: Engine, keys: RelayKeyring, provider: IdentityProvider, poll_first_ms: int) -> None:
        self._engine = engine
        self._keys = keys
        self._provider = provider
        self._poll_first_ms = poll_first_ms

    def advance(self, due: Due, now_ms: int) -> None:
        """Take the next step: claim and submit, or ask how it stands; when the provider is away, later."""
        if due.state is PersonState.CAPTURED:
            if not submission.claim(self._engine, self._keys, due, now_ms):
                return
            due = replace(due, state=PersonState.SUBMITTED)
        try:
            told = self._asked(due)
        except ProviderUnavailableError as error:
            _log.warning("provider_unavailable", event_id=due.event, code=error.code, attempts=due.attempts + 1)
            self.postpone(due, now_ms)
            return
        with unit_of_work(self._engine) as connection:
            if told is None:
                lifecycle.reject(connection, due.event, "unreadable")
                return
            settle(connection, due, told, now_ms=now_ms, poll_first_ms=self._poll_first_ms)
        _log.info("enrollment_settled", event_id=due.event, state=str(told.state))

    def postpone(self, due: Due, now_ms: int) -> None:
        """Look at it again after a pause that grows with each failure."""
        with unit_of_work(self._engine) as connection:
            lifecycle.wait(connection, due.event, due_ms=now_ms + retry_ms(due.attempts), attempts=due.attempts + 1)

    def _asked(self, due: Due) -> Enrolment | None:
        if due.reference is None:
            return submission.submit(self._provider, self._keys, due)
        return self._provider.status(due.reference)
