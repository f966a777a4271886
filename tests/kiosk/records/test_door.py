# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import pytest

from kiosk import device
from kiosk.enrollment import happenings as on
from kiosk.enrollment.evidence import CardStatus, Consent, Enrollment, PadScores
from kiosk.enrollment.identity import PartialDate
from kiosk.enrollment.ports import Enrolled
from kiosk.records import pipe
from kiosk.records.sealing import SealedKeeper, record_of
from kiosk.store import inbox, outbox
from kiosk.store.database import DiskFullError, Store, StoreError
from tests.kiosk.conftest import KIOSK, World, filing_for
from tests.kiosk.enrollment.walk import findings
from tests.simulators.holders import identity
from wire.asks import (
    Answer,
    Ask,
    IdentityRecord,
    OutcomeQuestion,
    PersonAnswer,
    PersonState,
    StatusQuestion,
    answer_info,
    ask_info,
    identity_info,
)
from wire.envelope import Sealed, join, open_message, seal_message
from wire.events import Counted, EnrollmentCaptured
from wire.ids import KeyId, new_ask_id
from wire.sealing import SealingKey
from wire.signing import Algorithm, Kind, SigningKey

if TYPE_CHECKING:
    from kiosk.records.filing import Filing

WHO = identity(7)
PLACEHOLDER_KEY = "A" * 43


class Session:
    """A keeper and what it sent through the pipe."""

    def __init__(self, world: World) -> None:
        self.sent: list[pipe.FromPerson] = []
        self.keeper = SealedKeeper(kiosk=KIOSK, trust=world.trust, send=self.sent.append, wall_ms=device.wall_ms)

    def ask(self) -> pipe.AskThis:
        self.keeper.ask_status(WHO)
        message = self.sent[-1]
        assert isinstance(message, pipe.AskThis)
        return message

    def file(self) -> pipe.FileThis:
        consent = Consent("notice-1", datetime(2026, 11, 24, tzinfo=UTC))
        self.keeper.file(Enrollment(WHO, consent, CardStatus.PENDING, findings(), 1, 60_000))
        message = self.sent[-1]
        assert isinstance(message, pipe.FileThis)
        return message


@pytest.fixture
def session(world: World) -> Session:
    return Session(world)


def _answer(
    world: World, ask: str, reply_key: str, told: msgspec.Struct, *, key: SigningKey | None = None, kiosk: str = KIOSK
) -> bytes:
    to = SealingKey.from_jwk({"kty": "OKP", "crv": "X25519", "x": reply_key, "kid": "session#0"})
    sealed = to.seal(msgspec.json.encode(told), answer_info(kiosk, ask))
    body = Answer(v=1, ask=ask, n=1, kiosk=kiosk, at_ms=1, sealed=Sealed.of(KeyId("session#0"), sealed))
    return seal_message(key or world.answer, Kind.ANSWER, body, sealed)


def _reply_key(world: World, question: pipe.AskThis) -> str:
    opened = world.relay.open(question.sealed, ask_info(KIOSK, question.ask))
    return msgspec.json.decode(opened, type=StatusQuestion).reply_key


def test_a_filed_record_is_signed_chained_and_opens_for_the_relay_only(
    session: Session, filing: Filing, store: Store, world: World
) -> None:
    code = filing.file(session.file())
    (waiting,) = outbox.pending(store)
    message = join(waiting.signed, waiting.attachment)
    event, attachment = open_message(message, Kind.EVENT, world.event.public(), EnrollmentCaptured)
    assert attachment is not None
    record = msgspec.json.decode(world.relay.open(attachment, identity_info(KIOSK, event.id)), type=IdentityRecord)
    assert record.citizen_number == WHO.citizen_number
    assert (event.seq, event.prev, event.parent, event.facility) == (1, None, None, "10670")
    assert code.replace("-", "").lower() == event.id.replace("-", "")[-8:]


def test_a_key_whose_token_does_not_answer_stores_nothing_and_promises_nothing(
    session: Session, filing: Filing, store: Store
) -> None:
    public = SigningKey.generate(KeyId(f"{KIOSK}#1"), Algorithm.ES256).public().jwk()
    gone = SigningKey.from_jwk(public | {"pkcs11": "pkcs11:token=a;object=b?module-path=/none.so&pin-value=12345678"})
    with pytest.raises(StoreError, match="TPM") as caught:
        replace(filing, key=gone).file(session.file())
    assert "12345678" not in str(caught.value)
    assert list(outbox.pending(store)) == []
    assert filing.file(session.file())


