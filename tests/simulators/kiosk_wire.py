# SPDX-License-Identifier: Apache-2.0
"""A kiosk as the controller sees it: it really seals, signs and chains, and really reads receipts and answers."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

import msgspec

from wire.asks import (
    About,
    Amiss,
    Answer,
    Ask,
    CodeAnswer,
    HandOverQuestion,
    IdentityRecord,
    NewCodeQuestion,
    OutcomeQuestion,
    PersonAnswer,
    SealedName,
    StaffQuestion,
    StatusQuestion,
    TicketQuestion,
    answer_info,
    ask_info,
    identity_info,
)
from wire.chain import Head, next_link
from wire.complaints import Complaint
from wire.envelope import Sealed, decode, digest, encode, open_message, seal_message, split
from wire.events import ClockSync, EnrollmentCaptured, Evidence, Moment, Parent, Profile
from wire.hello import Heartbeat, Hello
from wire.ids import KeyId, KioskId, Shard, StreamId, new_ask_id, new_event_id, new_stream_id
from wire.opinions import Category, Place
from wire.orders import OrderResult, Outcome
from wire.receipts import Receipt
from wire.registration import Registration, default_shard
from wire.sealing import OpeningKey, SealingKey
from wire.signing import Kind, SigningKey, VerifyKey
from wire.topics import Up, up

Told = TypeVar("Told", bound=msgspec.Struct)

NOBODY = "0000000000000"  # no such number: its check digit would be 1


def made_up_number(n: int) -> str:
    """The n-th number that no person has: its check digit is wrong by construction."""
    digits = f"9{n:011}"
    weighted = sum(int(digit) * weight for digit, weight in zip(digits, range(13, 1, -1), strict=True))
    return digits + str(((11 - weighted % 11) % 10 + 1) % 10)


def identity_record(number: str = NOBODY, *, province: str | None = "41", reply_key: str = "") -> IdentityRecord:
    """A made-up person; the reply key is a fresh session's unless given."""
    return IdentityRecord(
        citizen_number=number,
        name_th=SealedName("นาง", "ทดสอบ", "", "ตัวอย่าง"),
        name_en=SealedName("Mrs.", "Thotsop", "", "Tuayang"),
        born="1970-01-31",
        sex=2,
        card_expires="2099-12-31",
        province=province,
        warnings=(),
        reply_key=reply_key or Session().reply_key,
    )


