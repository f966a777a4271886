# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import msgspec

from kiosk import device
from kiosk.courier.heartbeat import heartbeat
from kiosk.store import help_calls, inbox, newest, noticeboard, outbox
from kiosk.store.newest import Word
from kiosk.store.noticeboard import Topic
from tests.kiosk.conftest import KIOSK, World, filing_for
from tests.kiosk.courier.conftest import SHARD
from tests.kiosk.records.test_door import Session, _answer, _reply_key
from wire import topics
from wire.announcements import Announcement, Announcements, open_announcements
from wire.asks import PersonAnswer, PersonState
from wire.envelope import open_message, seal_message, split
from wire.hello import Heartbeat, Hello
from wire.help_calls import HelpAcknowledged
from wire.ids import KeyId
from wire.receipts import Mark, Receipt
from wire.signing import Kind, SigningKey

if TYPE_CHECKING:
    from kiosk.courier.delivery import Delivery, Outgoing
    from kiosk.records.filing import Filing
    from kiosk.store.database import Store

RECEIPTS = topics.down(SHARD, KIOSK, topics.Down.RECEIPT)
ANSWERS = topics.down(SHARD, KIOSK, topics.Down.ANSWER)
HELP = topics.down(SHARD, KIOSK, topics.Down.HELP)
CALL, OTHER_CALL = "1" * 32, "2" * 32
ANNOUNCEMENTS = topics.down(SHARD, KIOSK, topics.Down.ANNOUNCEMENTS)


def _of(kind: topics.Up, sent: list[Outgoing]) -> list[bytes]:
    return [outgoing.message for outgoing in sent if outgoing.kind is kind]


def _receipt(
    world: World,
    marks: dict[str, tuple[int, int]],
    *,
    nonce: str | None = None,
    kiosk: str = KIOSK,
    key: SigningKey | None = None,
) -> bytes:
    body = Receipt(
        v=1, kiosk=kiosk, nonce=nonce, marks={stream: Mark(*pair) for stream, pair in marks.items()}, at_ms=1
    )
    return seal_message(key or world.receipt, Kind.RECEIPT, body)


def _nonce(world: World, sent: list[Outgoing]) -> str:
    (message,) = _of(topics.Up.HELLO, sent)
    return open_message(message, Kind.HELLO, world.courier.public(), Hello)[0].nonce


def _filed(filing: Filing, world: World, count: int) -> str:
    for _ in range(count):
        filing.file(Session(world).file())
    return filing.stream


def test_a_connection_begins_with_hello_and_a_heartbeat_that_name_nobody(delivery: Delivery, world: World) -> None:
    sent = list(delivery.due(0.0))
    assert [outgoing.kind for outgoing in sent] == [topics.Up.HEARTBEAT, topics.Up.HELLO]
    body, _ = open_message(sent[0].message, Kind.HEARTBEAT, world.courier.public(), Heartbeat)
    assert (body.outbox, body.reader, body.sessions) == (0, "unknown", {})


def test_hello_is_said_again_until_the_controller_answers_it(delivery: Delivery, world: World) -> None:
    nonces = {_nonce(world, list(delivery.due(t))) for t in (0.0, 5.0, 10.0)}
    assert len(nonces) == 1
    delivery.arrived(RECEIPTS, _receipt(world, {}, nonce=nonces.pop()), 10.1)
    assert [t for t in (15.2, 310.0, 310.2) if _of(topics.Up.HELLO, list(delivery.due(t)))] == [310.2]


def test_hello_names_every_stream_that_the_card_knows(
    delivery: Delivery, store: Store, filing: Filing, world: World
) -> None:
    older = _filed(filing, world, 1)
    newer = _filed(filing_for(store, world), world, 1)
    (message,) = _of(topics.Up.HELLO, list(delivery.due(0.0)))
    named = open_message(message, Kind.HELLO, world.courier.public(), Hello)[0].pruned
    assert list(named.items()) == [(newer, 0), (older, 0)]


def test_nothing_is_published_without_a_connection(delivery: Delivery, filing: Filing, world: World) -> None:
    _filed(filing, world, 1)
    delivery.disconnected(0.0)
    assert list(delivery.due(1.0)) == []


