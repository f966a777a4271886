# SPDX-License-Identifier: Apache-2.0
"""What is done with the numbers that kiosks tell people to call: propose, approve, take back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import lazy_gettext

from fleet import audit
from fleet.announcements import numbers
from fleet.announcements.numbers import Wanted
from fleet.announcements.rules import AnnouncementRefusedError, Why
from fleet.web.deeds import announcements
from fleet.web.deeds.places import place_of
from fleet.web.reach import doing
from wire.errors import WireError
from wire.phones import help_number

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from fleet.web.reach import Deed
    from wire.phones import HelpNumber

WHY = announcements.WHY | {
    Why.NO_PLACE: lazy_gettext("Say where: one of the places offered, or a facility at which a kiosk stands."),
    Why.PHONE: lazy_gettext(
        "Give a Thai number: nine digits, ten for a mobile phone, a short one, or a free one from 1800. No 1900."
    ),
}


def propose(typed: Mapping[str, str]) -> int:
    """Write a proposal down: `digits`, and `province` or `facility` in it; give its number.

    Raises:
        RefusedError: it is no number to call, or no place.
    """
    with _doing() as deed:
        digits, where = _digits(typed), place_of(typed, deed.scope)
        if where is None:
            raise AnnouncementRefusedError(Why.NO_PLACE, "no such place")
        wanted = Wanted(digits, where, deed.who)
        number = numbers.propose(deed.connection, wanted, deed.at_ms, deed.scope)
        told: audit.Detail = {"digits": wanted.digits, "for": str(wanted.where)}
        deed.record(audit.Act.HELP_NUMBER_PROPOSED, str(number), told)
    return number


def approve(number: int) -> None:
    """Approve what another person has proposed.

    Raises:
        RefusedError: it is not to be approved, or not by this account.
    """
    with _doing() as deed:
        numbers.approve(deed.connection, number, deed.who, deed.at_ms, deed.scope)
        deed.record(audit.Act.HELP_NUMBER_APPROVED, str(number))


def withdraw(number: int) -> None:
    """Take one back.

    Raises:
        RefusedError: it is taken back already.
    """
    with _doing() as deed:
        numbers.withdraw(deed.connection, number, deed.who, deed.at_ms, deed.scope)
        deed.record(audit.Act.HELP_NUMBER_WITHDRAWN, str(number))


def _doing() -> AbstractContextManager[Deed]:
    return doing(AnnouncementRefusedError, lambda error: WHY.get(error.why))


def _digits(typed: Mapping[str, str]) -> HelpNumber:
    try:
        return help_number(typed.get("digits", ""))
    except WireError as error:
        raise AnnouncementRefusedError(Why.PHONE, str(error)) from error
