# SPDX-License-Identifier: Apache-2.0
"""What commissioning tells each side of the other: the controller learns a kiosk, the kiosk learns whom to trust."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from wire.bodies import FacilityText, KioskText, Version1
from wire.ids import Shard, shard
from wire.provinces import province_code
from wire.sealing import SealingKey
from wire.signing import VerifyKey


class Registration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kiosk as the controller registers it, with two public JWKs.

    `event_key` is the screen's: it signs events and asks. `courier_key` is the courier's: HELLO and heartbeats.
    """

    v: Version1
    kiosk: KioskText
    facility: FacilityText
    province: str
    shard: str
    event_key: dict[str, Any]
    courier_key: dict[str, Any]

    def __post_init__(self) -> None:
        """Refuse what the strict parsers refuse.

        Raises:
            Malformed: naming the field.
        """
        province_code(self.province)
        shard(self.shard)
        VerifyKey.from_jwk(self.event_key)
        VerifyKey.from_jwk(self.courier_key)


class Trust(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom a kiosk believes: public JWKs of the receipt key and the relay's answer key, and the key it seals to.

    `policy_key` signs face policies, offline. A file made before there was one has none: then no policy is believed.
    """

    v: Version1
    receipt_key: dict[str, Any]
    answer_key: dict[str, Any]
    sealing_key: dict[str, Any]
    policy_key: dict[str, Any] | None = None

    def receipts(self) -> VerifyKey:
        """The key whose receipts settle an event."""
        return VerifyKey.from_jwk(self.receipt_key)

    def answers(self) -> VerifyKey:
        """The key whose answers a session believes."""
        return VerifyKey.from_jwk(self.answer_key)

    def sealing(self) -> SealingKey:
        """The relay's key for identities and questions."""
        return SealingKey.from_jwk(self.sealing_key)

    def policies(self) -> VerifyKey | None:
        """The key whose face policies are believed; None when no policy is."""
        return None if self.policy_key is None else VerifyKey.from_jwk(self.policy_key)


def default_shard(kiosk: str) -> Shard:
    """The shard a kiosk gets when nobody chooses: spread evenly by its name."""
    return Shard(hashlib.sha256(kiosk.encode()).hexdigest()[:2])
