# SPDX-License-Identifier: Apache-2.0
"""Nobody is served by a clock that is certainly wrong: it would let expired cards pass and children in."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kiosk import device
from kiosk.enrollment.failures import Fault, FaultError
from kiosk.entrypoints.person import require_possible_clock


@pytest.mark.parametrize("now", [datetime(1970, 1, 1, tzinfo=UTC), datetime(2026, 11, 25, 23, 59, tzinfo=UTC)])
def test_a_clock_before_the_release_closes_the_kiosk_and_says_what_to_do(now: datetime) -> None:
    with pytest.raises(FaultError, match="time server") as refused:
        require_possible_clock(now)
    assert refused.value.fault is Fault.CLOCK_WRONG
    assert f"{now:%Y-%m-%d}" in str(refused.value)


def test_the_clock_of_this_machine_is_possible() -> None:
    require_possible_clock(device.utc_now())
