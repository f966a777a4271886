# SPDX-License-Identifier: Apache-2.0
"""The four facts of a kiosk stand apart, and their summary is the word that the database gives for lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, update

from fleet.devices import attention
from fleet.devices.closeup import read_closeup
from fleet.devices.facts import Connectivity, Health, Lifecycle, Software
from fleet.devices.health import Care, Condition
from fleet.devices.vigil import by_hours
from fleet.store.alert_tables import opening_hours
from fleet.store.scope import NATION, Scope
from fleet.store.session import reading, unit_of_work
from fleet.store.tables import device_state, event, kiosk, stream
from tests.fleet.books import NOW_MS, add_kiosk, heard, raise_alarm
from wire.ids import KioskId

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from fleet.devices.closeup import Closeup

UDON = KioskId("udon-01")


def closeup(engine: Engine, scope: Scope = NATION) -> Closeup | None:
    with reading(engine) as connection:
        return read_closeup(connection, UDON, NOW_MS, scope)


def of(engine: Engine) -> Closeup:
    found = closeup(engine)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("minutes_ago", "connectivity", "health"),
    [
        (0, Connectivity.ONLINE, Health.NEEDS_CARE),
        (2, Connectivity.ONLINE, Health.NEEDS_CARE),
        (3, Connectivity.QUIET, Health.NEEDS_CARE),
        (14, Connectivity.QUIET, Health.NEEDS_CARE),
        (15, Connectivity.SILENT, Health.UNKNOWN),
    ],
)
def test_what_a_silent_kiosk_said_is_no_longer_its_health(
    engine: Engine, minutes_ago: int, connectivity: Connectivity, health: Health
) -> None:
    add_kiosk(engine, UDON)
    heard(engine, UDON, minutes_ago=minutes_ago, reader="no_reader")
    facts = of(engine).facts
    assert (facts.lifecycle, facts.connectivity, facts.health) == (Lifecycle.IN_SERVICE, connectivity, health)
    assert facts.cares == ((Care.READER,) if health is Health.NEEDS_CARE else ())


def test_a_kiosk_that_never_spoke_is_registered_and_nothing_more_is_known(engine: Engine) -> None:
    add_kiosk(engine, UDON)
    facts = of(engine).facts
    assert (facts.lifecycle, facts.connectivity) == (Lifecycle.REGISTERED, Connectivity.NEVER)
    assert (facts.software, facts.health) == (Software.UNKNOWN, Health.UNKNOWN)


def test_its_release_is_held_against_that_of_most_kiosks_of_the_scope(engine: Engine) -> None:
    for name, release in ((UDON, "0.1.0"), ("udon-02", "0.2.0"), ("udon-03", "0.2.0")):
        add_kiosk(engine, name)
        heard(engine, name, release=release)
    for n in range(3):
        add_kiosk(engine, f"elsewhere-{n}", province="50")
        heard(engine, f"elsewhere-{n}", release="0.1.0")
    assert (of(engine).facts.software, of(engine).usual_release) == (Software.SAME_AS_MOST, "0.1.0")
    here = closeup(engine, Scope.parse("province:41"))
    assert here is not None
    assert (here.facts.software, here.usual_release) == (Software.ANOTHER, "0.2.0")


def test_a_kiosk_of_another_place_is_none(engine: Engine) -> None:
    add_kiosk(engine, UDON)
    assert closeup(engine, Scope.parse("province:50")) is None
    assert closeup(engine, Scope.parse("facility:41/99999")) is None
    assert closeup(engine, Scope.parse("facility:41/11013")) is not None


def test_books_balance_when_the_ledger_holds_what_receipts_promised(engine: Engine) -> None:
    add_kiosk(engine, UDON)
    with unit_of_work(engine) as connection:
        for n, (name, acked) in enumerate((("a" * 24, 2), ("b" * 24, 3))):
            place = {"kiosk": UDON, "stream": name, "head": bytes(32), "acked": acked, "moved_ms": n}
            connection.execute(insert(stream).values(place))
            for seq in (1, 2):
                row = {"id": f"{name}{seq}", "kiosk": UDON, "stream": name, "seq": seq, "digest": bytes([n, seq]) * 16}
                connection.execute(insert(event).values(received_ms=1, **row))
    assert [(book.acked, book.held, book.balances) for book in of(engine).books] == [(3, 2, False), (2, 2, True)]


_HOURS = st.sampled_from(
    [None, ("mon-sun", "09:50", "16:00"), ("mon-fri", "08:30", "09:55"), ("sat", "08:00", "12:00")]
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    minutes_ago=st.one_of(st.none(), st.integers(0, 40)),
    hours=st.tuples(_HOURS, _HOURS),  # the fleet's and the facility's; it is ten o'clock on a Tuesday
    status=st.sampled_from(["active", "revoked"]),
    said=st.fixed_dictionaries(
        {},
        optional={
            "reader": st.sampled_from(["absent", "no_reader"]),
            "screen": st.sampled_from(["ok", "help_wanted", "starting", "resting"]),
            "disk_free_mib": st.integers(0, 2000),
            "clock_sync": st.sampled_from(["synced", "unsynced"]),
            "oldest_unacked_s": st.one_of(st.none(), st.integers(0, 100_000)),
        },
    ),
)
def test_the_summary_is_the_word_that_lists_give(
    sqlite_engine: Engine,
    minutes_ago: int | None,
    hours: tuple[tuple[str, str, str] | None, tuple[str, str, str] | None],
    status: str,
    said: dict[str, object],
) -> None:
    with unit_of_work(sqlite_engine) as connection:
        connection.execute(delete(opening_hours))
        for place, each in zip((("", ""), ("41", "11013")), hours, strict=True):
            if each is not None:
                row = dict(zip(("province", "facility", "days", "opens", "closes"), (*place, *each), strict=True))
                connection.execute(insert(opening_hours).values(row))
        connection.execute(delete(device_state))
        connection.execute(delete(kiosk))
    add_kiosk(sqlite_engine, UDON, status=status)
    if minutes_ago is not None:
        heard(sqlite_engine, UDON, minutes_ago=minutes_ago, **said)
    found = of(sqlite_engine)
    assert found.facts.condition is found.device.condition


def test_an_alarm_is_a_care_of_its_health_until_somebody_has_looked(engine: Engine) -> None:
    add_kiosk(engine, UDON)
    heard(engine, UDON)
    raise_alarm(engine, UDON)
    assert of(engine).facts.cares == (Care.ALARM,)
    with unit_of_work(engine) as connection:
        attention.look_at(connection, UDON, NOW_MS)
        assert attention.read_alarms(connection, NATION) == []
    assert (of(engine).facts.cares, of(engine).device.condition) == ((), Condition.OK)
    assert [each.looked_ms for each in of(engine).device.alarms] == [NOW_MS]
    raise_alarm(engine, UDON, "rollback")
    assert of(engine).facts.cares == (Care.ALARM,)


def says(engine: Engine, **changes: object) -> None:
    """Let the kiosk say something else than before."""
    with unit_of_work(engine) as connection:
        connection.execute(update(device_state).values(**changes))


def test_a_kiosk_that_was_closed_on_purpose_rests_and_its_parts_ask_for_nobody(engine: Engine) -> None:
    add_kiosk(engine, UDON)
    heard(engine, UDON, screen="resting", reader="reader_absent", camera="camera_frozen")
    assert (of(engine).facts.health, of(engine).facts.cares) == (Health.RESTING, ())
    assert of(engine).device.condition is of(engine).facts.condition is Condition.RESTING
    with reading(engine) as connection:
        assert attention.read_troubled(connection, by_hours(connection, NOW_MS), NATION) == []
    says(engine, disk_free_mib=1)
    assert of(engine).device.condition is of(engine).facts.condition is Condition.NEEDS_CARE
    says(engine, seen_ms=NOW_MS - 20 * 60_000)
    assert of(engine).device.condition is of(engine).facts.condition is Condition.SILENT


def test_a_kiosk_that_serves_again_asks_for_what_it_needs(engine: Engine) -> None:
    add_kiosk(engine, UDON)
    heard(engine, UDON, screen="reader_absent", reader="reader_absent")
    assert of(engine).facts.cares == (Care.SCREEN, Care.READER)
