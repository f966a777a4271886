# SPDX-License-Identifier: Apache-2.0
"""The coverage pages: all provinces on one basis, and one province with the sources of its figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from apiflask import APIBlueprint
from flask import Response, abort, redirect, render_template, url_for
from flask_babel import gettext

from fleet.coverage import kpi57, reading
from fleet.coverage.fiscal import Period, bangkok_day, cutoff_day, fiscal_year, last_day
from fleet.coverage.kpi57 import Verdict
from fleet.coverage.report import AnyReport, report
from fleet.store.scope import province_scope
from fleet.web import gate
from fleet.web.map import provinces as shapes
from fleet.web.map import view_of
from fleet.web.questions import Choice, Direction, Order, Question, TableQuestion
from fleet.web.reach import looking
from fleet.web.refusals import asked
from fleet.web.supplies import now
from fleet.web.wording import in_reading_order, province_name
from wire.errors import Malformed
from wire.events import Profile
from wire.provinces import PROVINCES, province_code

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from werkzeug import Response as AnyResponse

    from fleet.coverage.figures import Share
    from fleet.store.scope import Scope
    from wire.ids import ProvinceCode

pages = APIBlueprint("coverage", __name__, enable_openapi=False)

_YEARS_BACK, _YEARS_AHEAD = 4, 1  # what the chooser offers around today
_VERDICT_ORDER = (Verdict.PASS, Verdict.FAIL, Verdict.NOT_EVALUABLE, Verdict.NO_GATE)


@pages.get("/")
def start() -> AnyResponse:
    """Open the page that the account looks at first."""
    return redirect(url_for("coverage.overview" if gate.may("coverage.overview") else "morning.overview"))


@pages.get("/coverage")
def overview() -> str:
    """Show all provinces on one basis."""
    return render_template("coverage.html", **told(asked(TableQuestion)))


def told(question: TableQuestion) -> dict[str, Any]:
    """What the page of all provinces says, on the screen or on paper."""
    with looking() as (connection, scope):
        found = report(connection, question.basis(), scope)
        test_only = _only_test_people(connection, question, scope)
    return {
        "question": question,
        "report": found,
        "rows": _sorted(found, question),
        "test_only": test_only,
        "maps": _maps(found, question),
        "shapes": shapes(),
        "outlines": url_for("coverage.outlines"),
        **chooser(question),
        **_notes(found),
    }


@pages.get("/outlines.svg")
def outlines() -> Response:
    """Give the provinces' outlines, which the maps refer to; an empty drawing where none were fetched."""
    return Response(render_template("outlines.svg", shapes=shapes()), mimetype="image/svg+xml")


@pages.get("/coverage/<code>")
def province(code: str) -> str:
    """Show one province with the sources of its figures, its funnel and its facilities."""
    return render_template("province.html", **told_of(known_province(code), asked(Question)))


def told_of(known: ProvinceCode, question: Question) -> dict[str, Any]:
    """What the page of one province says, on the screen or on paper."""
    basis = question.basis()
    before = cutoff_day(basis.fiscal_year, basis.period)
    with looking() as (connection, scope):
        here = scope.narrowed(province_scope(known))
        found = report(connection, basis, here)
        funnels = reading.funnel(connection, question.profile, before, here)
        work = reading.facilities(connection, question.profile, before, here)
        months = _months(connection, here, question, before)
    return {
        "question": question,
        "report": found,
        "province": PROVINCES[known],
        "result": found.results[known],
        "outside": found.reading.outside.get(known),
        "funnel": funnels.get(known, reading.Funnel()),
        "facilities": work,
        "small": reading.SMALL,
        "months": months,
        **chooser(question),
        **_notes(found),
    }


def known_province(code: str) -> ProvinceCode:
    """Parse the province of an address; an unknown one is a page that does not exist."""
    try:
        return province_code(code)
    except Malformed:
        abort(404)


def chooser(question: Question) -> dict[str, Any]:
    """Give the templates what the chooser of a basis offers."""
    this_year = fiscal_year(bangkok_day(now()))
    offered = {*range(this_year - _YEARS_BACK, this_year + _YEARS_AHEAD + 1), question.basis().fiscal_year}
    return {
        "years": sorted(offered, reverse=True),
        "periods": (Period.SIX, Period.TWELVE),
        "choices": (Choice.OFFICIAL, Choice.MATCHED, Choice.LIVE, Choice.TEST),
        "basis": question.basis(),
        "last_day": last_day(question.basis().fiscal_year, question.basis().period),
        "today": bangkok_day(now()),
        "is_test": question.choice is Choice.TEST,
        "shown": kpi57.shown,
    }


