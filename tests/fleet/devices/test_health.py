# SPDX-License-Identifier: Apache-2.0
"""Kiosks are judged in one place, the same on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fleet.devices.health import Care, Condition
from fleet.devices.park import read_park
from fleet.store.scope import NATION
from tests.fleet.books import NOW_MS, add_kiosk, heard, raise_alarm, refuse

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from fleet.devices.park import Park


def park_of(engine: Engine) -> Park:
    with engine.connect() as connection:
        return read_park(connection, NOW_MS, NATION)


def test_refusals_and_quarantine_are_counted_by_kiosk_and_strangers_apart(engine: Engine) -> None:
    add_kiosk(engine, "udon-01")
    heard(engine, "udon-01")
    refuse(engine, "udon-01", "bad_signature", 3)
    refuse(engine, "udon-01", "too_large", 4)
    refuse(engine, "nobody-7", "unknown_kiosk", 12)
    park = park_of(engine)
    assert [(each.kiosk, each.refused, each.quarantined) for each in park.devices] == [("udon-01", 7, 2)]
    assert [(each.kiosk, each.n) for each in park.strangers] == [("nobody-7", 12)]


def test_a_revoked_kiosk_stays_revoked_whatever_it_says(engine: Engine) -> None:
    add_kiosk(engine, "udon-01", status="revoked")
    heard(engine, "udon-01", reader="reader_absent")
    assert park_of(engine).devices[0].condition is Condition.REVOKED


def test_a_person_who_asks_for_a_helper_is_no_broken_screen(engine: Engine) -> None:
    add_kiosk(engine, "udon-01")
    heard(engine, "udon-01", screen="help_wanted")
    device = park_of(engine).devices[0]
    assert (device.condition, device.cares) == (Condition.NEEDS_CARE, (Care.HELP,))


def test_silence_outweighs_what_was_said_before(engine: Engine) -> None:
    add_kiosk(engine, "udon-01")
    heard(engine, "udon-01", minutes_ago=15, camera="camera_absent")
    device = park_of(engine).devices[0]
    assert (device.condition, device.cares) == (Condition.SILENT, (Care.CAMERA,))


def test_every_alarm_stands_by_its_kiosk_and_asks_for_care(engine: Engine) -> None:
    add_kiosk(engine, "udon-01")
    heard(engine, "udon-01")
    raise_alarm(engine, "udon-01", "fork")
    raise_alarm(engine, "udon-01", "rollback")
    device = park_of(engine).devices[0]
    assert {each.kind for each in device.alarms} == {"fork", "rollback"}
    assert (device.condition, device.cares) == (Condition.NEEDS_CARE, (Care.ALARM,))


@pytest.mark.parametrize(("text", "sessions"), [('{"filed": 3}', {"filed": 3}), ("[1]", {}), ("{", {}), (None, {})])
def test_session_counts_that_cannot_be_read_are_none(
    engine: Engine, text: str | None, sessions: dict[str, int]
) -> None:
    add_kiosk(engine, "udon-01")
    heard(engine, "udon-01", sessions=text)
    assert park_of(engine).devices[0].sessions == sessions
