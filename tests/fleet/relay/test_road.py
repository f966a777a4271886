# SPDX-License-Identifier: Apache-2.0
"""A person's road from a sealed identity to ACTIVATED, with the real sandbox, and every way it can be interrupted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import msgspec
import pytest
from sqlalchemy import select

from fleet.partners.idp.sandbox import Fault
from fleet.relay import activation, submission
from fleet.relay.due import due_now
from fleet.store.session import reading, truncate_log
from fleet.store.tables import coverage_day, enrollment, event_content, person, workload_day
from tests.fleet.road import ACTIVATE_AFTER_MS
from tests.simulators.kiosk_wire import identity_record, made_up_number
from wire.asks import PersonState
from wire.envelope import encode
from wire.events import Profile
from wire.ids import KeyId
from wire.sealing import OpeningKey

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from fleet.relay.due import Due
    from fleet.relay.ports import RelayKeyring
    from tests.fleet.road import Fleet

DAY_MS = 24 * 3_600_000
SUBMITTED, ACCEPTED, ACTIVATED = ("41", "submitted"), ("41", "accepted"), ("41", "activated")


def states(fleet: Fleet) -> dict[str, str]:
    return {row.event: row.state for row in fleet.rows(enrollment)}


def attachments(fleet: Fleet) -> list[bytes | None]:
    return [row.attachment for row in fleet.rows(event_content)]


def duplicates(fleet: Fleet) -> int:
    return sum(row.duplicates for row in fleet.rows(workload_day))


def until_settled(fleet: Fleet) -> None:
    for _ in range(40):
        fleet.work(pass_ms=30_000)
        if not any(row.due_ms and row.due_ms < fleet.clock.ms + DAY_MS // 2 for row in fleet.rows(enrollment)):
            return


def test_a_captured_person_is_accepted_then_activated_and_counted_once_in_each_state(fleet: Fleet) -> None:
    kiosk = fleet.kiosk(province="10")
    event_id, message = kiosk.enrol(identity_record(province="41"))
    fleet.deliver(kiosk, message)
    fleet.work()
    assert states(fleet) == {event_id: "accepted"}
    assert fleet.funnel(coverage_day) == {SUBMITTED: 1, ACCEPTED: 1}
    fleet.clock.ms += ACTIVATE_AFTER_MS
    fleet.work()
    assert states(fleet) == {event_id: "activated"}
    assert fleet.funnel(coverage_day) == {SUBMITTED: 1, ACCEPTED: 1, ACTIVATED: 1}
    assert [(row.state, row.province) for row in fleet.rows(person)] == [("activated", "41")]


def test_the_day_that_counts_is_the_providers_and_not_the_day_we_asked(fleet: Fleet) -> None:
    fleet.clock.ms = 1_790_787_600_000 - 1  # one millisecond before 1 October 2026 in Bangkok
    kiosk = fleet.kiosk()
    fleet.deliver(kiosk, kiosk.enrol()[1])
    fleet.work()
    fleet.clock.ms += 3 * DAY_MS // 4
    fleet.work()
    days = {row.state: row.day for row in fleet.rows(coverage_day)}
    assert days == {"submitted": "2026-09-30", "accepted": "2026-09-30", "activated": "2026-10-01"}


def test_the_sealed_identity_is_erased_when_the_provider_has_accepted(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    fleet.deliver(kiosk, kiosk.enrol()[1])
    (sealed,) = attachments(fleet)
    assert sealed
    fleet.work()
    assert attachments(fleet) == [None]
    truncate_log(fleet.engine)
    if fleet.engine.dialect.name == "sqlite":
        file = Path(str(fleet.engine.url.database))
        assert all(sealed not in part.read_bytes() for part in file.parent.glob(f"{file.name}*"))


def test_no_number_name_or_pin_is_in_any_table(fleet: Fleet, tmp_path: Path) -> None:
    kiosk, number = fleet.kiosk(), made_up_number(7)
    fleet.deliver(kiosk, kiosk.enrol(identity_record(number))[1])
    fleet.work()
    dump = _everything(fleet)
    assert number.encode() not in dump
    assert "ทดสอบ".encode() not in dump
    assert b"captured" in dump or b"accepted" in dump
    assert number.encode() not in b"".join(file.read_bytes() for file in tmp_path.glob("*.db*"))


def _everything(fleet: Fleet) -> bytes:
    with reading(fleet.engine) as connection:
        rows = [connection.execute(select(table)).all() for table in enrollment.metadata.sorted_tables]
    values = (value for table in rows for row in table for value in row)
    return b"\n".join(value if isinstance(value, bytes) else str(value).encode() for value in values)


def test_the_same_person_at_two_kiosks_counts_once_and_the_second_is_a_duplicate(fleet: Fleet) -> None:
    first, second = fleet.kiosk("udon-01"), fleet.kiosk("loei-02", province="42", facility="11447")
    number = made_up_number(1)
    first_id, message = first.enrol(identity_record(number))
    fleet.deliver(first, message)
    fleet.work()
    second_id, message = second.enrol(identity_record(number, province="42"))
    fleet.deliver(second, message)
    until_settled(fleet)
    assert fleet.funnel(coverage_day) == {SUBMITTED: 1, ACCEPTED: 1, ACTIVATED: 1}
    of = {row.event: row.duplicate_of for row in fleet.rows(enrollment)}
    assert (of, duplicates(fleet), fleet.count(person)) == ({first_id: None, second_id: first_id}, 1, 1)
    assert attachments(fleet) == [None, None]


def test_the_same_person_twice_in_one_batch_counts_once(fleet: Fleet) -> None:
    kiosk, number = fleet.kiosk(), made_up_number(1)
    fleet.deliver(kiosk, kiosk.enrol(identity_record(number))[1], kiosk.enrol(identity_record(number))[1])
    until_settled(fleet)
    assert (fleet.funnel(coverage_day), duplicates(fleet)) == ({SUBMITTED: 1, ACCEPTED: 1, ACTIVATED: 1}, 1)


def test_a_second_capture_steps_in_when_the_first_is_rejected(fleet: Fleet) -> None:
    kiosk, number = fleet.kiosk(), made_up_number(1)
    expired = msgspec.structs.replace(identity_record(number), card_expires="2001-01-01")
    refused_id, refused = kiosk.enrol(expired)
    good_id, good = kiosk.enrol(identity_record(number))
    fleet.deliver(kiosk, refused, good)
    until_settled(fleet)
    assert states(fleet) == {refused_id: "rejected", good_id: "activated"}
    assert {row.event: row.reason for row in fleet.rows(enrollment)}[refused_id] == "card_expired"
    assert fleet.funnel(coverage_day) == {SUBMITTED: 1, ACCEPTED: 1, ACTIVATED: 1}


def test_a_revoked_person_is_counted_out_and_may_come_again(fleet: Fleet) -> None:
    kiosk, number = fleet.kiosk(), made_up_number(1)
    fleet.deliver(kiosk, kiosk.enrol(identity_record(number))[1])
    until_settled(fleet)
    (row,) = fleet.rows(enrollment)
    httpx.post(f"{fleet.sandbox.url}/v1/enrollments/{row.reference}/revoke", json={"reason": "lost"}, trust_env=False)
    fleet.clock.ms += 2 * DAY_MS
    fleet.work()
    assert fleet.funnel(coverage_day)["41", "revoked"] == 1
    fleet.deliver(kiosk, kiosk.enrol(identity_record(number))[1])
    until_settled(fleet)
    assert fleet.funnel(coverage_day) == {SUBMITTED: 2, ACCEPTED: 2, ACTIVATED: 2, ("41", "revoked"): 1}


def test_an_unused_pin_expires_and_the_person_is_not_counted_twice_when_coming_again(fleet: Fleet) -> None:
    kiosk, number = fleet.kiosk(), made_up_number(1)
    fleet.sandbox.book._activate_after_ms = 10 * DAY_MS  # noqa: SLF001 - this person never uses the PIN
    fleet.deliver(kiosk, kiosk.enrol(identity_record(number))[1])
    fleet.work()
    fleet.clock.ms += 2 * DAY_MS
    fleet.work()
    assert set(states(fleet).values()) == {"expired_pin"}
    fleet.sandbox.book._activate_after_ms = 0  # noqa: SLF001 - and this time does
    fleet.deliver(kiosk, kiosk.enrol(identity_record(number))[1])
    until_settled(fleet)
    assert fleet.funnel(coverage_day) == {SUBMITTED: 1, ACCEPTED: 1, ACTIVATED: 1}


def test_an_address_without_a_province_is_counted_as_unknown(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    fleet.deliver(kiosk, kiosk.enrol(identity_record(province=None))[1])
    fleet.deliver(kiosk, kiosk.enrol(identity_record(made_up_number(2), province="99"))[1])
    fleet.work()
    assert fleet.funnel(coverage_day) == {("", "submitted"): 2, ("", "accepted"): 2}


def test_an_identity_that_cannot_be_opened_is_rejected_and_stops_nobody(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    stranger = OpeningKey.generate(KeyId("relay#1"))
    relays, kiosk.seals_to = kiosk.seals_to, stranger.public()
    bad_id, bad = kiosk.enrol()
    kiosk.seals_to = relays
    good_id, good = kiosk.enrol()
    fleet.deliver(kiosk, bad, good)
    fleet.work()
    assert states(fleet) == {bad_id: "rejected", good_id: "accepted"}
    assert {row.event: row.reason for row in fleet.rows(enrollment)}[bad_id] == "unreadable"


def test_an_identity_sealed_for_another_event_is_rejected(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    sealed = kiosk.seals_to.seal(encode(identity_record()), b"dipchip-1\0identity\0udon-01\0another")
    body = kiosk.body(sealed)
    fleet.deliver(kiosk, kiosk.sign(body, sealed))
    fleet.work()
    assert states(fleet) == {body.id: "rejected"}


def test_something_else_than_an_identity_is_rejected(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    event_id = kiosk.body(b"").id
    sealed = kiosk.seals_to.seal(b'{"citizen_number":"1"}', f"dipchip-1\0identity\0{kiosk.id}\0{event_id}".encode())
    fleet.deliver(kiosk, kiosk.sign(kiosk.body(sealed, event_id), sealed))
    fleet.work()
    assert states(fleet) == {event_id: "rejected"}


@pytest.mark.parametrize("fault", [Fault.UNWELL, Fault.SILENT, Fault.HALF, Fault.NONSENSE, Fault.UNLABELLED])
def test_a_provider_that_fails_loses_nobody(fleet: Fleet, fault: Fault) -> None:
    kiosk = fleet.kiosk()
    fleet.deliver(kiosk, *(kiosk.enrol(identity_record(made_up_number(n)))[1] for n in range(3)))
    fleet.sandbox.fault = fault
    fleet.work(4, pass_ms=1_000)
    assert set(states(fleet).values()) == {"submitted"}
    assert None not in attachments(fleet)
    fleet.sandbox.fault = Fault.NONE
    until_settled(fleet)
    assert fleet.funnel(coverage_day) == {SUBMITTED: 3, ACCEPTED: 3, ACTIVATED: 3}


def test_a_provider_that_is_gone_is_asked_less_and_less(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    fleet.deliver(kiosk, kiosk.enrol()[1])
    fleet.sandbox.fault = Fault.UNWELL
    pauses = []
    for _ in range(6):
        fleet.work()
        (row,) = fleet.rows(enrollment)
        pauses.append(row.due_ms - fleet.clock.ms)
        fleet.clock.ms = row.due_ms + 60_000
    assert pauses[0] <= 2_000 < pauses[5] <= 5 * 60_000


def test_a_real_providers_answer_is_refused_by_a_relay_of_the_sandbox(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    fleet.deliver(kiosk, kiosk.enrol()[1])
    fleet.sandbox.fault = Fault.UNLABELLED
    fleet.work()
    assert (set(states(fleet).values()), ACCEPTED in fleet.funnel(coverage_day)) == ({"submitted"}, False)


def test_a_live_enrolment_is_never_given_to_the_sandbox(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    fleet.deliver(kiosk, kiosk.enrol(profile=Profile.LIVE)[1])
    fleet.work(2)
    assert (set(states(fleet).values()), fleet.funnel(coverage_day)) == ({"captured"}, {})


def test_a_crash_after_submitted_is_stored_repeats_the_call_and_counts_once(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    fleet.deliver(kiosk, kiosk.enrol()[1])
    (due,) = due_now(fleet.engine, "test", fleet.clock())
    assert submission.claim(fleet.engine, fleet.keys, due, fleet.clock())
    fleet.restart_relay()
    fleet.work()
    assert fleet.funnel(coverage_day) == {SUBMITTED: 1, ACCEPTED: 1}


def test_a_crash_after_the_provider_accepted_finds_the_same_enrolment_again(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    fleet.deliver(kiosk, kiosk.enrol()[1])
    (due,) = due_now(fleet.engine, "test", fleet.clock())
    submission.claim(fleet.engine, fleet.keys, due, fleet.clock())
    told = submission.submit(fleet.partners.provider, fleet.keys, due)
    fleet.restart_relay()
    fleet.work()
    assert told is not None
    assert [row.reference for row in fleet.rows(enrollment)] == [told.reference]
    assert fleet.funnel(coverage_day) == {SUBMITTED: 1, ACCEPTED: 1}


def test_two_relays_at_the_same_enrolment_count_it_once(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    fleet.deliver(kiosk, kiosk.enrol()[1])
    road = activation.Road(fleet.engine, fleet.keys, fleet.partners.provider, 1000)
    (due,) = due_now(fleet.engine, "test", fleet.clock())
    road.advance(due, fleet.clock())
    road.advance(due, fleet.clock())
    submitted = replace(due, state=PersonState.SUBMITTED)
    road.advance(submitted, fleet.clock())
    assert fleet.funnel(coverage_day) == {SUBMITTED: 1, ACCEPTED: 1}
    fleet.clock.ms += ACTIVATE_AFTER_MS
    (due,) = due_now(fleet.engine, "test", fleet.clock())
    road.advance(due, fleet.clock())
    road.advance(due, fleet.clock())
    assert fleet.funnel(coverage_day)[ACTIVATED] == 1


def test_an_enrolment_that_makes_the_relay_stumble_is_passed_by(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    kiosk = fleet.kiosk()
    bad_id, bad = kiosk.enrol(identity_record(made_up_number(1)))
    good_id, good = kiosk.enrol(identity_record(made_up_number(2)))
    fleet.deliver(kiosk, bad, good)
    real = submission.claim

    def stumbling(engine: Engine, keys: RelayKeyring, due: Due, now_ms: int) -> bool:
        # No known identity does this; the patch stands for the first one that does.
        if due.event == bad_id:
            raise ZeroDivisionError
        return real(engine, keys, due, now_ms)

    monkeypatch.setattr(submission, "claim", stumbling)
    fleet.work()
    assert states(fleet) == {bad_id: "captured", good_id: "accepted"}
