# SPDX-License-Identifier: Apache-2.0
"""What each address asks of whoever opens it. One that is not listed here answers nobody.

Which rows an account then sees is not decided here but by its scope, in every statement (`fleet.store.scope`).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from flask_babel import lazy_gettext

from fleet.operators.accounts import Role
from fleet.store.scope import Level

if TYPE_CHECKING:
    from collections.abc import Mapping

ROLES = {
    Role.VIEWER: lazy_gettext("viewer"),
    Role.OPERATOR: lazy_gettext("operator"),
    Role.APPROVER: lazy_gettext("approver"),
}
LEVELS = {
    Level.NATION: lazy_gettext("the whole country"),
    Level.REGION: lazy_gettext("a health region"),
    Level.PROVINCE: lazy_gettext("a province"),
    Level.FACILITY: lazy_gettext("a facility"),
}


@dataclass(frozen=True, slots=True)
class Right:
    """Who may: at least this role, and a scope at least as wide as this."""

    role: Role = Role.VIEWER
    width: Level = Level.FACILITY


_LOOK = Right()
_ACT = Right(Role.OPERATOR)
_APPROVE = Right(Role.APPROVER)
_FIGURES = Right(width=Level.PROVINCE)  # of whole provinces: a facility has no share of its own
_OVERSEE = Right(Role.APPROVER, Level.PROVINCE)  # what people did is theirs, and read by whoever answers for them
_BRING_FIGURES = Right(Role.OPERATOR, Level.PROVINCE)
_STEER = Right(Role.OPERATOR, Level.NATION)  # what every kiosk of the country may get

_ADDRESSES = {
    "accounts.approve": _APPROVE,
    "accounts.change": _APPROVE,
    "accounts.decline": _APPROVE,
    "accounts.disable": _APPROVE,
    "accounts.end": _APPROVE,
    "accounts.one": _APPROVE,
    "accounts.overview": _APPROVE,
    "api_accounts.overview": _APPROVE,
    "acts.check": Right(Role.APPROVER, Level.NATION),  # the chain is one, over all places
    "acts.overview": _OVERSEE,
    "alerts.acknowledge": _ACT,
    "alerts.clear": _ACT,
    "alerts.overview": _LOOK,
    "api_alerts.overview": _LOOK,
    "announcements.approve": _APPROVE,
    "announcements.overview": _LOOK,
    "announcements.propose": _ACT,
    "announcements.withdraw": _ACT,
    "api_announcements.overview": _LOOK,
    "api.coverage": _FIGURES,
    "api.device": _LOOK,
    "api.devices": _LOOK,
    "api.funnel": _FIGURES,
    "api.indicators": _FIGURES,
    "api.morning": _LOOK,
    "api.province": _FIGURES,
    "api_kiosk.self_test": _LOOK,
    "api_orders.overview": _LOOK,
    "api_acts.overview": _OVERSEE,
    "api_complaints.overview": _LOOK,
    "api_help_numbers.overview": _LOOK,
    "api_ratings.overview": _LOOK,
    "complaints.answer": _ACT,
    "complaints.close": _ACT,
    "complaints.enter": _ACT,
    "complaints.one": _LOOK,
    "complaints.overview": _LOOK,
    "complaints.reopen": _ACT,
    "complaints.take": _ACT,
    "exports.complaints": _LOOK,
    "help_numbers.approve": _APPROVE,
    "help_numbers.overview": _LOOK,
    "help_numbers.propose": _ACT,
    "help_numbers.withdraw": _ACT,
    "ratings.overview": _LOOK,
    "api_imports.one": _FIGURES,
    "api_imports.overview": _FIGURES,
    "api_week.overview": _FIGURES,
    "claims.make": _ACT,
    "claims.overview": _ACT,
    "api_claims.overview": _ACT,
    "claims.withdraw": _ACT,
    "coverage.outlines": _LOOK,
    "coverage.overview": _FIGURES,
    "coverage.province": _FIGURES,
    "coverage.start": _LOOK,
    "devices.overview": _LOOK,
    "exports.acts": _OVERSEE,
    "exports.coverage": _FIGURES,
    "exports.devices": _LOOK,
    "exports.funnel": _FIGURES,
    "exports.week": _FIGURES,
    "funnel.overview": _FIGURES,
    "imports.approve": Right(Role.APPROVER, Level.PROVINCE),
    "imports.batch": _FIGURES,
    "imports.bring": _BRING_FIGURES,
    "imports.form": _BRING_FIGURES,
    "imports.one": _FIGURES,
    "imports.overview": _FIGURES,
    "imports.reject": _BRING_FIGURES,
    "imports.template": _FIGURES,
    "imports.undo": _BRING_FIGURES,
    "indicators.overview": _FIGURES,
    "kiosk.confirm_loss": _APPROVE,
    "kiosk.name_helper": _ACT,
    "kiosk.overview": _LOOK,
    "kiosk.report_loss": _ACT,
    "kiosk.withdraw_loss": _ACT,
    "morning.check": _ACT,
    "morning.overview": _LOOK,
    "openapi.spec": _LOOK,
    "papers.of_coverage": _FIGURES,
    "papers.of_funnel": _FIGURES,
    "papers.of_indicators": _FIGURES,
    "papers.of_morning": _LOOK,
    "papers.of_province": _FIGURES,
    "papers.of_week": _FIGURES,
    "orders.cancel": _ACT,
    "orders.give": _ACT,
    "passkeys.add": _LOOK,
    "passkeys.begin": _LOOK,
    "passkeys.end": _LOOK,
    "rollouts.abort": _STEER,
    "rollouts.approve": Right(Role.APPROVER, Level.NATION),
    "rollouts.one": _LOOK,
    "rollouts.overview": _LOOK,
    "rollouts.pause": _STEER,
    "rollouts.pin": Right(Role.OPERATOR, Level.PROVINCE),
    "rollouts.propose": _STEER,
    "rollouts.resume": Right(Role.APPROVER, Level.NATION),  # it may have stopped by itself
    "api_rollouts.one": _LOOK,
    "api_rollouts.overview": _LOOK,
    "signing_in.end": _LOOK,
    "signing_in.leave": _LOOK,
    "signing_in.overview": _LOOK,
    "ways.link": _LOOK,
    "ways.overview": _LOOK,
    "ways.unlink": _LOOK,
    "telling.add_window": _ACT,
    "telling.end_window": _ACT,
    "telling.overview": _ACT,  # addresses of people at work
    "api_telling.overview": _ACT,
    "telling.set_hours": _ACT,
    "telling.subscribe": _ACT,
    "telling.unsubscribe": _ACT,
    "week.overview": _FIGURES,
}

# What a program may do too, with a token that acts. What is one's own (sessions, passkeys, links) a person does.
DEEDS = (
    "accounts.approve",
    "accounts.change",
    "accounts.decline",
    "accounts.disable",
    "accounts.end",
    "alerts.acknowledge",
    "alerts.clear",
    "announcements.approve",
    "announcements.propose",
    "announcements.withdraw",
    "claims.make",
    "claims.withdraw",
    "complaints.answer",
    "complaints.close",
    "complaints.enter",
    "complaints.reopen",
    "complaints.take",
    "help_numbers.approve",
    "help_numbers.propose",
    "help_numbers.withdraw",
    "imports.approve",
    "imports.bring",
    "imports.reject",
    "imports.undo",
    "kiosk.confirm_loss",
    "kiosk.name_helper",
    "kiosk.report_loss",
    "kiosk.withdraw_loss",
    "morning.check",
    "orders.cancel",
    "orders.give",
    "rollouts.abort",
    "rollouts.approve",
    "rollouts.pause",
    "rollouts.pin",
    "rollouts.propose",
    "rollouts.resume",
    "telling.add_window",
    "telling.end_window",
    "telling.set_hours",
    "telling.subscribe",
    "telling.unsubscribe",
)
RIGHTS: Mapping[str, Right] = MappingProxyType(_ADDRESSES | {f"api_{deed}": _ADDRESSES[deed] for deed in DEEDS})
