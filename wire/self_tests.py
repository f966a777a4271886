# SPDX-License-Identifier: Apache-2.0
"""What was checked when a kiosk was handed over, as its event key signs it: steps, the doctor's findings, no person.

The technician's paper says the same. Source: journeys, J11; docs/commissioning.md.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from wire.bodies import Code, FacilityText, Instant, KioskText, Sha256Hex, ShortText, Version1
from wire.envelope import open_message, unverified
from wire.events import Profile
from wire.signing import Kind

if TYPE_CHECKING:
    from wire.signing import VerifyKey

SELF_TEST = "/self-test/v1"
SELF_TEST_BYTES = 24_000  # of the whole message; those of a kiosk with everything have about 6,000
_STEPS, _PARTS, _FIGURES = 24, 24, 16


class Outcome(StrEnum):
    """What a step came to. A kiosk is not handed over with any other."""

    WELL = "well"
    CARE = "care"  # the technician went on although something needs care
    ABSENT = "absent"  # this kiosk has none


class Checked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One step of commissioning; `code` is what was found where something needs care."""

    step: Code
    outcome: Outcome
    at_ms: Instant
    code: Code | None = None


class Measured(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One figure of the doctor's. A name of hardware is text."""

    value: bool | int | float | Annotated[str, Meta(max_length=120)]
    unit: Annotated[str, Meta(max_length=16)] = ""


class Examined(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the doctor found of one part (docs/doctor.md)."""

    part: Code
    level: Code
    code: Code
    figures: Annotated[dict[Code, Measured], Meta(max_length=_FIGURES)] = {}


class SelfTest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was checked at the hand-over, at `at_ms` of the kiosk's clock."""

    v: Version1
    kiosk: KioskText
    facility: FacilityText
    profile: Profile
    release: ShortText
    at_ms: Instant
    steps: Annotated[tuple[Checked, ...], Meta(min_length=1, max_length=_STEPS)]
    parts: Annotated[tuple[Examined, ...], Meta(min_length=1, max_length=_PARTS)]

    @property
    def needs_care(self) -> bool:
        """Whether anything was passed over that is not well."""
        return any(each.outcome is Outcome.CARE for each in self.steps)


class Received(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The controller has it, under the SHA-256 digest of the whole message."""

    v: Version1
    kiosk: KioskText
    digest: Sha256Hex


def who_was_tested(message: bytes) -> str:
    """Which kiosk a report says it is of, before anything of it is believed.

    Raises:
        WireError: when it is none.
    """
    return unverified(message, SelfTest, SELF_TEST_BYTES).kiosk


def open_self_test(message: bytes, key: VerifyKey) -> SelfTest:
    """Read a report that is signed by the registered event key.

    Raises:
        WireError: when it is not.
    """
    return open_message(message, Kind.SELF_TEST, key, SelfTest)[0]
