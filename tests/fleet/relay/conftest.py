# SPDX-License-Identifier: Apache-2.0
"""Whatever happens on a person's road, what is counted by day says what the people say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fleet.store.session import reading
from tests.fleet.sums import untrue_sums

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fleet.road import Fleet


@pytest.fixture(autouse=True)
def sums_stay_true(fleet: Fleet) -> Iterator[None]:
    yield
    with reading(fleet.engine) as connection:
        assert untrue_sums(connection) == []
