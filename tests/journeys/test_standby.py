# SPDX-License-Identifier: Apache-2.0
"""A primary that dies and a standby that takes over: real PostgreSQL servers, broker, controller and kiosks' couriers.

Nothing is lost, nobody is counted twice; a kiosk erases only what the standby had, and sends again what it had not.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from fleet.store.session import open_engine, reading
from fleet.store.tables import alarm, enrollment, event, workload_day
from kiosk.store.database import Store
from tests.simulators import postgres
from tests.simulators.postgres_standby import Pair, pair
from tests.simulators.province import PATIENCE_S, Kiosk, Province
from tests.simulators.services import ServiceError, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

OLD_MS = 31 * 24 * 3_600_000  # longer than a kiosk keeps what is archived


@pytest.fixture
def servers() -> Iterator[Pair]:
    reason = postgres.missing()
    if reason:
        pytest.skip(reason)
    with pair() as servers:
        servers.synchronous(wanted=True)
        yield servers


@pytest.fixture
def province(servers: Pair) -> Iterator[Province]:
    directory = Path(tempfile.mkdtemp(prefix="dc-"))
    with Province(directory / "standby", database_url=servers.url) as province:
        yield province
    shutil.rmtree(directory, ignore_errors=True)


def marks(kiosk: Kiosk) -> tuple[int, int, int]:
    """Acknowledged, archived and erased, over all of a kiosk's streams."""
    with closing(Store(kiosk.folder / "store.db")) as store, store.reading() as connection:
        row = connection.execute("SELECT TOTAL(acked), TOTAL(archived), TOTAL(pruned) FROM mark").fetchone()
    return int(row[0]), int(row[1]), int(row[2])


def greet(kiosk: Kiosk) -> None:
    """Let its courier say HELLO, and erase what it may: both at its start."""
    kiosk.courier.stop()
    kiosk.courier.start()


def told_archived(kiosk: Kiosk, count: int) -> bool:
    """Greet once more: the controller's look at its standby may be some seconds old."""
    greet(kiosk)
    with suppress(ServiceError):
        wait_until(lambda: marks(kiosk)[1] == count, "the answer to HELLO", 5)
        return True
    return False


def balance(province: Province, filed: list[str]) -> None:
    """Exact counts: each event once in the ledger, once on the road, once in the workload; and no alarm."""
    engine = open_engine(province.database_url)
    with reading(engine) as connection:
        ledger = list(connection.execute(select(event.c.id)).scalars())
        roads = list(connection.execute(select(enrollment.c.event)).scalars())
        captured = connection.execute(select(func.sum(workload_day.c.captured))).scalar_one()
        alarms = connection.execute(select(alarm.c.kiosk, alarm.c.kind)).all()
    engine.dispose()
    assert sorted(ledger) == sorted(roads) == sorted(filed)
    assert (captured, alarms) == (len(filed), [])


def test_a_primary_that_is_killed_while_kiosks_deliver_loses_nothing_that_they_have_erased(
    servers: Pair, province: Province
) -> None:
    kiosks = [province.kiosk(f"k-udon-0{n}") for n in range(3)]
    filed = [event_id for each in kiosks for event_id in each.file(60, age_ms=OLD_MS)]
    for each in kiosks:
        each.courier.start()
    province.wait_until_settled(*kiosks)
    for each in kiosks:
        wait_until(partial(told_archived, each, 60), "all is archived", PATIENCE_S)
    for each in kiosks:
        greet(each)
    wait_until(lambda: all(each.held() == [] for each in kiosks), "what is old and archived is erased", PATIENCE_S)
    for each in kiosks:
        each.courier.stop()  # filing takes as long as delivering: all would be there by its end
    filed += [event_id for each in kiosks for event_id in each.file(400)]
    for each in kiosks:
        each.courier.start()
    wait_until(lambda: province.count() > 300, "kiosks are in the middle of delivering", PATIENCE_S)
    servers.first.kill()
    servers.second.promote()
    assert any(each.waiting() for each in kiosks), "it was in the middle"
    filed += [event_id for each in kiosks for event_id in each.file(20)]
    province.wait_until_settled(*kiosks)
    balance(province, filed)
    for each in kiosks:
        greet(each)
    wait_until(lambda: all(marks(each)[1] == 0 for each in kiosks), "without a standby nothing is archived", PATIENCE_S)
    balance(province, filed)


def test_what_a_standby_lacks_was_not_called_archived_and_comes_again(servers: Pair, province: Province) -> None:
    kiosk = province.kiosk("k-loei-01")
    filed = kiosk.file(30, age_ms=OLD_MS)
    kiosk.courier.start()
    province.wait_until_settled(kiosk)
    wait_until(lambda: told_archived(kiosk, 30), "all is archived", PATIENCE_S)
    assert marks(kiosk) == (30, 30, 0)
    servers.second.stop()
    servers.synchronous(wanted=False)  # as Patroni does without its strict mode
    filed += kiosk.file(30, age_ms=OLD_MS)
    province.wait_until_settled(kiosk)
    greet(kiosk)
    wait_until(
        lambda: marks(kiosk)[:2] == (60, 0), "what only the primary has is acknowledged, not archived", PATIENCE_S
    )
    greet(kiosk)
    assert len(kiosk.held()) >= 30
    kept = set(kiosk.held())
    assert set(filed[30:]) <= kept
    servers.first.kill()
    servers.second.start()
    servers.second.promote()
    wait_until(lambda: province.count() == 60, "the kiosk has sent again what the standby lacked", PATIENCE_S)
    province.wait_until_settled(kiosk)
    balance(province, filed)
