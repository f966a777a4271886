# SPDX-License-Identifier: Apache-2.0
"""What the signer's desk makes of a request; the proxy before it and the kiosk behind: tests/journeys/test_claim.py."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from fleet import audit
from fleet.devices import registry, self_tests
from fleet.devices.self_tests import KEPT
from fleet.signer.tries import MOST, WITHIN_MS
from fleet.store.device_tables import self_test
from fleet.store.session import open_engine, reading, unit_of_work
from tests.simulators.claimant import Claimant
from tests.simulators.desk import FLEET, HERE, ISSUER, NAME, TRUST, Counter
from wire.certificates import new_key, pem, proven
from wire.claims import (
    CLAIM,
    LIVES_MS,
    RENEWAL,
    REQUEST_BYTES,
    Bundle,
    Renewed,
    Why,
)
from wire.envelope import decode
from wire.events import Profile
from wire.ids import KioskId
from wire.self_tests import SELF_TEST, SELF_TEST_BYTES, Received

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

DAY_MS = 24 * 60 * 60 * 1000


@pytest.fixture
def counter(engine: Engine) -> Counter:
    return Counter(engine)


def test_a_claim_is_answered_with_all_that_a_kiosk_needs(counter: Counter) -> None:
    claimant = Claimant()
    status, said = counter.ask(CLAIM, claimant.claim(counter.code(), HERE))
    bundle = decode(said, Bundle)
    assert status == 200
    assert (bundle.kiosk, bundle.facility, bundle.province, bundle.profile) == (NAME, HERE, "41", Profile.TEST)
    assert (bundle.trust, bundle.brokers, bundle.https, bundle.policy) == (
        TRUST,
        FLEET.brokers,
        FLEET.https,
        "a.signed.policy",
    )
    leaf = proven(bundle.certificate, ISSUER.root, NAME, datetime.now(UTC))
    assert leaf.public_key() == claimant.tls.public_key()
    assert bundle.root.encode() == pem(ISSUER.root)


def test_an_answer_that_was_lost_is_asked_for_again_and_is_the_same(counter: Counter) -> None:
    claimant, code = Claimant(), counter.code()
    first = counter.ask(CLAIM, claimant.claim(code, HERE))
    counter.clock.ms += 60_000
    assert counter.ask(CLAIM, claimant.claim(code, HERE)) == first
    counter.clock.ms += LIVES_MS
    assert counter.why(CLAIM, claimant.claim(code, HERE)) == (403, Why.EXPIRED)


def test_a_claim_is_in_the_log_once_under_the_account_that_made_it(counter: Counter) -> None:
    claimant, code = Claimant(), counter.code()
    for _ in range(2):
        counter.ask(CLAIM, claimant.claim(code, HERE))
    with reading(counter.engine) as connection:
        log = list(audit.verified(audit.entries(connection)))
    assert [(entry.act, entry.who, entry.subject) for entry in log] == [("kiosk.registered", "somsri", NAME)]


def test_another_facilitys_replayed_and_guessed_codes_get_no_certificate(counter: Counter) -> None:
    code = counter.code()
    assert counter.why(CLAIM, Claimant().claim(code, "11447")) == (403, Why.NOT_KNOWN)
    assert counter.why(CLAIM, Claimant().claim("22222222", HERE)) == (403, Why.NOT_KNOWN)
    assert counter.ask(CLAIM, Claimant().claim(code, HERE))[0] == 200
    assert counter.why(CLAIM, Claimant().claim(code, HERE)) == (403, Why.USED)


def test_whoever_guesses_has_to_wait_even_with_the_right_code_and_holds_up_no_other(counter: Counter) -> None:
    code, claimant = counter.code(), Claimant()
    for n in range(MOST):
        counter.clock.ms += 1000
        assert counter.why(CLAIM, claimant.claim(f"2222222{n % 8 + 2}", HERE)) == (403, Why.NOT_KNOWN)
    assert counter.why(CLAIM, claimant.claim(code, HERE)) == (429, Why.TOO_MANY)
    assert counter.ask(CLAIM, claimant.claim(code, HERE), address="192.0.2.8")[0] == 200
    counter.clock.ms += WITHIN_MS
    assert counter.why(CLAIM, claimant.claim(code, HERE)) == (403, Why.EXPIRED)


def test_a_site_of_ipv6_is_one_address(sqlite_engine: Engine) -> None:
    counter = Counter(sqlite_engine)
    claimant, code = Claimant(), counter.code()
    for n in range(MOST):
        counter.ask(CLAIM, b"no claim", address=f"2001:db8:0:1::{n:x}")
    assert counter.why(CLAIM, claimant.claim(code, HERE), address="2001:db8:0:1:ffff::1") == (429, Why.TOO_MANY)
    assert counter.ask(CLAIM, claimant.claim(code, HERE), address="2001:db8:0:2::1")[0] == 200


def test_a_renewal_of_a_claimed_kiosk_is_granted_to_its_event_key_at_half_life(counter: Counter) -> None:
    claimant, fresh = Claimant(), new_key()
    counter.ask(CLAIM, claimant.claim(counter.code(), HERE))
    assert counter.why(RENEWAL, claimant.renewal(NAME, fresh)) == (403, Why.NOT_DUE)
    counter.clock.ms += 46 * 24 * 60 * 60 * 1000
    status, said = counter.ask(RENEWAL, claimant.renewal(NAME, fresh))
    renewed = decode(said, Renewed)
    leaf = proven(renewed.certificate, ISSUER.root, NAME, datetime.fromtimestamp(counter.clock.ms / 1000, UTC))
    assert (status, renewed.kiosk, leaf.public_key()) == (200, NAME, fresh.public_key())
    assert counter.why(RENEWAL, Claimant().renewal(NAME, fresh)) == (403, Why.STRANGER)
    assert counter.why(RENEWAL, claimant.renewal("k-udon-02", fresh)) == (403, Why.STRANGER)


def test_a_revoked_kiosk_is_refused_by_either_way_for_ever(counter: Counter) -> None:
    claimant, code = Claimant(), counter.code()
    counter.ask(CLAIM, claimant.claim(code, HERE))
    with unit_of_work(counter.engine) as connection:
        registry.revoke(connection, NAME)
    assert counter.why(CLAIM, claimant.claim(code, HERE)) == (403, Why.REVOKED)
    for _ in range(3):
        assert counter.why(RENEWAL, claimant.renewal(NAME, new_key())) == (403, Why.REVOKED)
        counter.clock.ms += 400 * 24 * 60 * 60 * 1000


def test_a_report_is_kept_once_and_the_newest_is_shown(counter: Counter) -> None:
    claimant = Claimant()
    counter.ask(CLAIM, claimant.claim(counter.code(), HERE))
    with reading(counter.engine) as connection:
        assert self_tests.read_latest(connection, NAME) is None
    report, received_ms = claimant.self_test(NAME), counter.clock()
    for _ in range(2):
        status, said = counter.ask(SELF_TEST, report)
        assert (status, decode(said, Received)) == (200, Received(1, NAME, hashlib.sha256(report).hexdigest()))
        counter.clock.ms += 1000
    with reading(counter.engine) as connection:
        kept = self_tests.read_latest(connection, NAME)
    assert kept is not None
    assert kept.received_ms == received_ms
    assert kept.report.needs_care
    assert kept.report.parts[0].figures["brightness"].value == 12.5
    for n in range(KEPT + 3):
        counter.clock.ms += 1000
        counter.ask(SELF_TEST, claimant.self_test(NAME, at_ms=n))
    with reading(counter.engine) as connection:
        kept = self_tests.read_latest(connection, NAME)
        rows = connection.execute(select(func.count()).select_from(self_test)).scalar_one()
    assert kept is not None
    assert (kept.report.at_ms, rows) == (KEPT + 2, KEPT)


def test_a_report_is_believed_by_the_registered_event_key_alone(counter: Counter) -> None:
    claimant = Claimant()
    counter.ask(CLAIM, claimant.claim(counter.code(), HERE))
    assert counter.why(SELF_TEST, Claimant().self_test(NAME)) == (403, Why.STRANGER)
    assert counter.why(SELF_TEST, claimant.self_test("k-udon-02")) == (403, Why.STRANGER)
    assert counter.why(SELF_TEST, claimant.renewal(NAME, new_key())) == (400, Why.MALFORMED)
    assert counter.why(SELF_TEST, claimant.self_test(NAME, steps=())) == (400, Why.MALFORMED)
    assert counter.why(SELF_TEST, b"x" * (SELF_TEST_BYTES + 1)) == (413, Why.MALFORMED)
    with unit_of_work(counter.engine) as connection:
        registry.revoke(connection, NAME)
    assert counter.why(SELF_TEST, claimant.self_test(NAME)) == (403, Why.REVOKED)
    with reading(counter.engine) as connection:
        assert self_tests.read_latest(connection, NAME) is None


def test_a_kiosk_that_asks_too_early_does_not_hold_up_those_who_claim(counter: Counter) -> None:
    claimant = Claimant()
    counter.ask(CLAIM, claimant.claim(counter.code(), HERE))
    for _ in range(2 * MOST):
        assert counter.why(RENEWAL, claimant.renewal(NAME, new_key())) == (403, Why.NOT_DUE)
    other = counter.code(KioskId("k-udon-02"))
    assert counter.ask(CLAIM, Claimant().claim(other, HERE))[0] == 200


def test_what_is_no_request_is_turned_away(sqlite_engine: Engine) -> None:
    counter = Counter(sqlite_engine)
    good = Claimant().claim(counter.code(), HERE)
    assert counter.why(CLAIM, b"x") == (400, Why.MALFORMED)
    assert counter.why(RENEWAL, good) == (400, Why.MALFORMED)
    assert counter.why(CLAIM, good[:-4]) == (400, Why.MALFORMED)
    assert counter.why(CLAIM, b"x" * (REQUEST_BYTES + 1)) == (413, Why.MALFORMED)
    assert counter.ask("/ingest/v1", good)[0] == 404
    assert counter.ask(CLAIM, good, REQUEST_METHOD="GET")[0] == 405
    assert counter.ask(CLAIM, good, CONTENT_TYPE="application/json")[0] == 415
    assert counter.ask(CLAIM, good)[0] == 200


def test_while_the_database_is_away_it_asks_for_patience(tmp_path: Path) -> None:
    away = open_engine(f"postgresql://nobody@/none?host={tmp_path}")
    counter = Counter(away)
    assert counter.ask(CLAIM, Claimant().claim("22222222", HERE)) == (503, b"")
    away.dispose()


def test_an_answer_holds_no_code_and_no_private_key(counter: Counter) -> None:
    code = counter.code()
    _, said = counter.ask(CLAIM, Claimant().claim(code, HERE))
    assert code.encode() not in said
    assert b"PRIVATE" not in said
    assert '"d"' not in msgspec.json.decode(said)["trust"]["receipt_key"]


@pytest.mark.parametrize(("days", "said"), [(59, 1), (61, 0), (-1, 1)])
def test_roots_that_end_soon_are_said_once_a_day(sqlite_engine: Engine, days: int, said: int) -> None:
    now_ms = Counter(sqlite_engine).clock()
    counter = Counter(sqlite_engine, replace(FLEET, roots_until_ms=now_ms + days * DAY_MS))
    with capture_logs() as lines:
        for _ in range(3):
            counter.ask(CLAIM, b"anything")
        assert [line["event"] for line in lines].count("roots_end_soon") == said
        counter.clock.ms += DAY_MS
        counter.ask(CLAIM, b"anything")
    assert [line["event"] for line in lines].count("roots_end_soon") == (2 * said or (days - 1 <= 60))
