# SPDX-License-Identifier: Apache-2.0
"""What kiosks tell people to call: proposed by one person here, approved by another, taken back by anybody who acts."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from apiflask import APIBlueprint
from flask import Response, make_response, redirect, render_template, request, url_for

from fleet.announcements import numbers
from fleet.announcements.rules import Stage
from fleet.store.scope import Level
from fleet.web import announcements, gate
from fleet.web.deeds import help_numbers as deeds
from fleet.web.reach import RefusedError, looking
from fleet.web.wording import in_reading_order, province_name
from wire.phones import CENTRAL, written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug import Response as AnyResponse

    from fleet.announcements.numbers import Entry

pages = APIBlueprint("help_numbers", __name__, enable_openapi=False)


@pages.get("/help-numbers")
def overview() -> Response:
    """Show every number that stands or waits in the scope, and the form for a new one."""
    return _page()


@pages.post("/help-numbers")
def propose() -> AnyResponse:
    """Write a proposal down."""
    deeds.propose(request.form)
    return _back()


@pages.post("/help-numbers/<int:number>/approve")
def approve(number: int) -> AnyResponse:
    """Approve what another person has proposed."""
    deeds.approve(number)
    return _back()


@pages.post("/help-numbers/<int:number>/withdraw")
def withdraw(number: int) -> AnyResponse:
    """Take one back."""
    deeds.withdraw(number)
    return _back()


@pages.errorhandler(RefusedError)
def refused(error: RefusedError) -> Response:
    """Say it above the form, which keeps what was typed."""
    return _page(error.words, request.form)


def entries_seen() -> list[Entry]:
    """Read what stands for kiosks of the scope, the newest first; the page and the JSON share it."""
    with looking() as (connection, scope):
        return numbers.read_all(connection, scope)[::-1]


def _page(refused: str = "", typed: Mapping[str, str] | None = None) -> Response:
    scope, found = gate.scope(), entries_seen()
    page = render_template(
        "help_numbers.html",
        standing=[each for each in found if each.stage is not Stage.WITHDRAWN],
        past=[each for each in found if each.stage is Stage.WITHDRAWN],
        provinces=sorted(scope.provinces, key=lambda code: in_reading_order(province_name(code))),
        is_nation=scope.level is Level.NATION,
        stages=announcements.STAGES,
        refused=refused,
        typed=typed or {},
        written=written,
        central=CENTRAL,
    )
    return make_response(page, HTTPStatus.CONFLICT if refused else HTTPStatus.OK)


def _back() -> AnyResponse:
    return redirect(url_for("help_numbers.overview"), HTTPStatus.SEE_OTHER)
