# SPDX-License-Identifier: Apache-2.0
"""The moments of a member of staff on the way to a Provider ID (J10). Their words are the unit's own, never a name."""

from __future__ import annotations

from kiosk.enrollment.shown import Shown


class StaffFirst(Shown, frozen=True):
    """J10, step 1 of 3: this member of staff has no Health ID yet."""


class OnRoster(Shown, frozen=True):
    """J10: what the unit's roster says of the person, in the unit's words."""

    unit: str
    position: str


class NotOnRoster(Shown, frozen=True):
    """J10: no roster has the person. `admin` says who mends the one of this hospital, empty where nobody is known."""

    admin: str = ""


class TicketSent(Shown, frozen=True):
    """J10: the ticket is kept; whoever is told its number can find it."""

    ticket: int
    admin: str = ""


class StaffOnPhone(Shown, frozen=True):
    """J10, step 2 of 3 where nobody is handed over: the rest is done on the person's own phone, by themselves."""


class ScanWithPhone(Shown, frozen=True):
    """J10: where the phone goes, and the words that must stand on both. The link is good for a few minutes."""

    link: str
    word_th: str
    word_en: str
    sandbox: bool = True


class HasProviderId(Shown, frozen=True):
    """J10: there is a Provider ID."""

    sandbox: bool = True


class StaffNextStep(Shown, frozen=True):
    """J10, step 3 of 3: what a Provider ID is needed for next, and where that is."""
