# SPDX-License-Identifier: Apache-2.0
"""Who may have what announced, where and until when: pure, and it never reads a clock.

One person proposes, another approves, anybody withdraws. On the console they are accounts; on the command line who they
are is what they say.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from fleet.errors import FleetError
from wire.announcements import AT_MOST, LONGEST, Announcement, holds_a_citizen_number, is_printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from wire.ids import KioskId, ProvinceCode

_LONGEST_NAME = 64
_AHEAD = timedelta(days=366)  # beyond it the year is a slip, or counted in the Buddhist era


class Why(StrEnum):
    """Why an announcement was refused."""

    NO_NAME = "no_name"
    LENGTH = "length"  # of one language's words
    CONTROLS = "controls"
    NUMBER = "number"  # as a citizen's
    NO_PLACE = "no_place"
    DAYS = "days"  # none, or the last before the first
    OVER = "over"
    FAR = "far"  # more than a year ahead
    UNKNOWN = "unknown"
    STAGE = "stage"  # approved or withdrawn already
    SAME_PERSON = "same_person"
    CROWDED = "crowded"
    PHONE = "phone"  # no number to call


class AnnouncementRefusedError(FleetError):
    """An announcement was not proposed, approved or withdrawn. Nothing changed."""

    def __init__(self, why: Why, message: str) -> None:
        """Keep the reason for programs beside the words."""
        self.why = why
        super().__init__(message)


class Stage(StrEnum):
    """How far an announcement has come."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


def stage_of(approved_by: str | None, withdrawn_by: str | None) -> Stage:
    """How far something has come, by who has said yes and who has taken it back."""
    if withdrawn_by is not None:
        return Stage.WITHDRAWN
    return Stage.PROPOSED if approved_by is None else Stage.APPROVED


