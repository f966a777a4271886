# SPDX-License-Identifier: Apache-2.0
"""Whoever holds three keys and asks the signer: a kiosk that is to be, one that renews, or somebody who is neither."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wire.certificates import new_key, request
from wire.claims import UNNAMED_COURIER_KEY, UNNAMED_EVENT_KEY, Claim, Renewal
from wire.envelope import seal_message
from wire.ids import key_id
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

    def renewal(self, kiosk: str, tls: ec.EllipticCurvePrivateKey) -> bytes:
        """A signed request for this kiosk's next certificate."""
        own = self.event.named(key_id(f"{kiosk}#1"))
        return seal_message(own, Kind.RENEWAL, Renewal(1, kiosk, request(tls)))
