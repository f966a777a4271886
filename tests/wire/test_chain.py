# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wire.chain import WINDOW, Head, Known, Link, Marks, Sending, Verdict, judge, next_link
from wire.ids import StreamId

A, B, C = (StreamId(letter * 24) for letter in "abc")
D1, D2, D3 = (bytes([n]) * 32 for n in (1, 2, 3))


def test_a_kiosk_s_first_event_has_neither_parent_nor_predecessor() -> None:
    assert next_link(A, None) == Link(A, 1, None, None)


def test_within_a_stream_the_sequence_counts_up_and_links_back() -> None:
    assert next_link(A, Head(A, 7, D1)) == Link(A, 8, D1, None)


def test_a_new_process_opens_a_stream_that_names_its_parent() -> None:
    assert next_link(B, Head(A, 7, D1)) == Link(B, 1, None, Head(A, 7, D1))


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


def test_ordinary_receipts_only_move_marks_forward() -> None:
    assert Marks(5, 2).moved(3, 1, may_go_back=False) == Marks(5, 2)
    assert Marks(5, 2).moved(9, 4, may_go_back=False) == Marks(9, 4)


def test_only_the_answer_to_our_own_hello_moves_marks_back() -> None:
    assert Marks(5, 4).moved(3, 9, may_go_back=True) == Marks(3, 3)


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
    for new, wait_s, settle in rounds:
        pending += new
        now_s += wait_s
        sending, _ = sending.due(pending, now_s)
        settled = min(settle, sending.sent_to, pending)
        pending -= settled
        sending = sending.settled(settled)
    sent: set[int] = set()
    for _ in range(3):
        sending, positions = sending.due(pending, now_s)
        sent |= set(positions)
        now_s += 61
    assert set(range(min(pending, WINDOW))) <= sent
