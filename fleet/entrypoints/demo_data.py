# SPDX-License-Identifier: Apache-2.0
"""`dipchip-fleet demo-data`: a made-up country in an empty database, for demonstrations and measurements."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from fleet import audit
from fleet.entrypoints.account import account
from fleet.entrypoints.clock import now_ms
from fleet.simulation.demo.filling import fill, settle
from fleet.simulation.demo.plan import DemoRefusedError, Plan, moment_ms
from fleet.store.schema import require_current
from fleet.store.session import open_engine, unit_of_work
from wire.events import Profile

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from fleet.config import Settings
    from fleet.simulation.demo.filling import Filled

_TELL_EVERY_S = 5.0


def plan_of(*, kiosks: int, people: int, days: int, seed: int, until: str) -> Plan:
    """What is asked for on the command line.

    Raises:
        DemoRefusedError: naming the option, and what it may be.
    """
    return Plan(kiosks, people, days, seed, moment_ms(until, now_ms()))


def run(settings: Settings, plan: Plan) -> None:
    """Make the country, and print what was made as one JSON line; how far it is goes to standard error.

    Raises:
        DemoRefusedError: the console is a live one, or the database is not empty.
    """
    _refuse_live(settings)
    engine = open_engine(settings.database_url)
    try:
        filled = _fill(engine, plan)
    finally:
        engine.dispose()
    told = {"made_up": True, "profile": str(Profile.TEST), **asdict(plan), "rows": filled.rows, "sha256": filled.digest}
    sys.stdout.write(json.dumps(told) + "\n")


def _fill(engine: Engine, plan: Plan) -> Filled:
    require_current(engine)
    with unit_of_work(engine) as connection:
        filled = fill(connection, plan, _telling(plan))
        subject = f"{plan.kiosks} kiosks"
        told: audit.Detail = {**asdict(plan), "sha256": filled.digest}
        audit.record(connection, audit.Act.DEMO_FILLED, who=account(), subject=subject, at_ms=now_ms(), detail=told)
    settle(engine)
    return filled


def _refuse_live(settings: Settings) -> None:
    if settings.web.profile != Profile.TEST:
        message = f'web.profile is "{settings.web.profile}": made-up people are for a console with profile = "test".'
        raise DemoRefusedError(message)
    if settings.identity_provider is not None and not settings.identity_provider.sandbox:
        message = "identity_provider.sandbox is false: this controller is live. Give made-up people one of their own."
        raise DemoRefusedError(message)


def _telling(plan: Plan) -> Callable[[int], None]:
    started_s = told_s = time.monotonic()

    def tell(done: int) -> None:
        nonlocal told_s
        now_s = time.monotonic()
        if now_s >= told_s + _TELL_EVERY_S:
            told_s = now_s
            sys.stderr.write(f"{now_s - started_s:5.0f} s  people={done}/{plan.people}\n")

    return tell
