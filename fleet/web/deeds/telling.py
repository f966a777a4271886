# SPDX-License-Identifier: Apache-2.0
"""What is done about who is told of alarms and when nobody is: subscriptions, maintenance and opening hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import lazy_gettext

from fleet import audit
from fleet.alerts import schedule, subscribers
from fleet.alerts.rules import Severity
from fleet.alerts.subscribers import ChannelKind, Subscription, SubscriptionRefusedError
from fleet.alerts.subscribers import Why as WhyNotTold
from fleet.alerts.windows import REASON_AT_MOST, Why, Window, WindowRefusedError, moment
from fleet.store.hours import HoursRefusedError
from fleet.store.scope import OutOfScopeError, Scope, ScopeRefusedError
from fleet.web.deeds.places import place_of
from fleet.web.reach import doing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from fleet.web.reach import Deed

# A webhook lets the controller reach any address, its neighbours too: whoever runs the controller adds it there.
CHANNELS = (ChannelKind.MAIL, ChannelKind.LINE)
_NO_PLACE = lazy_gettext("Say where: one of the places offered, or the five digits of a facility in it.")
_WHY = {
    Why.NO_PLACE: _NO_PLACE,
    Why.NO_MOMENT: lazy_gettext("Give the day and the time."),
    Why.AHEAD: lazy_gettext("Give an end that lies ahead, and after the beginning."),
    Why.LONG: lazy_gettext("Nobody is told for 31 days at most. Add another when this one is over."),
    Why.REASON: lazy_gettext("Give the reason in one line of at most %(n)s letters.", n=REASON_AT_MOST),
    Why.NUMBER: lazy_gettext("It holds 13 digits, as a citizen number has. It must name nobody: leave it out."),
    Why.HOURS: lazy_gettext("Choose days, and an end that is later than the beginning."),
}
_WHY_NOT_TOLD = {
    WhyNotTold.NO_PLACE: _NO_PLACE,
    WhyNotTold.ADDRESS: lazy_gettext(
        "This is no address of that channel. Give one as it@hospital.example, or LINE's id: U, C or R and 32 digits."
    ),
    WhyNotTold.LANGUAGE: lazy_gettext("Choose Thai or English, and how urgent it has to be."),
    WhyNotTold.THERE: lazy_gettext("This address is told of that place already."),
    WhyNotTold.CHANNEL: lazy_gettext(
        "Choose mail or LINE. A webhook is added on the controller: dipchip-fleet alert subscribe."
    ),
}


def subscribe(typed: Mapping[str, str]) -> int:
    """Tell an address from now on: a place, `channel`, `address`, `language` and `least`; gives the number of it.

    Raises:
        RefusedError: it is no address, or is told already.
    """
    with _subscribing() as deed:
        where = _where(typed, deed.scope)
        if where is None:
            raise SubscriptionRefusedError(WhyNotTold.NO_PLACE, "no such place")
        wanted = Subscription(
            0, where, _channel(typed), typed.get("address", "").strip(), typed.get("language", ""), _least(typed)
        )
        number = subscribers.subscribe(deed.connection, wanted, deed.who, deed.at_ms)
        deed.record(audit.Act.SUBSCRIPTION_ADDED, f"{wanted.channel} {wanted.scope}")
    return number


def unsubscribe(number: int) -> None:
    """Tell an address no longer, and erase it."""
    with _subscribing() as deed:
        subscribers.unsubscribe(deed.connection, number, deed.scope, deed.at_ms)
        deed.record(audit.Act.SUBSCRIPTION_ENDED, str(number))


def add_window(typed: Mapping[str, str]) -> int:
    """Tell nobody for a while: a place, `first` and `until` of Bangkok, and `reason`; gives the window's number.

    Raises:
        RefusedError: it would silence by mistake.
    """
    with _scheduling() as deed:
        where = _where(typed, deed.scope)
        if where is None:
            raise WindowRefusedError(Why.NO_PLACE, "no such place")
        first_ms = moment("first", typed["first"]) if typed.get("first") else deed.at_ms
        until = typed.get("until", "")
        window = Window(0, where, first_ms, moment("until", until), typed.get("reason", ""), deed.who)
        number = schedule.add_window(deed.connection, window, deed.at_ms)
        deed.record(audit.Act.WINDOW_ADDED, str(where), {"until": until})
    return number


def end_window(number: int) -> None:
    """End one before its time: what stands there is told."""
    with _scheduling() as deed:
        schedule.end_window(deed.connection, number, deed.scope, deed.at_ms)
        deed.record(audit.Act.WINDOW_ENDED, str(number))


def set_hours(typed: Mapping[str, str]) -> None:
    """Say when a facility is open: `days`, `opens` and `closes`; without days as the fleet again.

    Raises:
        RefusedError: it is no facility, or they are no hours.
    """
    with _scheduling() as deed:
        site = _where(typed, deed.scope)
        if site is None:
            raise WindowRefusedError(Why.NO_PLACE, "no such place")
        hours = (typed["days"], typed.get("opens", ""), typed.get("closes", "")) if typed.get("days") else None
        try:
            schedule.set_hours(deed.connection, site, hours)
        except HoursRefusedError as error:
            raise WindowRefusedError(Why.HOURS, str(error)) from error
        deed.record(audit.Act.HOURS_SET, str(site), {"hours": "as the fleet" if hours is None else " ".join(hours)})


def _subscribing() -> AbstractContextManager[Deed]:
    return doing(SubscriptionRefusedError, lambda error: _WHY_NOT_TOLD.get(error.why))


def _scheduling() -> AbstractContextManager[Deed]:
    return doing(WindowRefusedError, lambda error: _WHY.get(error.why))


def _where(typed: Mapping[str, str], scope: Scope) -> Scope | None:
    """The place: as anywhere, or a health region as `region:8`; it must lie in the scope."""
    try:
        is_region = typed.get("province", "").startswith("region:")
        found = Scope.parse(typed["province"]) if is_region else place_of(typed, scope)
    except ScopeRefusedError:
        return None
    if found is not None and not scope.holds(found):
        message = f"{found} is outside of {scope}"
        raise OutOfScopeError(message)
    return found


def _channel(typed: Mapping[str, str]) -> ChannelKind:
    channel = typed.get("channel", "")
    if channel not in CHANNELS:
        raise SubscriptionRefusedError(WhyNotTold.CHANNEL, "not a channel that is added here")
    return ChannelKind(channel)


def _least(typed: Mapping[str, str]) -> Severity:
    try:
        return Severity(typed.get("least", ""))
    except ValueError as error:
        raise SubscriptionRefusedError(WhyNotTold.LANGUAGE, "no such severity") from error