@dataclass(frozen=True, slots=True)
class Where:
    """Where it is announced: at every kiosk unless a province or one kiosk is named."""

    province: ProvinceCode | None = None
    kiosk: KioskId | None = None

    def holds(self, place: Where) -> bool:
        """Whether what is announced here stands at that place: a kiosk with its province, or any kiosk elsewhere."""
        if self.kiosk is not None:
            return self.kiosk == place.kiosk
        return self.province is None or self.province == place.province


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody wants announced; the days are Bangkok's and inclusive."""

    th: str
    en: str
    where: Where
    first: date
    last: date
    by: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An announcement as it is in the books."""

    number: int
    proposal: Proposal
    approved_by: str | None
    withdrawn_by: str | None

    @property
    def stage(self) -> Stage:
        """How far it has come."""
        return stage_of(self.approved_by, self.withdrawn_by)


def signed_by(name: str) -> str:
    """Somebody's name as it is written down.

    Raises:
        AnnouncementRefusedError: when it is none.
    """
    written = unicodedata.normalize("NFC", " ".join(name.split()))
    if not written or len(written) > _LONGEST_NAME or not is_printable(written) or holds_a_citizen_number(written):
        message = f"by: a name of 1 to {_LONGEST_NAME} letters is needed. Give --by who answers for it."
        raise AnnouncementRefusedError(Why.NO_NAME, message)
    return written


def check_proposal(proposal: Proposal, today: date) -> None:
    """Refuse words that a welcome screen must not show, and days that cannot come.

    Raises:
        AnnouncementRefusedError: naming what is wrong and what to give.
    """
    for name, words in (("th", proposal.th), ("en", proposal.en)):
        if not words.strip() or len(words) > LONGEST:
            why, message = Why.LENGTH, f"{name}: {len(words)} letters. Give 1 to {LONGEST}; both languages are needed."
        elif not is_printable(words):
            why, message = Why.CONTROLS, f"{name}: holds a control character. Give plain words on one line."
        elif holds_a_citizen_number(words):
            why = Why.NUMBER
            message = f"{name}: holds 13 digits, as a citizen number has. An announcement names nobody: leave it out."
        else:
            continue
        raise AnnouncementRefusedError(why, message)
    if proposal.last < proposal.first:
        message = f"until: {proposal.last} is before the first day, {proposal.first}. Give --until a later day."
        raise AnnouncementRefusedError(Why.DAYS, message)
    if proposal.last < today:
        message = f"until: {proposal.last} is over. Give --until today or later."
        raise AnnouncementRefusedError(Why.OVER, message)
    if proposal.last > today + _AHEAD:
        message = f"until: {proposal.last} is more than a year away. Give a day of the common era: 2569 is 2026."
        raise AnnouncementRefusedError(Why.FAR, message)


def check_approval(entry: Entry, by: str, *, today: date, approved: Sequence[Entry], places: Iterable[Where]) -> None:
    """Refuse an approval by the proposer, of what is not proposed any more, or of more than a screen shows.

    Args:
        entry: what is to be approved.
        by: who approves, as `signed_by` writes it.
        today: the day in Bangkok.
        approved: all that is approved now.
        places: the kinds of places that differ in what is announced there.

    Raises:
        AnnouncementRefusedError: naming what is wrong and what to do.
    """
    number, proposal = entry.number, entry.proposal
    check_second_person(f"Announcement {number}", entry.stage, proposal.by, by)
    if proposal.last < today:
        message = f"Announcement {number} ended on {proposal.last}. Propose it anew with later days."
        raise AnnouncementRefusedError(Why.OVER, message)
    for place in places:
        if _is_crowded(proposal, approved, place):
            where = place.kiosk or f"province {place.province or '(any)'}"
            message = f"Announcement {number}: {where} would have more than {AT_MOST} on a day. Withdraw one first."
            raise AnnouncementRefusedError(Why.CROWDED, message)


def check_second_person(what: str, stage: Stage, proposed_by: str, by: str) -> None:
    """Refuse an approval by the proposer, or of what is not proposed any more.

    Raises:
        AnnouncementRefusedError: naming what to do.
    """
    if stage is not Stage.PROPOSED:
        message = f"{what} is {stage} already. Propose it anew to change it."
        raise AnnouncementRefusedError(Why.STAGE, message)
    if by.casefold() == proposed_by.casefold():
        message = f"{what} was proposed by {proposed_by}. Let another person approve it, and give --by."
        raise AnnouncementRefusedError(Why.SAME_PERSON, message)


def _is_crowded(proposal: Proposal, approved: Sequence[Entry], place: Where) -> bool:
    """Whether there is a day on which this place would show more than fit; there are most on some first day."""
    if not proposal.where.holds(place):
        return False
    there = [proposal, *(each.proposal for each in approved if each.proposal.where.holds(place))]
    starts = {max(each.first, proposal.first) for each in there if each.first <= proposal.last}
    return any(sum(each.first <= day <= each.last for each in there) > AT_MOST for day in starts)


def check_standing(what: str, stage: Stage, withdrawn_by: str | None) -> None:
    """Refuse to withdraw a second time.

    Raises:
        AnnouncementRefusedError: saying that it is withdrawn.
    """
    if stage is Stage.WITHDRAWN:
        message = f"{what} was withdrawn by {withdrawn_by}. Nothing is left to do."
        raise AnnouncementRefusedError(Why.STAGE, message)


def standing(entries: Iterable[Entry], place: Where, today: date) -> tuple[Announcement, ...]:
    """What stands or will stand at a place, what begins first before the rest: so that today's is never left out."""
    there = [
        each
        for each in entries
        if each.stage is Stage.APPROVED and each.proposal.last >= today and each.proposal.where.holds(place)
    ]
    there.sort(key=lambda each: (each.proposal.first, each.number))
    chosen = [each.proposal for each in there[:AT_MOST]]
    return tuple(Announcement(each.th, each.en, each.first, each.last) for each in chosen)
