# SPDX-License-Identifier: Apache-2.0
"""Whoever holds three keys and asks the signer: a kiosk that is to be, one that renews, or somebody who is neither."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from wire.certificates import new_key, request
from wire.claims import UNNAMED_COURIER_KEY, UNNAMED_EVENT_KEY, Claim, Renewal
from wire.envelope import seal_message
from wire.events import Profile
from wire.ids import key_id
from wire.self_tests import Checked, Examined, Measured, Outcome, SelfTest
from wire.signing import Kind, SigningKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(slots=True)
class Claimant:
    """Three keys that nobody else has."""

    event: SigningKey = field(default_factory=lambda: SigningKey.generate(UNNAMED_EVENT_KEY))
    courier: SigningKey = field(default_factory=lambda: SigningKey.generate(UNNAMED_COURIER_KEY))
    tls: ec.EllipticCurvePrivateKey = field(default_factory=new_key)

    def body(self, code: str, facility: str) -> Claim:
        """What it claims."""
        keys = (self.event.public().jwk(), self.courier.public().jwk())
        return Claim(1, code, facility, *keys, request(self.tls))

    def claim(self, code: str, facility: str) -> bytes:
        """The signed request."""
        return seal_message(self.event, Kind.CLAIM, self.body(code, facility))

    def self_test(self, kiosk: str, **changes: Any) -> bytes:  # noqa: ANN401 - whatever a report may hold
        """A signed report of this kiosk's hand-over."""
        own = self.event.named(key_id(f"{kiosk}#1"))
        return seal_message(own, Kind.SELF_TEST, msgspec.structs.replace(report_of(kiosk), **changes))

    def renewal(self, kiosk: str, tls: ec.EllipticCurvePrivateKey) -> bytes:
        """A signed request for this kiosk's next certificate."""
        own = self.event.named(key_id(f"{kiosk}#1"))
        return seal_message(own, Kind.RENEWAL, Renewal(1, kiosk, request(tls)))


def report_of(kiosk: str) -> SelfTest:
    """What was checked at its hand-over: all was well but the light, and there is no printer."""
    return SelfTest(
        v=1,
        kiosk=kiosk,
        facility="10670",
        profile=Profile.TEST,
        release="0.1.0",
        at_ms=1_795_782_167_660,
        steps=(
            Checked("words", Outcome.WELL, 1_795_782_100_000),
            Checked("camera", Outcome.CARE, 1_795_782_110_000, "camera_dark"),
            Checked("printer", Outcome.ABSENT, 1_795_782_120_000),
        ),
        parts=(
            Examined("camera", "care", "camera_dark", {"brightness": Measured(12.5)}),
            Examined("certificates", "well", "ok", {"left": Measured(89, "d"), "name": Measured(kiosk)}),
        ),
    )