def test_nothing_that_leaves_the_person_s_process_names_the_person(session: Session) -> None:
    session.ask()
    session.file()
    encoded = b"".join(msgspec.msgpack.encode(message) for message in session.sent)
    for secret in (WHO.citizen_number, WHO.name_th.first, WHO.name_en.first, WHO.name_th.last):
        assert secret.encode() not in encoded
    assert WHO.portrait_jpeg not in encoded


def test_the_store_never_holds_the_person_in_the_clear(session: Session, filing: Filing, store: Store) -> None:
    filing.ask(session.ask())
    filing.file(session.file())
    data = store.path.read_bytes()
    for secret in (WHO.citizen_number, WHO.name_th.first, WHO.name_en.first):
        assert secret.encode() not in data


def test_the_sealed_record_holds_no_address_and_no_portrait() -> None:
    encoded = msgspec.json.encode(record_of(WHO, PLACEHOLDER_KEY)).decode()
    assert WHO.address.tambon not in encoded
    assert "portrait" not in encoded
    assert '"province":"41"' in encoded


@pytest.mark.parametrize(
    ("born", "said"), [(PartialDate(1960, 5, 7), "1960-05-07"), (PartialDate(1960, 5), "1960-05"), (None, None)]
)
def test_a_birth_date_is_as_precise_as_the_card(born: PartialDate | None, said: str | None) -> None:
    assert record_of(identity(born=born), PLACEHOLDER_KEY).born == said


def test_a_status_question_reaches_the_relay_and_its_answer_the_session(
    session: Session, filing: Filing, store: Store, world: World
) -> None:
    question = session.ask()
    filing.ask(question)
    (left,) = inbox.open_asks(store, 0)
    ask, _ = open_message(left.message, Kind.ASK, world.event.public(), Ask)
    assert (ask.id, ask.about, ask.event) == (question.ask, "status", None)
    told = PersonAnswer(state=PersonState.ACTIVATED, sandbox=True)
    answer = _answer(world, question.ask, _reply_key(world, question), told)
    assert session.keeper.opened(answer) == on.StatusKnown(Enrolled.ACTIVATED)


@pytest.mark.parametrize(
    ("state", "enrolled"),
    [
        (PersonState.NONE, Enrolled.NOT_YET),
        (PersonState.SUBMITTED, Enrolled.ACCEPTED),
        (PersonState.ACCEPTED, Enrolled.ACCEPTED),
        (PersonState.REJECTED, Enrolled.NOT_YET),
        (PersonState.REVOKED, Enrolled.NOT_YET),
    ],
)
def test_every_state_of_a_person_has_a_meaning_at_the_screen(
    session: Session, world: World, state: PersonState, enrolled: Enrolled
) -> None:
    question = session.ask()
    answer = _answer(world, question.ask, _reply_key(world, question), PersonAnswer(state=state, sandbox=True))
    assert session.keeper.opened(answer) == on.StatusKnown(enrolled)


def test_the_pin_opens_in_the_session_and_nowhere_else(session: Session, world: World) -> None:
    record = session.file()
    opened = world.relay.open(record.sealed_ask, ask_info(KIOSK, record.ask))
    reply_key = msgspec.json.decode(opened, type=OutcomeQuestion).reply_key
    told = PersonAnswer(state=PersonState.ACCEPTED, sandbox=True, pin="482913", pin_valid_until_ms=5)
    answer = _answer(world, record.ask, reply_key, told)
    assert Session(world).keeper.opened(answer) is None
    happened = session.keeper.opened(answer)
    assert happened == on.PinIssued("482913", 5, sandbox=True)
    assert "482913" not in repr(happened)


def test_a_turn_beyond_the_scale_is_evidence_that_the_wire_takes(session: Session) -> None:
    consent = Consent("notice-1", datetime(2026, 11, 24, tzinfo=UTC))
    found = findings()
    wild = replace(found, liveness=replace(found.liveness, parallax=-1234.5))
    session.keeper.file(Enrollment(WHO, consent, CardStatus.PENDING, wild, 1, 60_000))
    sent = msgspec.msgpack.decode(msgspec.msgpack.encode(session.sent[-1]), type=pipe.FromPerson)
    assert isinstance(sent, pipe.FileThis)
    assert sent.evidence.parallax == 10.0