def test_events_go_out_in_order_frozen_and_once(delivery: Delivery, filing: Filing, store: Store, world: World) -> None:
    _filed(filing, world, 3)
    sent = _of(topics.Up.EVENT, list(delivery.due(0.0)))
    assert [split(message)[0] for message in sent] == [event.signed for event in outbox.pending(store)]
    assert _of(topics.Up.EVENT, list(delivery.due(0.5))) == []


def test_without_a_receipt_the_same_bytes_go_again(delivery: Delivery, filing: Filing, world: World) -> None:
    _filed(filing, world, 2)
    first = _of(topics.Up.EVENT, list(delivery.due(0.0)))
    assert _of(topics.Up.EVENT, list(delivery.due(1.1))) == first


def test_a_receipt_settles_and_only_what_it_covers(
    delivery: Delivery, filing: Filing, store: Store, world: World
) -> None:
    stream = _filed(filing, world, 3)
    list(delivery.due(0.0))
    delivery.arrived(RECEIPTS, _receipt(world, {stream: (2, 0)}), 0.1)
    assert outbox.depth(store).count == 1
    assert noticeboard.read(store)[Topic.LINK].value == "up"


def test_receipts_that_are_forged_or_for_another_device_settle_nothing(
    delivery: Delivery, filing: Filing, store: Store, world: World
) -> None:
    stream = _filed(filing, world, 1)
    list(delivery.due(0.0))
    impostor = SigningKey.generate(KeyId("controller#1"))
    good = _receipt(world, {stream: (1, 0)})
    for bad in (
        _receipt(world, {stream: (1, 0)}, key=impostor),
        _receipt(world, {stream: (1, 0)}, kiosk="k-loei-01"),
        good[:-8],
        b"",
        b"\x00" * 70_000,
    ):
        delivery.arrived(RECEIPTS, bad, 0.1)
    delivery.arrived(ANSWERS, good, 0.1)
    assert outbox.depth(store).count == 1


def test_only_the_answer_to_the_present_hello_moves_marks_back(
    delivery: Delivery, filing: Filing, store: Store, world: World
) -> None:
    stream = _filed(filing, world, 3)
    nonce = _nonce(world, list(delivery.due(0.0)))
    delivery.arrived(RECEIPTS, _receipt(world, {stream: (3, 0)}), 0.1)
    delivery.arrived(RECEIPTS, _receipt(world, {stream: (1, 0)}), 0.2)
    delivery.arrived(RECEIPTS, _receipt(world, {stream: (1, 0)}, nonce="0" * 32), 0.2)
    assert outbox.depth(store).count == 0
    delivery.arrived(RECEIPTS, _receipt(world, {stream: (1, 0)}, nonce=nonce), 0.3)
    assert outbox.depth(store).count == 2
    assert len(_of(topics.Up.EVENT, list(delivery.due(0.4)))) == 2
    delivery.arrived(RECEIPTS, _receipt(world, {stream: (3, 0)}), 0.5)
    delivery.arrived(RECEIPTS, _receipt(world, {stream: (0, 0)}, nonce=nonce), 0.6)
    assert outbox.depth(store).count == 0, "a nonce is good once"


def test_a_question_goes_again_every_three_seconds_until_it_is_answered(
    delivery: Delivery, filing: Filing, store: Store, world: World
) -> None:
    session = Session(world)
    question = session.ask()
    filing.ask(question)
    times = [t for t in (0.0, 1.0, 2.9, 3.0, 6.1) if _of(topics.Up.ASK, list(delivery.due(t)))]
    assert times == [0.0, 3.0, 6.1]
    told = PersonAnswer(state=PersonState.NONE, sandbox=True)
    delivery.arrived(ANSWERS, _answer(world, question.ask, _reply_key(world, question), told), 6.2)
    assert len(inbox.answers(store, inbox.open_asks(store, 0)[0].id, 0)) == 1
    assert _of(topics.Up.ASK, list(delivery.due(9.5))) == []


def test_an_answer_that_the_relay_did_not_sign_is_not_kept(
    delivery: Delivery, filing: Filing, store: Store, world: World
) -> None:
    session = Session(world)
    question = session.ask()
    filing.ask(question)
    told = PersonAnswer(state=PersonState.NONE, sandbox=True)
    forged = _answer(world, question.ask, _reply_key(world, question), told, key=world.receipt)
    delivery.arrived(ANSWERS, forged, 0.0)
    assert inbox.answers(store, inbox.open_asks(store, 0)[0].id, 0) == []


