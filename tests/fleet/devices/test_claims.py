# SPDX-License-Identifier: Apache-2.0
"""Claims on both databases: once, in time, at their own facility, for the keys that came first, never a dead name."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from fleet.devices import claims, registry
from fleet.devices.claims import ClaimRefusedError, NotClaimableError, Standing, Wanted
from fleet.store.claim_tables import claim
from fleet.store.session import reading, unit_of_work
from fleet.store.tables import kiosk
from tests.simulators.claimant import Claimant
from tests.simulators.kiosk_wire import WireKiosk
from wire.claims import ALPHABET, LIVES_MS, ClaimCode, Why
from wire.events import Profile
from wire.ids import FacilityCode, KeyId, KioskId, ProvinceCode
from wire.sealing import OpeningKey

if TYPE_CHECKING:
    from sqlalchemy import Engine

NAME = KioskId("k-udon-01")
HERE, THERE = FacilityCode("10670"), FacilityCode("11447")
NOW = 1_800_000_000_000


def made(engine: Engine, name: KioskId = NAME, at_ms: int = NOW) -> ClaimCode:
    with unit_of_work(engine) as connection:
        code, until_ms = claims.make(connection, Wanted(name, HERE, ProvinceCode("41"), Profile.TEST), "somsri", at_ms)
    assert until_ms == at_ms + LIVES_MS
    return code


def taken(engine: Engine, who: Claimant, code: ClaimCode, facility: str = HERE, at_ms: int = NOW + 1) -> claims.Entry:
    with unit_of_work(engine) as connection:
        entry, _ = claims.take(connection, who.body(code, facility), claims.digest(code, facility), at_ms)
    return entry


def refused(engine: Engine, who: Claimant, code: ClaimCode, facility: str = HERE, at_ms: int = NOW + 1) -> Why:
    with pytest.raises(ClaimRefusedError) as caught:
        taken(engine, who, code, facility, at_ms)
    return caught.value.why


def test_a_claim_registers_its_kiosk_with_the_keys_that_asked(engine: Engine) -> None:
    claimant = Claimant()
    entry = taken(engine, claimant, made(engine))
    assert (entry.kiosk, entry.facility, entry.province, entry.profile) == (NAME, HERE, "41", Profile.TEST)
    with unit_of_work(engine) as connection:
        found = registry.look_up(connection, [NAME])[NAME]
    assert (found.facility, found.active) == (HERE, True)
    assert found.event_key.thumbprint() == claimant.event.public().thumbprint()
    assert found.courier_key.thumbprint() == claimant.courier.public().thumbprint()
    assert (found.event_key.kid, found.courier_key.kid) == (f"{NAME}#1", f"{NAME}#2")


def test_the_same_keys_may_ask_again_while_it_lives_and_no_longer(engine: Engine) -> None:
    claimant, code = Claimant(), made(engine)
    first = taken(engine, claimant, code)
    assert taken(engine, claimant, code, at_ms=NOW + LIVES_MS - 1).kiosk == first.kiosk
    assert refused(engine, claimant, code, at_ms=NOW + LIVES_MS) is Why.EXPIRED


def test_a_replayed_code_with_other_keys_is_refused(engine: Engine) -> None:
    code = made(engine)
    taken(engine, Claimant(), code)
    assert refused(engine, Claimant(), code) is Why.USED


def test_one_changed_key_is_other_keys(engine: Engine) -> None:
    claimant, other, code = Claimant(), Claimant(), made(engine)
    taken(engine, claimant, code)
    for changed in (
        Claimant(other.event, claimant.courier, claimant.tls),
        Claimant(claimant.event, other.courier, claimant.tls),
        Claimant(claimant.event, claimant.courier, other.tls),
    ):
        assert refused(engine, changed, code) is Why.USED


def test_an_expired_claim_is_refused(engine: Engine) -> None:
    assert refused(engine, Claimant(), made(engine), at_ms=NOW + LIVES_MS) is Why.EXPIRED


def test_a_code_is_good_at_its_own_facility_only(engine: Engine) -> None:
    code = made(engine)
    assert refused(engine, Claimant(), code, facility=THERE) is Why.NOT_KNOWN
    assert taken(engine, Claimant(), code).kiosk == NAME


def test_a_guess_is_refused(engine: Engine) -> None:
    code = made(engine)
    guess = ClaimCode(code[:-1] + next(letter for letter in ALPHABET if letter != code[-1]))
    assert refused(engine, Claimant(), guess) is Why.NOT_KNOWN


def test_a_second_claim_for_a_name_ends_the_first(engine: Engine) -> None:
    first, second = made(engine), made(engine)
    assert refused(engine, Claimant(), first) is Why.NOT_KNOWN
    assert taken(engine, Claimant(), second).kiosk == NAME


def test_a_withdrawn_claim_is_refused(engine: Engine) -> None:
    code = made(engine)
    with unit_of_work(engine) as connection:
        claims.withdraw(connection, NAME, NOW + 1)
    assert refused(engine, Claimant(), code) is Why.NOT_KNOWN
    with unit_of_work(engine) as connection, pytest.raises(NotClaimableError, match="no claim is open"):
        claims.withdraw(connection, NAME, NOW + 2)


def test_no_claim_is_made_for_a_name_that_is_or_was_a_kiosks(engine: Engine) -> None:
    taken(engine, Claimant(), made(engine))
    for _ in range(2):
        with pytest.raises(NotClaimableError, match="given once"):
            made(engine)
        with unit_of_work(engine) as connection:
            registry.revoke(connection, NAME)


def test_a_revoked_kiosk_does_not_come_back_by_its_own_claim(engine: Engine) -> None:
    claimant, code = Claimant(), made(engine)
    taken(engine, claimant, code)
    with unit_of_work(engine) as connection:
        registry.revoke(connection, NAME)
    assert refused(engine, claimant, code) is Why.REVOKED
    assert refused(engine, Claimant(), code) is Why.USED


def test_a_name_that_was_registered_otherwise_meanwhile_is_not_given(engine: Engine) -> None:
    code = made(engine)
    folder = WireKiosk(NAME, OpeningKey.generate(KeyId("relay#1")).public())
    with unit_of_work(engine) as connection:
        registry.register(connection, folder.registration(), NOW)
    assert refused(engine, Claimant(), code) is Why.NAME_TAKEN


@pytest.mark.parametrize("name", ["controller", "sim-00001"])
def test_names_that_are_no_kiosks_are_not_claimed(sqlite_engine: Engine, name: str) -> None:
    with pytest.raises(NotClaimableError, match="no name for a kiosk"):
        made(sqlite_engine, KioskId(name))


def test_of_two_that_ask_at_once_one_is_the_kiosk(engine: Engine) -> None:
    code, both = made(engine), [Claimant(), Claimant()]

    def ask(who: Claimant) -> Why | None:
        try:
            taken(engine, who, code)
        except ClaimRefusedError as error:
            return error.why
        return None

    with ThreadPoolExecutor(2) as pool:
        came = list(pool.map(ask, both))
    assert sorted(map(str, came)) == sorted([str(None), str(Why.USED)])
    with reading(engine) as connection:
        assert len(connection.execute(select(kiosk.c.id)).all()) == 1


def test_nothing_in_the_database_is_the_code(engine: Engine) -> None:
    code = made(engine)
    with reading(engine) as connection:
        (row,) = connection.execute(select(claim)).all()
    assert code not in repr(tuple(row))
    assert row.digest == claims.digest(code, HERE)
    assert row.digest != claims.digest(code, THERE)


def test_a_day_later_not_even_the_digest_is_there(engine: Engine) -> None:
    code = made(engine)
    later = NOW + LIVES_MS + 24 * 60 * 60 * 1000 + 1
    taken(engine, Claimant(), made(engine, KioskId("k-udon-02"), at_ms=later), at_ms=later + 1)
    with reading(engine) as connection:
        digests = list(connection.execute(select(claim.c.digest).order_by(claim.c.number)).scalars())
    assert digests[0] is None
    assert digests[1] is not None
    assert refused(engine, Claimant(), code, at_ms=later) is Why.NOT_KNOWN


def test_how_each_claim_stands_is_listed_with_the_fingerprint_of_whoever_took_it(engine: Engine) -> None:
    claimant = Claimant()
    code = made(engine)
    taken(engine, claimant, code)
    made(engine, KioskId("k-udon-02"))
    made(engine, KioskId("k-udon-02"))
    with reading(engine) as connection:
        listed = claims.read_recent(connection, NOW + 1)
    standings = [(entry.kiosk, entry.standing(NOW + 1)) for entry in listed]
    open_one, ended = ("k-udon-02", Standing.OPEN), ("k-udon-02", Standing.WITHDRAWN)
    assert standings == [open_one, ended, (NAME, Standing.TAKEN)]
    assert listed[-1].fingerprint == claimant.body(code, HERE).fingerprint()
    assert listed[0].standing(NOW + LIVES_MS) is Standing.EXPIRED
