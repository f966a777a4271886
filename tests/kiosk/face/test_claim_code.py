# SPDX-License-Identifier: Apache-2.0
"""A claim's QR code before the camera, as a telephone shows it: bright or dark, among pictures without one."""

from __future__ import annotations

import subprocess
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
import segno
from PIL import Image, ImageOps

from tests.simulators.services import script
from wire.claims import ClaimCode, qr_payload

if TYPE_CHECKING:
    from pathlib import Path

PAYLOAD = qr_payload(ClaimCode("K7WM3QXD"), "10670")

pytestmark = pytest.mark.real


def filmed(folder: Path, *pictures: Image.Image) -> str:
    """A folder that plays as a camera: noise, then the pictures."""
    folder.mkdir()
    noise = np.random.default_rng(7).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    for n, picture in enumerate((Image.fromarray(noise), *pictures)):
        picture.save(folder / f"{n}.png")
    return f"file:{folder}"


def held_up(content: str, *, dark: bool = False) -> Image.Image:
    """A telephone held before the camera, a little askew."""
    scratch = Image.new("RGB", (640, 480), (96, 92, 90))
    written = BytesIO()
    segno.make(content, error="m").save(written, kind="png", scale=7, border=4)
    code = Image.open(written).convert("RGB")
    shown = ImageOps.invert(code) if dark else code
    turned = shown.rotate(7, expand=True, fillcolor=(96, 92, 90), resample=Image.Resampling.BICUBIC)
    scratch.paste(turned, (150, 60))
    return scratch


def scan(camera: str, within_s: str = "60") -> subprocess.CompletedProcess[str]:
    line = [script("dipchip-kiosk"), "scan-claim", "--camera", camera, "--within", within_s]
    return subprocess.run(line, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("dark", [False, True])
def test_a_claim_is_read_from_a_telephone(tmp_path: Path, *, dark: bool) -> None:
    ran = scan(filmed(tmp_path / "film", held_up("https://example.com/"), held_up(PAYLOAD, dark=dark)))
    assert (ran.returncode, ran.stdout) == (0, f"{PAYLOAD}\n")


def test_another_code_is_passed_over_and_not_repeated(tmp_path: Path) -> None:
    ran = scan(filmed(tmp_path / "film", held_up("https://example.com/somebody")), "1")
    assert (ran.returncode, ran.stdout) == (1, "")


def test_a_camera_that_is_not_there_is_said(tmp_path: Path) -> None:
    ran = scan(f"file:{tmp_path / 'nothing'}")
    assert ran.returncode == 2
    assert "is not there" in ran.stderr
