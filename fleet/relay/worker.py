# SPDX-License-Identifier: Apache-2.0
"""The relay's loop: advance what is due, answer who waits, erase what is over. It starts anew from the database alone.

A sandbox provider serves TEST enrolments only and a real one LIVE ones only: the others wait untouched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from fleet.enrollments import codes
from fleet.enrollments.questions import forget_expired
from fleet.relay.activation import Road
from fleet.relay.answering import Answerer
from fleet.relay.due import due_now
from fleet.relay.patience import RestingOffice, RestingProvider
from fleet.relay.ports import Partners
from fleet.relay.waiting import waiting_now
from fleet.store.session import truncate_log, unit_of_work
from wire.events import Profile

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from sqlalchemy import Engine

    from fleet.relay.ports import RelayKeyring

_PAUSE_S = 0.2
_DATABASE_REST_S = 1.0
_ASK_AGAIN_MS = 1_000
_TIDY_EVERY_MS = 60_000
_DATABASE_AWAY = (OperationalError, InterfaceError)
_log = structlog.get_logger()


class Relay:
    """One relay over one database and its partners.

    `sandbox` is what all of them are; `poll_first_ms` paces the look for activations.
    """

    def __init__(
        self,
        engine: Engine,
        keys: RelayKeyring,
        partners: Partners,
        *,
        sandbox: bool,
        poll_first_ms: int,
        now_ms: Callable[[], int],
    ) -> None:
        rested = Partners(RestingProvider(partners.provider, now_ms), RestingOffice(partners.office, now_ms))
        self._engine = engine
        self._now_ms = now_ms
        self._profile = str(Profile.TEST if sandbox else Profile.LIVE)
        self._road = Road(engine, keys, rested.provider, poll_first_ms)
        self._answerer = Answerer(engine, keys, rested, profile=self._profile, sandbox=sandbox)
        self._ask_again_ms: dict[str, int] = {}
        self._tidy_at_ms = 0

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; a database that is away is waited for."""
        while not stop.is_set():
            try:
                self.step()
                pause_s = _PAUSE_S
            except _DATABASE_AWAY as error:
                _log.error("database_away", error=type(error).__name__)
                pause_s = _DATABASE_REST_S
            stop.wait(pause_s)

    def step(self) -> None:
        """One round."""
        for due in due_now(self._engine, self._profile, self._now_ms()):
            try:
                self._road.advance(due, self._now_ms())
            except _DATABASE_AWAY:
                raise
            except Exception:  # noqa: BLE001 - one enrolment must not stop the others
                _log.exception("enrollment_failed", event_id=due.event)
                self._road.postpone(due, self._now_ms())
        self._answer()
        self._tidy()

    def _answer(self) -> None:
        now_ms = self._now_ms()
        self._ask_again_ms = {ask: at_ms for ask, at_ms in self._ask_again_ms.items() if at_ms > now_ms}
        for question in waiting_now(self._engine, now_ms):
            if question.id in self._ask_again_ms:
                continue
            try:
                answered = self._answerer.answer(question, self._now_ms())
            except _DATABASE_AWAY:
                raise
            except Exception:  # noqa: BLE001 - one question must not stop the others
                _log.exception("ask_failed", ask_id=question.id)
                answered = False
            if not answered:
                self._ask_again_ms[question.id] = self._now_ms() + _ASK_AGAIN_MS

    def _tidy(self) -> None:
        if self._now_ms() < self._tidy_at_ms:
            return
        self._tidy_at_ms = self._now_ms() + _TIDY_EVERY_MS
        with unit_of_work(self._engine) as connection:
            forget_expired(connection, self._now_ms())
            codes.forget_old(connection, self._now_ms())
        truncate_log(self._engine)
