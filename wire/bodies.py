# SPDX-License-Identifier: Apache-2.0
"""The bounded field types that message bodies are made of."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

# Integers stay exact in every JSON reader (RFC 8259, section 6).
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Sequence = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Milliseconds = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Version1 = Annotated[int, Meta(ge=1, le=1)]
Sha256Hex = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
ShortText = Annotated[str, Meta(min_length=1, max_length=64)]
Code = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_.:-]{0,63}$")]
Nonce = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$")]
KioskText = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{2,31}$")]
StreamText = Annotated[str, Meta(pattern=r"^[0-9a-f]{24}$")]
Uuid7Text = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")]
FacilityText = Annotated[str, Meta(pattern=r"^[0-9]{5}$")]
Score = Annotated[float, Meta(ge=0.0, le=10.0)]
