# SPDX-License-Identifier: Apache-2.0
"""Face policies as a fleet would sign them, and calibration records that speak for any models one likes.

The figures of a record are made up: it shows what the kiosk asks of one, and nothing about an engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wire.envelope import seal_message
from wire.policy import FacePolicyDocument, PinnedEngine, PolicyDraft
from wire.signing import Kind, SigningKey

if TYPE_CHECKING:
    from collections.abc import Mapping

_ISSUED_MS = 1_790_000_000_000


def record_for(engine: PinnedEngine, *, staff: float = 2.0, match: float = 2.0) -> dict[str, Any]:
    """A record of these models whose zones are as wide as one asks."""
    points = ((1e-2, staff), (1e-3, match), (1e-4, match))
    return {
        "record": 1,
        "engine": engine.name,
        "model_digests": list(engine.digests),
        "data": {"description": "made up", "people": 250, "pictures": 2000, "fused_frames": 3},
        "operating_points": [
            {"fmr": fmr, "threshold": threshold, "fnmr": 0.02, "impostor": 30_000, "genuine": 300}
            for fmr, threshold in points
        ],
    }


def signed(
    key: SigningKey, proposed: PolicyDraft, *, version: int = 1, record: Mapping[str, Any] | None = None
) -> bytes:
    """The file."""
    told = None if record is None else dict(record)
    document = FacePolicyDocument(1, version, proposed.engine, proposed.policy, told, _ISSUED_MS)
    return seal_message(key, Kind.FACE_POLICY, document)
