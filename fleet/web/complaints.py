# SPDX-License-Identifier: Apache-2.0
"""Complaints: the weekly review of a place and its units, each with what can be done, and a form for new ones."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from apiflask import APIBlueprint
from flask import Response, abort, make_response, redirect, render_template, request, url_for
from pydantic import AfterValidator

from fleet.complaints import book
from fleet.complaints.review import Review, Span, read_review
from fleet.complaints.rules import LONGEST, ComplaintRefusedError, Deed, Source, Term
from fleet.coverage.fiscal import bangkok_day
from fleet.coverage.weekly import Week, week_ending
from fleet.store.scope import Level, Scope
from fleet.web import complaint_words as said
from fleet.web import gate
from fleet.web.deeds import complaints as deeds
from fleet.web.questions import Choice, OrNothing, WeekQuestion, described
from fleet.web.reach import RefusedError, looking
from fleet.web.refusals import asked
from fleet.web.supplies import now, now_ms
from fleet.web.week import fridays
from fleet.web.wording import in_reading_order, province_name
from wire.complaints import grouped, ticket_number
from wire.errors import WireError
from wire.ids import facility_code
from wire.opinions import Category

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug import Response as AnyResponse

    from fleet.complaints.book import Ticket

pages = APIBlueprint("complaints", __name__, enable_openapi=False)

SHOWN = 100  # complaints on a page


def _facility(text: str) -> str:
    try:
        return facility_code(text)
    except WireError as error:
        message = "five digits expected"
        raise ValueError(message) from error


class ComplaintQuestion(WeekQuestion):
    """A week of complaints: of a province, of a facility in it, or of all that the account may see."""

    facility: Annotated[
        Annotated[str, AfterValidator(_facility)] | None,
        OrNothing,
        described("A facility's code, beside its province; all if not given.", type="string", pattern="^[0-9]{5}$"),
    ] = None

    def within(self, scope: Scope) -> Scope:
        """What of the scope is asked about.

        Raises:
            OutOfScopeError: nothing of it.
        """
        if self.facility is None or self.only is None:
            return super().within(scope)
        return scope.narrowed(Scope(Level.FACILITY, None, self.only, facility_code(self.facility)))


@dataclass(frozen=True, slots=True)
class Weekly:
    """What was asked for: a week of a scope, its figures, and the complaints that came in it or wait."""

    scope: Scope
    week: Week
    at_ms: int
    review: Review
    tickets: list[Ticket]

    @property
    def is_wide(self) -> bool:
        """Whether its units are provinces."""
        return self.scope.province is None

    def first_of(self, province: str, facility: str | None) -> Ticket | None:
        """What a unit should see to first; None when nothing that waits there is among the tickets."""
        unit = (province, facility)
        waiting = [
            each
            for each in self.tickets
            if each.is_open and (each.province, None if self.is_wide else each.facility) == unit
        ]
        return min(waiting, key=lambda each: (each.due_ms, each.row), default=None)

    def beside(self, ticket: Ticket) -> int:
        """How many others wait for the same kiosk."""
        same = [each for each in self.tickets if each.kiosk == ticket.kiosk and each.is_open]
        return len([each for each in same if each.row != ticket.row]) if ticket.kiosk else 0


def weekly_of(question: ComplaintQuestion, at_most: int = SHOWN) -> Weekly:
    """Read the week asked for; the page, the file and the JSON share it."""
    week, at_ms = week_ending(question.last, bangkok_day(now())), now_ms()
    with looking() as (connection, seen):
        scope = question.within(seen)
        review = read_review(connection, Span(week.first_ms, week.after_ms, at_ms), question.profile, scope)
        tickets = book.read_since(connection, scope, week.first_ms, question.profile, at_most)
    tickets.sort(key=lambda each: (not each.is_open, each.due_ms, each.row))
    return Weekly(scope, week, at_ms, review, tickets)


@pages.get("/complaints")
def overview() -> Response:
    """Show the week asked for, the complaints that wait, and above them those of a number that was typed."""
    number = request.args.get("number", "").strip()
    return _page(found=_numbered(number) if number else None)


@pages.post("/complaints")
def enter() -> AnyResponse:
    """Write down what somebody said in person or by phone."""
    return _to(deeds.enter(request.form).row)


@pages.get("/complaints/<int:number>")
def one(number: int) -> Response:
    """Show one complaint."""
    return _one(number)


@pages.post("/complaints/<int:number>/take")
def take(number: int) -> AnyResponse:
    """Be responsible for one from now on."""
    return _act(number, Deed.TAKE)


@pages.post("/complaints/<int:number>/answer")
def answer(number: int) -> AnyResponse:
    """Say what was done."""
    return _act(number, Deed.ANSWER)


@pages.post("/complaints/<int:number>/close")
def close(number: int) -> AnyResponse:
    """Say that this was enough."""
    return _act(number, Deed.CLOSE)


@pages.post("/complaints/<int:number>/reopen")
def reopen(number: int) -> AnyResponse:
    """Say that it was not."""
    return _act(number, Deed.REOPEN)


@pages.errorhandler(RefusedError)
def refused(error: RefusedError) -> Response:
    """Say it above the form, which keeps what was typed."""
    number = (request.view_args or {}).get("number")
    return _page(error.words, request.form) if number is None else _one(number, error.words, request.form)


def _act(number: int, what: Deed) -> AnyResponse:
    deeds.act(number, what, request.form)
    return _to(number)


def _to(number: int) -> AnyResponse:
    return redirect(url_for("complaints.one", number=number), HTTPStatus.SEE_OTHER)


def _one(number: int, refused: str = "", typed: Mapping[str, str] | None = None) -> Response:
    try:
        with looking() as (connection, scope):
            ticket = book.find(connection, number, scope)
    except ComplaintRefusedError:
        abort(HTTPStatus.NOT_FOUND)
    page = render_template(
        "complaint.html",
        ticket=ticket,
        deeds=[deed for deed in ticket.deeds() if gate.may(f"complaints.{deed}")],
        now_ms=now_ms(),
        refused=refused,
        typed=typed or {},
        longest=LONGEST,
        said=said,
        grouped=grouped,
        terms=list(Term),
    )
    return make_response(page, HTTPStatus.CONFLICT if refused else HTTPStatus.OK)


def _page(refused: str = "", typed: Mapping[str, str] | None = None, found: list[Ticket] | None = None) -> Response:
    question = asked(ComplaintQuestion)
    weekly = weekly_of(question)
    page = render_template(
        "complaints.html",
        question=question,
        weekly=weekly,
        found=found,
        fridays=fridays(question.last),
        provinces=sorted(gate.scope().provinces, key=lambda code: in_reading_order(province_name(code))),
        choices=(Choice.LIVE, Choice.TEST),
        is_test=question.choice is Choice.TEST,
        refused=refused,
        typed=typed or {},
        longest=LONGEST,
        shown=SHOWN,
        said=said,
        grouped=grouped,
        categories=list(Category),
        terms=list(Term),
        sources=(Source.WALK_IN, Source.PHONE),
    )
    return make_response(page, HTTPStatus.CONFLICT if refused else HTTPStatus.OK)


def _numbered(text: str) -> list[Ticket]:
    try:
        number = ticket_number(text)
    except WireError:
        return []
    with looking() as (connection, scope):
        return book.numbered(connection, number, scope)
