# SPDX-License-Identifier: Apache-2.0
"""Answers the sessions that wait: how a person stands, or what became of their event, sealed so that only they read it.

A PIN is asked of the provider when it is needed and leaves sealed; it is stored nowhere in the clear. An outcome goes
only to the key that stood in that event's own sealed identity; `renewing` answers who asks for a new code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from sqlalchemy import select, update

from fleet.partners.idp.shapes import ProviderUnavailableError, Standing, State
from fleet.relay.opening import open_outcome_question, open_status_question, seal_answer
from fleet.relay.renewing import Renewer
from fleet.relay.waiting import CLOSED, Waiting
from fleet.store.session import reading, unit_of_work
from fleet.store.tables import ask, outgoing, person
from wire.asks import About, Answer, CodeAnswer, PersonAnswer, PersonState
from wire.envelope import Sealed, seal_message
from wire.errors import NotForYou, WireError
from wire.signing import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

    from fleet.relay.ports import IdentityProvider, RelayKeyring
    from wire.asks import StatusQuestion

_log = structlog.get_logger()
_STANDINGS = {
    Standing.NONE: PersonState.NONE,
    Standing.ACCEPTED: PersonState.ACCEPTED,
    Standing.ACTIVATED: PersonState.ACTIVATED,
}


class Answerer:
    """Answers one waiting question at a time."""

    def __init__(
        self, engine: Engine, keys: RelayKeyring, provider: IdentityProvider, *, profile: str, sandbox: bool
    ) -> None:
        self._engine = engine
        self._keys = keys
        self._provider = provider
        self._profile = profile
        self._sandbox = sandbox
        self._renewer = Renewer(engine, keys, provider, profile=profile, sandbox=sandbox)

    def answer(self, question: Waiting, now_ms: int) -> bool:
        """Answer if there is something to say; False when the provider must be asked again a little later.

        A question that cannot be opened, or that asks for somebody else's outcome, is closed without a word.
        """
        try:
            if question.about is About.NEW_CODE and not question.answered:
                return self._renew(question, now_ms)
            reply_key, found = self._found(question)
            if found is None:
                return False
            self._give(question, reply_key, found, now_ms)
        except WireError as error:
            _log.warning("ask_closed", ask_id=question.id, kiosk=question.kiosk, reason=error.reason)
            self._close(question)
        return True

    def _found(self, question: Waiting) -> tuple[str, PersonAnswer | None]:
        match question.about:
            case About.STATUS:
                return self._status(question)
            case About.OUTCOME:
                return self._outcome(question)
            case About.NEW_CODE:
                return self._renewer.followed(question)

    def _renew(self, question: Waiting, now_ms: int) -> bool:
        reply_key, renewal = self._renewer.renew(question, now_ms)
        if renewal is not None:
            self._give(question, reply_key, renewal.answer, now_ms, note=renewal.note)
        return renewal is not None

    def _status(self, waiting: Waiting) -> tuple[str, PersonAnswer | None]:
        question = open_status_question(self._keys.opening, waiting.kiosk, waiting.id, waiting.attachment)
        state = self._state_of(question)
        return question.reply_key, None if state is None else PersonAnswer(state=state, sandbox=self._sandbox)

    def _state_of(self, question: StatusQuestion) -> PersonState | None:
        """The provider's word; when it is away only our own ACTIVATED is sure enough to tell."""
        try:
            return _STANDINGS[self._provider.status_of(question.citizen_number)]
        except ProviderUnavailableError as error:
            _log.warning("provider_unavailable", code=error.code)
        mine = (person.c.token == self._keys.token.token(question.citizen_number)) & (person.c.profile == self._profile)
        with reading(self._engine) as connection:
            state = connection.execute(select(person.c.state).where(mine)).scalar_one_or_none()
        return PersonState.ACTIVATED if state == PersonState.ACTIVATED else None

    def _outcome(self, waiting: Waiting) -> tuple[str, PersonAnswer | None]:
        question = open_outcome_question(self._keys.opening, waiting.kiosk, waiting.id, waiting.attachment)
        if waiting.event_kiosk != waiting.kiosk or question.reply_key != waiting.reply_key:
            text = "the outcome is another session's"
            raise NotForYou(text)
        if waiting.state is not PersonState.ACCEPTED or waiting.reference is None:
            return question.reply_key, PersonAnswer(state=waiting.state, sandbox=self._sandbox)
        return question.reply_key, self._with_pin(waiting.reference)

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

    def _give(
        self,
        waiting: Waiting,
        reply_key: str,
        found: PersonAnswer,
        now_ms: int,
        note: Callable[[Connection, int], None] | None = None,
    ) -> None:
        """Seal and sign an answer for the courier to send; `note` is written in the same transaction."""
        to, sealed = seal_answer(reply_key, waiting.kiosk, waiting.id, found)
        number = waiting.answered + 1
        body = Answer(v=1, ask=waiting.id, n=number, kiosk=waiting.kiosk, at_ms=now_ms, sealed=Sealed.of(to, sealed))
        message = seal_message(self._keys.answer, Kind.ANSWER, body, sealed)
        unanswered = (ask.c.id == waiting.id) & (ask.c.answered == waiting.answered)
        with unit_of_work(self._engine) as connection:
            given = connection.execute(update(ask).where(unanswered).values(answered=number, said=_said(found)))
            if given.rowcount == 1:
                if note is not None:
                    note(connection, now_ms)
                connection.execute(
                    outgoing.insert().values(kiosk=waiting.kiosk, ask=waiting.id, message=message, made_ms=now_ms)
                )
        _log.info("ask_answered", ask_id=waiting.id, kiosk=waiting.kiosk, state=str(found.state), n=number)

    def _close(self, waiting: Waiting) -> None:
        with unit_of_work(self._engine) as connection:
            connection.execute(update(ask).where(ask.c.id == waiting.id).values(said=CLOSED))


def _said(found: PersonAnswer) -> str:
    """What is noted as told; who was refused a code is told nothing more."""
    return CLOSED if isinstance(found, CodeAnswer) and found.refused is not None else str(found.state)
