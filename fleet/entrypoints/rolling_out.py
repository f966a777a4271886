# SPDX-License-Identifier: Apache-2.0
"""`dipchip-fleet rollout`: propose, approve, pause, resume, abort and list; each says what it did in JSON lines."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet import audit
from fleet.devices import rings, rollouts
from fleet.devices.rings import Ring
from fleet.devices.rollout_judging import Gates
from fleet.devices.rollout_rules import PATIENCE_S, Proposal, RolloutRefusedError, Why
from fleet.entrypoints.account import account
from fleet.entrypoints.clock import now_ms
from fleet.errors import FleetError
from fleet.store.scope import NATION, OutOfScopeError
from fleet.store.session import open_engine, reading, unit_of_work
from wire.errors import WireError
from wire.ids import facility_code
from wire.provinces import province_code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from fleet.config import Settings
    from fleet.devices.rollout_rules import Rollout

_OWN = "own"
_SAID = {
    Why.NO_SUCH: "There is no rollout of that number: `dipchip-fleet rollout list` shows them.",
    Why.RELEASE: "Give the release as three numbers, as 0.2.0.",
    Why.WORDS: "Say what it brings, on one line of at most 200 letters.",
    Why.PLAN: "Give 1 to 1000 kiosks, at most 336 hours, 1 to 20 percent, 1 to 9 kiosks of a facility, and shares that "
    "rise to 100, as 25,100.",
    Why.STANDS: "As it stands it cannot be: `dipchip-fleet rollout list` shows how it does.",
    Why.SAME_PERSON: "Whoever proposed it cannot approve it. Another person has to.",
    Why.ANOTHER: "Another rollout is under way. Abort it first, or wait for its last wave.",
    Why.OVER: "It waited for more than three days. Propose it again.",
    Why.NO_SITE: "No kiosk stands at this facility. Give it as 41/10670.",
    Why.RING: "There is no such ring. Give pilot, early, broad or own.",
}


class NotRolledOutError(FleetError):
    """Nothing was done; says why and what to do."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A proposal as it is typed."""

    release: str
    words: str
    sample: int
    bake_h: int
    failures_percent: int
    at_facility: int
    broad: str
    at_once: bool

    def proposal(self) -> Proposal:
        """Read it.

        Raises:
            RolloutRefusedError: the shares are no numbers.
        """
        shares = [each.strip() for each in self.broad.split(",")]
        if not all(each.isascii() and each.isdigit() for each in shares):
            raise RolloutRefusedError(Why.PLAN)
        return Proposal(
            release=self.release,
            words=self.words,
            gates=Gates(self.sample, self.bake_h * 3600, self.failures_percent),
            broad=tuple(map(int, shares)),
            at_facility=self.at_facility,
            patience_s=0 if self.at_once else PATIENCE_S,
        )


def propose(settings: Settings, wanted: Wanted, by: str) -> None:
    """Write a proposal down and tell its number.

    Raises:
        NotRolledOutError: naming what is wrong with it.
    """
    with _acting(settings) as (connection, at_ms):
        number = rollouts.propose(connection, wanted.proposal(), by, at_ms)
        _record(connection, audit.Act.ROLLOUT_PROPOSED, str(number), at_ms, by=by, release=wanted.release)
    _tell({"rollout": number, "state": "proposed"})


def approve(settings: Settings, number: int, by: str) -> None:
    """Approve what another person has proposed.

    Raises:
        NotRolledOutError: why not.
    """
    _act(settings, number, by, (rollouts.approve, audit.Act.ROLLOUT_APPROVED))


def pause(settings: Settings, number: int, by: str) -> None:
    """Ask no more kiosks for now.

    Raises:
        NotRolledOutError: it is not under way.
    """
    _act(settings, number, by, (rollouts.pause, audit.Act.ROLLOUT_PAUSED))


def resume(settings: Settings, number: int, by: str) -> None:
    """Go on.

    Raises:
        NotRolledOutError: it neither rests nor has stopped.
    """
    _act(settings, number, by, (rollouts.resume, audit.Act.ROLLOUT_RESUMED))


def abort(settings: Settings, number: int, by: str) -> None:
    """End it, or decline a proposal.

    Raises:
        NotRolledOutError: it is over.
    """
    _act(settings, number, by, (rollouts.abort, audit.Act.ROLLOUT_ABORTED))


def show(settings: Settings) -> None:
    """List the latest rollouts, the newest first."""
    engine = open_engine(settings.database_url)
    with reading(engine) as connection:
        found = [(each, rollouts.parts(connection, each, NATION)) for each in rollouts.read_all(connection)]
    engine.dispose()
    for each, parts in found:
        waves = [{"ring": part.wave.ring.value, "share": part.wave.share, **part.by_stage} for part in parts]
        _tell(_described(each) | {"waves": waves})


def pin(settings: Settings, site: str, ring: str, by: str) -> None:
    """Put the kiosks of a facility into a ring.

    Raises:
        NotRolledOutError: there is no such facility or ring.
    """
    with _acting(settings) as (connection, at_ms):
        if ring != _OWN and ring not in set(Ring):
            raise RolloutRefusedError(Why.RING)
        province, _, facility = site.partition("/")
        try:
            where = province_code(province), facility_code(facility)
            rings.pin(connection, where, None if ring == _OWN else Ring(ring), by, at_ms, NATION)
        except (WireError, OutOfScopeError) as error:
            raise RolloutRefusedError(Why.NO_SITE) from error
        _record(connection, audit.Act.RING_PINNED, site, at_ms, by=by, ring=ring)
    _tell({"facility": site, "ring": ring})


def _act(
    settings: Settings, number: int, by: str, what: tuple[Callable[[Connection, int, str, int], None], audit.Act]
) -> None:
    act, noted = what
    with _acting(settings) as (connection, at_ms):
        act(connection, number, by, at_ms)
        _record(connection, noted, str(number), at_ms, by=by)
        state = rollouts.read(connection, number).state
    _tell({"rollout": number, "state": state.value})


@contextmanager
def _acting(settings: Settings) -> Iterator[tuple[Connection, int]]:
    engine = open_engine(settings.database_url)
    try:
        with unit_of_work(engine) as connection:
            yield connection, now_ms()
    except RolloutRefusedError as error:
        raise NotRolledOutError(_SAID[error.why]) from error
    finally:
        engine.dispose()


def _record(connection: Connection, act: audit.Act, subject: str, at_ms: int, **detail: str) -> None:
    """Who typed it, whatever name was given."""
    audit.record(connection, act, who=account(), subject=subject, at_ms=at_ms, detail=detail)


def _described(each: Rollout) -> dict[str, object]:
    return {
        "rollout": each.number,
        "release": each.proposal.release,
        "words": each.proposal.words,
        "state": each.state.value,
        "ground": None if each.ground is None else each.ground.value,
        "wave": each.wave,
        "proposed_by": each.proposed_by,
        "approved_by": each.approved_by,
    }


def _tell(what: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(what, ensure_ascii=False) + "\n")
