# SPDX-License-Identifier: Apache-2.0
"""A complaint goes up again and again until a receipt names it; a number to call comes down and is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kiosk.courier.delivery import Delivery, Keys
from kiosk.records import complaints as door
from kiosk.store import complaints, newest
from kiosk.store.newest import Word
from tests.kiosk.conftest import KIOSK
from wire import topics
from wire.complaints import Complaint
from wire.envelope import open_message, seal_message
from wire.events import Profile
from wire.hello import Heartbeat
from wire.help_numbers import HelpNumberTold, open_help_number
from wire.ids import KeyId, shard
from wire.opinions import Category, Place
from wire.receipts import Receipt
from wire.signing import Kind, SigningKey

if TYPE_CHECKING:
    from kiosk.records.filing import Filing
    from kiosk.store.database import Store
    from tests.kiosk.conftest import World

SHARD = shard("a7")
RECEIPTS = topics.down(SHARD, KIOSK, topics.Down.RECEIPT)
NUMBERS = topics.down(SHARD, KIOSK, topics.Down.HELP_NUMBER)


@pytest.fixture
def delivery(store: Store, world: World) -> Delivery:
    keys = Keys(world.courier, world.receipt.public(), world.answer.public())
    made = Delivery(store=store, keys=keys, kiosk=KIOSK, where=SHARD, release="0.1.0", profile=Profile.LIVE)
    made.connected()
    return made


def sent(delivery: Delivery, now_s: float, kind: topics.Up = topics.Up.COMPLAINT) -> list[bytes]:
    return [outgoing.message for outgoing in delivery.due(now_s) if outgoing.kind is kind]


def settle(delivery: Delivery, world: World, *idents: str, key: SigningKey | None = None, kiosk: str = KIOSK) -> None:
    body = Receipt(v=1, kiosk=kiosk, nonce=None, marks={}, at_ms=1, complaints=idents)
    delivery.arrived(RECEIPTS, seal_message(key or world.receipt, Kind.RECEIPT, body), 0.0)


def test_the_desk_signs_a_complaint_with_the_kiosks_codes_and_nothing_of_the_session(
    filing: Filing, store: Store
) -> None:
    number = door.file(filing, Category.FACE, Place.PROBLEM)
    (message,) = complaints.waiting(store).values()
    said, _ = open_message(message, Kind.COMPLAINT, filing.key.public(), Complaint)
    assert (said.number, said.category, said.place, said.kiosk) == (number, Category.FACE, Place.PROBLEM, KIOSK)
    assert (said.screen, said.reader) == ("unknown", "unknown")


def test_it_is_the_same_bytes_until_its_receipt_and_again_after_each_connection(
    filing: Filing, store: Store, delivery: Delivery, world: World
) -> None:
    door.file(filing, Category.CARD, Place.MENU)
    ((ident, message),) = complaints.waiting(store).items()
    assert sent(delivery, 0.0) == [message]
    assert sent(delivery, 30.0) == []
    assert sent(delivery, 60.0) == [message]
    delivery.disconnected(61.0)
    assert sent(delivery, 200.0) == []
    delivery.connected()
    assert sent(delivery, 201.0) == [message]
    settle(delivery, world, ident)
    assert complaints.waiting(store) == {}
    assert sent(delivery, 500.0) == []


def test_only_the_controllers_word_for_this_kiosk_and_this_complaint_settles_it(
    filing: Filing, store: Store, delivery: Delivery, world: World
) -> None:
    door.file(filing, Category.CARD, Place.MENU)
    (ident,) = complaints.waiting(store)
    settle(delivery, world, ident, key=SigningKey.generate(KeyId("controller#1")))
    settle(delivery, world, ident, kiosk="k-loei-01")
    settle(delivery, world, "f" * 32)
    settle(delivery, world)
    assert list(complaints.waiting(store)) == [ident]


def test_too_many_at_once_are_not_promised_a_number(filing: Filing) -> None:
    numbers = [door.file(filing, Category.CARD, Place.MENU) for _ in range(complaints.AT_MOST + 1)]
    assert None not in numbers[:-1]
    assert numbers[-1] is None


def test_a_number_to_call_is_kept_as_it_was_signed_and_a_false_one_changes_nothing(
    store: Store, delivery: Delivery, world: World
) -> None:
    def arrives(number: str, at_ms: int, key: SigningKey) -> None:
        body = HelpNumberTold(v=1, kiosk=KIOSK, at_ms=at_ms, number=number)
        delivery.arrived(NUMBERS, seal_message(key, Kind.HELP_NUMBER, body), 0.0)

    arrives("042222111", 2, world.receipt)
    arrives("0812345678", 3, SigningKey.generate(KeyId("controller#1")))
    arrives("042333111", 1, world.receipt)
    message = newest.kept(store, Word.HELP_NUMBER)
    assert message is not None
    assert open_help_number(message, world.receipt.public(), KIOSK).number == "042222111"


def test_a_heartbeat_says_whether_those_who_come_are_real(delivery: Delivery, world: World) -> None:
    (message,) = sent(delivery, 0.0, topics.Up.HEARTBEAT)
    body, _ = open_message(message, Kind.HEARTBEAT, world.courier.public(), Heartbeat)
    assert body.profile is Profile.LIVE
