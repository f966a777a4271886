# SPDX-License-Identifier: Apache-2.0
"""Has a new code made for a person whose face was checked again, and says why when there is none. Nothing is enrolled.

A new code takes the old one from whoever has it, so the relay believes nobody else that it was asked for: it verifies
the kiosk's signature itself, lets each question act once, and counts. Source: docs/adr/0024.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import select, update

from fleet.devices.registry import look_up
from fleet.enrollments import codes
from fleet.enrollments.codes import Admission, Outcome, Request
from fleet.partners.idp.shapes import ProviderUnavailableError, Refused, State
from fleet.relay.opening import open_new_code_question
from fleet.store.session import reading, unit_of_work
from fleet.store.tables import ask, enrollment, person
from wire.asks import About, Ask, CodeAnswer, NewCodeQuestion, NoCode, PersonState
from wire.envelope import join, open_message
from wire.errors import NotForYou
from wire.ids import KioskId
from wire.signing import Kind

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, Row

    from fleet.relay.ports import IdentityProvider, RelayKeyring
    from fleet.relay.waiting import Waiting

_ACT_WITHIN_MS = 15_000  # of its arrival: the session waits 20 s, and a code that nobody reads only kills the last one
_UNDER_WAY = frozenset({PersonState.CAPTURED, PersonState.SUBMITTED})
_OUTCOMES = {
    Refused.ALREADY_ACTIVATED: Outcome.NOT_NEEDED,
    Refused.TOO_OFTEN: Outcome.TOO_OFTEN,
    Refused.NOT_ACCEPTED: Outcome.NOT_HERE,
    Refused.UNKNOWN_REFERENCE: Outcome.NOT_HERE,
}
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, repr=False)
class Renewal:
    """What the session is told, what is noted with it, and the event by which the person is followed from then on."""

    answer: CodeAnswer
    request: Request
    outcome: Outcome
    event: str | None

    def note(self, connection: Connection, now_ms: int) -> None:
        """Note it, in the transaction that gives the answer."""
        codes.settle(connection, self.request, self.outcome, now_ms)
        connection.execute(update(ask).where(ask.c.id == self.request.ask).values(event=self.event))
        _log.info("new_code", ask_id=self.request.ask, kiosk=self.request.kiosk, outcome=str(self.outcome))


class Renewer:
    """Answers questions for a new code, one at a time."""

    def __init__(
        self, engine: Engine, keys: RelayKeyring, provider: IdentityProvider, *, profile: str, sandbox: bool
    ) -> None:
        self._engine = engine
        self._keys = keys
        self._provider = provider
        self._profile = profile
        self._sandbox = sandbox

    def followed(self, waiting: Waiting) -> tuple[str, CodeAnswer]:
        """How the person of an answered question stands now; never a code.

        Raises:
            WireError: the question cannot be opened.
        """
        return self._opened(waiting).reply_key, CodeAnswer(state=waiting.state, sandbox=self._sandbox)

    def renew(self, waiting: Waiting, now_ms: int) -> tuple[str, Renewal | None]:
        """The reply key and what became of it; None when the provider must be asked again a little later.

        1. Its kiosk is registered and in service now, has signed exactly this, and says that the face was a match.
        2. Somebody waits for it still, and it is no message of another day.
        3. It opens, and names somebody whom we have enrolled and who is to enter a code.
        4. It has not acted yet, and neither the person nor the kiosk has asked too often.
        5. The provider gives a code, or says why not.

        Raises:
            WireError: it is answered by silence.
        """
        self._verify(waiting, now_ms)  # 1, 2
        question = self._opened(waiting)  # 3
        token = self._keys.token.token(question.citizen_number)
        request = Request(waiting.id, waiting.kiosk, token, self._profile)
        with unit_of_work(self._engine) as connection:
            known = self._known(connection, token)
            if known is None or known.state != PersonState.ACCEPTED or known.reference is None:
                return question.reply_key, self._without(request, known)
            admission = codes.admit(connection, request, now_ms)  # 4
        if admission is Admission.DONE:
            text = "this question was answered before"
            raise NotForYou(text)
        if admission is Admission.TOO_OFTEN:
            return question.reply_key, self._refused(request, Outcome.TOO_OFTEN, known.event)
        return question.reply_key, self._asked(request, known)  # 5

    def _verify(self, waiting: Waiting, now_ms: int) -> None:
        who = KioskId(waiting.kiosk)
        with reading(self._engine) as connection:
            kiosk = look_up(connection, [who], locked=False).get(who)
        if kiosk is None or not kiosk.active or waiting.signed is None:
            text = "its kiosk is not in service"
            raise NotForYou(text)
        body, _ = open_message(join(waiting.signed, waiting.attachment), Kind.ASK, kiosk.event_key, Ask)
        if (body.id, body.kiosk, body.about) != (waiting.id, who, About.NEW_CODE) or not body.is_whole:
            text = "what was signed is another question"
            raise NotForYou(text)
        if body.evidence is None or not body.evidence.is_match:
            text = "no face check was passed"
            raise NotForYou(text)
        if abs(now_ms - body.asked_ms) > codes.DAY_MS or now_ms - waiting.received_ms > _ACT_WITHIN_MS:
            text = "nobody waits for it any more"
            raise NotForYou(text)

    def _opened(self, waiting: Waiting) -> NewCodeQuestion:
        return open_new_code_question(self._keys.opening, waiting.kiosk, waiting.id, waiting.attachment)

    def _known(self, connection: Connection, token: bytes) -> Row[str, str, str | None] | None:
        """The person's state, event and reference; the row is locked, so that two questions are counted as two."""
        mine = (person.c.token == token) & (person.c.profile == self._profile)
        query = select(person.c.state, enrollment.c.event, enrollment.c.reference)
        joined = query.join(enrollment, enrollment.c.event == person.c.first_event)
        return connection.execute(joined.where(mine).with_for_update(of=person)).first()

    def _without(self, request: Request, known: Row[str, str, str | None] | None) -> Renewal | None:
        """What somebody is told who has no code to lose; None while the person is on the way to one."""
        if known is not None and known.state in _UNDER_WAY:
            return None
        active = known is not None and known.state == PersonState.ACTIVATED
        outcome = Outcome.NOT_NEEDED if active else Outcome.NOT_HERE
        return self._refused(request, outcome, None if known is None else known.event)

    def _asked(self, request: Request, known: Row[str, str, str | None]) -> Renewal | None:
        try:
            told = self._provider.new_pin(str(known.reference), request.ask)
        except ProviderUnavailableError as error:
            _log.warning("provider_unavailable", code=error.code)
            return None
        if isinstance(told, Refused):
            return self._refused(request, _OUTCOMES[told], known.event)
        if told.state is not State.ACCEPTED:  # a key that was used before, and the person has gone on since
            gone_on = Outcome.NOT_NEEDED if told.state is State.ACTIVATED else Outcome.NOT_HERE
            return self._refused(request, gone_on, known.event)
        answer = CodeAnswer(
            state=PersonState.ACCEPTED,
            sandbox=self._sandbox,
            pin=told.pin,
            pin_valid_until_ms=told.pin_valid_until_ms,
        )
        return Renewal(answer, request, Outcome.GIVEN, known.event)

    def _refused(self, request: Request, outcome: Outcome, event: str | None) -> Renewal:
        if outcome is Outcome.NOT_NEEDED:
            answer = CodeAnswer(state=PersonState.ACTIVATED, sandbox=self._sandbox)
        else:
            why = NoCode.TOO_OFTEN if outcome is Outcome.TOO_OFTEN else NoCode.NOT_HERE
            answer = CodeAnswer(state=PersonState.NONE, sandbox=self._sandbox, refused=why)
        return Renewal(answer, request, outcome, event)