@dataclass(frozen=True, slots=True)
class _Map:
    """One of the two shares, drawn. `shade` is of each province: how many quarters of the way, or None."""

    title: str
    shares: dict[ProvinceCode, Share]
    shade: dict[ProvinceCode, int | None]
    view: str


def _maps(found: AnyReport, question: TableQuestion) -> list[_Map]:
    """The maps of staff and people, of the region asked for or of all; none where no outlines were fetched."""
    codes = [code for code in _wanted(found, question) if code in shapes()]
    if not codes:
        return []
    view = view_of(codes)
    whole = (100, 100)  # without a target: of everyone
    staff_percent, people_percent = (found.gate.staff_percent, found.gate.people_percent) if found.gate else whole
    staff = {code: found.results[code].figures.staff for code in codes}
    people = {code: found.results[code].figures.people for code in codes}
    return [
        _Map(gettext("57.1 Staff"), staff, _shaded(staff, staff_percent), view),
        _Map(gettext("57.2 People"), people, _shaded(people, people_percent), view),
    ]


def _shaded(shares: dict[ProvinceCode, Share], percent: int) -> dict[ProvinceCode, int | None]:
    return {code: kpi57.quarters_of_the_way(share, percent) for code, share in shares.items()}


def _notes(found: AnyReport) -> dict[str, Any]:
    batches = sorted(found.reading.batches.values(), key=lambda batch: batch.id)
    return {"batches": batches, "made_up": any(batch.made_up for batch in batches)}


def _only_test_people(connection: Connection, question: Question, scope: Scope) -> bool:
    if question.choice is not Choice.LIVE or reading.any_counted(connection, Profile.LIVE, scope):
        return False
    return reading.any_counted(connection, Profile.TEST, scope)


@dataclass(frozen=True, slots=True)
class _Month:
    first: date
    n: int
    width: int  # of the bar, 0 to 100


def _months(connection: Connection, scope: Scope, question: Question, before: date) -> list[_Month]:
    since = cutoff_day(question.basis().fiscal_year - 1, Period.TWELVE)
    counted = reading.activated_by_month(connection, question.profile, scope, since=since, before=before)
    firsts: list[date] = []
    first = since
    while first < min(before, bangkok_day(now()) + timedelta(days=1)):
        firsts.append(first)
        first = (first + timedelta(days=31)).replace(day=1)
    most = max([*counted.values(), 1])
    numbers = [counted.get(f"{first:%Y-%m}", 0) for first in firsts]
    return [_Month(first, n, 100 * n // most) for first, n in zip(firsts, numbers, strict=True)]


def _wanted(found: AnyReport, question: TableQuestion) -> list[ProvinceCode]:
    return [code for code in found.results if question.region in (None, PROVINCES[code].health_region)]


def _sorted(found: AnyReport, question: TableQuestion) -> list[ProvinceCode]:
    codes = _wanted(found, question)
    order = question.sort or Order.CODE
    keys = {code: _key(found, code, order) for code in codes}
    present = sorted((code for code in codes if keys[code] is not None), key=lambda code: keys[code])
    if question.dir is Direction.DOWN:
        present.reverse()
    return present + [code for code in codes if keys[code] is None]


def _key(found: AnyReport, code: ProvinceCode, order: Order) -> Any:  # noqa: ANN401 - one comparable type an order
    result, region = found.results[code], PROVINCES[code].health_region
    keys: dict[Order, object] = {
        Order.CODE: code,
        Order.NAME: in_reading_order(province_name(code)),
        Order.REGION: (region, code),
        Order.STAFF: _ratio(result.figures.staff),
        Order.PEOPLE: _ratio(result.figures.people),
        Order.GAP: result.people_gap,
        Order.VERDICT: _VERDICT_ORDER.index(result.verdict),
    }
    return keys[order]


def _ratio(share: Share) -> Fraction | None:
    return None if share.known is None else Fraction(*share.known)
