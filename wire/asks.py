# SPDX-License-Identifier: Apache-2.0
"""The question a person at the screen is waiting on, and its answer: both sealed, one to the relay, one to the session.

The session's throw-away key lives in the person's process only, so a PIN can be read there and nowhere else. An ask
is frozen bytes that may be sent again; an answer is numbered, and a later one replaces an earlier one.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from wire.bodies import Instant, KioskText, Sequence, Uuid7Text, Version1
from wire.envelope import Sealed
from wire.events import Evidence
from wire.sealing import sealing_info

IDENTITY = "identity"
ASKING = "ask"
ANSWERING = "answer"


class About(StrEnum):
    """What is asked."""

    STATUS = "status"  # "already enrolled?": the attachment holds the citizen number
    OUTCOME = "outcome"  # "what became of my event?": the attachment holds only the reply key
    NEW_CODE = "new_code"  # "a new code, please": the citizen number, and in the clear what the face check found
    STAFF = "staff"  # "is this person on a unit's roster?": the attachment holds the citizen number
    HAND_OVER = "handover"  # "let this person go on with their own phone": the citizen number too
    TICKET = "ticket"  # "the roster has this person not, or wrongly": likewise


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A question. `event` is set for OUTCOME, `evidence` for NEW_CODE, which is asked for after a face check only.

    `expires_ms` is the kiosk's wall clock and bounds the waiting. A question without evidence is written as it was
    before there was any, so that an older controller reads it.
    """

    v: Version1
    id: Uuid7Text
    kiosk: KioskText
    about: About
    event: Uuid7Text | None
    asked_ms: Instant
    expires_ms: Instant
    sealed: Sealed
    evidence: Evidence | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it says what a question of its kind says, and nothing else."""
        about_an_event, proven = self.about is About.OUTCOME, self.about is About.NEW_CODE
        return about_an_event == (self.event is not None) and proven == (self.evidence is not None)


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An answer to one ask; `n` counts up from 1. Signed by the relay, sealed to the session."""

    v: Version1
    ask: Uuid7Text
    n: Sequence
    kiosk: KioskText
    at_ms: Instant
    sealed: Sealed


class PersonState(StrEnum):
    """A person's road to an active Health ID, as the central system knows it."""

    NONE = "none"
    CAPTURED = "captured"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    ACTIVATED = "activated"
    REJECTED = "rejected"
    EXPIRED_PIN = "expired_pin"
    REVOKED = "revoked"
    LAPSED = "lapsed"  # of an event only: the identity was erased before it could be sent, as the person was promised


ReplyKey = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{43}\Z")]
CitizenNumber = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{13}\Z")]


class StatusQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sealed to the relay."""

    citizen_number: CitizenNumber
    reply_key: ReplyKey

    def __repr__(self) -> str:
        """Mask the number."""
        return "StatusQuestion(masked)"


class NewCodeQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sealed to the relay: who was before the camera, by the card that was compared with the face."""

    citizen_number: CitizenNumber
    reply_key: ReplyKey

    def __repr__(self) -> str:
        """Mask the number."""
        return "NewCodeQuestion(masked)"


class OutcomeQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sealed to the relay. The key must be the one in the event's sealed identity, or nothing is answered."""

    reply_key: ReplyKey


class StaffQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sealed to the relay. The unit that a kiosk stands in is known where it is registered, and not said here."""

    citizen_number: CitizenNumber
    reply_key: ReplyKey

    def __repr__(self) -> str:
        """Mask the number."""
        return "StaffQuestion(masked)"


class Amiss(StrEnum):
    """What a person says of a roster."""

    MISSING = "missing"  # it does not have them
    WRONG = "wrong"  # it has them with another unit or position


class TicketQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sealed to the relay: somebody asks a unit's admin to mend the roster. No word of the person's own travels."""

    citizen_number: CitizenNumber
    amiss: Amiss
    reply_key: ReplyKey

    def __repr__(self) -> str:
        """Mask the number."""
        return f"TicketQuestion({self.amiss}, masked)"


class PersonAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sealed to the session. `pin` only while ACCEPTED; `sandbox` when no real central system stands behind it."""

    state: PersonState
    sandbox: bool
    pin: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4,8}\Z")] | None = None
    pin_valid_until_ms: Instant | None = None

    def __repr__(self) -> str:
        """Mask the PIN."""
        return f"PersonAnswer({self.state}, masked)"


class NoCode(StrEnum):
    """Why there is no new code, as far as it makes a difference to the person."""

    TOO_OFTEN = "too_often"  # another day; the code that was given last stays good
    NOT_HERE = "not_here"  # not by this road: staff go on


class CodeAnswer(PersonAnswer, frozen=True, forbid_unknown_fields=True):
    """The answer to NEW_CODE: a PIN, how the person stands in place of one, or why there is none."""

    refused: NoCode | None = None

    def __repr__(self) -> str:
        """Mask the PIN."""
        return f"CodeAnswer({self.state}, {self.refused}, masked)"


RosterText = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


class RosterEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a unit's roster says of one person, in the unit's own words."""

    unit: RosterText
    position: RosterText

    def __repr__(self) -> str:
        """Mask where the person works."""
        return "RosterEntry(masked)"


class StaffAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sealed to the session: how a member of staff stands on the way to a Provider ID.

    Without an active Health ID nothing else is told. `entry` is None when no roster has the person; `admin` says who
    mends the roster, None when that is not known; `has_provider_id` is None when it is not known. `hand_over` says
    whether the person can go on with a phone from here.
    """

    health_id: PersonState
    sandbox: bool
    entry: RosterEntry | None = None
    admin: RosterText | None = None
    has_provider_id: bool | None = None
    hand_over: bool = False

    def __repr__(self) -> str:
        """Mask the person's place."""
        return f"StaffAnswer({self.health_id}, masked)"


class TicketAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sealed to the session: the ticket is kept under this number. `admin` is as in `StaffAnswer`."""

    number: Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
    admin: RosterText | None = None


class HandOverQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sealed to the relay: a person wants to go on with their own phone. Each ask is a hand-over of its own."""

    citizen_number: CitizenNumber
    reply_key: ReplyKey

    def __repr__(self) -> str:
        """Mask the number."""
        return "HandOverQuestion(masked)"


class HandOverState(StrEnum):
    """How far a hand-over has come."""

    WAITING = "waiting"
    DONE = "done"
    ANOTHER_PERSON = "another_person"  # whoever signed in on the phone is not the card's holder
    EXPIRED = "expired"


# Letters of a path and nothing that could carry a code: no user, query or fragment.
HandOverLink = Annotated[
    str, msgspec.Meta(max_length=72, pattern=r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?/[A-Za-z0-9/-]+\Z")
]
MatchWord = Annotated[str, msgspec.Meta(min_length=1, max_length=24)]


class HandOverAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sealed to the session. While WAITING it has the link, and the words that the phone shows when it is there."""

    state: HandOverState
    sandbox: bool
    link: HandOverLink | None = None
    word_th: MatchWord | None = None
    word_en: MatchWord | None = None

    def __repr__(self) -> str:
        """Mask the link: whoever has it is the phone."""
        return f"HandOverAnswer({self.state}, masked)"


class SealedName(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """A name's four parts."""

    prefix: Annotated[str, msgspec.Meta(max_length=100)]
    first: Annotated[str, msgspec.Meta(max_length=100)]
    middle: Annotated[str, msgspec.Meta(max_length=100)]
    last: Annotated[str, msgspec.Meta(max_length=100)]


class IdentityRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the relay needs to submit a person, and nothing more (PDPA section 22): no full address, no portrait.

    `born` is `YYYY`, `YYYY-MM` or `YYYY-MM-DD`, as precise as the card; `province` is the address's DOPA code.
    """

    citizen_number: CitizenNumber
    name_th: SealedName
    name_en: SealedName
    born: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?\Z")] | None
    sex: Annotated[int, msgspec.Meta(ge=0, le=2)]
    card_expires: Annotated[str, msgspec.Meta(max_length=10)] | None
    province: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{2}\Z")] | None
    warnings: tuple[str, ...]
    reply_key: ReplyKey

    def __repr__(self) -> str:
        """Mask the person."""
        return "IdentityRecord(masked)"


def identity_info(kiosk: str, event: str) -> bytes:
    """The `info` of a sealed identity."""
    return sealing_info(IDENTITY, kiosk, event)


def ask_info(kiosk: str, ask: str) -> bytes:
    """The `info` of a sealed question."""
    return sealing_info(ASKING, kiosk, ask)


def answer_info(kiosk: str, ask: str) -> bytes:
    """The `info` of a sealed answer."""
    return sealing_info(ANSWERING, kiosk, ask)