def moment() -> Moment:
    """Now, by an honest clock."""
    return Moment("0" * 32, 1000, time.time_ns() // 1_000_000, ClockSync.SYNCED)


EVIDENCE = Evidence(
    consent="th-1",
    card_status="not_checked",
    engine="demo",
    grade="demo",
    models=("0" * 64,),
    policy="1",
    distance=0.3,
    match_at_most=0.6,
    frames=12,
    challenges=("turn_left",),
    parallax=0.1,
    attempts=1,
    duration_ms=900,
)


@dataclass(slots=True)
class Session:
    """One person's session with its throw-away key."""

    key: OpeningKey = field(default_factory=lambda: OpeningKey.generate(KeyId("session#1")))

    @property
    def reply_key(self) -> str:
        return str(self.key.public().jwk()["x"])


@dataclass(slots=True)
class WireKiosk:
    """One kiosk; `seals_to` is the relay's public key."""

    id: KioskId
    seals_to: SealingKey
    facility: str = "10661"
    province: str = "41"
    key: SigningKey = field(init=False)
    courier_key: SigningKey = field(init=False)
    stream: StreamId = field(init=False)
    head: Head | None = None

    def __post_init__(self) -> None:
        self.key = SigningKey.generate(KeyId(f"{self.id}#1"))
        self.courier_key = SigningKey.generate(KeyId(f"{self.id}#2"))
        self.restart()

    @property
    def shard(self) -> Shard:
        return default_shard(self.id)

    def restart(self) -> None:
        self.stream = new_stream_id()

    def registration(self) -> Registration:
        return Registration(
            v=1,
            kiosk=self.id,
            facility=self.facility,
            province=self.province,
            shard=self.shard,
            event_key=self.key.public().jwk(),
            courier_key=self.courier_key.public().jwk(),
        )

    def topic(self, kind: Up) -> str:
        return up(self.shard, self.id, kind)

    def body(self, attachment: bytes, event_id: str | None = None, **changes: object) -> EnrollmentCaptured:
        """The next event's body, without taking its place in the chain."""
        link = next_link(self.stream, self.head)
        body = EnrollmentCaptured(
            v=1,
            id=event_id or new_event_id(time.time_ns() // 1_000_000),
            kiosk=self.id,
            stream=link.stream,
            seq=link.seq,
            prev=link.prev.hex() if link.prev else None,
            parent=None if link.parent is None else Parent.of(link.parent),
            at=moment(),
            profile=Profile.TEST,
            facility=self.facility,
            release="1.0.0",
            evidence=EVIDENCE,
            sealed=Sealed.of(self.seals_to.kid, attachment),
        )
        return msgspec.structs.replace(body, **changes)

    def sign(self, body: EnrollmentCaptured, attachment: bytes) -> bytes:
        """Sign an event and let the next one follow it."""
        message = seal_message(self.key, Kind.EVENT, body, attachment)
        self.head = Head(self.stream, body.seq, digest(split(message)[0]))
        return message

    def enrol(self, record: IdentityRecord | None = None, **changes: object) -> tuple[str, bytes]:
        """Capture one person: the event's id and its message."""
        event_id = str(changes.pop("event_id", new_event_id(time.time_ns() // 1_000_000)))
        record = record or identity_record()
        attachment = self.seals_to.seal(encode(record), identity_info(self.id, event_id))
        return event_id, self.sign(self.body(attachment, event_id, **changes), attachment)

    def hello(self, nonce: str = "a" * 32, pruned: dict[str, int] | None = None) -> bytes:
        return seal_message(self.courier_key, Kind.HELLO, Hello(1, self.id, nonce, moment(), pruned or {}))

    def heartbeat(self, **changes: object) -> bytes:
        body = Heartbeat(1, self.id, moment(), "1.0.0", 3, 60, "ok", "ok", "ok", 900, {"accepted": 2})
        return seal_message(self.courier_key, Kind.HEARTBEAT, msgspec.structs.replace(body, **changes))

    def result(self, n: int, op: str = "close", outcome: Outcome = Outcome.DONE, **more: Any) -> bytes:  # noqa: ANN401 - fields
        """What the screen's process says came of an order."""
        return seal_message(self.key, Kind.RESULT, OrderResult(1, self.id, n, op, outcome, moment(), **more))

    def complaint(self, number: str = "48217306", **changes: object) -> tuple[str, bytes]:
        """What somebody says is not right: its id and its message."""
        ident = f"{int(number):032x}"
        codes = ("1.0.0", "ok", "absent", "ok", "up")
        said = (Category.CARD, Place.PROBLEM, date(2026, 11, 24), Profile.TEST)
        body = msgspec.structs.replace(Complaint(1, ident, self.id, number, *said, *codes), **changes)
        return body.id, seal_message(self.key, Kind.COMPLAINT, body)

    def ask_outcome(self, event_id: str, session: Session) -> tuple[str, bytes]:
        return self._ask(About.OUTCOME, event_id, OutcomeQuestion(session.reply_key))

    def ask_status(self, number: str, session: Session) -> tuple[str, bytes]:
        return self._ask(About.STATUS, None, StatusQuestion(number, session.reply_key))

    def ask_new_code(self, number: str, session: Session, **changes: object) -> tuple[str, bytes]:
        question = NewCodeQuestion(number, session.reply_key)
        return self._ask(About.NEW_CODE, None, question, **{"evidence": EVIDENCE, **changes})

    def ask_staff(self, number: str, session: Session) -> tuple[str, bytes]:
        return self._ask(About.STAFF, None, StaffQuestion(number, session.reply_key))

    def send_ticket(self, number: str, amiss: Amiss, session: Session) -> tuple[str, bytes]:
        return self._ask(About.TICKET, None, TicketQuestion(number, amiss, session.reply_key))

    def hand_over(self, number: str, session: Session) -> tuple[str, bytes]:
        return self._ask(About.HAND_OVER, None, HandOverQuestion(number, session.reply_key))

    def _ask(
        self, about: About, event_id: str | None, question: msgspec.Struct, **changes: object
    ) -> tuple[str, bytes]:
        now = time.time_ns() // 1_000_000
        ask_id = new_ask_id(now)
        attachment = self.seals_to.seal(encode(question), ask_info(self.id, ask_id))
        body = Ask(1, ask_id, self.id, about, event_id, now, now + 60_000, Sealed.of(self.seals_to.kid, attachment))
        return ask_id, seal_message(self.key, Kind.ASK, msgspec.structs.replace(body, **changes), attachment)

    def read_receipt(self, message: bytes, receipt_key: VerifyKey) -> Receipt:
        """Believe a receipt, as a kiosk does."""
        receipt, _ = open_message(message, Kind.RECEIPT, receipt_key, Receipt)
        assert receipt.kiosk == self.id
        return receipt

    def read_code(self, message: bytes, answer_key: VerifyKey, session: Session) -> CodeAnswer:
        """Open the answer to a question for a new code in its session."""
        answer, sealed = open_message(message, Kind.ANSWER, answer_key, Answer)
        assert sealed is not None
        return decode(session.key.open(sealed, answer_info(self.id, answer.ask)), CodeAnswer)

    def read_answer(self, message: bytes, answer_key: VerifyKey, session: Session) -> tuple[Answer, PersonAnswer]:
        """Open an answer about a person in its session."""
        return self.open_answer(message, answer_key, session, PersonAnswer)

    def open_answer(
        self, message: bytes, answer_key: VerifyKey, session: Session, shape: type[Told]
    ) -> tuple[Answer, Told]:
        """Open an answer of any shape in its session."""
        answer, sealed = open_message(message, Kind.ANSWER, answer_key, Answer)
        assert sealed is not None
        return answer, decode(session.key.open(sealed, answer_info(self.id, answer.ask)), shape)


def cloned(kiosk: WireKiosk) -> WireKiosk:
    """The same card in a second machine: same key, same head, a stream of its own."""
    other = WireKiosk(kiosk.id, kiosk.seals_to, kiosk.facility, kiosk.province)
    other.key, other.courier_key, other.head = kiosk.key, kiosk.courier_key, kiosk.head
    return other
