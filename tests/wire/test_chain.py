# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wire.chain import (
    RETENTION_MS,
    WINDOW,
    Alarm,
    Counter,
    Greeting,
    Head,
    Kept,
    Known,
    Link,
    Marks,
    Sending,
    Verdict,
    Write,
    alarms,
    erasable,
    judge,
    marks_to_tell,
    next_count,
    next_link,
    promise_after_commit,
    receipt_after_commit,
    settle,
    unrecoverable,
    writes,
)
from wire.ids import StreamId

A, B, C = (StreamId(letter * 24) for letter in "abc")
D1, D2, D3 = (bytes([n]) * 32 for n in (1, 2, 3))


def test_a_kiosk_s_first_event_has_neither_parent_nor_predecessor() -> None:
    assert next_link(A, None) == Link(A, 1, None, None)


def test_within_a_stream_the_sequence_counts_up_and_links_back() -> None:
    assert next_link(A, Head(A, 7, D1)) == Link(A, 8, D1, None)


def test_a_new_process_opens_a_stream_that_names_its_parent() -> None:
    assert next_link(B, Head(A, 7, D1)) == Link(B, 1, None, Head(A, 7, D1))


def test_a_kiosk_without_a_counter_outside_its_card_counts_nothing() -> None:
    assert next_count(0, None) is None


def test_a_power_cut_between_the_commit_and_the_count_is_not_a_lost_event() -> None:
    assert next_count(card=8, device=7) == Counter(9, lost=0)


def test_what_the_device_counted_and_the_card_does_not_have_is_lost() -> None:
    assert next_count(card=5, device=8) == Counter(9, lost=3)


@given(card=st.integers(0, 99), device=st.integers(0, 99))
def test_a_place_in_the_count_is_never_taken_twice(card: int, device: int) -> None:
    counter = next_count(card, device)
    assert counter is not None
    assert counter.value > max(card, device)
    assert next_count(counter.value, counter.value) == Counter(counter.value + 1, 0)


def test_the_very_next_event_is_accepted() -> None:
    assert judge(Link(A, 2, D1, None), D2, Known(cursor=Head(A, 1, D1))) is Verdict.ACCEPT


def test_a_resent_event_is_a_duplicate_and_another_in_its_place_an_equivocation() -> None:
    known = Known(cursor=Head(A, 2, D2), same_place=D1)
    assert judge(Link(A, 1, None, None), D1, known) is Verdict.DUPLICATE
    assert judge(Link(A, 1, None, None), D3, known) is Verdict.EQUIVOCATION


def test_an_event_ahead_of_the_cursor_waits() -> None:
    assert judge(Link(A, 3, D2, None), D3, Known(cursor=Head(A, 1, D1))) is Verdict.GAP
    assert judge(Link(A, 2, D1, None), D2, Known()) is Verdict.GAP


def test_the_next_event_with_another_predecessor_is_an_equivocation() -> None:
    assert judge(Link(A, 2, D3, None), D2, Known(cursor=Head(A, 1, D1))) is Verdict.EQUIVOCATION


def test_a_second_child_of_one_parent_is_a_fork() -> None:
    known = Known(has_history=True, parent_cursor=Head(A, 5, D1), parent_at=D1, parent_child=C)
    assert judge(Link(B, 1, None, Head(A, 5, D1)), D2, known) is Verdict.FORK


def test_a_stream_that_goes_on_after_another_took_it_up_is_a_fork() -> None:
    known = Known(cursor=Head(A, 5, D1), prev_child=B)
    assert judge(Link(A, 6, D1, None), D2, known) is Verdict.FORK


def test_a_parent_behind_the_ledger_is_a_rollback() -> None:
    known = Known(has_history=True, parent_cursor=Head(A, 5, D3), parent_at=D1)
    assert judge(Link(B, 1, None, Head(A, 3, D1)), D2, known) is Verdict.ROLLBACK


def test_a_parent_that_has_not_arrived_yet_is_waited_for() -> None:
    child = Link(B, 1, None, Head(A, 5, D1))
    assert judge(child, D2, Known(has_history=True, parent_cursor=Head(A, 4, D3))) is Verdict.GAP
    assert judge(child, D2, Known()) is Verdict.GAP


