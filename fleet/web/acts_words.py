# SPDX-License-Identifier: Apache-2.0
"""Words for what operators did. An act without words here is shown as the log spells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext, lazy_gettext

from fleet.audit import Act

if TYPE_CHECKING:
    from fleet.audit import Detail, Fact

WORDS = {
    Act.KIOSK_REGISTERED: lazy_gettext("Kiosk registered"),
    Act.KIOSK_REVOKED: lazy_gettext("Kiosk revoked"),
    Act.KIOSKS_SIMULATED: lazy_gettext("Simulated kiosks registered"),
    Act.DEMO_FILLED: lazy_gettext("Demonstration data filled in"),
    Act.FIGURES_IMPORTED: lazy_gettext("Figures imported"),
    Act.IMPORT_PROPOSED: lazy_gettext("Import proposed"),
    Act.IMPORT_APPROVED: lazy_gettext("Import approved"),
    Act.IMPORT_REJECTED: lazy_gettext("Import rejected"),
    Act.IMPORT_UNDONE: lazy_gettext("Import undone"),
    Act.PEOPLE_MATCHED: lazy_gettext("People matched with a list"),
    Act.ORDER_GIVEN: lazy_gettext("Order given"),
    Act.ORDER_CANCELLED: lazy_gettext("Order taken back"),
    Act.ROLLOUT_PROPOSED: lazy_gettext("Rollout proposed"),
    Act.ROLLOUT_APPROVED: lazy_gettext("Rollout approved"),
    Act.ROLLOUT_PAUSED: lazy_gettext("Rollout paused"),
    Act.ROLLOUT_RESUMED: lazy_gettext("Rollout resumed"),
    Act.ROLLOUT_ABORTED: lazy_gettext("Rollout ended or declined"),
    Act.ROLLOUT_STOPPED: lazy_gettext("Rollout stopped by itself"),
    Act.RING_PINNED: lazy_gettext("Facility put into a ring"),
    Act.ROSTER_IMPORTED: lazy_gettext("Roster imported"),
    Act.ROSTER_FORGOTTEN: lazy_gettext("Roster erased"),
    Act.HELP_NUMBER_PROPOSED: lazy_gettext("Help number proposed"),
    Act.HELP_NUMBER_APPROVED: lazy_gettext("Help number approved"),
    Act.HELP_NUMBER_WITHDRAWN: lazy_gettext("Help number taken back"),
    Act.COMPLAINT_ENTERED: lazy_gettext("Complaint entered"),
    Act.COMPLAINT_TAKEN: lazy_gettext("Complaint taken on"),
    Act.COMPLAINT_ANSWERED: lazy_gettext("Complaint answered"),
    Act.COMPLAINT_CLOSED: lazy_gettext("Complaint closed"),
    Act.COMPLAINT_REOPENED: lazy_gettext("Complaint opened again"),
    Act.LOSS_REPORTED: lazy_gettext("Loss reported"),
    Act.LOSS_CONFIRMED: lazy_gettext("Loss confirmed"),
    Act.LOSS_WITHDRAWN: lazy_gettext("Report of a loss taken back"),
    Act.BACKUP_VERIFIED: lazy_gettext("Backup verified"),
    Act.MONTH_DETACHED: lazy_gettext("Month detached"),
    Act.ANNOUNCEMENT_PROPOSED: lazy_gettext("Announcement proposed"),
    Act.ANNOUNCEMENT_APPROVED: lazy_gettext("Announcement approved"),
    Act.ANNOUNCEMENT_WITHDRAWN: lazy_gettext("Announcement taken back"),
    Act.HELP_ACKNOWLEDGED: lazy_gettext("Call for help acknowledged"),
    Act.ALERT_ACKNOWLEDGED: lazy_gettext("Alarm acknowledged"),
    Act.ALERT_CLEARED: lazy_gettext("Alarm cleared"),
    Act.WINDOW_ADDED: lazy_gettext("Maintenance window added"),
    Act.WINDOW_ENDED: lazy_gettext("Maintenance window ended"),
    Act.SUBSCRIPTION_ADDED: lazy_gettext("Subscription added"),
    Act.SUBSCRIPTION_ENDED: lazy_gettext("Subscription ended"),
    Act.HOURS_SET: lazy_gettext("Opening hours set"),
    Act.MORNING_CHECKED: lazy_gettext("Morning looked at"),
    Act.ACCOUNT_ADDED: lazy_gettext("Account made"),
    Act.ACCOUNT_CHANGED: lazy_gettext("Scope and role changed"),
    Act.ACCOUNT_DISABLED: lazy_gettext("Account disabled"),
    Act.ACCOUNT_RESET: lazy_gettext("Account reset"),
    Act.TOKEN_MADE: lazy_gettext("Token made"),
    Act.SESSIONS_ENDED: lazy_gettext("Sessions or tokens ended"),
    Act.RIGHTS_PROPOSED: lazy_gettext("More rights proposed"),
    Act.RIGHTS_DECLINED: lazy_gettext("More rights declined"),
    Act.IDENTITY_LINKED: lazy_gettext("Linked to the provider"),
    Act.IDENTITY_UNLINKED: lazy_gettext("Link to the provider ended"),
    Act.PASSKEY_ADDED: lazy_gettext("Passkey added"),
    Act.PASSKEY_ENDED: lazy_gettext("Passkey removed"),
    Act.SIGNED_IN: lazy_gettext("Signed in to the console"),
    Act.SIGNED_OUT: lazy_gettext("Signed out"),
}


def act_words(act: str) -> str:
    """What was done."""
    return str(WORDS.get(Act(act), act)) if act in set(Act) else act


def facts(detail: Detail) -> list[str]:
    """What else a line tells, each as name and value."""
    return [f"{name}: {_said(value)}" for name, value in detail.items()]


def _said(value: Fact) -> str:
    if isinstance(value, bool):
        return str(gettext("yes") if value else gettext("no"))
    return str(value)
