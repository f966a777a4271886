# SPDX-License-Identifier: Apache-2.0
"""Opens what kiosks seal to the relay: identities, each bound to its kiosk and event, and questions, each to its ask.

What was opened lives as long as one step of the relay takes; it is never stored, logged or shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wire.asks import (
    HandOverQuestion,
    IdentityRecord,
    NewCodeQuestion,
    OutcomeQuestion,
    StaffQuestion,
    StatusQuestion,
    TicketQuestion,
    answer_info,
    ask_info,
    identity_info,
)
from wire.envelope import decode, encode
from wire.ids import KeyId
from wire.sealing import OpeningKey, SealingKey

if TYPE_CHECKING:
    from fleet.relay.replies import Told

_SESSION_KEY = KeyId("session#1")  # the name of a throw-away key: it is used once and looked up nowhere


def open_identity(key: OpeningKey, kiosk: str, event: str, sealed: bytes) -> IdentityRecord:
    """Open an event's identity.

    Raises:
        Malformed: sealed to another key, for another event, altered, or not an identity.
    """
    return decode(key.open(sealed, identity_info(kiosk, event)), IdentityRecord)


def open_status_question(key: OpeningKey, kiosk: str, ask: str, sealed: bytes) -> StatusQuestion:
    """Open "is this person enrolled already?"; raises `Malformed` like `open_identity`."""
    return decode(key.open(sealed, ask_info(kiosk, ask)), StatusQuestion)


def open_new_code_question(key: OpeningKey, kiosk: str, ask: str, sealed: bytes) -> NewCodeQuestion:
    """Open "a new code for this person"; raises `Malformed` like `open_identity`."""
    return decode(key.open(sealed, ask_info(kiosk, ask)), NewCodeQuestion)


def open_outcome_question(key: OpeningKey, kiosk: str, ask: str, sealed: bytes) -> OutcomeQuestion:
    """Open "what became of my event?"; raises `Malformed` like `open_identity`."""
    return decode(key.open(sealed, ask_info(kiosk, ask)), OutcomeQuestion)


def open_staff_question(key: OpeningKey, kiosk: str, ask: str, sealed: bytes) -> StaffQuestion:
    """Open "is this person on a unit's roster?"; raises `Malformed` like `open_identity`."""
    return decode(key.open(sealed, ask_info(kiosk, ask)), StaffQuestion)


def open_ticket_question(key: OpeningKey, kiosk: str, ask: str, sealed: bytes) -> TicketQuestion:
    """Open "the roster has this person not, or wrongly"; raises `Malformed` like `open_identity`."""
    return decode(key.open(sealed, ask_info(kiosk, ask)), TicketQuestion)


def open_hand_over_question(key: OpeningKey, kiosk: str, ask: str, sealed: bytes) -> HandOverQuestion:
    """Open "let this person go on with their own phone"; raises `Malformed` like `open_identity`."""
    return decode(key.open(sealed, ask_info(kiosk, ask)), HandOverQuestion)


def seal_answer(reply_key: str, kiosk: str, ask: str, answer: Told) -> tuple[KeyId, bytes]:
    """Seal an answer so that only the asking session can read it.

    Raises:
        Malformed: when the reply key is no key.
    """
    session = SealingKey.from_jwk({"kty": "OKP", "crv": "X25519", "x": reply_key, "kid": _SESSION_KEY})
    return session.kid, session.seal(encode(answer), answer_info(kiosk, ask))
