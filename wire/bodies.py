# SPDX-License-Identifier: Apache-2.0
"""The bounded field types that message bodies are made of."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

# Patterns end in `\Z`: `$` would let a trailing newline through.
# Integers stay exact in every JSON reader (RFC 8259, section 6).
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Sequence = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Milliseconds = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Instant = Annotated[int, Meta(ge=0, le=253_370_764_799_999)]  # ms since 1970, before the year 9999: a date in any zone
Version1 = Annotated[int, Meta(ge=1, le=1)]
Sha256Hex = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
ShortText = Annotated[str, Meta(max_length=64, pattern=r"^[^\x00-\x1f\x7f]+\Z")]  # no control characters
Code = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_.:-]{0,63}\Z")]
Nonce = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
KioskText = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{2,31}\Z")]
StreamText = Annotated[str, Meta(pattern=r"^[0-9a-f]{24}\Z")]
Uuid7Text = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z")]
FacilityText = Annotated[str, Meta(pattern=r"^[0-9]{5}\Z")]
SCORE_AT_MOST = 10.0  # a figure beyond it says no more: senders cut it here
Score = Annotated[float, Meta(ge=0.0, le=SCORE_AT_MOST)]
