# SPDX-License-Identifier: Apache-2.0
"""What is done with announcements: propose, approve, take back."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from flask_babel import lazy_gettext

from fleet import audit
from fleet.announcements import book
from fleet.announcements.rules import AnnouncementRefusedError, Proposal, Where, Why
from fleet.store.scope import Level
from fleet.web.reach import doing
from wire.announcements import AT_MOST, LONGEST
from wire.errors import WireError
from wire.ids import kiosk_id
from wire.provinces import province_code

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from fleet.web.reach import Deed

WHY = {
    Why.NO_NAME: lazy_gettext("Your account has no name that can be written down."),
    Why.LENGTH: lazy_gettext("Give words in both languages, at most %(n)s letters each.", n=LONGEST),
    Why.CONTROLS: lazy_gettext("Give plain words on one line."),
    Why.NUMBER: lazy_gettext("It holds 13 digits, as a citizen number has. It must name nobody: leave it out."),
    Why.NO_PLACE: lazy_gettext("Say where: one of the places offered, or the name on a kiosk's label."),
    Why.DAYS: lazy_gettext("Give both days; the last is not before the first."),
    Why.OVER: lazy_gettext("The last day is over. Propose it with later days."),
    Why.FAR: lazy_gettext("The last day is more than a year away."),
    Why.STAGE: lazy_gettext("Somebody has approved it or taken it back meanwhile."),
    Why.SAME_PERSON: lazy_gettext("You proposed it yourself. Another person has to approve."),
    Why.CROWDED: lazy_gettext("A screen would have more than %(n)s on a day. Take one back first.", n=AT_MOST),
}


def propose(typed: Mapping[str, str]) -> int:
    """Write a proposal down: `th`, `en`, `kiosk` or `province`, `first_day` and `last_day`; give its number.

    Raises:
        RefusedError: it cannot be announced.
    """
    with _doing() as deed:
        number = book.propose(deed.connection, _proposal(typed, deed.who), deed.at_ms, deed.scope)
        _record(deed, audit.Act.ANNOUNCEMENT_PROPOSED, number)
    return number


def approve(number: int) -> None:
    """Approve what another person has proposed.

    Raises:
        RefusedError: it is not to be approved, or not by this account.
    """
    with _doing() as deed:
        book.approve(deed.connection, number, deed.who, deed.at_ms, deed.scope)
        _record(deed, audit.Act.ANNOUNCEMENT_APPROVED, number)


def withdraw(number: int) -> None:
    """Take one back.

    Raises:
        RefusedError: it is taken back already.
    """
    with _doing() as deed:
        book.withdraw(deed.connection, number, deed.who, deed.at_ms, deed.scope)
        _record(deed, audit.Act.ANNOUNCEMENT_WITHDRAWN, number)


def _doing() -> AbstractContextManager[Deed]:
    return doing(AnnouncementRefusedError, lambda error: WHY.get(error.why))


def _record(deed: Deed, act: audit.Act, number: int) -> None:
    deed.record(act, str(number), {"by": deed.who})


def _proposal(typed: Mapping[str, str], by: str) -> Proposal:
    th, en = (" ".join(typed.get(name, "").split()) for name in ("th", "en"))
    return Proposal(th, en, _where(typed), _day(typed.get("first_day", "")), _day(typed.get("last_day", "")), by)


def _where(typed: Mapping[str, str]) -> Where:
    kiosk, province = typed.get("kiosk", "").strip(), typed.get("province", "")
    try:
        if kiosk:
            return Where(kiosk=kiosk_id(kiosk))
        if province == str(Level.NATION):
            return Where()
        return Where(province_code(province))
    except WireError as error:
        raise AnnouncementRefusedError(Why.NO_PLACE, "no such place") from error


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise AnnouncementRefusedError(Why.DAYS, "no day") from error
