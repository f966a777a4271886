# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fuzz.__main__ import SUITES, fuzz

if TYPE_CHECKING:
    from pathlib import Path

atheris = pytest.importorskip("atheris", reason="atheris has no wheel for this machine")


@pytest.mark.parametrize(
    ("suite", "target"), [(suite, target) for suite, targets in SUITES.items() for target in targets]
)
def test_a_short_run_of_every_target_stands(suite: str, target: str, tmp_path: Path) -> None:
    outcome = fuzz(suite, target, runs=500, seconds=60, crashes=tmp_path)
    assert not outcome.crash
    assert outcome.executions >= 100