def test_a_link_that_stays_up_is_told_again(delivery: Delivery, store: Store, world: World) -> None:
    delivery.arrived(RECEIPTS, _receipt(world, {}), 0.0)
    with store.transaction() as connection:
        connection.execute("UPDATE notice SET at_ms = 0 WHERE name = 'link'")
    delivery.keep_link_told(29.0)
    assert noticeboard.read(store)[Topic.LINK].at_ms == 0
    delivery.keep_link_told(31.0)
    assert device.wall_ms() - noticeboard.read(store)[Topic.LINK].at_ms < 60_000


def test_a_store_that_cannot_be_read_is_still_told_to_the_fleet(delivery: Delivery, store: Store, world: World) -> None:
    with store.transaction() as connection:
        connection.execute("DROP TABLE notice")
    due = delivery.due(0.0)
    body, _ = open_message(next(due).message, Kind.HEARTBEAT, world.courier.public(), Heartbeat)
    assert (body.screen, body.outbox) == ("store_broken", None)


def test_a_lost_connection_is_told(delivery: Delivery, store: Store, world: World) -> None:
    delivery.arrived(RECEIPTS, _receipt(world, {}), 0.0)
    delivery.disconnected(1.0)
    assert noticeboard.read(store)[Topic.LINK].value == "down"


def test_the_heartbeat_says_how_long_something_has_waited(
    delivery: Delivery, filing: Filing, store: Store, world: World
) -> None:
    _filed(filing, world, 2)
    with store.transaction() as connection:
        connection.execute("UPDATE event SET filed_ms = filed_ms - 90000")
    (message,) = _of(topics.Up.HEARTBEAT, list(delivery.due(0.0)))
    body, _ = open_message(message, Kind.HEARTBEAT, world.courier.public(), Heartbeat)
    assert body.outbox == 2
    assert body.oldest_unacked_s is not None
    assert 90 <= body.oldest_unacked_s < 200


def _beats(delivery: Delivery, world: World, now_s: float) -> list[tuple[str, str | None]]:
    """The screen and the call of each heartbeat that is due."""
    sent = _of(topics.Up.HEARTBEAT, list(delivery.due(now_s)))
    beats = [open_message(each, Kind.HEARTBEAT, world.courier.public(), Heartbeat)[0] for each in sent]
    return [(each.screen, each.call) for each in beats]


def test_a_person_who_asks_for_a_helper_is_told_at_once_and_every_ten_seconds_and_the_end_of_it_too(
    delivery: Delivery, store: Store, world: World
) -> None:
    noticeboard.pin(store, Topic.SCREEN, "ok", 0)
    assert _beats(delivery, world, 0.0) == [("ok", None)]
    assert _beats(delivery, world, 0.5) == []
    help_calls.begin(store, CALL)
    assert _beats(delivery, world, 1.0) == [("help_wanted", CALL)]
    assert _beats(delivery, world, 10.0) == []
    assert _beats(delivery, world, 11.0) == [("help_wanted", CALL)]
    help_calls.begin(store, OTHER_CALL)
    assert _beats(delivery, world, 12.0) == [("help_wanted", OTHER_CALL)]
    help_calls.end(store)
    assert _beats(delivery, world, 13.0) == [("ok", None)]
    assert _beats(delivery, world, 42.0) == []


def test_a_kiosk_that_is_not_well_says_so_before_anything_else_and_that_somebody_waits(store: Store) -> None:
    noticeboard.pin(store, Topic.SCREEN, "camera_frozen", 0)
    help_calls.begin(store, CALL)
    told = heartbeat(store, KIOSK, "0.1.0")
    assert (told.screen, told.call) == ("camera_frozen", CALL)


def _comes(world: World, at_ms: int = 1, *, key: SigningKey | None = None, **changes: object) -> bytes:
    body = HelpAcknowledged(
        v=1, kiosk=KIOSK, call=CALL, name="สมชาย", wait_s=180, at_ms=at_ms, expires_ms=device.wall_ms() + 60_000
    )
    return seal_message(key or world.receipt, Kind.HELP, msgspec.structs.replace(body, **changes))


