# SPDX-License-Identifier: Apache-2.0
"""Which addresses may become a QR code that people follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kiosk import config
from tests.kiosk.test_camera_setting import REST

if TYPE_CHECKING:
    from pathlib import Path


def _read(folder: Path, link: str) -> config.Settings:
    file = folder / "kiosk.toml"
    file.write_text(f'mor_prom_link = "{link}"\n{REST}', encoding="utf-8")
    return config.read(file)


@pytest.mark.parametrize("link", ["", "https://example.moph.go.th", "https://example.moph.go.th/a/page/"])
def test_a_page_of_the_ministry_may_be_shown(tmp_path: Path, link: str) -> None:
    assert _read(tmp_path, link).mor_prom_link == link


@pytest.mark.parametrize(
    "link",
    [
        "http://example.moph.go.th",
        "https://moph.go.th.example.net",
        "https://examplemoph.go.th",
        "https://provider.id.th",
        "https://someone@example.moph.go.th",
        "https://example.moph.go.th@example.net",
        "https://example.moph.go.th:8443",
        "https://example.moph.go.th/?pin=482913",
        "https://example.moph.go.th/#482913",
        "https://example.moph.go.th/a page",
        "javascript:alert(1)",
        "https://example.moph.go.th/" + "a" * 80,
    ],
)
def test_anything_else_stops_the_start_and_says_what_is_allowed(tmp_path: Path, link: str) -> None:
    with pytest.raises(config.ConfigError, match="mor_prom_link"):
        _read(tmp_path, link)
