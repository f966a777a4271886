# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.store import inbox, noticeboard, outbox
from kiosk.store.database import DiskFullError, Store, StoreError
from kiosk.store.noticeboard import Topic
from wire.chain import Counter, Head, Link, Marks
from wire.ids import EventId, StreamId, new_ask_id, new_event_id

if TYPE_CHECKING:
    from pathlib import Path

A, B = StreamId("a" * 24), StreamId("b" * 24)


def _file(
    store: Store,
    stream: StreamId = A,
    *,
    filed_ms: int = 1000,
    attachment: bytes = b"sealed",
    until_ms: int | None = None,
) -> list[Link]:
    links: list[Link] = []

    def sign(link: Link) -> tuple[bytes, bytes]:
        links.append(link)
        signed = f"{link.stream}:{link.seq}".encode()
        return signed, signed.ljust(32, b".")

    outbox.append(
        store,
        event=new_event_id(filed_ms),
        stream=stream,
        attachment=attachment,
        filed_ms=filed_ms,
        sign=sign,
        until_ms=until_ms,
    )
    return links


def test_the_file_is_opened_the_way_that_survives_power_cuts(store: Store) -> None:
    with store.reading() as connection:
        seen = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
        erases = connection.execute("PRAGMA secure_delete").fetchone()[0]
    assert seen == {"journal_mode": "delete", "synchronous": 3}
    assert erases == 1


def test_events_take_their_places_in_order_across_restarts(store: Store) -> None:
    assert _file(store, A) == [Link(A, 1, None, None)]
    digest = f"{A}:1".encode().ljust(32, b".")
    assert _file(store, A) == [Link(A, 2, digest, None)]
    digest = f"{A}:2".encode().ljust(32, b".")
    assert _file(store, B) == [Link(B, 1, None, Head(A, 2, digest))]
    assert [(event.stream, event.seq) for event in outbox.pending(store)] == [(A, 1), (A, 2), (B, 1)]


def test_an_event_that_could_not_be_signed_leaves_no_trace_and_no_hole(store: Store) -> None:
    def broken(_link: Link) -> tuple[bytes, bytes]:
        message = "the key is gone"
        raise RuntimeError(message)

    with pytest.raises(RuntimeError):
        outbox.append(store, event=new_event_id(1), stream=A, attachment=b"", filed_ms=1, sign=broken)
    assert outbox.pending(store) == []
    assert _file(store) == [Link(A, 1, None, None)]


def test_a_place_in_the_device_s_count_is_kept_with_the_event_and_never_taken_twice(store: Store) -> None:
    taken: list[Counter | None] = []

    def sign(link: Link) -> tuple[bytes, bytes]:
        taken.append(link.counter)
        return b"%d" % link.seq, bytes([link.seq]) * 32

    for device_count in (0, 0, 5):  # power was cut before the count; then three events were forgotten
        outbox.append(
            store,
            event=new_event_id(1),
            stream=A,
            attachment=b"",
            filed_ms=1,
            sign=sign,
            device_count=device_count,
        )
    assert taken == [Counter(1, 0), Counter(2, 0), Counter(6, 3)]


def test_the_same_event_is_never_filed_twice(store: Store) -> None:
    event = EventId("01890000-0000-7000-8000-000000000001")

    def sign(link: Link) -> tuple[bytes, bytes]:
        return b"x%d" % link.seq, bytes([link.seq]) * 32

    outbox.append(store, event=event, stream=A, attachment=b"", filed_ms=1, sign=sign)
    with pytest.raises(StoreError):
        outbox.append(store, event=event, stream=A, attachment=b"", filed_ms=1, sign=sign)
    assert outbox.depth(store).count == 1


def test_receipts_settle_in_order_and_only_our_own_hello_unsettles(store: Store) -> None:
    for _ in range(3):
        _file(store)
    outbox.settle(store, {A: Marks(2, 0)}, may_go_back=False)
    assert [event.seq for event in outbox.pending(store)] == [3]
    outbox.settle(store, {A: Marks(1, 0)}, may_go_back=False)
    assert [event.seq for event in outbox.pending(store)] == [3]
    outbox.settle(store, {A: Marks(1, 0)}, may_go_back=True)
    assert [event.seq for event in outbox.pending(store)] == [2, 3]


def test_a_stream_that_a_restored_controller_has_never_seen_is_sent_again_whole(store: Store) -> None:
    _file(store, A)
    _file(store, B)
    assert outbox.settle(store, {A: Marks(1, 0), B: Marks(1, 0)}, may_go_back=False) == 2
    assert outbox.settle(store, {A: Marks(1, 0)}, may_go_back=True) == 0
    assert outbox.pending(store) == [], "a stream that is not named is left as it was"
    assert outbox.settle(store, {A: Marks(1, 0), B: Marks(0, 0)}, may_go_back=True) == -1
    assert [event.stream for event in outbox.pending(store)] == [B]


