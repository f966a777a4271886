# SPDX-License-Identifier: Apache-2.0
"""What the courier says of roots: that they are over, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from structlog.testing import capture_logs

from kiosk import config, device
from kiosk.entrypoints.courier import tell_of_roots
from tests.simulators.desk import TRUST
from tests.simulators.root_keys import YEAR_MS, holder, roots, signed

if TYPE_CHECKING:
    from pathlib import Path

HOLDERS = (holder("a"), holder("b"), holder("c"))


def said(trust: Path) -> list[str]:
    with capture_logs() as lines:
        tell_of_roots(trust)
    return [line["event"] for line in lines]


@pytest.mark.parametrize(("age_years", "lines"), [(1, []), (3, ["roots_expired"])])
def test_roots_that_are_over_are_said_and_believed(tmp_path: Path, age_years: int, lines: list[str]) -> None:
    version = roots(1, HOLDERS, TRUST, device.wall_ms() - age_years * YEAR_MS)
    file = tmp_path / "trust.json"
    file.write_bytes(signed(version, *HOLDERS[:2]) + b"\n")
    assert said(file) == lines
    assert config.read_trust(file) == TRUST


def test_a_kiosk_without_roots_says_nothing_of_them(tmp_path: Path) -> None:
    file = tmp_path / "trust.json"
    file.write_bytes(msgspec.json.encode(TRUST))
    assert said(file) == []


def test_a_trust_file_that_one_holder_has_signed_is_not_believed(tmp_path: Path) -> None:
    file = tmp_path / "trust.json"
    file.write_bytes(signed(roots(1, HOLDERS, TRUST, device.wall_ms()), HOLDERS[0]))
    with pytest.raises(config.ConfigError, match="signed by 1"):
        config.read_trust(file)
    assert said(file) == ["trust_unreadable"]
