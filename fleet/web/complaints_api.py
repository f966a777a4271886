# SPDX-License-Identifier: Apache-2.0
"""Complaints as JSON: the week's review without the page's words, and what a program may do about one."""

from __future__ import annotations

from http import HTTPStatus

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from fleet.complaints.rules import Deed, Source, State, Term
from fleet.web.bodies import Body, Choice, Text
from fleet.web.complaints import SHOWN, ComplaintQuestion, weekly_of
from fleet.web.deeds import complaints as deeds
from fleet.web.iso import at
from wire.events import Profile
from wire.opinions import Category

pages = APIBlueprint("api_complaints", __name__)


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class TicketAnswer(_Answer):
    """One complaint. It names nobody; `opened` of a kiosk's is the hour in which it came."""

    row: int = Field(description="what it is called in addresses")
    number: str = Field(description="what the person was told")
    profile: Profile
    province: str
    facility: str | None
    kiosk: str | None
    source: Source
    category: Category
    term: Term
    state: State
    overdue: bool
    said_day: str
    opened: str
    due: str
    responsible: str | None
    words: str
    answer: str
    reopened: int


class UnitAnswer(_Answer):
    """A week of a facility, or of a province where more than one was asked for; `open` and `overdue` are of now."""

    province: str
    facility: str | None
    new: int
    open: int
    overdue: int
    closed: int


class ComplaintsAnswer(_Answer):
    """A week of complaints; `tickets` are those that came in it or are open, the newest hundred of them at most."""

    at: str
    scope: str
    first_day: str
    last_day: str
    new: int
    open: int
    overdue: int
    open_over_seven_days: int
    closed: int
    oldest: str | None
    categories: dict[Category, int]
    units: list[UnitAnswer]
    tickets: list[TicketAnswer] = Field(max_length=SHOWN)


class EnteredAnswer(_Answer):
    """A complaint was written down: what it is called in addresses, and what to tell the person."""

    row: int
    number: str


class ComplaintBody(Body):
    """What somebody said, and where: `province` by its two digits, and `facility` in it by its five."""

    words: Text
    category: Choice[Category]
    term: Choice[Term]
    source: Choice[Source] = Field(description="walk_in or phone; kiosks bring their own")
    province: Text | None = None
    facility: Text | None = None


class TakeBody(Body):
    """Whoever takes it may give it another term."""

    term: Choice[Term] | None = None


class WordsBody(Body):
    """What was done, or why not."""

    words: Text


@pages.get("/api/v1/complaints")
@pages.input(ComplaintQuestion, location="query", arg_name="question")
@pages.output(ComplaintsAnswer)
def overview(question: ComplaintQuestion) -> ComplaintsAnswer:
    """The week's review of complaints in the account's scope, or in one province or facility of it."""
    weekly = weekly_of(question)
    whole = weekly.review.whole
    return ComplaintsAnswer(
        at=at(weekly.at_ms),
        scope=str(weekly.scope),
        first_day=weekly.week.first.isoformat(),
        last_day=weekly.week.last.isoformat(),
        new=whole.new,
        open=whole.open,
        overdue=whole.overdue,
        open_over_seven_days=whole.long_open,
        closed=whole.closed,
        oldest=None if whole.oldest_ms is None else at(whole.oldest_ms),
        categories=dict(weekly.review.about),
        units=[
            UnitAnswer(
                province=province,
                facility=facility,
                new=each.new,
                open=each.open,
                overdue=each.overdue,
                closed=each.closed,
            )
            for (province, facility), each in weekly.review.units.items()
        ],
        tickets=[
            TicketAnswer(
                row=each.row,
                number=each.number,
                profile=each.profile,
                province=each.province,
                facility=each.facility,
                kiosk=each.kiosk,
                source=each.kind.source,
                category=each.kind.category,
                term=each.kind.term,
                state=each.state,
                overdue=each.is_overdue(weekly.at_ms),
                said_day=each.said_day,
                opened=at(each.opened_ms),
                due=at(each.due_ms),
                responsible=each.responsible,
                words=each.words,
                answer=each.answer,
                reopened=each.reopened,
            )
            for each in weekly.tickets
        ],
    )


@pages.post("/api/v1/complaints")
@pages.input(ComplaintBody, arg_name="body")
@pages.output(EnteredAnswer, status_code=HTTPStatus.CREATED)
def enter(body: ComplaintBody) -> EnteredAnswer:
    """Write down what somebody said in person or by phone."""
    ticket = deeds.enter(body.typed())
    return EnteredAnswer(row=ticket.row, number=ticket.number)


@pages.post("/api/v1/complaints/<int:number>/take")
@pages.input(TakeBody, arg_name="body")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def take(number: int, body: TakeBody) -> str:
    """Be responsible for one from now on."""
    deeds.act(number, Deed.TAKE, body.typed())
    return ""


@pages.post("/api/v1/complaints/<int:number>/answer")
@pages.input(WordsBody, arg_name="body")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def answer(number: int, body: WordsBody) -> str:
    """Say what was done."""
    deeds.act(number, Deed.ANSWER, body.typed())
    return ""


@pages.post("/api/v1/complaints/<int:number>/close")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def close(number: int) -> str:
    """Say that this was enough."""
    deeds.act(number, Deed.CLOSE, {})
    return ""


@pages.post("/api/v1/complaints/<int:number>/reopen")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def reopen(number: int) -> str:
    """Say that it was not."""
    deeds.act(number, Deed.REOPEN, {})
    return ""
