# SPDX-License-Identifier: Apache-2.0
"""Answers the sessions that wait, each by the one that knows, sealed so that only that session can read it.

A PIN is asked of the provider when it is needed and leaves sealed; it is stored nowhere in the clear. An outcome goes
only to the key that stood in that event's own sealed identity; `renewing` answers who asks for a new code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from sqlalchemy import update

from fleet.partners.idp.shapes import ProviderUnavailableError, State
from fleet.relay.opening import open_outcome_question, open_status_question, seal_answer
from fleet.relay.renewing import Renewer
from fleet.relay.replies import Reply
from fleet.relay.staffing import StaffCounter
from fleet.relay.standing import Standings
from fleet.relay.waiting import CLOSED, Waiting
from fleet.store.session import unit_of_work
from fleet.store.tables import ask, outgoing
from wire.asks import About, Answer, CodeAnswer, PersonAnswer, PersonState
from wire.envelope import Sealed, seal_message
from wire.errors import NotForYou, WireError
from wire.signing import Kind

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from fleet.relay.ports import Partners, RelayKeyring

_log = structlog.get_logger()


class Answerer:
    """Answers one waiting question at a time."""

    def __init__(self, engine: Engine, keys: RelayKeyring, partners: Partners, *, profile: str, sandbox: bool) -> None:
        self._engine = engine
        self._keys = keys
        self._provider = partners.provider
        self._sandbox = sandbox
        self._renewer = Renewer(engine, keys, partners.provider, profile=profile, sandbox=sandbox)
        self._standings = Standings(engine, keys, partners.provider, profile=profile)
        self._staff = StaffCounter(engine, keys, self._standings, partners.office, sandbox=sandbox)

    def answer(self, question: Waiting, now_ms: int) -> bool:
        """Answer if there is something to say; False when the provider must be asked again a little later.

        A question that cannot be opened, or that asks for somebody else's outcome, is closed without a word.
        """
        try:
            reply = self._reply(question, now_ms)
            if reply is None:
                return False
            self._give(question, reply, now_ms)
        except WireError as error:
            _log.warning("ask_closed", ask_id=question.id, kiosk=question.kiosk, reason=error.reason)
            self._close(question)
        return True

    def _reply(self, question: Waiting, now_ms: int) -> Reply | None:
        match question.about:
            case About.STATUS:
                return self._status(question)
            case About.OUTCOME:
                return self._outcome(question)
            case About.NEW_CODE:
                return self._new_code(question, now_ms)
            case About.STAFF:
                return self._staff.standing(question)
            case About.TICKET:
                return self._staff.ticket(question, now_ms)
            case About.HAND_OVER:
                return self._staff.hand_over(question)

    def _status(self, waiting: Waiting) -> Reply | None:
        question = open_status_question(self._keys.opening, waiting.kiosk, waiting.id, waiting.attachment)
        state = self._standings.of(question.citizen_number)
        return None if state is None else _person(question.reply_key, PersonAnswer(state, self._sandbox))

    def _outcome(self, waiting: Waiting) -> Reply | None:
        question = open_outcome_question(self._keys.opening, waiting.kiosk, waiting.id, waiting.attachment)
        if waiting.event_kiosk != waiting.kiosk or question.reply_key != waiting.reply_key:
            text = "the outcome is another session's"
            raise NotForYou(text)
        if waiting.state is not PersonState.ACCEPTED or waiting.reference is None:
            return _person(question.reply_key, PersonAnswer(waiting.state, self._sandbox))
        found = self._with_pin(waiting.reference)
        return None if found is None else _person(question.reply_key, found)

    def _new_code(self, waiting: Waiting, now_ms: int) -> Reply | None:
        if waiting.answered:
            key, told = self._renewer.followed(waiting)
            return _person(key, told)
        key, renewal = self._renewer.renew(waiting, now_ms)
        if renewal is None:
            return None
        return Reply(key, renewal.answer, _said(renewal.answer), renewal.note)

    def _with_pin(self, reference: str) -> PersonAnswer | None:
        try:
            told = self._provider.status(reference)
        except ProviderUnavailableError as error:
            _log.warning("provider_unavailable", code=error.code)
            return None
        if told.state is not State.ACCEPTED:
            return None  # it has moved on: the next look at the enrolment brings what to say
        return PersonAnswer(
            state=PersonState.ACCEPTED,
            sandbox=self._sandbox,
            pin=told.pin,
            pin_valid_until_ms=told.pin_valid_until_ms,
        )

    def _give(self, waiting: Waiting, reply: Reply, now_ms: int) -> None:
        """Seal and sign a reply for the courier to send."""
        to, sealed = seal_answer(reply.key, waiting.kiosk, waiting.id, reply.body)
        number = waiting.answered + 1
        body = Answer(v=1, ask=waiting.id, n=number, kiosk=waiting.kiosk, at_ms=now_ms, sealed=Sealed.of(to, sealed))
        message = seal_message(self._keys.answer, Kind.ANSWER, body, sealed)
        unanswered = (ask.c.id == waiting.id) & (ask.c.answered == waiting.answered)
        with unit_of_work(self._engine) as connection:
            given = connection.execute(update(ask).where(unanswered).values(answered=number, said=reply.said))
            if given.rowcount == 1:
                if reply.note is not None:
                    reply.note(connection, now_ms)
                connection.execute(
                    outgoing.insert().values(kiosk=waiting.kiosk, ask=waiting.id, message=message, made_ms=now_ms)
                )
        _log.info("ask_answered", ask_id=waiting.id, kiosk=waiting.kiosk, state=reply.said, n=number)

    def _close(self, waiting: Waiting) -> None:
        with unit_of_work(self._engine) as connection:
            connection.execute(update(ask).where(ask.c.id == waiting.id).values(said=CLOSED))


def _said(found: CodeAnswer) -> str:
    """What is noted as told; who was refused a code is told nothing more."""
    return str(found.state) if found.refused is None else CLOSED


def _person(key: str, told: PersonAnswer) -> Reply:
    return Reply(key, told, str(told.state))
