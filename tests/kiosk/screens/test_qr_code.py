# SPDX-License-Identifier: Apache-2.0
"""The QR code: a camera reads it from the drawn screen, it holds the link only, and it is whole or absent."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import cv2
import pytest

from kiosk.enrollment.states import HandOver
from kiosk.screens.qr_code import QrCode, qr_lines, shortest
from tests.kiosk.screens.conftest import running
from tests.kiosk.screens.moments import LINK, LONG_LINK
from tests.kiosk.screens.pictures import draw

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.skipif(shutil.which("rsvg-convert") is None, reason="rsvg-convert makes the picture")
@pytest.mark.parametrize(("link", "size"), [(LINK, (58, 15)), (LINK, (80, 24)), (LONG_LINK, (80, 24))])
async def test_a_camera_reads_the_link_and_not_the_code(tmp_path: Path, link: str, size: tuple[int, int]) -> None:
    (tmp_path / "screen.svg").write_text(await draw(HandOver(link, "482913"), "th", size), encoding="utf-8")
    subprocess.run(["rsvg-convert", "-o", tmp_path / "screen.png", tmp_path / "screen.svg"], check=True)  # noqa: ASYNC221
    picture = cv2.imread(str(tmp_path / "screen.png"))
    assert picture is not None
    seen, *_ = cv2.QRCodeDetector().detectAndDecode(picture)
    assert seen.casefold() == link


def test_what_means_the_same_in_capitals_is_spelled_in_them() -> None:
    assert shortest("http://127.0.0.1:48213/P/K7QX29DMAB") == "HTTP://127.0.0.1:48213/P/K7QX29DMAB"
    assert shortest("https://provider.id.th/K/K7") == "HTTPS://PROVIDER.ID.TH/K/K7"
    assert shortest("https://provider.id.th/K/k7") == "https://provider.id.th/K/k7"
    assert shortest("https://example.moph.go.th/") == "HTTPS://EXAMPLE.MOPH.GO.TH"
    assert shortest(LONG_LINK) == LONG_LINK


@pytest.mark.parametrize("size", [(46, 12), (58, 15), (80, 24)], ids=str)
@pytest.mark.parametrize("link", [LINK, LONG_LINK, f"{LONG_LINK}/{'further/' * 4}"])
async def test_a_code_is_drawn_whole_or_not_at_all_and_its_address_stands_beside_it(
    size: tuple[int, int], link: str
) -> None:
    async with running(size=size) as kiosk:
        await kiosk.show(HandOver(link, "482913"))
        drawn = qr_lines(shortest(link))
        region = kiosk.app.screen.query_one(QrCode).region
        shown = [line[region.x : region.right] for line in kiosk.lines[region.y : region.bottom]]
        assert shown == drawn or not "".join(shown).strip()
        assert "example.moph.go.th" in "".join(kiosk.lines)
