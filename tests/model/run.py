# SPDX-License-Identifier: Apache-2.0
"""Runs cases in as many processes as there are cores, the longest first."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

from tests.model.check import Found, explore
from tests.model.variants import OFF, WHOLE

CASES = (*WHOLE, *OFF)


def run() -> dict[str, Found]:
    """What each case finds, by its name."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=spawn) as pool:
        return dict(zip([case.name for case in CASES], pool.map(_one, range(len(CASES))), strict=True))


def _one(n: int) -> Found:
    return explore(CASES[n].scenario, CASES[n].rules)
