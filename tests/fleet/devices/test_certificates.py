# SPDX-License-Identifier: Apache-2.0
"""How long a kiosk's certificate is still good, as the kiosk says it and by the controller's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fleet.alerts.rules import RuleId
from fleet.devices import certificates
from fleet.devices.certificates import DAY_MS, Said, Validity, judge
from fleet.devices.registry import revoke
from fleet.entrypoints.observing import WholeFleet
from fleet.store.hours import ALWAYS
from fleet.store.scope import NATION, Scope
from fleet.store.session import reading, unit_of_work
from tests.fleet.books import NOW_MS, add_kiosk
from wire.events import Profile
from wire.hello import Kept
from wire.ids import KioskId
from wire.topics import Up

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from tests.fleet.road import Fleet


@pytest.mark.parametrize(
    ("days", "validity"),
    [
        (None, Validity.UNKNOWN),
        (90, Validity.GOOD),
        (30.01, Validity.GOOD),
        (30, Validity.DUE),
        (14.01, Validity.DUE),
        (14, Validity.SOON),
        (0.01, Validity.SOON),
        (0, Validity.ENDED),
        (-1, Validity.ENDED),
    ],
)
def test_a_certificate_is_good_then_due_then_soon_over(days: float | None, validity: Validity) -> None:
    assert judge(None if days is None else NOW_MS + int(days * DAY_MS), NOW_MS) is validity


def test_a_kiosk_says_until_when_and_one_of_an_older_release_does_not(fleet: Fleet) -> None:
    new, old = fleet.kiosk(), fleet.kiosk("k-udon-02")
    for until_ms in (5_000, 6_000, None):
        fleet.take((new.topic(Up.HEARTBEAT), new.heartbeat(certificate_ms=until_ms)))
    fleet.take((old.topic(Up.HEARTBEAT), old.heartbeat()))
    with reading(fleet.engine) as connection:
        assert certificates.read_said(connection, new.id) == Said(6_000)
        assert certificates.read_said(connection, old.id) == Said()


def test_a_kiosk_says_how_its_keys_are_kept_and_the_last_word_counts(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    for tls_key in (None, "file", "tpm"):
        told = kiosk.heartbeat(certificate_ms=6_000, event_key="file", tls_key=tls_key)
        fleet.take((kiosk.topic(Up.HEARTBEAT), told))
        with reading(fleet.engine) as connection:
            said = certificates.read_said(connection, kiosk.id)
        assert said == Said(6_000, Kept.FILE, None if tls_key is None else Kept(tls_key))


def test_those_that_end_soon_are_told_the_first_first_and_each_scope_its_own(engine: Engine) -> None:
    for name, province, days in (("a", "41", 13.5), ("b", "41", 9.2), ("c", "50", -1), ("d", "41", 15), ("e", "41", 2)):
        ends(engine, f"kiosk-{name}", province, days)
    with unit_of_work(engine) as connection:
        revoke(connection, KioskId("kiosk-e"))
    with reading(engine) as connection:
        all_of_them = certificates.read_ending(connection, NOW_MS, NATION)
        here = certificates.read_ending(connection, NOW_MS, Scope.parse("province:41"))
    assert [(each.kiosk, each.days_left(NOW_MS)) for each in all_of_them] == [
        ("kiosk-c", 0),
        ("kiosk-b", 9),
        ("kiosk-a", 13),
    ]
    assert [each.kiosk for each in here] == ["kiosk-b", "kiosk-a"]


def test_an_alert_is_told_from_a_week_before_it_ends(engine: Engine) -> None:
    ends(engine, "kiosk-a", "41", 7.1)
    ends(engine, "kiosk-b", "41", 6.9)
    with reading(engine) as connection:
        seen = WholeFleet(ALWAYS, Profile.TEST).look(connection, NOW_MS).observations
    told = [(each.subject.name, each.n) for each in seen if each.rule is RuleId.CERTIFICATE]
    assert told == [("kiosk-b", 6)]


def ends(engine: Engine, name: str, province: str, days: float) -> None:
    add_kiosk(engine, name, province=province)
    with unit_of_work(engine) as connection:
        said = certificates.Certificates()
        said.heard(KioskId(name), Said(NOW_MS + int(days * DAY_MS)))
        said.write(connection)
