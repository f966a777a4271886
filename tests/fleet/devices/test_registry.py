# SPDX-License-Identifier: Apache-2.0
"""Registering a kiosk: once, again, elsewhere, and never over a contradiction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fleet.devices.registry import RegistrationRefusedError, look_up, register, revoke
from fleet.store.session import unit_of_work
from tests.simulators.kiosk_wire import WireKiosk
from wire.ids import KeyId, kiosk_id
from wire.sealing import OpeningKey

if TYPE_CHECKING:
    from sqlalchemy import Engine

SEALING = OpeningKey.generate(KeyId("relay#1")).public()
NAME = kiosk_id("udon-01")


def registered(engine: Engine, kiosk: WireKiosk) -> None:
    with unit_of_work(engine) as connection:
        register(connection, kiosk.registration(), 1)


def test_a_kiosk_is_found_with_both_its_keys(engine: Engine) -> None:
    kiosk = WireKiosk(NAME, SEALING)
    registered(engine, kiosk)
    registered(engine, kiosk)
    with unit_of_work(engine) as connection:
        found = look_up(connection, [NAME, kiosk_id("nobody-99")])
    assert list(found) == [NAME]
    assert (found[NAME].event_key.kid, found[NAME].courier_key.kid) == ("udon-01#1", "udon-01#2")


def test_a_kiosk_may_move_to_another_hospital(engine: Engine) -> None:
    kiosk = WireKiosk(NAME, SEALING)
    registered(engine, kiosk)
    kiosk.facility, kiosk.province = "11447", "42"
    registered(engine, kiosk)
    with unit_of_work(engine) as connection:
        found = look_up(connection, [NAME])[NAME]
    assert (found.facility, found.province) == ("11447", "42")


def test_another_key_under_the_same_id_is_refused(engine: Engine) -> None:
    registered(engine, WireKiosk(NAME, SEALING))
    with pytest.raises(RegistrationRefusedError, match="never reused"):
        registered(engine, WireKiosk(NAME, SEALING))


def test_a_revoked_kiosk_cannot_be_registered_back(engine: Engine) -> None:
    kiosk = WireKiosk(NAME, SEALING)
    registered(engine, kiosk)
    with unit_of_work(engine) as connection:
        revoke(connection, NAME)
    with pytest.raises(RegistrationRefusedError, match="new name"):
        registered(engine, kiosk)
