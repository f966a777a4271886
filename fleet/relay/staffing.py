# SPDX-License-Identifier: Apache-2.0
"""What a member of staff at a kiosk is told of the units' rosters, their tickets about them, and the way to a phone.

The number lives for one answer; rosters and tickets are looked up and kept by a token of their own purpose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from fleet.partners.provider_id.shapes import OfficeUnavailableError, Progress
from fleet.people import roster, tickets
from fleet.people.tickets import Complaint
from fleet.relay import match_words
from fleet.relay.opening import open_hand_over_question, open_staff_question, open_ticket_question
from fleet.relay.replies import Reply
from fleet.relay.tokens import STAFF
from fleet.store.session import reading, unit_of_work
from wire.asks import Amiss, HandOverAnswer, HandOverState, PersonState, RosterEntry, StaffAnswer, TicketAnswer

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from fleet.relay.ports import ProviderIdOffice, RelayKeyring
    from fleet.relay.standing import Standings
    from fleet.relay.waiting import Waiting

_log = structlog.get_logger()
_KEPT = "kept"


class StaffCounter:
    """Answers staff. `sandbox` as every answer says it."""

    def __init__(
        self, engine: Engine, keys: RelayKeyring, standings: Standings, office: ProviderIdOffice, *, sandbox: bool
    ) -> None:
        self._engine = engine
        self._keys = keys
        self._standings = standings
        self._office = office
        self._sandbox = sandbox

    def standing(self, waiting: Waiting) -> Reply | None:
        """How a person stands; None when the identity provider gives no answer now.

        Who has no active Health ID begins with that, and is told nothing else.
        """
        question = open_staff_question(self._keys.opening, waiting.kiosk, waiting.id, waiting.attachment)
        health_id = self._standings.of(question.citizen_number)
        if health_id is None:
            return None
        told = StaffAnswer(health_id=health_id, sandbox=self._sandbox)
        if health_id is PersonState.ACTIVATED:
            told = self._placed(question.citizen_number, waiting.facility)
        return Reply(question.reply_key, told, str(health_id))

    def ticket(self, waiting: Waiting, now_ms: int) -> Reply | None:
        """Keep what a person says of a list, and give its number; None while this kiosk has brought too many."""
        question = open_ticket_question(self._keys.opening, waiting.kiosk, waiting.id, waiting.attachment)
        token = self._keys.token.token(question.citizen_number, STAFF)
        with unit_of_work(self._engine) as connection:
            entry = roster.listed(connection, token, waiting.facility) if question.amiss is Amiss.WRONG else None
            facility = waiting.facility if entry is None else entry.facility
            amiss = Amiss.MISSING if entry is None else Amiss.WRONG
            number = tickets.keep(connection, Complaint(token, facility, amiss, waiting.kiosk), now_ms)
            admin = roster.admin_of(connection, facility) if entry is None else entry.admin
        if number is None:
            _log.warning("tickets_full", kiosk=waiting.kiosk)
            return None
        return Reply(question.reply_key, TicketAnswer(number, admin), _KEPT)

    def hand_over(self, waiting: Waiting) -> Reply | None:
        """Where the phone goes, and then how that ends; None while there is nothing new, or the office is silent.

        The office says when it is done, and must also say that the person has a Provider ID now.
        """
        question = open_hand_over_question(self._keys.opening, waiting.kiosk, waiting.id, waiting.attachment)
        try:
            told = self._progress(waiting, question.citizen_number)
        except OfficeUnavailableError as error:
            _log.warning("office_unavailable", code=error.code)
            return None
        return None if told is None else Reply(question.reply_key, told, str(told.state))

    def _progress(self, waiting: Waiting, citizen_number: str) -> HandOverAnswer | None:
        if not waiting.answered:  # begun before, perhaps, by a relay that died before it could tell
            begun = self._office.begin(waiting.id, citizen_number, match_words.draw())
            link, thai, english = begun.link, begun.word_th, begun.word_en
            return HandOverAnswer(HandOverState.WAITING, self._sandbox, link, thai, english)
        state = self._office.progress(waiting.id)
        if state is Progress.WAITING or (
            state is Progress.DONE and self._office.has_provider_id(citizen_number) is not True
        ):
            return None
        return HandOverAnswer(HandOverState(state), self._sandbox)

    def _has_provider_id(self, citizen_number: str) -> bool | None:
        try:
            return self._office.has_provider_id(citizen_number)
        except OfficeUnavailableError as error:
            _log.warning("office_unavailable", code=error.code)
            return None

    def _placed(self, citizen_number: str, facility: str) -> StaffAnswer:
        with reading(self._engine) as connection:
            entry = roster.listed(connection, self._keys.token.token(citizen_number, STAFF), facility)
            admin = roster.admin_of(connection, facility) if entry is None else entry.admin
        return StaffAnswer(
            health_id=PersonState.ACTIVATED,
            sandbox=self._sandbox,
            entry=None if entry is None else RosterEntry(entry.unit, entry.position),
            admin=admin,
            has_provider_id=self._has_provider_id(citizen_number),
            hand_over=self._office.hands_over,
        )
