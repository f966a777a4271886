# SPDX-License-Identifier: Apache-2.0
"""What an operator orders a kiosk to do, from a short closed list, and what the kiosk says came of it.

No order carries a program, a file or a word for the screen, and no result names anybody. An update names the version
that a kiosk may install; whether there is one, and what is in it, says The Update Framework's repository alone. An
order is fresh without a clock: it carries a nonce that the kiosk itself drew a few minutes ago.
Source: security design, section 2.5.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import msgspec

from wire.bodies import Code, Count, Instant, KioskText, Nonce, Version1
from wire.envelope import open_message
from wire.errors import NotForYou, TooLarge
from wire.events import Moment
from wire.ids import VERSION_PATTERN
from wire.signing import Kind

if TYPE_CHECKING:
    from wire.ids import KioskId
    from wire.signing import VerifyKey

TTL_S = 300  # at most, from the moment at which the kiosk drew the nonce, by its monotonic clock
ORDER_BYTES = 1_000  # the longest is below 500

Program = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+~-]{0,63}\Z")]  # a release or a version
Version = Annotated[str, msgspec.Meta(pattern=rf"^{VERSION_PATTERN}\Z")]
Celsius = Annotated[int, msgspec.Meta(ge=-100, le=200)]
Codes = Annotated[dict[Code, Count], msgspec.Meta(max_length=16)]


class Op(StrEnum):
    """All that can be ordered."""

    CLOSE = "close"
    REOPEN = "reopen"
    RESTART = "restart"
    DIAGNOSE = "diagnose"
    ROTATE_KEY = "rotate_key"  # of TLS, with its certificate
    UPDATE = "update"  # install the release that the order names, if its channel offers that very version


class Outcome(StrEnum):
    """What came of an order."""

    TAKEN = "taken"  # it is being carried out: until the screen's process is back, the next certificate is there, or
    # a release has stood its trial
    DONE = "done"
    REFUSED = "refused"


class NotUpdated(StrEnum):
    """Every reason for which an ordered release was not installed; a kiosk goes on with what it had."""

    CANNOT_UPDATE = "cannot_update"  # nothing here installs releases
    SAME_RELEASE = "same_release"  # it has that one
    OLDER_RELEASE = "older_release"  # a later one has stood its trial here
    CANNOT_FOLLOW = "cannot_follow"  # it has to be installed over a later one than this kiosk has
    NOT_OFFERED = "not_offered"  # the channel offers another one, or none
    NOT_BELIEVED = "not_believed"  # signature, version or time of what is published, or other bytes than the signed
    UNREACHABLE = "unreachable"  # the repository did not answer, or too slowly, however often it was asked
    NO_ROOM = "no_room"
    UNFIT = "unfit"  # signed, and nothing that this kiosk can hold
    NEVER_QUIET = "never_quiet"  # somebody was served all the time
    CANNOT_SWITCH = "cannot_switch"  # the kiosk's units may not be stopped or started
    TRIED_BEFORE = "tried_before"  # it has failed here as often as may be
    TRIAL_SCREEN = "trial_screen"  # it was tried, and the kiosk went back: the welcome did not stand
    TRIAL_READER = "trial_reader"
    TRIAL_CAMERA = "trial_camera"
    TRIAL_STORE = "trial_store"
    TRIAL_UNITS = "trial_units"  # a process did not stay up
    INTERRUPTED = "interrupted"  # power or machine failed during its trial, more than once
    REPLACED = "replaced"  # a later order names another release
    NO_ANSWER = "no_answer"  # what installs releases has said nothing for a day


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing to do at one kiosk. `n` only rises there. An `op` that a release does not know is refused by a result.

    The same order may be said again with another nonce: its number tells that it is the same. Only an update has a
    `release`.
    """

    v: Version1
    kiosk: KioskText
    nonce: Nonce
    n: Instant
    op: Code
    ttl_s: Annotated[int, msgspec.Meta(ge=1, le=TTL_S)]
    release: Version | None = None

    def __post_init__(self) -> None:
        """Refuse what the types alone do not.

        Raises:
            ValueError: which a decoder tells as a malformed body.
        """
        if (self.op == Op.UPDATE) != (self.release is not None):
            message = "an update names a release, and nothing else does"
            raise ValueError(message)


class Diagnosis(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The facts of a machine in figures and codes. What is not known is None.

    `card_reads` are the latest reads by how they went, `endings` the visits since the store was made by how they ended.
    """

    release: Program
    python: Program
    system: Program
    uptime_s: Count
    process_s: Count
    temperature_c: Celsius | None
    memory_free_mib: Count | None
    disk_free_mib: Count
    outbox: Count
    oldest_unacked_s: Count | None
    link: Code
    screen: Code
    reader: Code
    camera: Code
    certificate_ms: Instant | None
    card_reads: Codes
    endings: Codes


class OrderResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What came of order `n`. A refusal says its `reason`; only a diagnosis that was done has one."""

    v: Version1
    kiosk: KioskText
    n: Instant
    op: Code
    outcome: Outcome
    at: Moment
    reason: Code | None = None
    diagnosis: Diagnosis | None = None

    def __post_init__(self) -> None:
        """Refuse what the types alone do not.

        Raises:
            ValueError: which a decoder tells as a malformed body.
        """
        if (self.outcome is Outcome.REFUSED) != (self.reason is not None):
            message = "a refusal has a reason, and nothing else has one"
            raise ValueError(message)
        if self.diagnosis is not None and (self.op, self.outcome) != (Op.DIAGNOSE, Outcome.DONE):
            message = "a diagnosis belongs to an order for one that was done"
            raise ValueError(message)


def open_order(message: bytes, key: VerifyKey, kiosk: KioskId) -> Order:
    """Verify an order, decode it and check that it is for this kiosk; whether it is fresh the kiosk's screen knows.

    Raises:
        WireError: with the reason.
    """
    if len(message) > ORDER_BYTES:
        text = f"an order has no more than {ORDER_BYTES} bytes"
        raise TooLarge(text)
    order, _ = open_message(message, Kind.ORDER, key, Order)
    if order.kiosk != kiosk:
        text = "addressed to another kiosk"
        raise NotForYou(text)
    return order