def test_who_comes_is_kept_for_the_open_call_and_of_two_the_later_one(
    delivery: Delivery, store: Store, world: World
) -> None:
    help_calls.begin(store, CALL)
    assert help_calls.kept(store, CALL) is None
    first, older, later = _comes(world, 5), _comes(world, 4, name="Malee"), _comes(world, 6, wait_s=0)
    for message, kept in ((first, first), (older, first), (later, later)):
        delivery.arrived(HELP, message, 0.1)
        assert help_calls.kept(store, CALL) == kept
    assert delivery.counts.refused == {}


def test_who_comes_to_another_call_is_refused_or_forged_misaddressed_or_late_and_is_counted(
    delivery: Delivery, store: Store, world: World
) -> None:
    delivery.arrived(HELP, _comes(world), 0.1)
    assert delivery.counts.refused == {"not_for_you": 1}, "nobody waits"
    help_calls.begin(store, CALL)
    for bad in (
        _comes(world, call=OTHER_CALL),
        _comes(world, kiosk="k-loei-01"),
        _comes(world, expires_ms=device.wall_ms()),
        _comes(world, key=SigningKey.generate(KeyId("controller#1"))),
        _comes(world, key=world.answer),
        _comes(world, name="x\x1b[2J"),
        _receipt(world, {}),
        _comes(world)[:-8],
        b"\x00" * 1_001,
    ):
        delivery.arrived(HELP, bad, 0.1)
    assert help_calls.kept(store, CALL) is None
    assert delivery.counts.refused.total() == 10


def test_a_kiosk_whose_data_partition_is_gone_still_tells_the_fleet(store: Store) -> None:
    store.path.parent.rename(store.path.parent.with_name(f"{store.path.parent.name}-away"))
    told = heartbeat(store, KIOSK, "0.1.0")
    assert (told.screen, told.outbox, told.disk_free_mib) == ("store_broken", None, 0)


def _announcements(world: World, at_ms: int, *en: str, key: SigningKey | None = None, kiosk: str = KIOSK) -> bytes:
    items = tuple(Announcement("ก", each, date(2026, 12, 1), date(2026, 12, 31)) for each in en)
    body = Announcements(v=1, kiosk=kiosk, at_ms=at_ms, items=items)
    return seal_message(key or world.receipt, Kind.ANNOUNCEMENTS, body)


def _kept(store: Store, world: World) -> list[str] | None:
    message = newest.kept(store, Word.ANNOUNCEMENTS)
    if message is None:
        return None
    return [item.en for item in open_announcements(message, world.receipt.public(), KIOSK).items]


def test_the_newest_list_of_announcements_is_kept_and_an_older_one_ignored(
    delivery: Delivery, store: Store, world: World
) -> None:
    assert _kept(store, world) is None
    for at_ms, en, kept in ((5, ("a",), ["a"]), (4, ("b",), ["a"]), (5, (), ["a"]), (6, (), []), (7, ("c",), ["c"])):
        delivery.arrived(ANNOUNCEMENTS, _announcements(world, at_ms, *en), 0.1)
        assert _kept(store, world) == kept
    assert delivery.counts.refused == {}


def test_announcements_that_are_forged_misaddressed_or_too_many_change_nothing_and_are_counted(
    delivery: Delivery, store: Store, world: World
) -> None:
    impostor = SigningKey.generate(KeyId("controller#1"))
    for bad in (
        _announcements(world, 1, "a", key=impostor),
        _announcements(world, 1, "a", key=world.answer),
        _announcements(world, 1, "a", kiosk="k-loei-01"),
        _announcements(world, 1, *"abcdefghijk"),
        _announcements(world, 1, "x\x1b[2J"),
        _announcements(world, 1, "x" * 101),
        _receipt(world, {}),
        _announcements(world, 1, "a")[:-8],
        b"\x00" * 70_000,
    ):
        delivery.arrived(ANNOUNCEMENTS, bad, 0.1)
    delivery.arrived(RECEIPTS, _announcements(world, 1, "a"), 0.1)
    assert _kept(store, world) is None
    assert delivery.counts.refused.total() == 10
