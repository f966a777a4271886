# SPDX-License-Identifier: Apache-2.0
"""What the controller promises: everything up to these marks is committed. The only thing that settles an event."""

from __future__ import annotations

from typing import Annotated

import msgspec

from wire.bodies import Count, Instant, KioskText, Nonce, Sha256Hex, StreamText, Version1
from wire.complaints import TOLD_AT_ONCE

RESULTS = 64  # of orders in one receipt: more than an honest kiosk ever keeps


class Mark(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """`acked`: committed up to here. `archived`: in a verified backup or a synchronous standby up to here."""

    acked: Count
    archived: Count


class Receipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Cumulative marks by stream. `nonce` is the HELLO's that it answers, or None.

    `results` are the digests of those results of orders that were committed just now; there only when there are some.
    `complaints` names those that are in the books now; it is written only to a kiosk that has just sent one.
    """

    v: Version1
    kiosk: KioskText
    nonce: Nonce | None
    marks: dict[StreamText, Mark]
    at_ms: Instant
    results: Annotated[tuple[Sha256Hex, ...], msgspec.Meta(max_length=RESULTS)] = ()
    complaints: Annotated[tuple[Nonce, ...], msgspec.Meta(max_length=TOLD_AT_ONCE)] = ()
