# SPDX-License-Identifier: Apache-2.0
"""A call for a helper is open while the kiosk says so; who comes is told to that call, and forgotten with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from fleet.devices import help_calls
from fleet.devices.help_calls import Call, Coming, HelpRefusedError, Standing
from fleet.devices.registry import revoke
from fleet.store.scope import NATION
from fleet.store.session import reading, unit_of_work
from fleet.store.tables import device_state, help_call
from wire.help_calls import HelperName, open_help_acknowledged
from wire.topics import Down, Up, down, kind_of_down

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.courier.committing import Outbound
    from tests.fleet.road import Fleet
    from tests.simulators.kiosk_wire import WireKiosk

FIRST, SECOND = "1" * 32, "2" * 32
SOMCHAI, MALEE = HelperName("สมชาย"), HelperName("Malee")


def beat(fleet: Fleet, kiosk: WireKiosk, call: str | None = FIRST, screen: str = "help_wanted") -> list[Outbound]:
    """One heartbeat, and what it is answered with."""
    return fleet.take((kiosk.topic(Up.HEARTBEAT), kiosk.heartbeat(call=call, screen=screen)))


def calls(fleet: Fleet) -> list[Call]:
    with reading(fleet.engine) as connection:
        return help_calls.open_calls(connection, fleet.clock(), NATION)


def standings(fleet: Fleet) -> list[Standing]:
    return [call.standing for call in calls(fleet)]


def acknowledge(fleet: Fleet, kiosk: WireKiosk, name: HelperName = SOMCHAI, minutes: int = 3) -> None:
    with unit_of_work(fleet.engine) as connection:
        help_calls.acknowledge(connection, kiosk.id, Coming(name, minutes), fleet.clock(), NATION)


def told(fleet: Fleet, kiosk: WireKiosk, messages: Sequence[Outbound]) -> list[tuple[str, str, int]]:
    """The call, the name and the wait of each acknowledgement among them, as this kiosk reads it."""
    mine = down(kiosk.shard, kiosk.id, Down.HELP)
    opened = [
        open_help_acknowledged(each.payload, fleet.receipt_key.public(), kiosk.id, fleet.clock())
        for each in messages
        if each.topic == mine
    ]
    return [(each.call, each.name, each.wait_s) for each in opened]


def sent(fleet: Fleet) -> list[Outbound]:
    """What the courier sends by itself now."""
    before = len(fleet.wire.sent)
    fleet.dispatch.send_helpers()
    return fleet.wire.sent[before:]


@pytest.fixture
def kiosk(fleet: Fleet) -> WireKiosk:
    fleet.dispatch.renew()
    return fleet.kiosk()


def test_a_call_is_open_since_it_was_first_heard_until_the_kiosk_says_nothing_of_it(
    fleet: Fleet, kiosk: WireKiosk
) -> None:
    since_ms = fleet.clock()
    assert beat(fleet, kiosk) == []
    fleet.clock.ms += 10_000
    beat(fleet, kiosk)
    (call,) = calls(fleet)
    assert (call.kiosk, call.standing, call.since_ms, call.heard_ms) == (
        kiosk.id,
        Standing.WAITING,
        since_ms,
        since_ms + 10_000,
    )
    beat(fleet, kiosk, None, "ok")
    assert calls(fleet) == []


def test_a_helper_is_told_at_once_once_and_again_with_each_heartbeat_with_what_is_left_of_the_wait(
    fleet: Fleet, kiosk: WireKiosk
) -> None:
    beat(fleet, kiosk)
    assert sent(fleet) == []
    acknowledge(fleet, kiosk)
    assert told(fleet, kiosk, sent(fleet)) == [(FIRST, "สมชาย", 180)]
    assert sent(fleet) == []
    fleet.clock.ms += 50_500
    answer = beat(fleet, kiosk)
    assert [kind_of_down(each.topic) for each in answer] == [Down.HELP]
    assert told(fleet, kiosk, answer) == [(FIRST, "สมชาย", 130)]
    fleet.clock.ms += 55_000
    beat(fleet, kiosk)
    fleet.clock.ms += 55_000
    beat(fleet, kiosk)
    fleet.clock.ms += 55_000
    assert told(fleet, kiosk, beat(fleet, kiosk)) == [(FIRST, "สมชาย", 0)], "never less than nothing"


def test_a_second_acknowledgement_takes_the_place_of_the_first(fleet: Fleet, kiosk: WireKiosk) -> None:
    beat(fleet, kiosk)
    acknowledge(fleet, kiosk)
    sent(fleet)
    acknowledge(fleet, kiosk, MALEE, 10)
    assert told(fleet, kiosk, sent(fleet)) == [(FIRST, "Malee", 600)]
    assert [(call.standing, call.name, call.wait_s) for call in calls(fleet)] == [(Standing.ACKNOWLEDGED, "Malee", 600)]


def test_a_new_call_has_no_helper_and_the_name_is_gone(fleet: Fleet, kiosk: WireKiosk) -> None:
    beat(fleet, kiosk)
    acknowledge(fleet, kiosk)
    assert beat(fleet, kiosk, SECOND) == []
    assert sent(fleet) == []
    assert [(row.call, row.name) for row in fleet.rows(help_call)] == [(SECOND, None)]
    assert standings(fleet) == [Standing.WAITING]


def test_what_comes_in_one_batch_counts_in_order(fleet: Fleet, kiosk: WireKiosk) -> None:
    topic = kiosk.topic(Up.HEARTBEAT)
    fleet.take((topic, kiosk.heartbeat(call=FIRST)), (topic, kiosk.heartbeat()))
    assert fleet.rows(help_call) == []
    fleet.take((topic, kiosk.heartbeat()), (topic, kiosk.heartbeat(call=FIRST)))
    assert [row.call for row in fleet.rows(help_call)] == [FIRST]


def test_a_kiosk_that_is_not_heard_is_told_as_lost_and_the_name_is_erased(fleet: Fleet, kiosk: WireKiosk) -> None:
    beat(fleet, kiosk)
    acknowledge(fleet, kiosk)
    sent(fleet)
    fleet.clock.ms += 60_000
    assert standings(fleet) == [Standing.LINK_LOST]
    sent(fleet)
    assert fleet.rows(help_call) == []
    assert standings(fleet) == [Standing.LINK_LOST], "somebody waits there, for all that is known"
    with pytest.raises(HelpRefusedError, match="link is lost"):
        acknowledge(fleet, kiosk)
    fleet.clock.ms += 15 * 60_000
    assert calls(fleet) == [], "then it is a silent kiosk"
    beat(fleet, kiosk)
    assert standings(fleet) == [Standing.WAITING], "it came back, and who comes must be said anew"


def test_a_release_that_sends_no_call_is_shown_and_cannot_be_told_a_name(fleet: Fleet, kiosk: WireKiosk) -> None:
    beat(fleet, kiosk, None)
    assert standings(fleet) == [Standing.WITHOUT_NAME]
    with pytest.raises(HelpRefusedError, match="release"):
        acknowledge(fleet, kiosk)


@pytest.mark.parametrize("minutes", [0, -1, 31])
def test_minutes_that_nobody_can_mean_are_refused(fleet: Fleet, kiosk: WireKiosk, minutes: int) -> None:
    beat(fleet, kiosk)
    with pytest.raises(HelpRefusedError, match="1 to 30"):
        acknowledge(fleet, kiosk, minutes=minutes)


def test_nobody_is_acknowledged_where_nobody_waits(fleet: Fleet, kiosk: WireKiosk) -> None:
    beat(fleet, kiosk, None, "ok")
    with pytest.raises(HelpRefusedError, match="nobody waits"):
        acknowledge(fleet, kiosk)


def test_what_the_broker_did_not_take_is_sent_again(fleet: Fleet, kiosk: WireKiosk) -> None:
    beat(fleet, kiosk)
    acknowledge(fleet, kiosk)
    fleet.wire.up = False
    assert sent(fleet) == []
    fleet.wire.up = True
    assert len(sent(fleet)) == 1


def test_a_revoked_kiosk_is_told_nothing_more(fleet: Fleet, kiosk: WireKiosk) -> None:
    beat(fleet, kiosk)
    acknowledge(fleet, kiosk)
    with unit_of_work(fleet.engine) as connection:
        revoke(connection, kiosk.id)
    assert sent(fleet) == []
    assert beat(fleet, kiosk) == []
    assert calls(fleet) == []


def test_a_row_that_cannot_be_told_keeps_nothing_from_anybody(fleet: Fleet, kiosk: WireKiosk) -> None:
    beat(fleet, kiosk)
    acknowledge(fleet, kiosk)
    with unit_of_work(fleet.engine) as connection:
        connection.execute(update(help_call).values(name="ก" * 30))
    told_now = fleet.take(
        (kiosk.topic(Up.HELLO), kiosk.hello()), (kiosk.topic(Up.HEARTBEAT), kiosk.heartbeat(call=FIRST))
    )
    assert [kind_of_down(each.topic) for each in told_now] == [Down.RECEIPT]
    assert sent(fleet) == []


def test_a_name_is_in_no_other_table(fleet: Fleet, kiosk: WireKiosk) -> None:
    beat(fleet, kiosk)
    acknowledge(fleet, kiosk)
    sent(fleet)
    assert "สมชาย" not in repr(calls(fleet)) + repr(fleet.rows(device_state))
