# SPDX-License-Identifier: Apache-2.0
"""What welcome screens announce: proposed by one person here, approved by another, taken back by anybody who acts."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING

from apiflask import APIBlueprint
from flask import Response, abort, make_response, redirect, render_template, request, url_for
from flask_babel import lazy_gettext

from fleet import audit
from fleet.announcements import book
from fleet.announcements.rules import AnnouncementRefusedError, Proposal, Stage, Where, Why
from fleet.coverage.fiscal import bangkok_day
from fleet.store.scope import Level
from fleet.web import gate
from fleet.web.reach import acting, looking
from fleet.web.supplies import now
from fleet.web.wording import in_reading_order, province_name
from wire.announcements import AT_MOST, LONGEST
from wire.errors import WireError
from wire.ids import kiosk_id
from wire.provinces import province_code

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug import Response as AnyResponse

    from fleet.announcements.rules import Entry
    from fleet.web.reach import Deed

pages = APIBlueprint("announcements", __name__, enable_openapi=False)

WHY = {
    Why.NO_NAME: lazy_gettext("Your account has no name that can be written down."),
    Why.LENGTH: lazy_gettext("Give words in both languages, at most %(n)s letters each.", n=LONGEST),
    Why.CONTROLS: lazy_gettext("Give plain words on one line."),
    Why.NUMBER: lazy_gettext("It holds 13 digits, as a citizen number has. It must name nobody: leave it out."),
    Why.NO_PLACE: lazy_gettext("Say where: one of the places offered, or the name on a kiosk's label."),
    Why.DAYS: lazy_gettext("Give both days; the last is not before the first."),
    Why.OVER: lazy_gettext("The last day is over. Propose it with later days."),
    Why.FAR: lazy_gettext("The last day is more than a year away."),
    Why.UNKNOWN: lazy_gettext("There is no such announcement."),
    Why.STAGE: lazy_gettext("Somebody has approved it or taken it back meanwhile."),
    Why.SAME_PERSON: lazy_gettext("You proposed it yourself. Another person has to approve."),
    Why.CROWDED: lazy_gettext("A screen would have more than %(n)s on a day. Take one back first.", n=AT_MOST),
}
STAGES = {
    Stage.PROPOSED: lazy_gettext("waits for approval"),
    Stage.APPROVED: lazy_gettext("approved"),
    Stage.WITHDRAWN: lazy_gettext("taken back"),
}


@pages.get("/announcements")
def overview() -> Response:
    """Show every announcement that stands at kiosks of the scope, and the form for a new one."""
    return _page()


@pages.post("/announcements")
def propose() -> AnyResponse:
    """Write a proposal down."""
    typed = request.form.to_dict()
    try:
        with acting() as deed:
            number = book.propose(deed.connection, _proposal(typed, deed.who), deed.at_ms, deed.scope)
            _record(deed, audit.Act.ANNOUNCEMENT_PROPOSED, number)
    except AnnouncementRefusedError as error:
        return _page(refused=str(WHY[error.why]), typed=typed)
    return _back()


@pages.post("/announcements/<int:number>/approve")
def approve(number: int) -> AnyResponse:
    """Approve what another person has proposed."""
    try:
        with acting() as deed:
            book.approve(deed.connection, number, deed.who, deed.at_ms, deed.scope)
            _record(deed, audit.Act.ANNOUNCEMENT_APPROVED, number)
    except AnnouncementRefusedError as error:
        return _refused(error)
    return _back()


@pages.post("/announcements/<int:number>/withdraw")
def withdraw(number: int) -> AnyResponse:
    """Take one back."""
    try:
        with acting() as deed:
            book.withdraw(deed.connection, number, deed.who, deed.at_ms, deed.scope)
            _record(deed, audit.Act.ANNOUNCEMENT_WITHDRAWN, number)
    except AnnouncementRefusedError as error:
        return _refused(error)
    return _back()


def entries_seen() -> list[Entry]:
    """Read what stands at kiosks of the scope, the newest first; the page and the JSON share it."""
    with looking() as (connection, scope):
        return book.read_all(connection, scope)[::-1]


def _page(refused: str = "", typed: Mapping[str, str] | None = None) -> Response:
    today, scope = bangkok_day(now()), gate.scope()
    found = entries_seen()
    page = render_template(
        "announcements.html",
        standing=[each for each in found if each.stage is not Stage.WITHDRAWN and each.proposal.last >= today],
        past=[each for each in found if each.stage is Stage.WITHDRAWN or each.proposal.last < today],
        provinces=sorted(scope.provinces, key=lambda code: in_reading_order(province_name(code))),
        is_nation=scope.level is Level.NATION,
        stages=STAGES,
        refused=refused,
        typed=typed or {"from": today.isoformat()},
        longest=LONGEST,
        today=today,
    )
    return make_response(page, HTTPStatus.CONFLICT if refused else HTTPStatus.OK)


def _proposal(typed: Mapping[str, str], by: str) -> Proposal:
    th, en = (" ".join(typed.get(name, "").split()) for name in ("th", "en"))
    return Proposal(th, en, _where(typed), _day(typed.get("from", "")), _day(typed.get("until", "")), by)


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


def _refused(error: AnnouncementRefusedError) -> Response:
    if error.why is Why.UNKNOWN:
        abort(HTTPStatus.NOT_FOUND)
    return _page(refused=str(WHY[error.why]))


def _record(deed: Deed, act: audit.Act, number: int) -> None:
    deed.record(act, str(number), {"by": deed.who})


def _back() -> AnyResponse:
    return redirect(url_for("announcements.overview"), HTTPStatus.SEE_OTHER)
