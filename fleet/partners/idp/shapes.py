# SPDX-License-Identifier: Apache-2.0
"""What the relay and an identity provider say to each other, as values that mask the person when printed.

Source: contract.toml beside this file.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from fleet.errors import FleetError
from wire.bodies import Milliseconds

Part = Annotated[str, msgspec.Meta(max_length=100)]
Name = tuple[Part, Part, Part, Part]
CodeText = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_]{1,64}\Z")]


class State(StrEnum):
    """An enrolment's state at the identity provider."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    ACTIVATED = "activated"
    EXPIRED_PIN = "expired_pin"
    REVOKED = "revoked"


class Standing(StrEnum):
    """What the identity provider says of a person."""

    NONE = "none"
    ACCEPTED = "accepted"
    ACTIVATED = "activated"


class Submission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The person, as the chip says."""

    citizen_number: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{13}\Z")]
    name_th: Name
    name_en: Name
    born: str | None
    sex: int
    card_expires: str | None
    province: str | None

    def __repr__(self) -> str:
        """Mask the person."""
        return "Submission(masked)"


class Enrolment(msgspec.Struct, frozen=True):
    """The provider's answer about one enrolment. `at_ms` is when this state began, by the provider's clock."""

    sandbox: bool
    reference: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z")]
    state: State
    at_ms: Milliseconds
    pin: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4,8}\Z")] | None = None
    pin_valid_until_ms: Milliseconds | None = None
    reason: CodeText | None = None

    def __repr__(self) -> str:
        """Mask the PIN."""
        return f"Enrolment({self.reference!r}, {self.state}, masked)"


class PersonStanding(msgspec.Struct, frozen=True):
    """The provider's answer about one person."""

    sandbox: bool
    state: Standing


class Refused(StrEnum):
    """Why an enrolment gets no new PIN. Asking again changes nothing, for `TOO_OFTEN` until a day is over."""

    UNKNOWN_REFERENCE = "unknown_reference"
    ALREADY_ACTIVATED = "already_activated"
    NOT_ACCEPTED = "not_accepted"
    TOO_OFTEN = "too_often"


class Refusal(msgspec.Struct, frozen=True):
    """The provider's answer when it gives no new PIN."""

    sandbox: bool
    error: Refused


class ProviderUnavailableError(FleetError):
    """The identity provider gave no usable answer; `code` says why in one word. Nothing is lost: ask again later."""

    def __init__(self, code: str) -> None:
        super().__init__(f"The identity provider gave no usable answer ({code}). It is asked again later.")
        self.code = code
