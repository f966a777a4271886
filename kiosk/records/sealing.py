# SPDX-License-Identifier: Apache-2.0
"""The person's side of the door: identities and questions are sealed to the relay before they leave this process.

The session's throw-away key lives here only; answers are opened here only. Runs in the person's process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from kiosk.enrollment import happenings as on
from kiosk.enrollment.failures import Failure
from kiosk.enrollment.identity import Lifelong, PartialDate
from kiosk.enrollment.ports import Enrolled, PhoneSaid, StaffTask
from kiosk.records.pipe import AskThis, FileThis
from wire.asks import (
    About,
    Amiss,
    Answer,
    CodeAnswer,
    HandOverAnswer,
    HandOverQuestion,
    HandOverState,
    IdentityRecord,
    NewCodeQuestion,
    NoCode,
    OutcomeQuestion,
    PersonAnswer,
    PersonState,
    SealedName,
    StaffAnswer,
    StaffQuestion,
    StatusQuestion,
    TicketAnswer,
    TicketQuestion,
    answer_info,
    ask_info,
    identity_info,
)
from wire.bodies import SCORE_AT_MOST
from wire.envelope import decode, open_message
from wire.errors import NotForYou, WireError
from wire.events import Evidence
from wire.ids import AskId, KeyId, KioskId, new_ask_id, new_event_id
from wire.sealing import OpeningKey
from wire.signing import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.enrollment.evidence import Enrollment
    from kiosk.enrollment.identity import Identity, PersonName
    from kiosk.records.pipe import FromPerson
    from wire.registration import Trust

SESSION_KEY = KeyId("session#0")

# A person who is on the way already must not be sent a second time.
_ENROLLED = {
    PersonState.CAPTURED: Enrolled.ACCEPTED,
    PersonState.SUBMITTED: Enrolled.ACCEPTED,
    PersonState.ACCEPTED: Enrolled.ACCEPTED,
    PersonState.ACTIVATED: Enrolled.ACTIVATED,
}


_NO_CODE = {NoCode.TOO_OFTEN: Failure.CODE_TOO_OFTEN, NoCode.NOT_HERE: Failure.CODE_NOT_HERE}


class SealedKeeper:
    """A session's `RecordKeeper`."""

    def __init__(
        self, *, kiosk: KioskId, trust: Trust, send: Callable[[FromPerson], None], wall_ms: Callable[[], int]
    ) -> None:
        """Make the session's throw-away key."""
        self._kiosk = kiosk
        self._to = trust.sealing()
        self._answers = trust.answers()
        self._send = send
        self._wall_ms = wall_ms
        self._key: OpeningKey | None = OpeningKey.generate(SESSION_KEY)
        self._asked: dict[AskId, About] = {}

    def ask_status(self, identity: Identity) -> None:
        """See `RecordKeeper`."""
        self._ask(About.STATUS, StatusQuestion(citizen_number=identity.citizen_number, reply_key=self._reply_key()))

    def ask_staff(self, identity: Identity, task: StaffTask) -> None:
        """See `RecordKeeper`."""
        number, key = identity.citizen_number, self._reply_key()
        match task:
            case StaffTask.STANDING:
                self._ask(About.STAFF, StaffQuestion(citizen_number=number, reply_key=key))
            case StaffTask.HAND_OVER:
                self._asked = {ask: about for ask, about in self._asked.items() if about is not About.HAND_OVER}
                self._ask(About.HAND_OVER, HandOverQuestion(citizen_number=number, reply_key=key))
            case StaffTask.MISSING | StaffTask.WRONG:
                self._ask(About.TICKET, TicketQuestion(citizen_number=number, amiss=Amiss(task), reply_key=key))

    def ask_new_code(self, proven: Enrollment) -> None:
        """See `RecordKeeper`."""
        ask = self._new_ask(About.NEW_CODE)
        question = NewCodeQuestion(citizen_number=proven.identity.citizen_number, reply_key=self._reply_key())
        sealed = self._sealed(question, ask_info(self._kiosk, ask))
        self._send(AskThis(ask, About.NEW_CODE, None, sealed, evidence_of(proven)))

    def file(self, enrollment: Enrollment, kept_hours: int | None = None) -> None:
        """See `RecordKeeper`."""
        event = new_event_id(self._wall_ms())
        ask = self._new_ask(About.OUTCOME)
        question = OutcomeQuestion(reply_key=self._reply_key())
        self._send(
            FileThis(
                event=event,
                evidence=evidence_of(enrollment),
                sealed=self._sealed(
                    record_of(enrollment.identity, self._reply_key()), identity_info(self._kiosk, event)
                ),
                ask=ask,
                sealed_ask=self._sealed(question, ask_info(self._kiosk, ask)),
                kept_hours=kept_hours,
            )
        )

    def opened(self, message: bytes) -> on.Happening | None:
        """What an answer tells the session; None for one that is not its business or not the relay's.

        1. The relay signed it, for this kiosk, about a question that this session asked.
        2. It opens with the session's key, for that question.
        """
        try:
            answer, sealed = open_message(message, Kind.ANSWER, self._answers, Answer)  # 1
            about, key = self._asked.get(AskId(answer.ask)), self._key
            if answer.kiosk != self._kiosk or about is None or sealed is None or key is None:
                return None
            return _told(about, key.open(sealed, answer_info(self._kiosk, answer.ask)))  # 2
        except WireError:
            return None

    def forget(self) -> None:
        """See `RecordKeeper`."""
        self._key = None
        self._asked.clear()

    def _ask(self, about: About, question: msgspec.Struct) -> None:
        ask = self._new_ask(about)
        self._send(AskThis(ask, about, None, self._sealed(question, ask_info(self._kiosk, ask))))

    def _new_ask(self, about: About) -> AskId:
        ask = new_ask_id(self._wall_ms())
        self._asked[ask] = about
        return ask

    def _reply_key(self) -> str:
        if self._key is None:
            message = "the session is over"
            raise NotForYou(message)
        return str(self._key.public().jwk()["x"])

    def _sealed(self, body: msgspec.Struct, info: bytes) -> bytes:
        return self._to.seal(msgspec.json.encode(body), info)


