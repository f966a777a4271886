# SPDX-License-Identifier: Apache-2.0
"""The words of a kiosk's page: its facts, why something was not done, and what a lost one means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext, lazy_gettext

from fleet.devices import help_calls, losses
from fleet.devices.certificates import Validity, days_left
from fleet.devices.facts import Connectivity, Health, Lifecycle, Software
from fleet.devices.losses import Kind, Standing
from fleet.web.wording import CARES, ago, number, written_moment
from wire.hello import Kept

if TYPE_CHECKING:
    from enum import StrEnum

    from fleet.devices.closeup import Closeup

LIFECYCLES = {
    Lifecycle.REGISTERED: lazy_gettext("Registered"),
    Lifecycle.IN_SERVICE: lazy_gettext("In service"),
    Lifecycle.REPORTED_LOST: lazy_gettext("Reported lost"),
    Lifecycle.REVOKED: lazy_gettext("Withdrawn"),
}
CONNECTIVITIES = {
    Connectivity.NEVER: lazy_gettext("Never heard from"),
    Connectivity.ONLINE: lazy_gettext("Connected"),
    Connectivity.QUIET: lazy_gettext("Quiet: wait"),
    Connectivity.CLOSED: lazy_gettext("Not heard, and the facility is closed: it may be switched off"),
    Connectivity.SILENT: lazy_gettext("Silent"),
}
SOFTWARES = {
    Software.UNKNOWN: lazy_gettext("Not known"),
    Software.SAME_AS_MOST: lazy_gettext("As most kiosks"),
    Software.ANOTHER: lazy_gettext("Another than most kiosks"),
}
VALIDITIES = {
    Validity.UNKNOWN: lazy_gettext("Not known"),
    Validity.GOOD: lazy_gettext("Good"),
    Validity.DUE: lazy_gettext("Renew it at the next occasion"),
    Validity.SOON: lazy_gettext("Ends soon: renew it now"),
    Validity.ENDED: lazy_gettext("Ended: the kiosk is shut out"),
}
HEALTHS = {
    Health.UNKNOWN: lazy_gettext("Not known"),
    Health.FINE: lazy_gettext("Fine"),
    Health.NEEDS_CARE: lazy_gettext("Needs care"),
    Health.RESTING: lazy_gettext("Closed for a while"),
}
WHY_NO_HELPER = {
    help_calls.Why.NO_CALL: lazy_gettext("Nobody waits for a helper there now."),
    help_calls.Why.WITHOUT_NAME: lazy_gettext("Its release cannot show who comes. Go there all the same."),
    help_calls.Why.LINK_LOST: lazy_gettext("Its link is lost, so nothing would be shown there. Go there all the same."),
    help_calls.Why.MINUTES: lazy_gettext("Give 1 to 30 minutes: whoever waits counts on them."),
    help_calls.Why.NO_NAME: lazy_gettext("Give the helper's name in at most 18 letters, for the screen."),
}
WHY_NOT = {
    losses.Why.REVOKED: lazy_gettext("The kiosk is withdrawn already."),
    losses.Why.REPORTED_ALREADY: lazy_gettext("Somebody has reported it already."),
    losses.Why.NOT_REPORTED: lazy_gettext("There is no open report: it was confirmed or taken back meanwhile."),
    losses.Why.SAME_PERSON: lazy_gettext("You reported it yourself. Another person has to confirm."),
    losses.Why.NOT_SAID: lazy_gettext("Say what happened to the kiosk."),
    losses.Why.NOT_SURE: lazy_gettext("Tick that you have understood: it cannot be undone."),
}
KINDS = {
    Kind.LOST: lazy_gettext("lost"),
    Kind.STOLEN: lazy_gettext("stolen"),
    Kind.OPENED: lazy_gettext("opened by somebody"),
}
STANDINGS = {
    Standing.REPORTED: lazy_gettext("reported, not confirmed yet"),
    Standing.CONFIRMED: lazy_gettext("confirmed"),
    Standing.WITHDRAWN: lazy_gettext("taken back"),
}


KEPT = {
    Kept.TPM: lazy_gettext("In the security chip (TPM)"),
    Kept.SEALED_FILE: lazy_gettext("On the memory card, sealed"),
    Kept.FILE: lazy_gettext("On the memory card"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One fact as the page shows it; `tone` colours it, `more` are the lines below."""

    title: str
    word: str
    tone: str
    more: tuple[str, ...]


_TONES: dict[StrEnum, str] = {
    Lifecycle.IN_SERVICE: "ok",
    Lifecycle.REPORTED_LOST: "needs_care",
    Connectivity.ONLINE: "ok",
    Connectivity.QUIET: "needs_care",
    Connectivity.SILENT: "silent",
    Software.SAME_AS_MOST: "ok",
    Software.ANOTHER: "needs_care",
    Health.FINE: "ok",
    Validity.GOOD: "ok",
    Validity.SOON: "needs_care",
    Validity.ENDED: "silent",
    Health.NEEDS_CARE: "needs_care",
}


def facts_words(found: Closeup, now_ms: int) -> tuple[Told, ...]:
    """Say the five facts, and how the keys are kept."""
    facts, device = found.facts, found.device
    since = gettext("registered %(moment)s", moment=written_moment(found.registered_ms))
    heard = () if device.seen_ms is None else (gettext("heard %(ago)s", ago=ago(device.seen_ms, now_ms)),)
    releases = () if device.release is None else (device.release,)
    if found.usual_release and found.usual_release != device.release:
        releases = (*releases, gettext("most kiosks: %(release)s", release=found.usual_release))
    cares = tuple(str(CARES[care]) for care in facts.cares)
    return (
        _told(gettext("Place in life"), facts.lifecycle, LIFECYCLES[facts.lifecycle], (since,)),
        _told(gettext("Link"), facts.connectivity, CONNECTIVITIES[facts.connectivity], heard),
        _told(gettext("Software"), facts.software, SOFTWARES[facts.software], releases),
        _told(gettext("Health"), facts.health, HEALTHS[facts.health], cares),
        _told(gettext("Certificate"), facts.certificate, VALIDITIES[facts.certificate], _until(found, now_ms)),
        _keys(found),
    )


def _keys(found: Closeup) -> Told:
    """How the kiosk keeps its two keys: in front the worse of them, which a thief takes, where both are known."""
    named = ((gettext("Signing key"), found.event_key), (gettext("Connection key"), found.tls_key))
    lines = tuple(f"{name}: {KEPT[kept]}" for name, kept in named if kept is not None)
    if found.event_key is None or found.tls_key is None:
        return Told(gettext("Keys"), str(VALIDITIES[Validity.UNKNOWN]), "never_seen", lines)
    worst = max(found.event_key, found.tls_key, key=list(Kept).index)
    shown = () if found.event_key is found.tls_key else lines
    if worst is not Kept.TPM:
        shown = (*shown, gettext("Whoever copies the whole card has the key."))
    return Told(gettext("Keys"), str(KEPT[worst]), "ok" if worst is Kept.TPM else "never_seen", shown)


def _until(found: Closeup, now_ms: int) -> tuple[str, ...]:
    if found.certificate_ms is None:
        return ()
    days = days_left(found.certificate_ms, now_ms)
    left = gettext("%(n)s days left", n=number(days))
    return (left, gettext("good until %(moment)s", moment=written_moment(found.certificate_ms)))


def _told(title: str, fact: StrEnum, word: object, more: tuple[str, ...]) -> Told:
    return Told(title, str(word), _TONES.get(fact, "never_seen"), more)
