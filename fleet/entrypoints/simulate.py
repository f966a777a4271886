# SPDX-License-Identifier: Apache-2.0
"""`dipchip-fleet simulate`: a fleet in a box, for trials, training and measurements; never beside real enrolments."""

from __future__ import annotations

import asyncio
import signal
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from fleet import audit
from fleet.devices.registry import register
from fleet.entrypoints.account import account
from fleet.entrypoints.clock import now_ms
from fleet.simulation.crowd import Crowd, Fault, Plan, State
from fleet.simulation.papers import NotSimulatedError, Papers, read
from fleet.store.schema import require_current
from fleet.store.session import open_engine, reading, unit_of_work
from fleet.store.tables import enrollment, event
from wire.events import Profile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sqlalchemy import Engine

    from fleet.config import Settings

_TELL_EVERY_S = 5.0
_AT_MOST = 10_000  # connections that one process carries


@dataclass(frozen=True, slots=True)
class Balance:
    """What kiosks and ledger say at the end: events of the kiosks, and by how many of theirs the ledger has grown."""

    state: State
    committed: int

    @property
    def holds(self) -> bool:
        """Every event has its receipt, and stands in the ledger once."""
        fresh = self.state.captured - self.state.carried  # one that was carried may have been committed before
        return not self.state.pending and fresh <= self.committed <= self.state.captured


def run(settings: Settings, folder: Path, kiosks: int, plan: Plan) -> bool:
    """Register the kiosks, play the plan, and print how it stands; whether the balance holds.

    Raises:
        NotSimulatedError: the controller is a live one, or the folder holds no such kiosks.
    """
    if not 1 <= kiosks <= _AT_MOST:
        message = f"--kiosks {kiosks}: must be 1 to {_AT_MOST}. Run it more than once for more."
        raise NotSimulatedError(message)
    engine = open_engine(settings.database_url)
    require_current(engine)
    _refuse_live(settings, engine)
    papers = read(folder, kiosks)
    _register(engine, papers)
    before = _committed(engine, papers)
    _say(f"SIMULATED: {kiosks} kiosks that do not exist, profile test, seed {plan.seed}; never an official figure")
    state = asyncio.run(_play(papers, plan))
    balance = Balance(state, _committed(engine, papers) - before)
    engine.dispose()
    _say(_balance(balance))
    return balance.holds


def faults(text: str) -> frozenset[Fault]:
    """Parse a list of faults; empty for none.

    Raises:
        NotSimulatedError: naming the one that is not known.
    """
    try:
        return frozenset(Fault(name.strip()) for name in text.split(",") if name.strip())
    except ValueError as error:
        message = f"--faults {text!r}: {error}. Give some of {', '.join(Fault)}, with commas between."
        raise NotSimulatedError(message) from error


def _refuse_live(settings: Settings, engine: Engine) -> None:
    if settings.identity_provider is not None and not settings.identity_provider.sandbox:
        message = "identity_provider.sandbox is false: this controller is live. Simulate beside one of its own."
        raise NotSimulatedError(message)
    live = select(enrollment.c.event).where(enrollment.c.profile == str(Profile.LIVE)).limit(1)
    with reading(engine) as connection:
        if connection.execute(live).first() is not None:
            message = "The database holds live enrolments. Simulate beside a controller of its own."
            raise NotSimulatedError(message)


def _register(engine: Engine, papers: Sequence[Papers]) -> None:
    at_ms = now_ms()
    with unit_of_work(engine) as connection:
        for each in papers:
            register(connection, each.registration, at_ms)
        subject = f"{len(papers)} kiosks"
        audit.record(connection, audit.Act.KIOSKS_SIMULATED, who=account(), subject=subject, at_ms=at_ms)


def _committed(engine: Engine, papers: Sequence[Papers]) -> int:
    names = {each.registration.kiosk for each in papers}
    with reading(engine) as connection:
        rows = connection.execute(select(event.c.kiosk, func.count()).group_by(event.c.kiosk))
        return sum(count for kiosk, count in rows if kiosk in names)


async def _play(papers: Sequence[Papers], plan: Plan) -> State:
    stop = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    return await Crowd(papers, plan).play(lambda state: _say(_line(state)), _TELL_EVERY_S, stop)


def _line(state: State) -> str:
    return (
        f"{state.elapsed_s:5.0f} s  connected={state.connected}/{state.kiosks} captured={state.captured} "
        f"sent={state.sent} receipted={state.receipted} pending={state.pending} oldest_s={state.oldest_s:.1f}"
    )


def _balance(balance: Balance) -> str:
    state = balance.state
    waits = [f"{name}={_at(state.waits_s, part):.3f}" for name, part in (("p50", 0.5), ("p99", 0.99))]
    verdict = "balance=holds" if balance.holds else "balance=BROKEN"
    return (
        f"captured={state.captured} = receipted={state.receipted} + pending={state.pending}; "
        f"committed={balance.committed}; sent={state.sent}; capture to receipt, seconds: {' '.join(waits)}; {verdict}"
    )


def _at(ordered: Sequence[float], part: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
