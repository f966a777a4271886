# SPDX-License-Identifier: Apache-2.0
"""A complaint as a row of a spreadsheet, in the language of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext

from fleet.web import complaint_words as said
from fleet.web.wording import province_name, written_iso_day, written_moment
from wire.complaints import grouped
from wire.events import Profile

if TYPE_CHECKING:
    from fleet.complaints.book import Ticket

    Cell = str | int | None


def complaint_titles() -> list[Cell]:
    """Head the columns."""
    return [
        gettext("Number"),
        gettext("Figures"),
        gettext("Code"),
        gettext("Province"),
        gettext("Facility"),
        gettext("Kiosk"),
        gettext("About what"),
        gettext("How soon"),
        gettext("How it came"),
        gettext("When"),
        gettext("Due"),
        gettext("Stands"),
        gettext("Overdue"),
        gettext("Who sees to it"),
        gettext("What is not right"),
        gettext("What was done about it"),
        gettext("Closed"),
    ]


def complaint_row(ticket: Ticket, now_ms: int) -> list[Cell]:
    """Write one complaint."""
    return [
        grouped(ticket.number),
        gettext("Our test data") if ticket.profile is Profile.TEST else gettext("Real people"),
        ticket.province,
        province_name(ticket.province),
        ticket.facility,
        ticket.kiosk,
        str(said.CATEGORIES[ticket.kind.category]),
        str(said.TERMS[ticket.kind.term]),
        str(said.SOURCES[ticket.kind.source]),
        written_iso_day(ticket.said_day),
        written_moment(ticket.due_ms),
        str(said.STATES[ticket.state]),
        gettext("yes") if ticket.is_overdue(now_ms) else gettext("no"),
        ticket.responsible,
        ticket.words or None,
        ticket.answer or None,
        None if ticket.closed_ms is None else written_moment(ticket.closed_ms),
    ]
