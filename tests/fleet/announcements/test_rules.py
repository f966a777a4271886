# SPDX-License-Identifier: Apache-2.0
"""Who may have what announced, where and until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from fleet.announcements.rules import (
    AnnouncementRefusedError,
    Entry,
    Proposal,
    Where,
    check_approval,
    check_proposal,
    signed_by,
    standing,
)
from wire.ids import KioskId, ProvinceCode

TODAY = date(2026, 12, 1)
UDON, LOEI = ProvinceCode("41"), ProvinceCode("42")
KIOSK = KioskId("k-udon-01")
HERE = Where(UDON, KIOSK)
FLU = Proposal("ฉีดวัคซีนฟรี", "Free flu shots", Where(), TODAY, TODAY + timedelta(days=30), "สมชาย")


def entry(number: int, *, approved: bool = True, withdrawn: bool = False, **changes: object) -> Entry:
    wanted = replace(FLU, en=f"Number {number}", **changes)  # type: ignore[arg-type]
    return Entry(number, wanted, "Malee" if approved else None, "Somsri" if withdrawn else None)


def shown(*entries: Entry, place: Where = HERE, today: date = TODAY) -> list[str]:
    return [each.en for each in standing(entries, place, today)]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"th": ""}, "th: 0 letters"),
        ({"en": " "}, "en: 1 letters"),
        ({"th": "ก" * 101}, "th: 101 letters"),
        ({"en": "x\x1b[2J"}, "en: holds a control character"),
        ({"en": "two\nlines"}, "en: holds a control character"),
        ({"th": "ผู้โชคดี 1101700203451"}, "th: holds 13 digits"),
        ({"th": "๑๑๐๑๗๐๐๒๐๓๔๕๑"}, "th: holds 13 digits"),
        ({"last": TODAY - timedelta(days=1)}, "before the first day"),
        ({"first": date(2026, 11, 1), "last": date(2026, 11, 30)}, "is over"),
        ({"last": date(2569, 12, 31)}, "common era"),
    ],
)
def test_a_proposal_that_no_screen_may_show_is_refused_with_what_to_give(
    changes: dict[str, object], complaint: str
) -> None:
    check_proposal(FLU, TODAY)
    with pytest.raises(AnnouncementRefusedError, match=complaint) as refused:
        check_proposal(replace(FLU, **changes), TODAY)  # type: ignore[arg-type]
    assert "1101700203451" not in str(refused.value)


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "a\x00b", "1101700203451"])
def test_somebody_answers_for_it_by_name(name: str) -> None:
    assert signed_by("  Malee   Jaidee ") == "Malee Jaidee"
    with pytest.raises(AnnouncementRefusedError, match="--by"):
        signed_by(name)


@pytest.mark.parametrize("by", ["Somchai", "somchai", "SOMCHAI"])
def test_whoever_proposed_does_not_approve(by: str) -> None:
    proposed = entry(7, approved=False, by="Somchai")
    with pytest.raises(AnnouncementRefusedError, match="another person"):
        check_approval(proposed, by, today=TODAY, approved=[], places=[HERE])
    check_approval(proposed, "Malee", today=TODAY, approved=[], places=[HERE])


def test_only_what_is_proposed_and_not_over_is_approved() -> None:
    for wrong, complaint in (
        (entry(1), "approved already"),
        (entry(2, approved=False, withdrawn=True), "withdrawn already"),
        (entry(3, approved=False, first=TODAY - timedelta(2), last=TODAY - timedelta(1)), "ended"),
    ):
        with pytest.raises(AnnouncementRefusedError, match=complaint):
            check_approval(wrong, "Malee", today=TODAY, approved=[], places=[HERE])


def test_no_eleventh_is_approved_for_a_day_and_a_place_that_has_ten() -> None:
    ten = [
        *(entry(n) for n in range(4)),
        *(entry(n, where=Where(UDON)) for n in range(4, 8)),
        *(entry(n, where=Where(kiosk=KIOSK)) for n in (8, 9)),
    ]
    places = [Where(), Where(UDON), Where(LOEI), HERE]
    for where in (Where(), Where(UDON), Where(kiosk=KIOSK)):
        with pytest.raises(AnnouncementRefusedError, match="more than 10"):
            check_approval(entry(10, approved=False, where=where), "Malee", today=TODAY, approved=ten, places=places)
    later = FLU.last + timedelta(days=1)
    for fits in (
        entry(10, approved=False, where=Where(LOEI)),
        entry(11, approved=False, where=Where(kiosk=KioskId("k-udon-02"))),
        entry(12, approved=False, first=later, last=later),
    ):
        check_approval(fits, "Malee", today=TODAY, approved=ten, places=places)


def test_ten_that_follow_one_another_leave_room_beside_them() -> None:
    each = [entry(n, first=TODAY + timedelta(n), last=TODAY + timedelta(n)) for n in range(20)]
    check_approval(entry(20, approved=False), "Malee", today=TODAY, approved=each, places=[Where()])


def test_what_stands_is_approved_not_withdrawn_not_over_and_meant_for_the_place() -> None:
    everywhere, province, one = entry(1), entry(2, where=Where(UDON)), entry(3, where=Where(kiosk=KIOSK))
    others = (
        entry(4, approved=False),
        entry(5, withdrawn=True),
        entry(6, where=Where(LOEI)),
        entry(7, where=Where(kiosk=KioskId("k-udon-02"))),
        entry(8, first=TODAY - timedelta(days=9), last=TODAY - timedelta(days=1)),
    )
    assert shown(everywhere, province, one, *others) == ["Number 1", "Number 2", "Number 3"]
    assert shown(everywhere, province, one, place=Where(LOEI, KioskId("k-loei-01"))) == ["Number 1"]


def test_what_begins_first_comes_first_and_no_more_than_ten() -> None:
    later = [entry(n, first=TODAY + timedelta(days=20 - n)) for n in range(12)]
    assert shown(*later, entry(99))[:2] == ["Number 99", "Number 11"]
    assert len(shown(*later, entry(99))) == 10
