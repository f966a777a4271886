# SPDX-License-Identifier: Apache-2.0
"""What welcome screens announce: proposed by one person here, approved by another, taken back by anybody who acts."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from apiflask import APIBlueprint
from flask import Response, make_response, redirect, render_template, request, url_for
from flask_babel import lazy_gettext

from fleet.announcements import book
from fleet.announcements.rules import Stage
from fleet.coverage.fiscal import bangkok_day
from fleet.store.scope import Level
from fleet.web import gate
from fleet.web.deeds import announcements as deeds
from fleet.web.reach import RefusedError, looking
from fleet.web.supplies import now
from fleet.web.wording import in_reading_order, province_name
from wire.announcements import LONGEST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug import Response as AnyResponse

    from fleet.announcements.rules import Entry

pages = APIBlueprint("announcements", __name__, enable_openapi=False)

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
    deeds.propose(request.form)
    return _back()


@pages.post("/announcements/<int:number>/approve")
def approve(number: int) -> AnyResponse:
    """Approve what another person has proposed."""
    deeds.approve(number)
    return _back()


@pages.post("/announcements/<int:number>/withdraw")
def withdraw(number: int) -> AnyResponse:
    """Take one back."""
    deeds.withdraw(number)
    return _back()


@pages.errorhandler(RefusedError)
def refused(error: RefusedError) -> Response:
    """Say it above the form, which keeps what was typed."""
    return _page(error.words, request.form)


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
        typed=typed or {"first_day": today.isoformat()},
        longest=LONGEST,
        today=today,
    )
    return make_response(page, HTTPStatus.CONFLICT if refused else HTTPStatus.OK)


def _back() -> AnyResponse:
    return redirect(url_for("announcements.overview"), HTTPStatus.SEE_OTHER)