def test_hello_can_name_every_stream_that_the_card_knows_the_newest_first(store: Store) -> None:
    for stream in (B, A):
        _file(store, stream, filed_ms=0)
    assert list(outbox.pruned(store).items()) == [(A, 0), (B, 0)]
    outbox.settle(store, {A: Marks(1, 1)}, may_go_back=False)
    outbox.prune(store, outbox.RETENTION_MS + 1)
    assert list(outbox.pruned(store).items()) == [(B, 0), (A, 1)]


def test_marks_for_streams_of_other_kiosks_are_passed_over(store: Store) -> None:
    outbox.settle(store, {B: Marks(9, 9)}, may_go_back=True)
    with store.reading() as connection:
        assert connection.execute("SELECT COUNT(*) FROM mark").fetchone() == (0,)


def test_only_what_is_archived_and_old_is_erased(store: Store) -> None:
    old_ms, now_ms = 1000, 1000 + outbox.RETENTION_MS + 1
    for _ in range(3):
        _file(store, filed_ms=old_ms, attachment=b"SEALED-IDENTITY")
    _file(store, filed_ms=now_ms)
    outbox.settle(store, {A: Marks(4, 2)}, may_go_back=False)
    outbox.prune(store, now_ms)
    with store.reading() as connection:
        assert [row[0] for row in connection.execute("SELECT seq FROM event ORDER BY seq")] == [3, 4]
    assert outbox.pruned(store) == {A: 2}


def test_what_is_erased_is_gone_from_the_file(store: Store) -> None:
    _file(store, filed_ms=0, attachment=b"SEALED-IDENTITY" * 40)
    outbox.settle(store, {A: Marks(1, 1)}, may_go_back=False)
    assert b"SEALED-IDENTITY" in store.path.read_bytes()
    outbox.prune(store, outbox.RETENTION_MS + 1)
    assert b"SEALED-IDENTITY" not in store.path.read_bytes()


@pytest.mark.parametrize("size", [1, 40, 4000])
def test_an_identity_whose_time_is_over_is_gone_from_the_file_and_its_event_stays_in_its_place(
    store: Store, size: int
) -> None:
    _file(store, attachment=b"ANOTHERS-IDENTITY")
    _file(store, attachment=b"SEALED-IDENTITY" * size, until_ms=5000)
    _file(store, attachment=b"LATER-IDENTITY", until_ms=5001)
    before = outbox.pending(store)
    assert outbox.erase_lapsed(store, 4999) == 0
    assert outbox.pending(store) == before
    assert outbox.erase_lapsed(store, 5000) == 1
    assert b"SEALED-IDENTITY" not in store.path.read_bytes()
    assert [event.attachment for event in outbox.pending(store)] == [b"ANOTHERS-IDENTITY", None, b"LATER-IDENTITY"]
    assert [event.signed for event in outbox.pending(store)] == [event.signed for event in before]
    assert _file(store) == [Link(A, 4, f"{A}:3".encode().ljust(32, b"."), None)]
    assert outbox.erase_lapsed(store, 5000) == 0


def test_an_identity_that_was_delivered_is_erased_in_its_time_all_the_same(store: Store) -> None:
    _file(store, attachment=b"SEALED-IDENTITY" * 40, until_ms=5000)
    outbox.settle(store, {A: Marks(1, 0)}, may_go_back=False)
    assert outbox.erase_lapsed(store, 5000) == 1
    assert b"SEALED-IDENTITY" not in store.path.read_bytes()
    outbox.settle(store, {A: Marks(0, 0)}, may_go_back=True)
    assert [event.attachment for event in outbox.pending(store)] == [None]


def test_the_depth_says_since_when_something_waits(store: Store) -> None:
    assert outbox.depth(store) == outbox.Depth(0, None)
    _file(store, filed_ms=500)
    _file(store, filed_ms=900)
    assert outbox.depth(store) == outbox.Depth(2, 500)


def test_two_processes_share_the_file(store: Store) -> None:
    other = Store(store.path)
    _file(store)
    assert len(outbox.pending(other)) == 1
    outbox.settle(other, {A: Marks(1, 0)}, may_go_back=False)
    assert outbox.pending(store) == []
    other.close()


def test_a_damaged_file_is_said_to_be_damaged_before_anyone_starts(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"not a database, and long enough to be read as one" * 100)
    with pytest.raises(StoreError, match="data partition"):
        Store(path)