@pytest.mark.parametrize(("pad", "told"), [(PadScores(0.81239, 0.9, 12), 0.812), (None, None)])
def test_the_evidence_says_what_the_passive_check_gave_or_that_it_was_not_made(
    session: Session, pad: PadScores | None, told: float | None
) -> None:
    consent = Consent("notice-1", datetime(2026, 11, 24, tzinfo=UTC))
    found = findings()
    checked = replace(found, liveness=replace(found.liveness, pad=pad), light=97)
    session.keeper.file(Enrollment(WHO, consent, CardStatus.PENDING, checked, 1, 60_000))
    sent = session.sent[-1]
    assert isinstance(sent, pipe.FileThis)
    assert (sent.evidence.pad, sent.evidence.light) == (told, 97)


def test_a_pin_of_no_date_tells_the_session_nothing(session: Session, world: World) -> None:
    question = session.ask()
    told = PersonAnswer(state=PersonState.ACCEPTED, sandbox=True, pin="482913", pin_valid_until_ms=2**53 - 1)
    assert session.keeper.opened(_answer(world, question.ask, _reply_key(world, question), told)) is None


def test_forged_misdirected_and_late_answers_tell_the_session_nothing(session: Session, world: World) -> None:
    question = session.ask()
    reply_key = _reply_key(world, question)
    told = PersonAnswer(state=PersonState.NONE, sandbox=True)
    forged = _answer(world, question.ask, reply_key, told, key=world.receipt)
    elsewhere = _answer(world, question.ask, reply_key, told, kiosk="k-loei-01")
    unasked = _answer(world, new_ask_id(1), reply_key, told)
    good = _answer(world, question.ask, reply_key, told)
    for bad in (forged, elsewhere, unasked, good[:-4], b"", b"\xff" * 100):
        assert session.keeper.opened(bad) is None
    session.keeper.forget()
    assert session.keeper.opened(good) is None


def test_a_new_process_names_the_old_stream_as_its_parent(session: Session, store: Store, world: World) -> None:
    filing_for(store, world).file(session.file())
    filing_for(store, world).file(session.file())
    first, second = (
        open_message(join(event.signed, event.attachment), Kind.EVENT, world.event.public(), EnrollmentCaptured)[0]
        for event in outbox.pending(store)
    )
    assert second.parent is not None
    assert (second.seq, second.parent.stream, second.parent.seq) == (1, first.stream, 1)


def test_a_record_that_does_not_fit_the_disk_is_refused_and_leaves_nothing(
    session: Session, filing: Filing, store: Store
) -> None:
    with store.reading() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")
    big = msgspec.structs.replace(session.file(), sealed=bytes(500_000))
    with pytest.raises(DiskFullError):
        filing.file(big)
    assert outbox.depth(store).count == 0


class Count:
    """A counter that a restored card cannot reach."""

    def __init__(self) -> None:
        self.at = 0

    def value(self) -> int:
        return self.at

    def raise_to(self, value: int) -> None:
        self.at = max(self.at, value)


def test_a_kiosk_with_a_counter_says_how_many_events_its_card_has_forgotten(
    session: Session, filing: Filing, store: Store, world: World
) -> None:
    count = Count()
    counting = replace(filing, counter=count)
    counting.file(session.file())
    count.at += 2  # two more that were filed on a card that is gone
    counting.file(session.file())
    told = [
        open_message(join(event.signed, event.attachment), Kind.EVENT, world.event.public(), EnrollmentCaptured)[0]
        for event in outbox.pending(store)
    ]
    assert [event.counter for event in told] == [Counted(1, lost=0), Counted(4, lost=2)]
    assert count.at == 4


def test_a_record_that_is_handed_over_twice_is_stored_and_counted_once(
    session: Session, filing: Filing, store: Store
) -> None:
    count = Count()
    counting, record = replace(filing, counter=count), session.file()
    assert counting.file(record) == counting.file(record)
    assert (outbox.depth(store).count, count.at) == (1, 1)


def test_a_kiosk_without_a_counter_says_so(session: Session, filing: Filing, store: Store, world: World) -> None:
    filing.file(session.file())
    (event,) = outbox.pending(store)
    body, _ = open_message(join(event.signed, event.attachment), Kind.EVENT, world.event.public(), EnrollmentCaptured)
    assert body.counter is None
