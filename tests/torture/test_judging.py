# SPDX-License-Identifier: Apache-2.0
"""The judge of a run finds what is lost, counted twice, raised for nothing or not raised."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.torture.books import Alarm, Books
from tests.torture.judging import Evidence, Incident, judge
from tests.torture.machine import OnCard
from tests.torture.schedule import Misfortune
from tests.torture.tickets import Tickets

KIOSK, FACILITY = "k-01", "10000"
FORK = Alarm(KIOSK, "fork", "a" * 24, 1, 2000)


def books(*held: str, quarantined: tuple[str, ...] = (), counted: int | None = None) -> Books:
    n = len(held)
    return Books(
        ledger=dict.fromkeys(held, KIOSK),
        quarantined=frozenset(quarantined),
        alarms=frozenset(),
        counted={FACILITY: n if counted is None else counted},
        untrue_sums=(),
        enrolments=n,
        cursors=n,
        activated=n,
        under_way=0,
    )


def evidence(ledger: Books, promised: str = "ab", card: tuple[OnCard, ...] = (), **more: Any) -> Evidence:  # noqa: ANN401 - each as its field
    found = Evidence(
        books=ledger,
        tickets={KIOSK: Tickets(set(promised), {event: event for event in promised})},
        accepted=frozenset(),
        cards={KIOSK: card or tuple(OnCard(event, acked=True) for event in promised)},
        incidents=(),
        alarms=frozenset(),
        rolled_back=frozenset(),
        facilities={KIOSK: FACILITY},
        betrayed_ms=(),
        erases={KIOSK},
        unfit=(),
        still_waiting=(),
    )
    return replace(found, **more)


def restored(*forgot: OnCard, counts: bool = False) -> Incident:
    return Incident(KIOSK, Misfortune.RESTORED, 1000, counts, forgot)


CLONED = Incident(KIOSK, Misfortune.CLONED, 1000, counts=False)


def test_books_that_balance_hold() -> None:
    assert judge(evidence(books("a", "b"))).holds


def test_a_promised_event_that_is_nowhere_is_lost() -> None:
    verdict = judge(evidence(books("a"), card=(OnCard("a", acked=True),)))
    assert verdict.lost == ("b",)
    assert not verdict.holds


def test_an_event_that_its_card_believes_delivered_and_is_not_is_lost() -> None:
    assert judge(evidence(books("a"))).lost == ("b",)


def test_an_event_in_quarantine_or_in_an_outbox_is_not_lost() -> None:
    verdict = judge(evidence(books(quarantined=("a",)), card=(OnCard("a", acked=False), OnCard("b", acked=False))))
    assert (verdict.lost, verdict.quarantined, verdict.waiting) == ((), 1, 1)


def test_an_event_that_is_counted_twice_is_doubled() -> None:
    verdict = judge(evidence(books("a", "b", counted=3)))
    assert (verdict.doubled, verdict.miscounted) == (1, ("k-01: 3 counted of 2 events",))


def test_an_event_without_its_enrolment_or_its_place_is_miscounted() -> None:
    ledger = replace(books("a", "b"), enrolments=1, cursors=3)
    assert judge(evidence(ledger)).miscounted == ("1 enrolments of 2 events", "cursors add up to 3 of 2 events")


def test_an_alarm_about_a_healthy_kiosk_is_false() -> None:
    assert judge(evidence(books("a", "b"), alarms=frozenset({FORK}))).false_alarms == (FORK,)


@pytest.mark.parametrize(
    "alarm", [replace(FORK, kind="equivocation"), replace(FORK, kind="lost"), replace(FORK, raised_ms=999)]
)
def test_a_cloned_card_explains_no_alarm_of_another_kind_nor_an_earlier_one(alarm: Alarm) -> None:
    found = evidence(books("a", "b"), incidents=[CLONED], alarms=frozenset({alarm}))
    assert judge(found).false_alarms == (alarm,)


def test_a_cloned_card_explains_its_alarm_and_needs_one() -> None:
    assert judge(evidence(books("a", "b"), incidents=[CLONED], alarms=frozenset({FORK}))).holds
    assert judge(evidence(books("a", "b"), incidents=[CLONED])).silent == (KIOSK,)


def test_a_restored_card_that_forgot_what_was_delivered_needs_an_alarm() -> None:
    found = evidence(books("a", "b"), card=(OnCard("a", acked=True),), incidents=[restored(OnCard("b", acked=True))])
    assert judge(found).silent == (KIOSK,)


def test_a_restored_card_that_forgot_what_never_left_it_is_named_and_nobody_could_know() -> None:
    gone = OnCard("b", acked=False)
    verdict = judge(evidence(books("a"), card=(OnCard("a", acked=True),), incidents=[restored(gone)]))
    assert (verdict.holds, verdict.forgotten) == (True, 1)


def test_a_count_outside_the_card_must_tell_of_that_too() -> None:
    gone = OnCard("b", acked=False)
    found = evidence(books("a"), card=(OnCard("a", acked=True),), incidents=[restored(gone, counts=True)])
    assert judge(found).silent == (KIOSK,)


def test_what_was_delivered_must_stay_even_if_its_card_forgot_it() -> None:
    incident = restored(OnCard("b", acked=True))
    found = evidence(books("a"), card=(OnCard("a", acked=True),), incidents=[incident])
    assert judge(found).lost == ("b",)


def test_what_card_and_database_both_forgot_is_named() -> None:
    incident = restored(OnCard("b", acked=True))
    rolled_back = frozenset({"b"})
    found = evidence(books("a"), card=(OnCard("a", acked=True),), incidents=[incident], rolled_back=rolled_back)
    assert (judge(found).lost, judge(found).forgotten) == ((), 1)


def test_a_person_who_came_twice_counts_once() -> None:
    twice = Tickets({"a", "b"}, {"a": "7", "b": "7"})
    assert judge(evidence(replace(books("a", "b"), activated=1), tickets={KIOSK: twice})).holds
    wrong = judge(evidence(books("a", "b"), tickets={KIOSK: twice}))
    assert wrong.miscounted == ("coverage says 2 of 1 people",)


def test_a_person_whom_the_provider_knows_by_a_forgotten_event_cannot_count() -> None:
    twice = Tickets({"a", "b"}, {"a": "7", "b": "7"})
    found = evidence(
        replace(books("a"), activated=0),
        card=(OnCard("a", acked=True),),
        tickets={KIOSK: twice},
        accepted=frozenset({"b"}),
        rolled_back=frozenset({"b"}),
        incidents=[restored(OnCard("b", acked=True))],
        alarms=frozenset({FORK}),
    )
    assert judge(found).holds


def test_what_the_provider_accepted_and_nobody_has_any_more_is_lost() -> None:
    tickets = {KIOSK: Tickets(set(), {"a": "7"})}
    found = evidence(books(), card=(), tickets=tickets, cards={KIOSK: ()}, accepted=frozenset({"a"}))
    assert judge(found).lost == ("a",)


GONE = replace(FORK, kind="unrecoverable")


def test_what_was_erased_and_is_missing_in_too_old_a_backup_is_named_when_somebody_was_told() -> None:
    found = evidence(
        books("a"),
        card=(OnCard("a", acked=True),),
        rolled_back=frozenset({"b"}),
        betrayed_ms=[1500],
        alarms=frozenset({GONE}),
    )
    assert (judge(found).holds, judge(found).betrayed) == (True, 1)


def test_what_was_erased_and_is_missing_is_lost_when_nobody_was_told() -> None:
    found = evidence(books("a"), card=(OnCard("a", acked=True),), rolled_back=frozenset({"b"}), betrayed_ms=[1500])
    assert judge(found).lost == ("b",)


@pytest.mark.parametrize("why_not", [{"betrayed_ms": []}, {"betrayed_ms": [2500]}, {"erases": set()}])
def test_an_alarm_of_something_erased_is_false_without_an_older_backup_and_an_erasing_kiosk(
    why_not: dict[str, Any],
) -> None:
    found = evidence(books("a", "b"), alarms=frozenset({GONE}), **{"betrayed_ms": [1500], **why_not})
    assert judge(found).false_alarms == (GONE,)


def test_a_backup_that_does_not_hold_what_it_should_is_a_fault() -> None:
    assert not judge(evidence(books("a", "b"), unfit=["event 3 is missing"])).holds


def test_an_outbox_that_stands_still_for_no_reason_is_stuck() -> None:
    assert judge(evidence(books("a", "b"), still_waiting=[KIOSK])).stuck == (KIOSK,)
