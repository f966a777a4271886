# SPDX-License-Identifier: Apache-2.0
"""Folders of small JPEGs whose only use is to be told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path


def speck(seed: int) -> bytes:
    """A JPEG of 16x16 pixels, another for every seed."""
    pixels = np.random.default_rng(seed).integers(0, 255, (16, 16, 3), np.uint8)
    return cv2.imencode(".jpg", pixels)[1].tobytes()


def specks(folder: Path, *names: str) -> Path:
    """Write a different speck under every name."""
    for seed, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(speck(seed))
    return folder