def test_a_file_whose_pages_rotted_is_noticed(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db")
    for _ in range(40):
        _file(store, attachment=bytes(2000))
    store.close()
    data = bytearray(store.path.read_bytes())
    data[8192:40960] = b"\xa5" * (40960 - 8192)
    store.path.write_bytes(bytes(data))
    with pytest.raises(StoreError):
        Store(store.path)


def test_a_full_disk_is_told_apart_and_stores_nothing(store: Store) -> None:
    _file(store)
    with store.reading() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(DiskFullError, match="Free space"):
        _file(store, attachment=bytes(1_000_000))
    assert outbox.depth(store).count == 1
    with store.reading() as connection:
        connection.execute("PRAGMA max_page_count=1000000")
    assert _file(store)[0].seq == 2


def test_a_store_whose_file_failed_is_let_go_of_and_opened_anew_at_its_next_use(store: Store) -> None:
    _file(store)
    other = Store(store.path)

    def spoil() -> None:
        with store.transaction() as connection:
            connection.execute("DELETE FROM event")
            connection.execute("SELECT no_such_column FROM event")

    with pytest.raises(StoreError):
        spoil()
    assert outbox.depth(other).count == 1
    other.check()
    other.close()
    assert _file(store)[0].seq == 2


def test_a_store_without_its_folder_names_the_partition_and_comes_back_with_it(tmp_path: Path) -> None:
    folder, away = tmp_path / "data", tmp_path / "away"
    folder.mkdir()
    store = Store(folder / "store.db")
    _file(store)
    folder.rename(away)
    with pytest.raises(StoreError, match="data partition"):
        store.reopen()
    away.rename(folder)
    assert outbox.depth(store).count == 1
    store.close()


def test_a_store_that_can_be_written_passes_its_check(store: Store) -> None:
    store.check()
    read_only = sqlite3.connect(store.path)
    read_only.execute("BEGIN IMMEDIATE")
    read_only.execute("DROP TABLE notice")
    read_only.commit()
    read_only.close()
    with pytest.raises(StoreError):
        store.check()


def test_an_ask_is_open_until_its_time_is_over_and_keeps_its_answers_in_order(store: Store) -> None:
    ask, other = new_ask_id(1), new_ask_id(2)
    inbox.put(store, ask, b"message", expires_ms=100)
    inbox.answered(store, ask, 2, b"two")
    inbox.answered(store, ask, 1, b"one")
    inbox.answered(store, ask, 2, b"another two")
    inbox.answered(store, other, 1, b"nobody asked")
    assert inbox.answers(store, ask, 0) == [(1, b"one"), (2, b"two")]
    assert inbox.answers(store, ask, 1) == [(2, b"two")]
    assert inbox.answers(store, other, 0) == []
    assert [open_ask.answers for open_ask in inbox.open_asks(store, 99)] == [2]
    assert inbox.open_asks(store, 100) == []


def test_a_forgotten_ask_takes_its_answers_along(store: Store) -> None:
    ask = new_ask_id(1)
    inbox.put(store, ask, b"ASKED", expires_ms=100)
    inbox.answered(store, ask, 1, b"ANSWERED")
    inbox.forget(store, ask)
    assert b"ASKED" not in store.path.read_bytes()
    assert b"ANSWERED" not in store.path.read_bytes()


def test_the_noticeboard_keeps_the_last_word_and_the_tally_counts(store: Store) -> None:
    noticeboard.pin(store, Topic.LINK, "up", 1)
    noticeboard.pin(store, Topic.LINK, "down", 2)
    assert noticeboard.read(store)[Topic.LINK] == noticeboard.Notice("down", 2)
    noticeboard.count_ending(store, "filed")
    noticeboard.count_ending(store, "filed")
    assert noticeboard.endings(store) == {"filed": 2}


@settings(max_examples=60)
@given(data=st.data())
def test_what_is_pending_is_what_a_look_at_every_event_finds(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    store = Store(tmp_path_factory.mktemp("pending") / "store.db")
    streams = [StreamId(letter * 24) for letter in "cab"]
    for stream in streams:  # a process start each
        for _ in range(data.draw(st.integers(0, 5))):
            _file(store, stream)
    told = {stream: Marks(data.draw(st.integers(0, 6)), 0) for stream in streams}
    outbox.settle(store, told, may_go_back=True)
    gone = data.draw(st.lists(st.integers(1, 12), max_size=4))
    with store.transaction() as connection:
        connection.executemany("DELETE FROM event WHERE position = ?", [(position,) for position in gone])
        rows = connection.execute("SELECT stream, seq, position FROM event ORDER BY position").fetchall()
    limit = data.draw(st.integers(1, 5))
    expected = [(stream, seq) for stream, seq, _ in rows if seq > told[stream].acked][:limit]
    assert [(event.stream, event.seq) for event in outbox.pending(store, limit)] == expected
    store.close()
