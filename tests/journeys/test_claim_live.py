# SPDX-License-Identifier: Apache-2.0
"""From an image and eight characters to a kiosk in service whose people count: a live claim, to its heartbeat."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import pytest
from sqlalchemy import select

from fleet.devices import self_tests
from fleet.devices.closeup import read_closeup
from fleet.devices.facts import Connectivity, Lifecycle
from fleet.store.scope import NATION
from fleet.store.session import open_engine, reading
from fleet.store.tables import device_state
from kiosk.config import read as read_kiosk
from kiosk.config import read_trust
from kiosk.face.policy_file import read_rules
from provisioning.commissioning.becoming import Machine as Becoming
from provisioning.device.asking import ask
from provisioning.device.enrolment import Enrolment, Hardware
from provisioning.identities import AgentWish
from provisioning.places import Layout
from tests.provisioning.test_policies import RECORD, SHIPPED
from tests.simulators.claimant import report_of
from tests.simulators.claiming import FACILITY, PROVINCE, ClaimProvince, provision
from wire.claims import Introduction
from wire.envelope import decode, seal_message
from wire.events import Profile
from wire.ids import KioskId
from wire.signing import Kind

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.timeout(400)]
NAME = KioskId("k-udon-live")


def with_a_policy(province: ClaimProvince) -> None:
    """Sign a face policy that a calibration speaks for, and have the signer give it to kiosks."""
    rules, record = province.fleet.parent / "rules.json", province.fleet.parent / "record.json"
    rules.write_bytes(msgspec.json.encode(SHIPPED))
    record.write_bytes(msgspec.json.encode(RECORD))
    out = rules.with_name("face-policy.jws")
    ran = provision("policy", "make", province.fleet, "--rules", rules, "--calibration", record, "--out", out)
    assert ran.returncode == 0, ran.stderr
    province.make_again()


def test_a_claim_becomes_a_kiosk_in_service_whose_people_count(place: Path) -> None:
    province = ClaimProvince(place / "live")
    with_a_policy(province)
    with province:
        place_of = ("--facility", FACILITY, "--province", PROVINCE, "--profile", "live")
        code = province.told("claim", "make", NAME, *place_of)[0]["code"]
        machine = province.machine(NAME)
        introduction = province.fleet / "introduction.json"
        live = ("--camera", "usb:0", "--models", "/var/lib/dipchip-models")
        claimed = ("--claim", code, "--facility", FACILITY, "--introduction", introduction)
        ran = provision("enrol", machine.folder, *claimed, *live)
        assert ran.returncode == 0, ran.stderr
        settings = read_kiosk(machine.folder / "kiosk.toml")
        assert settings.profile is Profile.LIVE
        assert settings.face_policy is not None
        read_rules(settings.face_policy, read_trust(settings.trust).policies(), version_at_least=1).check_live()

        kiosk = machine.kiosk(NAME)
        kiosk.courier.start()
        province.wait_until_heard(NAME, 0)
        enrolment = Enrolment(machine.folder, decode(introduction.read_bytes(), Introduction), Layout.BESIDE, ask)
        becoming = Becoming(enrolment, Hardware("usb:0", "", "", "", AgentWish()), lambda: datetime.now(UTC))
        report = msgspec.structs.replace(report_of(NAME), profile=Profile.LIVE)
        assert becoming.report(seal_message(becoming.event_key(), Kind.SELF_TEST, report)) is None

        engine = open_engine(province.database_url)
        with reading(engine) as connection:
            seen_ms = int(connection.execute(select(device_state.c.seen_ms)).scalar_one())
            found = read_closeup(connection, NAME, seen_ms, NATION)
            kept = self_tests.read_latest(connection, NAME)
        engine.dispose()
        assert found is not None
        assert (found.facts.lifecycle, found.facts.connectivity) == (Lifecycle.IN_SERVICE, Connectivity.ONLINE)
        assert kept is not None
        assert kept.report == report
