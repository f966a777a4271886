# SPDX-License-Identifier: Apache-2.0
"""A question for a new code at the kiosk's door: sealed and signed, with evidence, and its answer opened once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import pytest

from kiosk import device
from kiosk.enrollment import happenings as on
from kiosk.enrollment.evidence import CardStatus, Consent, Enrollment
from kiosk.enrollment.failures import Failure
from kiosk.records import pipe
from kiosk.records.sealing import SealedKeeper, evidence_of
from kiosk.store import inbox, outbox
from tests.kiosk.conftest import KIOSK, World
from tests.kiosk.enrollment.walk import findings
from tests.simulators.holders import identity
from wire.asks import (
    About,
    Answer,
    Ask,
    CodeAnswer,
    NewCodeQuestion,
    NoCode,
    PersonAnswer,
    PersonState,
    answer_info,
    ask_info,
)
from wire.envelope import Sealed, open_message, seal_message
from wire.ids import KeyId
from wire.sealing import SealingKey
from wire.signing import Kind

if TYPE_CHECKING:
    from kiosk.records.filing import Filing
    from kiosk.store.database import Store

WHO = identity(7)
PROVEN = Enrollment(WHO, Consent("notice-1", datetime(2026, 11, 24, tzinfo=UTC)), CardStatus.PENDING, findings(), 2, 9)


@pytest.fixture
def sent() -> list[pipe.FromPerson]:
    return []


@pytest.fixture
def keeper(world: World, sent: list[pipe.FromPerson]) -> SealedKeeper:
    return SealedKeeper(kiosk=KIOSK, trust=world.trust, send=sent.append, wall_ms=device.wall_ms)


def asked(keeper: SealedKeeper, sent: list[pipe.FromPerson]) -> pipe.AskThis:
    keeper.ask_new_code(PROVEN)
    (question,) = sent
    assert isinstance(question, pipe.AskThis)
    return question


def answered(world: World, question: pipe.AskThis, told: PersonAnswer) -> bytes:
    opened = world.relay.open(question.sealed, ask_info(KIOSK, question.ask))
    reply_key = msgspec.json.decode(opened, type=NewCodeQuestion).reply_key
    to = SealingKey.from_jwk({"kty": "OKP", "crv": "X25519", "x": reply_key, "kid": "session#0"})
    sealed = to.seal(msgspec.json.encode(told), answer_info(KIOSK, question.ask))
    body = Answer(v=1, ask=question.ask, n=1, kiosk=KIOSK, at_ms=1, sealed=Sealed.of(KeyId("session#0"), sealed))
    return seal_message(world.answer, Kind.ANSWER, body, sealed)


def test_it_is_signed_by_the_screen_with_what_the_face_check_found_and_files_no_event(
    keeper: SealedKeeper, sent: list[pipe.FromPerson], filing: Filing, store: Store, world: World
) -> None:
    filing.ask(asked(keeper, sent))
    (waiting,) = inbox.open_asks(store, device.wall_ms())
    ask, attachment = open_message(waiting.message, Kind.ASK, world.event.public(), Ask)
    assert (ask.about, ask.event, ask.evidence, ask.is_whole) == (About.NEW_CODE, None, evidence_of(PROVEN), True)
    assert ask.evidence is not None
    assert ask.evidence.is_match
    assert attachment is not None
    question = msgspec.json.decode(world.relay.open(attachment, ask_info(KIOSK, ask.id)), type=NewCodeQuestion)
    assert question.citizen_number == WHO.citizen_number
    assert WHO.citizen_number not in repr(question)
    assert outbox.depth(store).count == 0
    clear = waiting.message + store.path.read_bytes()
    assert all(secret.encode() not in clear for secret in (WHO.citizen_number, WHO.name_th.first, WHO.name_en.first))


@pytest.mark.parametrize(
    ("told", "happening"),
    [
        (
            CodeAnswer(PersonState.ACCEPTED, sandbox=True, pin="482913", pin_valid_until_ms=9),
            on.PinIssued("482913", 9, sandbox=True),
        ),
        (CodeAnswer(PersonState.ACTIVATED, sandbox=True), on.BecameActive(sandbox=True)),
        (CodeAnswer(PersonState.NONE, sandbox=True, refused=NoCode.TOO_OFTEN), on.NoNewCode(Failure.CODE_TOO_OFTEN)),
        (CodeAnswer(PersonState.NONE, sandbox=True, refused=NoCode.NOT_HERE), on.NoNewCode(Failure.CODE_NOT_HERE)),
        (CodeAnswer(PersonState.ACCEPTED, sandbox=True), None),
    ],
)
def test_an_answer_becomes_what_the_session_is_told(
    keeper: SealedKeeper,
    sent: list[pipe.FromPerson],
    world: World,
    told: CodeAnswer,
    happening: on.Happening | None,
) -> None:
    message = answered(world, asked(keeper, sent), told)
    assert keeper.opened(message) == happening
    keeper.forget()
    assert keeper.opened(message) is None


def test_an_answer_with_a_code_masks_it() -> None:
    assert "482913" not in repr(CodeAnswer(PersonState.ACCEPTED, sandbox=True, pin="482913", pin_valid_until_ms=9))
