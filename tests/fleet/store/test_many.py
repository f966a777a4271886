# SPDX-License-Identifier: Apache-2.0
"""Many rows in few statements are the same rows, however many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fleet.store.many import Insertion
from fleet.store.session import reading, unit_of_work
from fleet.store.tables import courier

if TYPE_CHECKING:
    from sqlalchemy import Engine

_COURIERS = Insertion(courier, "name", "until_ms", on_conflict="(name) DO UPDATE SET until_ms = excluded.until_ms")


@pytest.mark.parametrize("count", [1, 31, 32, 33, 64, 70])
def test_rows_are_all_there_and_written_over_when_they_come_again(engine: Engine, count: int) -> None:
    for added in (0, 1000):
        with unit_of_work(engine) as connection:
            _COURIERS.add(connection, [(f"c-{n:02}", n + added) for n in range(count)])
    with reading(engine) as connection:
        rows = connection.execute(courier.select().order_by(courier.c.name)).all()
    assert [tuple(row) for row in rows] == [(f"c-{n:02}", n + 1000) for n in range(count)]
