# SPDX-License-Identifier: Apache-2.0
"""Fuses the frames of a visit and compares them with the portrait: three zones, never one frame alone."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from kiosk.enrollment.evidence import Zone
from kiosk.face.shapes import Embedding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kiosk.face.policy import ComparisonPolicy


def fuse(embeddings: Sequence[Embedding], policy: ComparisonPolicy) -> Embedding:
    """The mean of several frames.

    Raises:
        ValueError: when there are fewer than the policy demands.
    """
    if len(embeddings) < policy.frames_at_least:
        message = f"a comparison needs at least {policy.frames_at_least} frames"
        raise ValueError(message)
    return _mean(embeddings, policy)


def one_person(embeddings: Sequence[Embedding], policy: ComparisonPolicy) -> bool:
    """Whether all frames show one person: no two lie far apart.

    Every pair is looked at. A mean would lie halfway between two people who share the frames, and hide them.
    """
    return all(distance(one, other) <= policy.track_at_most for one, other in combinations(embeddings, 2))


def acted_alone(acting: Sequence[Embedding], facing: Sequence[Embedding], policy: ComparisonPolicy) -> bool:
    """Whether the frames of the actions show the one who looks into the camera in the others.

    A turned or lifted head lies further from its own frontal frames than they do from each other: a wider limit.
    """
    mean = _mean(facing, policy)
    return all(distance(one, mean) <= policy.acting_at_most for one in acting)


def distance(one: Embedding, other: Embedding) -> float:
    """Euclidean, on the engine's own scale."""
    return float(np.linalg.norm(one.values - other.values))


def zone(value: float, policy: ComparisonPolicy) -> Zone:
    """The zone of a distance; a distance that is not a number matches nobody."""
    if value <= policy.match_at_most:
        return Zone.MATCH
    return Zone.STAFF_LOOKS if value <= policy.staff_at_most else Zone.NO_MATCH


def _mean(embeddings: Sequence[Embedding], policy: ComparisonPolicy) -> Embedding:
    mean = np.mean([embedding.values for embedding in embeddings], axis=0)
    if policy.unit_length:
        mean = mean / max(float(np.linalg.norm(mean)), 1e-9)
    return Embedding(np.asarray(mean, np.float32))
