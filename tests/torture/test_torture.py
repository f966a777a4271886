# SPDX-License-Identifier: Apache-2.0
"""A short torture of real parts: nothing is lost, nothing counted twice, and no alarm without a reason.

`make torture` is the long one.
"""

from __future__ import annotations

import pytest

from tests.simulators import postgres
from tests.torture.report import lines
from tests.torture.rules_off import RECEIPTS
from tests.torture.run import run
from tests.torture.schedule import draw

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

_SEED = 20265
_ENOUGH_PATIENCE_S = 120.0  # without any progress anywhere
_LITTLE_PATIENCE_S = 8.0


@pytest.mark.skipif(postgres.missing() is not None, reason=str(postgres.missing()))
def test_nothing_is_lost_or_counted_twice_while_everything_fails() -> None:
    verdict, done = run(draw(_SEED, 20, kiosks=2), database="postgresql", without=None, patience_s=_ENOUGH_PATIENCE_S)
    assert verdict.holds, "\n".join(lines(verdict, done))
    assert verdict.committed > 0


def test_a_kiosk_that_trusts_the_broker_is_found_out() -> None:
    verdict, _ = run(draw(_SEED, 12, kiosks=2), database="sqlite", without=RECEIPTS, patience_s=_LITTLE_PATIENCE_S)
    assert verdict.lost
    assert not verdict.holds
