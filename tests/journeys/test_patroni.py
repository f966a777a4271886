# SPDX-License-Identifier: Apache-2.0
"""What the role `database` sets up takes over by itself, and the controller's URL finds whoever is primary."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError

from fleet.store.replication import Standby
from fleet.store.schema import upgrade
from fleet.store.session import open_engine, reading, unit_of_work
from fleet.store.tables import courier
from tests.simulators import patroni
from tests.simulators.services import wait_until

if TYPE_CHECKING:
    from sqlalchemy import Engine

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]


def test_the_standby_takes_over_by_itself_with_all_that_was_committed() -> None:
    reason = patroni.missing()
    if reason:
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="pat"))
    folder.chmod(0o755)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        machines = patroni.three(folder)
        for machine in machines:
            stack.callback(machine.vote().start().stop)
        running = {machine.name: machine.patroni().start() for machine in machines[:2]}
        for service in running.values():
            stack.callback(service.stop)
        patroni.wait_for_pair(machines[0])
        engine = open_engine(patroni.url(machines))
        stack.callback(engine.dispose)
        upgrade(engine)
        standby = Standby(engine)
        wait_until(lambda: standby.horizon() is not None, "the controller's role sees what the standby has flushed")
        for n in range(50):
            _commit(engine, n)
        (leader,) = (machine for machine in machines[:2] if machine.members()[machine.name][0] == "Leader")
        running[leader.name].kill()
        leader.kill_postgres()
        wait_until(lambda: _commits(engine, 50), "the other one takes over", 180)
        with reading(engine) as connection:
            assert connection.execute(select(func.count()).select_from(courier)).scalar_one() == 51
        wait_until(lambda: standby.horizon() is None, "alone it has no standby")
        running[leader.name].start()
        patroni.wait_for_pair(machines[2])
        wait_until(
            lambda: standby.horizon() is not None, "the one that died follows, and what is committed is archived"
        )


def _commit(engine: Engine, n: int) -> None:
    with unit_of_work(engine) as connection:
        connection.execute(courier.insert().values(name=f"courier-{n}", until_ms=n))


def _commits(engine: Engine, n: int) -> bool:
    try:
        _commit(engine, n)
    except (OperationalError, InterfaceError, InternalError):
        return False
    return True
