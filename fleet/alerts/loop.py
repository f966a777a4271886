# SPDX-License-Identifier: Apache-2.0
"""The alerting's loop: look, judge, write, tell, and say that it lives. It starts anew from the database alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from fleet.alerts import book, outbox, schedule, subscribers, watch
from fleet.alerts.delivery import deliver
from fleet.alerts.judging import judge
from fleet.alerts.outbox import News
from fleet.store.scope import NATION
from fleet.store.session import unit_of_work

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection, Engine

    from fleet.alerts.delivery import Channel
    from fleet.alerts.judging import Judgement
    from fleet.alerts.observations import Sight
    from fleet.alerts.subscribers import ChannelKind

_DATABASE_AWAY = (OperationalError, InterfaceError)
_TIDY_EVERY_MS = 3_600_000
_log = structlog.get_logger()


class Fleet(Protocol):
    """What there is to be seen."""

    def look(self, connection: Connection, now_ms: int) -> Sight:
        """See what is amiss now, in this transaction."""


class Bystander(Protocol):
    """Somebody outside who notices when the alerting says nothing more."""

    def call(self) -> None:
        """Say that all was judged; a failure is theirs to notice."""


class Rollouts(Protocol):
    """What goes on only while somebody would be told of its trouble."""

    def step(self, connection: Connection, now_ms: int) -> None:
        """Go on, in this transaction."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the loop works with."""

    fleet: Fleet
    channels: Mapping[ChannelKind, Channel]
    bystander: Bystander
    now_ms: Callable[[], int]
    rollouts: Rollouts


class Alerting:
    """One process that may hold the alerting of a database, by a name that no other has."""

    def __init__(self, engine: Engine, name: str, around: Surroundings) -> None:
        self._engine = engine
        self._name = name
        self._around = around
        self._tidy_at_ms = 0

    def run(self, stop: threading.Event, every_s: float) -> None:
        """Work until `stop` is set. What goes wrong in a round is logged, and the heartbeat stays away."""
        while not stop.is_set():
            try:
                self.step()
            except _DATABASE_AWAY as error:
                _log.error("database_away", error=type(error).__name__)
            except Exception:  # noqa: BLE001 - the alerting must outlive what it did not expect
                _log.exception("round_failed")
            stop.wait(every_s)

    def step(self) -> bool:
        """One round; False when another process holds the alerting."""
        if not self._judged():
            return False
        deliver(self._engine, self._around.channels, self._around.now_ms, self._holds)
        self._roll_out()
        self._around.bystander.call()
        return True

    def release(self) -> None:
        """Leave the alerting to others at once."""
        with unit_of_work(self._engine) as connection:
            watch.release(connection, self._name)

    def _roll_out(self) -> None:
        """Once all was judged: what a rollout is compared by are these alarms. Its trouble is not the alerting's."""
        now_ms = self._around.now_ms()
        try:
            with unit_of_work(self._engine) as connection:
                if watch.hold(connection, self._name, now_ms):
                    self._around.rollouts.step(connection, now_ms)
        except _DATABASE_AWAY:
            raise
        except Exception:  # noqa: BLE001 - as above
            _log.exception("rollouts_failed")

    def _holds(self) -> bool:
        with unit_of_work(self._engine) as connection:
            return watch.hold(connection, self._name, self._around.now_ms())

    def _judged(self) -> bool:
        now_ms = self._around.now_ms()
        with unit_of_work(self._engine) as connection:
            if not watch.hold(connection, self._name, now_ms):
                return False
            sight = self._around.fleet.look(connection, now_ms)
            before = book.standing(connection)
            judgement = judge(sight, before, schedule.read_windows(connection, NATION, now_ms))
            book.write(connection, judgement, before)
            _tell(connection, judgement, now_ms)
            outbox.write_letters(connection, now_ms)
            if now_ms >= self._tidy_at_ms:
                outbox.forget_old(connection, now_ms)
                self._tidy_at_ms = now_ms + _TIDY_EVERY_MS
            watch.beat(connection, now_ms)
        return True


def _tell(connection: Connection, judgement: Judgement, now_ms: int) -> None:
    for number in book.ended(connection, now_ms):
        outbox.note_end(connection, number, now_ms)
    if not judgement.telling:
        return
    everybody = subscribers.everybody(connection)
    fresh = [each for each in book.read_open(connection, NATION, None) if each.alarm.key in judgement.telling]
    for entry in fresh:
        for each in subscribers.concerned(everybody, entry.alarm, judgement.alarms):
            outbox.note(connection, News.RAISED, [entry.id], each, now_ms)
        alarm = entry.alarm
        _log.info("alert_raised", alert=entry.id, rule=alarm.rule.value, subject=str(alarm.subject))
    book.mark_told(connection, [each.id for each in fresh], now_ms)
