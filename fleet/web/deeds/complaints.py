# SPDX-License-Identifier: Apache-2.0
"""What is done with complaints: write one down, and take, answer, close or reopen it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from fleet import audit
from fleet.complaints import book
from fleet.complaints.book import Act, Entry, Ticket
from fleet.complaints.rules import ComplaintRefusedError, Deed, Kind, Source, Term, Why
from fleet.web.complaint_words import WHY
from fleet.web.deeds.places import place_of
from fleet.web.reach import doing
from wire.opinions import Category

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from fleet.web import reach

Named = TypeVar("Named", Category, Term, Source)

_ACTS = {
    Deed.TAKE: audit.Act.COMPLAINT_TAKEN,
    Deed.ANSWER: audit.Act.COMPLAINT_ANSWERED,
    Deed.CLOSE: audit.Act.COMPLAINT_CLOSED,
    Deed.REOPEN: audit.Act.COMPLAINT_REOPENED,
}


def enter(typed: Mapping[str, str]) -> Ticket:
    """Write down what somebody said: `words`, `category`, `term`, `source`, and `province` or `facility` in it.

    Raises:
        RefusedError: it is not written down.
    """
    with _doing() as deed:
        kind, where = _kind(typed), place_of(typed, deed.scope)
        if where is None:
            raise ComplaintRefusedError(Why.NO_PLACE, "no such place")
        entry = Entry(kind, where, typed.get("words", ""), deed.who)
        ticket = book.enter(deed.connection, entry, deed.at_ms, deed.scope)
        deed.record(audit.Act.COMPLAINT_ENTERED, str(ticket.row))
    return ticket


def act(number: int, what: Deed, typed: Mapping[str, str]) -> None:
    """Take, answer, close or reopen one; `words` and `term` where they belong to it.

    Raises:
        RefusedError: it was not its turn, or something is lacking.
    """
    with _doing() as deed:
        term = _chosen(Term, typed["term"]) if typed.get("term") else None
        book.act(deed.connection, number, Act(what, deed.who, typed.get("words", ""), term), deed.at_ms, deed.scope)
        deed.record(_ACTS[what], str(number))


def _doing() -> AbstractContextManager[reach.Deed]:
    return doing(ComplaintRefusedError, lambda error: WHY.get(error.why))


def _kind(typed: Mapping[str, str]) -> Kind:
    return Kind(
        _chosen(Category, typed.get("category", "")),
        _chosen(Term, typed.get("term", "")),
        _chosen(Source, typed.get("source", "")),
    )


def _chosen(kinds: type[Named], text: str) -> Named:
    try:
        return kinds(text)
    except ValueError as error:
        raise ComplaintRefusedError(Why.NO_KIND, "no such choice") from error
