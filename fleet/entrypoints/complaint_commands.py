# SPDX-License-Identifier: Apache-2.0
"""`dipchip-fleet complaint`: what waits, and what is done about it; each says what it did in JSON lines."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from fleet import audit
from fleet.complaints import book
from fleet.complaints.book import Act
from fleet.complaints.rules import ComplaintRefusedError, Deed, Term, Why
from fleet.config import read
from fleet.entrypoints.account import account
from fleet.entrypoints.clock import now_ms
from fleet.entrypoints.options import Config  # noqa: TC001 - typer reads it when the program runs
from fleet.store.scope import NATION, Scope
from fleet.store.session import open_engine, reading, unit_of_work
from wire.complaints import grouped, ticket_number
from wire.errors import WireError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fleet.complaints.book import Ticket
    from fleet.config import Settings

complaint = typer.Typer(no_args_is_help=True, help="What people said is not right, and what is done about it.")

_AT_MOST = 1_000
Number = Annotated[str, typer.Argument(help="As the person was told it: 4821-7306.")]
Words = Annotated[str, typer.Option(help="What was done, in a sentence that names nobody.", prompt=True)]
_ACTS = {
    Deed.TAKE: audit.Act.COMPLAINT_TAKEN,
    Deed.ANSWER: audit.Act.COMPLAINT_ANSWERED,
    Deed.CLOSE: audit.Act.COMPLAINT_CLOSED,
    Deed.REOPEN: audit.Act.COMPLAINT_REOPENED,
}


@complaint.command("list")
def list_complaints(
    config: Config,
    *,
    scope: Annotated[str, typer.Option(help="Only of this place: nation, region:8, province:41 ...")] = "nation",
) -> None:
    """Show what waits, due first, a JSON line each."""
    engine = open_engine(read(config).database_url)
    with reading(engine) as connection:
        found = book.read_open(connection, Scope.parse(scope), _AT_MOST)
    engine.dispose()
    for ticket in found:
        _tell(ticket)


@complaint.command()
def take(
    config: Config, number: Number, term: Annotated[Term | None, typer.Option(help="How soon it is due.")] = None
) -> None:
    """Be responsible for one from now on."""
    _do(read(config), number, Act(Deed.TAKE, account(), term=term))


@complaint.command()
def answer(config: Config, number: Number, words: Words) -> None:
    """Say what was done."""
    _do(read(config), number, Act(Deed.ANSWER, account(), words))


@complaint.command()
def close(config: Config, number: Number) -> None:
    """Say that this was enough."""
    _do(read(config), number, Act(Deed.CLOSE, account()))


@complaint.command()
def reopen(config: Config, number: Number) -> None:
    """Say that it was not."""
    _do(read(config), number, Act(Deed.REOPEN, account()))


def _do(settings: Settings, number: str, what: Act) -> None:
    engine, at_ms = open_engine(settings.database_url), now_ms()
    try:
        with unit_of_work(engine) as connection:
            ticket = book.act(connection, _only(connection, number).row, what, at_ms, NATION)
            audit.record(connection, _ACTS[what.deed], who=what.by, subject=str(ticket.row), at_ms=at_ms)
    finally:
        engine.dispose()
    _tell(ticket)


def _only(connection: Connection, number: str) -> Ticket:
    try:
        found = book.numbered(connection, ticket_number(number), NATION)
    except WireError as error:
        message = f"{number}: {error}, as 4821-7306."
        raise ComplaintRefusedError(Why.UNKNOWN, message) from error
    if len(found) != 1:
        message = f"{number}: {len(found)} complaints have this number. Look at the console for which is meant."
        raise ComplaintRefusedError(Why.UNKNOWN, message)
    return found[0]


def _tell(ticket: Ticket) -> None:
    told = {
        "number": grouped(ticket.number),
        "state": ticket.state,
        "category": ticket.kind.category,
        "term": ticket.kind.term,
        "province": ticket.province,
        "facility": ticket.facility,
        "kiosk": ticket.kiosk,
        "said_day": ticket.said_day,
        "responsible": ticket.responsible,
        "overdue": ticket.is_overdue(now_ms()),
        "words": ticket.words,
    }
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