def test_a_parent_with_other_bytes_is_an_equivocation() -> None:
    known = Known(has_history=True, parent_cursor=Head(A, 5, D3), parent_at=D3)
    assert judge(Link(B, 1, None, Head(A, 5, D1)), D2, known) is Verdict.EQUIVOCATION


def test_a_kiosk_that_has_forgotten_everything_is_a_rollback() -> None:
    assert judge(Link(B, 1, None, None), D2, Known(has_history=True)) is Verdict.ROLLBACK


def test_only_what_is_committed_is_written_and_all_of_it_together() -> None:
    assert {verdict: writes(verdict) for verdict in Verdict if writes(verdict)} == {
        Verdict.ACCEPT: (tuple(Write),),
        Verdict.ROLLBACK: (tuple(Write),),
    }


def test_a_lost_event_is_told_with_the_first_that_comes_after_it_and_not_again() -> None:
    link = Link(B, 1, None, Head(A, 3, D1), Counter(9, lost=2))
    assert alarms(Verdict.ACCEPT, link) == (Alarm.LOST,)
    assert alarms(Verdict.ROLLBACK, link) == (Alarm.ROLLBACK, Alarm.LOST)
    assert alarms(Verdict.FORK, link) == (Alarm.FORK, Alarm.LOST)
    assert alarms(Verdict.DUPLICATE, link) == alarms(Verdict.GAP, link) == ()
    assert alarms(Verdict.ACCEPT, Link(B, 2, D1, None, Counter(10, lost=0))) == ()


def test_a_receipt_says_nothing_of_what_is_not_held_and_never_archived_above_acknowledged() -> None:
    assert marks_to_tell([A, B], {A: Marks(2, 5), C: Marks(4, 4)}) == {A: Marks(2, 2), B: Marks(), C: Marks(4, 4)}


def test_what_a_kiosk_has_erased_beyond_the_ledger_is_unrecoverable() -> None:
    assert unrecoverable({A: 3, B: 2, C: 1}, {A: 3, B: 1}) == {B: 2, C: 1}


def test_an_event_is_committed_then_counted_then_promised() -> None:
    order: list[str] = []
    promise_after_commit(
        commit=lambda: order.append("commit"),
        count=lambda _: order.append("count"),
        promise=lambda: order.append("promise"),
    )
    assert order == ["commit", "count", "promise"]


def test_a_batch_is_committed_before_its_receipts_are_told() -> None:
    order: list[str] = []

    def commit() -> int:
        order.append("commit")
        return 7

    receipt_after_commit(commit=commit, tell=lambda held: order.append(f"tell {held}"))
    assert order == ["commit", "tell 7"]


def test_ordinary_receipts_only_move_marks_forward() -> None:
    assert Marks(5, 2).moved(3, 1, may_go_back=False) == Marks(5, 2)
    assert Marks(5, 2).moved(9, 4, may_go_back=False) == Marks(9, 4)


def test_only_the_answer_to_our_own_hello_moves_marks_back() -> None:
    assert Marks(5, 4).moved(3, 9, may_go_back=True) == Marks(3, 3)


def test_a_receipt_moves_the_streams_that_are_ours_and_leaves_those_that_it_does_not_name() -> None:
    ours = {A: Marks(2, 1, pruned=1), B: Marks(3, 0)}
    told = {A: Marks(1, 1), C: Marks(9, 9)}
    assert settle(ours, told, may_go_back=True) == {A: Marks(1, 1, pruned=1), B: Marks(3, 0)}
    assert settle(ours, told, may_go_back=False) == ours


def test_only_what_is_archived_and_old_may_be_erased() -> None:
    marks = {A: Marks(4, 3), B: Marks(2, 0)}
    kept = [Kept(A, 1, 0), Kept(A, 2, 0), Kept(A, 3, 10), Kept(A, 4, 0), Kept(B, 1, 0), Kept(C, 1, 0)]
    assert erasable(kept, marks, RETENTION_MS + 5) == {A: 2}
    assert erasable(kept, marks, RETENTION_MS) == {}