def _told(about: About, opened: bytes) -> on.Happening | None:
    match about:
        case About.STATUS:
            return _status(decode(opened, PersonAnswer))
        case About.OUTCOME:
            return _of_person(decode(opened, PersonAnswer))
        case About.NEW_CODE:
            return _code(decode(opened, CodeAnswer))
        case About.STAFF:
            return _staff(decode(opened, StaffAnswer))
        case About.TICKET:
            kept = decode(opened, TicketAnswer)
            return on.TicketKept(kept.number, kept.admin or "")
        case About.HAND_OVER:
            return _handed_over(decode(opened, HandOverAnswer))


def _staff(told: StaffAnswer) -> on.Happening:
    return on.StaffKnown(
        _ENROLLED.get(told.health_id, Enrolled.NOT_YET),
        unit="" if told.entry is None else told.entry.unit,
        position="" if told.entry is None else told.entry.position,
        admin=told.admin or "",
        has_provider_id=told.has_provider_id is True,
        hand_over=told.hand_over,
        sandbox=told.sandbox,
    )


def _handed_over(told: HandOverAnswer) -> on.Happening | None:
    if told.state is not HandOverState.WAITING:
        return on.HandOverEnded(PhoneSaid(told.state), told.sandbox)
    if told.link is None or told.word_th is None or told.word_en is None:
        return None
    if not is_followed(told.link, sandbox=told.sandbox):
        return None
    return on.HandOverBegun(told.link, told.word_th, told.word_en, told.sandbox)


def is_followed(link: str, *, sandbox: bool) -> bool:
    """Whether people may be led there: provider.id.th by HTTPS, or a sandbox that says so, on its own machine."""
    parts = urlsplit(link)
    host = parts.hostname or ""
    if sandbox and host in {"127.0.0.1", "localhost"}:
        return True
    return parts.scheme == "https" and parts.port is None and f".{host}".endswith(".provider.id.th")


def _status(told: PersonAnswer) -> on.Happening:
    return on.StatusKnown(_ENROLLED.get(told.state, Enrolled.NOT_YET))


def _code(told: CodeAnswer) -> on.Happening | None:
    return _of_person(told) if told.refused is None else on.NoNewCode(_NO_CODE[told.refused])


def _of_person(told: PersonAnswer) -> on.Happening | None:
    match told.state:
        case PersonState.ACCEPTED if told.pin is not None and told.pin_valid_until_ms is not None:
            return on.PinIssued(told.pin, told.pin_valid_until_ms, told.sandbox)
        case PersonState.ACTIVATED:
            return on.BecameActive(told.sandbox)
        case PersonState.REJECTED:
            return on.Rejected()
        case _:
            return None


def record_of(identity: Identity, reply_key: str) -> IdentityRecord:
    """What the relay needs of an identity, and nothing more: no full address, no portrait."""
    return IdentityRecord(
        citizen_number=identity.citizen_number,
        name_th=_name(identity.name_th),
        name_en=_name(identity.name_en),
        born=None if identity.born is None else _date(identity.born),
        sex=int(identity.sex),
        card_expires=_expiry(identity.expires),
        province=identity.province,
        warnings=tuple(sorted(identity.warnings)),
        reply_key=reply_key,
    )


def _name(name: PersonName) -> SealedName:
    return SealedName(name.prefix, name.first, name.middle, name.last)


def _date(partial: PartialDate) -> str:
    parts = [f"{partial.year:04d}"]
    if partial.month is not None:
        parts.append(f"{partial.month:02d}")
        if partial.day is not None:
            parts.append(f"{partial.day:02d}")
    return "-".join(parts)


def _expiry(expires: PartialDate | Lifelong | None) -> str | None:
    if expires is None:
        return None
    return str(expires.value) if isinstance(expires, Lifelong) else _date(expires)


def evidence_of(enrollment: Enrollment) -> Evidence:
    """How sure the kiosk was, in codes and figures about the engine."""
    match, liveness = enrollment.findings.match, enrollment.findings.liveness
    return Evidence(
        consent=enrollment.consent.notice_version,
        card_status=enrollment.card_status,
        engine=match.engine,
        grade=match.grade,
        models=match.model_digests,
        policy=match.policy_version,
        distance=round(min(match.distance, SCORE_AT_MOST), 2),
        match_at_most=match.match_at_most,
        frames=match.frames,
        challenges=liveness.challenges,
        parallax=round(min(abs(liveness.parallax), SCORE_AT_MOST), 3),
        attempts=enrollment.attempts,
        duration_ms=enrollment.duration_ms,
        light=enrollment.findings.light,
        pad=None if liveness.pad is None else round(liveness.pad.least, 3),
    )
