# SPDX-License-Identifier: Apache-2.0
"""An order leaves until the kiosk's signed word of it comes, which is kept, receipted and counted as no enrolment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from fleet.devices import orders
from fleet.devices.orders import LASTS_MS, LIVES_MS, Given, OrderRefusedError, State, Why
from fleet.devices.registry import revoke
from fleet.store.order_tables import kiosk_order
from fleet.store.scope import NATION, Scope
from fleet.store.session import reading, unit_of_work
from fleet.store.tables import enrollment, event, quarantine, stream, workload_day
from tests.wire.test_orders import MACHINE
from wire.envelope import digest
from wire.orders import Op, Outcome, open_order
from wire.topics import Down, Up, down, kind_of_down

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.courier.committing import Outbound
    from tests.fleet.road import Fleet
    from tests.simulators.kiosk_wire import WireKiosk

FIRST, SECOND = "1" * 32, "2" * 32
LOEI = Scope.parse("province:42")


@pytest.fixture
def kiosk(fleet: Fleet) -> WireKiosk:
    """A kiosk that takes orders and was just heard."""
    fleet.dispatch.renew()
    made = fleet.kiosk()
    beat(fleet, made)
    return made


def beat(fleet: Fleet, kiosk: WireKiosk, nonce: str | None = FIRST, **changes: Any) -> list[Outbound]:  # noqa: ANN401 - fields
    return fleet.take((kiosk.topic(Up.HEARTBEAT), kiosk.heartbeat(order_nonce=nonce, **changes)))


def give(fleet: Fleet, kiosk: WireKiosk, op: str = Op.CLOSE, scope: Scope = NATION) -> int:
    with unit_of_work(fleet.engine) as connection:
        return orders.give(connection, kiosk.id, op, "somsri", fleet.clock(), scope)


def cancel(fleet: Fleet, kiosk: WireKiosk, n: int) -> None:
    with unit_of_work(fleet.engine) as connection:
        orders.cancel(connection, kiosk.id, n, "malee", fleet.clock(), NATION)


def given(fleet: Fleet, kiosk: WireKiosk) -> tuple[Given, ...]:
    with reading(fleet.engine) as connection:
        return orders.latest(connection, kiosk.id, fleet.clock(), NATION)


def state(fleet: Fleet, kiosk: WireKiosk) -> State:
    return given(fleet, kiosk)[0].state


def sent(fleet: Fleet) -> list[Outbound]:
    """What the courier sends by itself now."""
    before = len(fleet.wire.sent)
    fleet.dispatch.send_orders()
    return fleet.wire.sent[before:]


def read(fleet: Fleet, kiosk: WireKiosk, told: Sequence[Outbound]) -> list[tuple[int, str, str]]:
    """Number, op and nonce of the orders among what was told, as this kiosk reads them."""
    mine = down(kiosk.shard, kiosk.id, Down.ORDER)
    opened = [open_order(each.payload, fleet.receipt_key.public(), kiosk.id) for each in told if each.topic == mine]
    return [(each.n, each.op, each.nonce) for each in opened]


def tell(fleet: Fleet, kiosk: WireKiosk, *messages: bytes) -> list[Outbound]:
    return fleet.take(*((kiosk.topic(Up.RESULT), message) for message in messages))


def refused(fleet: Fleet, kiosk: WireKiosk, op: str = Op.CLOSE, scope: Scope = NATION) -> Why:
    with pytest.raises(OrderRefusedError) as error:
        give(fleet, kiosk, op, scope)
    return error.value.why


def test_an_order_leaves_at_once_and_again_with_each_heartbeat_until_the_kiosk_has_done_it(
    fleet: Fleet, kiosk: WireKiosk
) -> None:
    n = give(fleet, kiosk)
    assert state(fleet, kiosk) is State.QUEUED
    assert read(fleet, kiosk, sent(fleet)) == [(n, "close", FIRST)]
    assert sent(fleet) == []
    assert state(fleet, kiosk) is State.SENT
    assert read(fleet, kiosk, beat(fleet, kiosk, SECOND)) == [(n, "close", SECOND)], "made anew, with the same number"
    tell(fleet, kiosk, kiosk.result(n))
    assert state(fleet, kiosk) is State.DONE
    assert beat(fleet, kiosk, SECOND) == []


def test_a_result_is_receipted_by_its_very_bytes_each_time_it_comes_and_changes_nothing_the_second_time(
    fleet: Fleet, kiosk: WireKiosk
) -> None:
    n = give(fleet, kiosk, Op.RESTART)
    sent(fleet)
    taken, done = kiosk.result(n, "restart", Outcome.TAKEN), kiosk.result(n, "restart")
    (answer,) = tell(fleet, kiosk, taken)
    assert kiosk.read_receipt(answer.payload, fleet.receipt_key.public()).results == (digest(taken).hex(),)
    assert state(fleet, kiosk) is State.TAKEN
    assert beat(fleet, kiosk) == [], "it is under way, and not ordered again"
    (answer,) = tell(fleet, kiosk, taken, done)
    assert set(kiosk.read_receipt(answer.payload, fleet.receipt_key.public()).results) == {
        digest(taken).hex(),
        digest(done).hex(),
    }
    first = given(fleet, kiosk)
    fleet.clock.ms += 60_000
    assert len(tell(fleet, kiosk, taken, done)) == 1
    assert given(fleet, kiosk) == first


def test_a_kiosk_that_floods_results_gets_a_receipt_that_it_can_read(fleet: Fleet, kiosk: WireKiosk) -> None:
    (answer,) = tell(fleet, kiosk, *(kiosk.result(n) for n in range(100)), kiosk.result(1))
    assert len(set(kiosk.read_receipt(answer.payload, fleet.receipt_key.public()).results)) == 64


def test_what_came_of_an_order_is_counted_by_nobody_as_an_enrolment(fleet: Fleet, kiosk: WireKiosk) -> None:
    tell(fleet, kiosk, kiosk.result(give(fleet, kiosk)))
    assert [fleet.rows(table) for table in (event, enrollment, stream, workload_day, quarantine)] == [[]] * 5


def test_a_refusal_is_kept_with_the_kiosk_s_reason_and_a_diagnosis_as_it_was_told(
    fleet: Fleet, kiosk: WireKiosk
) -> None:
    n = give(fleet, kiosk)
    tell(fleet, kiosk, kiosk.result(n, outcome=Outcome.REFUSED, reason="unknown_op"))
    assert (state(fleet, kiosk), given(fleet, kiosk)[0].reason) == (State.REFUSED, "unknown_op")
    n = give(fleet, kiosk, Op.DIAGNOSE)
    tell(fleet, kiosk, kiosk.result(n, "diagnose", diagnosis=MACHINE))
    assert given(fleet, kiosk)[0].diagnosis == MACHINE
    assert [each.op for each in given(fleet, kiosk)] == ["diagnose", "close"]


def test_nobody_but_the_screen_of_that_kiosk_says_what_came_of_an_order(fleet: Fleet, kiosk: WireKiosk) -> None:
    n = give(fleet, kiosk)
    sent(fleet)
    other = fleet.kiosk("k-udon-02")
    tell(fleet, other, other.result(n))
    tell(fleet, kiosk, other.result(n))
    kiosk.key, kiosk.courier_key = kiosk.courier_key, kiosk.key
    assert tell(fleet, kiosk, kiosk.result(n)) == []
    assert state(fleet, kiosk) is State.SENT


def test_a_result_of_another_order_than_was_given_ends_nothing(fleet: Fleet, kiosk: WireKiosk) -> None:
    n = give(fleet, kiosk)
    sent(fleet)
    assert len(tell(fleet, kiosk, kiosk.result(n, "reopen"), kiosk.result(n - 1))) == 1, "receipted all the same"
    assert state(fleet, kiosk) is State.SENT


def test_an_order_to_a_kiosk_that_stays_away_expires_and_what_the_kiosk_says_later_is_the_truth(
    fleet: Fleet, kiosk: WireKiosk
) -> None:
    fleet.clock.ms += LIVES_MS
    n = give(fleet, kiosk)
    assert sent(fleet) == []
    fleet.clock.ms += LASTS_MS
    assert beat(fleet, kiosk) == [], "it came back too late"
    sent(fleet)
    assert state(fleet, kiosk) is State.EXPIRED
    tell(fleet, kiosk, kiosk.result(n))
    assert state(fleet, kiosk) is State.DONE


def test_an_order_waits_for_a_kiosk_that_is_away_and_leaves_with_its_next_heartbeat(
    fleet: Fleet, kiosk: WireKiosk
) -> None:
    fleet.clock.ms += LIVES_MS
    n = give(fleet, kiosk)
    assert sent(fleet) == []
    fleet.clock.ms += 60_000
    assert read(fleet, kiosk, beat(fleet, kiosk, SECOND)) == [(n, "close", SECOND)]


def test_an_order_is_taken_back_only_while_no_copy_is_on_its_way(fleet: Fleet, kiosk: WireKiosk) -> None:
    n = give(fleet, kiosk)
    sent(fleet)
    with pytest.raises(OrderRefusedError, match="under_way"):
        cancel(fleet, kiosk, n)
    fleet.clock.ms += LIVES_MS
    assert state(fleet, kiosk) is State.QUEUED, "the copy that was sent is dead, and the kiosk away"
    cancel(fleet, kiosk, n)
    assert (state(fleet, kiosk), given(fleet, kiosk)[0].cancelled_by) == (State.CANCELLED, "malee")
    assert beat(fleet, kiosk) == []
    with pytest.raises(OrderRefusedError, match="not_open"):
        cancel(fleet, kiosk, n)


def test_one_order_at_a_time_and_each_number_is_higher(fleet: Fleet, kiosk: WireKiosk) -> None:
    first = give(fleet, kiosk)
    assert refused(fleet, kiosk, Op.RESTART) is Why.ONE_IS_OPEN
    tell(fleet, kiosk, kiosk.result(first))
    assert give(fleet, kiosk, Op.REOPEN) == first + 1, "in the same millisecond"


def test_why_an_order_is_not_given(fleet: Fleet, kiosk: WireKiosk) -> None:
    assert refused(fleet, kiosk, "run_shell") is Why.UNKNOWN_OP
    assert refused(fleet, kiosk, scope=LOEI) is Why.NO_SUCH_KIOSK
    old = fleet.kiosk("k-udon-02")
    beat(fleet, old, None)
    assert refused(fleet, old) is Why.TAKES_NONE
    with unit_of_work(fleet.engine) as connection:
        revoke(connection, kiosk.id)
    assert refused(fleet, kiosk) is Why.REVOKED


def test_a_revoked_kiosk_is_told_nothing_more(fleet: Fleet, kiosk: WireKiosk) -> None:
    give(fleet, kiosk)
    with unit_of_work(fleet.engine) as connection:
        revoke(connection, kiosk.id)
    assert sent(fleet) == []
    assert beat(fleet, kiosk) == []


def test_an_order_that_no_database_should_hold_is_signed_for_nobody(fleet: Fleet, kiosk: WireKiosk) -> None:
    give(fleet, kiosk)
    with unit_of_work(fleet.engine) as connection:
        connection.execute(update(kiosk_order).values(op="run_shell"))
    assert sent(fleet) == []
    hello = (kiosk.topic(Up.HELLO), kiosk.hello())
    told = fleet.take(hello, (kiosk.topic(Up.HEARTBEAT), kiosk.heartbeat(order_nonce=FIRST)))
    assert [kind_of_down(each.topic) for each in told] == [Down.RECEIPT]


def test_a_nonce_that_is_said_again_and_again_is_written_only_now_and_then(fleet: Fleet, kiosk: WireKiosk) -> None:
    fleet.clock.ms += LIVES_MS - 1
    give(fleet, kiosk)
    assert len(sent(fleet)) == 1, "it was heard five minutes ago"
    fleet.clock.ms += 1
    beat(fleet, kiosk)
    fleet.clock.ms += LIVES_MS - 1
    with unit_of_work(fleet.engine) as connection:
        connection.execute(update(kiosk_order).values(sent_ms=None))
    assert len(sent(fleet)) == 1, "and again, under the same nonce"
