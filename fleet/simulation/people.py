# SPDX-License-Identifier: Apache-2.0
"""People that no card was ever made for: their numbers fail their check digit, so that none of them can exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wire.asks import IdentityRecord, SealedName
from wire.ids import KeyId
from wire.sealing import OpeningKey

if TYPE_CHECKING:
    from random import Random

_WEIGHTS = range(13, 1, -1)  # Department of Provincial Administration: digit times place, modulo 11
_SESSION = KeyId("session#1")


def somebody(random: Random, province: str) -> IdentityRecord:
    """Somebody who lives in this province. Nobody will read the answer: the session's key is thrown away."""
    session = OpeningKey.generate(_SESSION)
    return IdentityRecord(
        citizen_number=_number(random),
        name_th=SealedName("นาย", "จำลอง", "", "ตัวอย่าง"),
        name_en=SealedName("Mr.", "Simulated", "", "Example"),
        born="1970-01-31",
        sex=1,
        card_expires="2099-12-31",
        province=province,
        warnings=(),
        reply_key=str(session.public().jwk()["x"]),
    )


def _number(random: Random) -> str:
    digits = f"9{random.randrange(10**11):011}"
    right = (11 - sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True)) % 11) % 10
    return digits + str((right + 1) % 10)