def test_nothing_is_erased_behind_what_must_stay_whatever_the_clock_said() -> None:
    kept = [Kept(A, 1, 99), Kept(A, 2, 0)]
    assert erasable(kept, {A: Marks(2, 2)}, RETENTION_MS + 50) == {}


@given(
    acked=st.integers(0, 50),
    archived=st.integers(0, 50),
    to=st.integers(0, 50),
    kept=st.integers(0, 50),
    back=st.booleans(),
)
def test_archived_never_passes_acknowledged(acked: int, archived: int, to: int, kept: int, *, back: bool) -> None:
    moved = Marks(acked, min(acked, archived)).moved(to, kept, may_go_back=back)
    assert moved.archived <= moved.acked


def test_hello_is_said_under_one_nonce_until_it_is_answered_and_again_later_under_another() -> None:
    nonces = iter("abc")
    greeting, first = Greeting().due(0.0, lambda: next(nonces))
    assert (first, greeting.due(4.9, lambda: next(nonces))[1]) == ("a", None)
    greeting, again = greeting.due(5.0, lambda: next(nonces))
    assert (again, greeting.is_answered_by("b"), greeting.is_answered_by(None)) == ("a", False, False)
    assert greeting.is_answered_by("a")
    greeting = greeting.answered(6.0)
    assert not greeting.is_answered_by("a")
    assert greeting.due(305.9, lambda: next(nonces))[1] is None
    assert greeting.due(306.0, lambda: next(nonces))[1] == "b"


def test_a_new_connection_says_hello_at_once_under_a_fresh_nonce() -> None:
    greeting, _ = Greeting().due(0.0, lambda: "a")
    assert greeting.reconnected().due(0.1, lambda: "b")[1] == "b"


def test_a_hello_names_every_stream_in_turn_and_the_newest_first() -> None:
    streams = list(range(600))
    greeting, told = Greeting(), []
    for _ in range(3):
        told.append(greeting.named(streams))
        greeting = greeting.answered(0.0)
    assert told[0] == streams[:256]
    assert {n for part in told for n in part} == set(streams)
    assert Greeting(said=9).named(streams[:5]) == streams[:5]


def test_the_window_is_sent_once_and_slides_on_receipts() -> None:
    sending, first = Sending().due(pending=500, now_s=0.0)
    assert first == range(WINDOW)
    sending, again = sending.due(pending=500, now_s=0.5)
    assert list(again) == []
    sending, more = sending.settled(40).due(pending=460, now_s=0.6)
    assert more == range(WINDOW - 40, WINDOW)


def test_without_progress_the_window_starts_over_later_and_later() -> None:
    sending, now_s, waits = Sending(), 0.0, []
    for _ in range(9):
        sending, sent = sending.due(pending=3, now_s=now_s)
        assert sent == range(3)
        assert sending.restart_at_s is not None
        waits.append(sending.restart_at_s - now_s)
        now_s = sending.restart_at_s
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_progress_forgets_the_back_off() -> None:
    slow = Sending(sent_to=3, backoff_s=32.0, restart_at_s=100.0)
    assert slow.settled(1).backoff_s == Sending().backoff_s


@given(st.lists(st.tuples(st.integers(0, 300), st.floats(0, 5), st.integers(0, 300)), max_size=40))
def test_every_pending_event_is_always_sent_sooner_or_later(rounds: list[tuple[int, float, int]]) -> None:
    sending, now_s, pending = Sending(), 0.0, 0
    for new, wait_s, most in rounds:
        pending += new
        now_s += wait_s
        sending, _ = sending.due(pending, now_s)
        settled = min(most, sending.sent_to, pending)
        pending -= settled
        sending = sending.settled(settled)
    sent: set[int] = set()
    for _ in range(3):
        sending, positions = sending.due(pending, now_s)
        sent |= set(positions)
        now_s += 61
    assert set(range(min(pending, WINDOW))) <= sent
