# SPDX-License-Identifier: Apache-2.0
"""What may be installed beside an engine: the attack detector and the face mesh. Either may be absent, and says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kiosk.face.models import MESH, PAD, Standing, installed

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.face.models import ModelPack
    from kiosk.face.shapes import AttackDetector, Face, Mesh, MeshFinder, Picture


class NoAttackDetector:
    """An `AttackDetector` that is not installed."""

    model_digests: tuple[str, ...] = ()

    def score(self, picture: Picture, face: Face) -> float | None:  # noqa: ARG002 - the port's signature
        """None."""
        return None


class NoMesh:
    """A `MeshFinder` that is not installed."""

    model_digests: tuple[str, ...] = ()

    def find(self, picture: Picture, face: Face) -> Mesh | None:  # noqa: ARG002 - the port's signature
        """None."""
        return None


@dataclass(frozen=True, slots=True, eq=False)
class Instruments:
    """What is installed beside the engine."""

    attack_detector: AttackDetector
    mesh_finder: MeshFinder

    @property
    def model_digests(self) -> tuple[str, ...]:
        """SHA-256 of every model file in use, in hexadecimal."""
        return self.attack_detector.model_digests + self.mesh_finder.model_digests


NOTHING_INSTALLED = Instruments(NoAttackDetector(), NoMesh())


def load_instruments(folder: Path | None) -> Instruments:
    """Load each pack that `folder` holds. One that is there in part, or altered, is refused and not left out.

    Raises:
        FaultError: MODEL_MISSING or MODEL_ALTERED.
    """
    if folder is None:
        return NOTHING_INSTALLED
    # OpenCV's networks are only needed where their files are.
    from kiosk.face.networks import FaceMesh, MiniFasNets  # noqa: PLC0415

    return Instruments(
        attack_detector=MiniFasNets(folder) if _begun(folder, PAD) else NoAttackDetector(),
        mesh_finder=FaceMesh(folder) if _begun(folder, MESH) else NoMesh(),
    )


def _begun(folder: Path, pack: ModelPack) -> bool:
    return any(standing is not Standing.MISSING for _, standing in installed(folder, pack))
