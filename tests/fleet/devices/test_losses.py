# SPDX-License-Identifier: Apache-2.0
"""A lost kiosk: one reports, another confirms, and what was known then stays as it was."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from fleet.devices import losses
from fleet.devices.losses import Impact, Kind, LossRefusedError, Standing, Why
from fleet.store.device_tables import loss
from fleet.store.scope import NATION, Scope
from fleet.store.session import reading, unit_of_work
from fleet.store.tables import device_state, kiosk
from tests.fleet.books import NOW_MS, add_kiosk, heard
from wire.ids import KioskId

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

    from fleet.devices.losses import Loss

UDON = KioskId("udon-01")
ELSEWHERE = Scope.parse("province:50")
DOES: dict[str, Callable[[Connection, str, Scope], object]] = {
    "report": lambda connection, by, scope: losses.report(connection, UDON, Kind.LOST, by, NOW_MS, scope),
    "confirm": lambda connection, by, scope: losses.confirm(connection, UDON, by, NOW_MS, scope),
    "withdraw": lambda connection, by, scope: losses.withdraw(connection, UDON, by, NOW_MS, scope),
}
HOUR_MS = 60 * 60 * 1000


@pytest.fixture
def reported(engine: Engine) -> Engine:
    add_kiosk(engine, UDON)
    heard(engine, UDON, outbox=7, oldest_unacked_s=900)
    with unit_of_work(engine) as connection:
        losses.report(connection, UDON, Kind.STOLEN, "somsri", NOW_MS, NATION)
    return engine


def latest(engine: Engine) -> Loss | None:
    with reading(engine) as connection:
        return losses.latest(connection, UDON)


def status(engine: Engine) -> str:
    with reading(engine) as connection:
        return str(connection.execute(select(kiosk.c.status)).scalar_one())


def refused(engine: Engine, act: str, by: str = "malee", scope: Scope = NATION) -> Why:
    with pytest.raises(LossRefusedError) as error, unit_of_work(engine) as connection:
        DOES[act](connection, by, scope)
    return error.value.why


def test_a_report_alone_stops_nothing(reported: Engine) -> None:
    found = latest(reported)
    assert found is not None
    assert (found.standing, found.kind, found.impact) == (Standing.REPORTED, Kind.STOLEN, None)
    assert status(reported) == "active"


def test_another_person_confirms_and_what_was_known_then_is_kept(reported: Engine) -> None:
    with unit_of_work(reported) as connection:
        losses.confirm(connection, UDON, "malee", NOW_MS + HOUR_MS, NATION)
    assert status(reported) == "revoked"
    with unit_of_work(reported) as connection:  # a late word from the thief changes nothing of the report
        connection.execute(update(device_state).values(outbox=0, seen_ms=NOW_MS + 2 * HOUR_MS))
    found = latest(reported)
    assert found is not None
    assert found.impact == Impact(received=0, seen_ms=NOW_MS - 60_000, unsent=7, oldest_unsent_s=900)
    assert (found.standing, found.notice_due_ms) == (Standing.CONFIRMED, NOW_MS + 72 * HOUR_MS)


def test_whoever_reported_cannot_confirm_and_the_database_says_so_too(reported: Engine) -> None:
    assert refused(reported, "confirm", "somsri") is Why.SAME_PERSON
    assert status(reported) == "active"
    with pytest.raises(IntegrityError), unit_of_work(reported) as connection:
        connection.execute(update(loss).values(confirmed_by="somsri", confirmed_ms=1))


def test_a_report_is_taken_back_and_made_again(reported: Engine) -> None:
    with unit_of_work(reported) as connection:
        losses.withdraw(connection, UDON, "somsri", NOW_MS, NATION)
    assert refused(reported, "confirm") is Why.NOT_REPORTED
    with unit_of_work(reported) as connection:
        losses.report(connection, UDON, Kind.LOST, "malee", NOW_MS + 1, NATION)
    found = latest(reported)
    assert found is not None
    assert (found.standing, found.kind) == (Standing.REPORTED, Kind.LOST)


def test_what_cannot_be_is_refused_with_its_reason(reported: Engine) -> None:
    assert refused(reported, "report") is Why.REPORTED_ALREADY
    for act in ("report", "confirm", "withdraw"):
        assert refused(reported, act, scope=ELSEWHERE) is Why.NO_SUCH_KIOSK
    with unit_of_work(reported) as connection:
        losses.confirm(connection, UDON, "malee", NOW_MS, NATION)
    for act in ("report", "confirm", "withdraw"):
        assert refused(reported, act) is Why.REVOKED


def test_of_a_confirmation_and_a_withdrawal_at_once_one_counts(reported: Engine) -> None:
    done: list[str] = []
    start = threading.Barrier(2)

    def act(name: str) -> None:
        start.wait()
        try:
            with unit_of_work(reported) as connection:
                if name == "confirm":
                    losses.confirm(connection, UDON, "malee", NOW_MS, NATION)
                else:
                    losses.withdraw(connection, UDON, "somsri", NOW_MS, NATION)
            done.append(name)
        except LossRefusedError:
            pass

    threads = [threading.Thread(target=act, args=(name,)) for name in ("confirm", "withdraw")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 1
    assert status(reported) == ("revoked" if done == ["confirm"] else "active")


def test_a_kiosk_that_never_spoke_is_confirmed_without_figures(engine: Engine) -> None:
    add_kiosk(engine, UDON)
    with unit_of_work(engine) as connection:
        losses.report(connection, UDON, Kind.OPENED, "somsri", NOW_MS, NATION)
        impact = losses.confirm(connection, UDON, "malee", NOW_MS, NATION)
    assert impact == Impact(0, None, None, None)
