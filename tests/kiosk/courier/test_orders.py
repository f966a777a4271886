# SPDX-License-Identifier: Apache-2.0
"""The courier leaves true and fresh orders for the screen, and carries results until a receipt names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.courier.heartbeat import heartbeat
from kiosk.store import noticeboard, orders
from kiosk.store.noticeboard import Topic
from tests.kiosk.conftest import KIOSK
from tests.kiosk.courier.conftest import SHARD
from tests.kiosk.courier.test_delivery import CALL, OTHER_CALL, RECEIPTS, _of, _receipt
from wire import topics
from wire.envelope import digest, seal_message
from wire.hello import Kept
from wire.ids import KeyId
from wire.orders import ORDER_BYTES, Op, Order
from wire.receipts import Receipt
from wire.signing import Kind, SigningKey

if TYPE_CHECKING:
    from kiosk.courier.delivery import Delivery
    from kiosk.store.database import Store
    from tests.kiosk.conftest import World

ORDER = topics.down(SHARD, KIOSK, topics.Down.ORDER)


def _order(key: SigningKey, *, nonce: str = CALL, n: int = 1, kiosk: str = KIOSK) -> bytes:
    return seal_message(key, Kind.ORDER, Order(1, kiosk, nonce, n, Op.CLOSE, 300))


def test_a_heartbeat_says_which_nonce_an_order_has_to_carry(store: Store) -> None:
    assert heartbeat(store, KIOSK, "0.1.0").order_nonce is None
    orders.draw(store, CALL)
    orders.draw(store, OTHER_CALL)
    assert heartbeat(store, KIOSK, "0.1.0").order_nonce == OTHER_CALL


def test_a_kiosk_that_was_closed_or_opened_says_so_at_once(delivery: Delivery, store: Store) -> None:
    sent = [_of(topics.Up.HEARTBEAT, list(delivery.due(0.0)))]
    for t, said in ((1.0, "resting"), (2.0, "resting"), (3.0, "ok"), (4.0, "starting")):
        noticeboard.pin(store, Topic.SCREEN, said, 1)
        sent.append(_of(topics.Up.HEARTBEAT, list(delivery.due(t))))
    assert [len(each) for each in sent] == [1, 1, 0, 1, 0]


def test_an_order_with_a_nonce_of_this_kiosk_is_left_for_the_screen_as_it_was_signed(
    delivery: Delivery, store: Store, world: World
) -> None:
    orders.draw(store, CALL)
    message = _order(world.receipt)
    delivery.arrived(ORDER, message, 0.0)
    assert orders.brought(store) == message


def test_an_order_that_is_not_true_or_fresh_or_ours_is_left_for_nobody(
    delivery: Delivery, store: Store, world: World
) -> None:
    orders.draw(store, CALL)
    true = _order(world.receipt)
    receipt = _receipt(world, {})
    for bad in (
        _order(SigningKey.generate(KeyId("controller#1"))),
        _order(world.receipt, nonce=OTHER_CALL),
        _order(world.receipt, kiosk="k-loei-01"),
        true[:-9],
        true + b"x" * ORDER_BYTES,
        receipt,
        b"",
    ):
        delivery.arrived(ORDER, bad, 0.0)
    delivery.arrived(RECEIPTS, true, 0.0)
    assert orders.brought(store) is None
    assert sum(delivery.counts.refused.values()) == 8


def test_an_order_that_was_taken_is_not_left_again(delivery: Delivery, store: Store, world: World) -> None:
    orders.draw(store, CALL)
    assert orders.take(store, orders.Book(last=1), b"result")
    delivery.arrived(ORDER, _order(world.receipt), 0.0)
    assert orders.brought(store) is None
    delivery.arrived(ORDER, _order(world.receipt, n=2), 0.0)
    assert orders.brought(store) is not None


def test_a_result_goes_out_at_once_and_again_until_a_receipt_names_it(
    delivery: Delivery, store: Store, world: World
) -> None:
    assert orders.take(store, orders.Book(last=1), b"result")
    sent = [_of(topics.Up.RESULT, list(delivery.due(t))) for t in (0.0, 1.0, 31.0)]
    assert sent == [[b"result"], [], [b"result"]]
    delivery.connected()
    assert _of(topics.Up.RESULT, list(delivery.due(32.0))) == [b"result"]
    body = Receipt(v=1, kiosk=KIOSK, nonce=None, marks={}, at_ms=1, results=(digest(b"result").hex(),))
    delivery.arrived(RECEIPTS, seal_message(world.receipt, Kind.RECEIPT, body), 33.0)
    assert _of(topics.Up.RESULT, list(delivery.due(99.0))) == []


def test_a_heartbeat_says_until_when_the_certificate_is_good_once_the_courier_has_told(store: Store) -> None:
    assert heartbeat(store, KIOSK, "0.1.0").certificate_ms is None
    noticeboard.pin(store, Topic.CERTIFICATE, "1796000000000", 1)
    assert heartbeat(store, KIOSK, "0.1.0").certificate_ms == 1_796_000_000_000


def test_a_heartbeat_says_how_each_key_is_kept_once_its_process_has_told(store: Store) -> None:
    told = heartbeat(store, KIOSK, "0.1.0")
    assert (told.event_key, told.tls_key) == (None, None)
    noticeboard.pin(store, Topic.EVENT_KEY, Kept.FILE, 1)
    noticeboard.pin(store, Topic.TLS_KEY, Kept.TPM, 1)
    told = heartbeat(store, KIOSK, "0.1.0")
    assert (told.event_key, told.tls_key) == (Kept.FILE, Kept.TPM)
