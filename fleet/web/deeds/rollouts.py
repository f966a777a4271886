# SPDX-License-Identifier: Apache-2.0
"""What is done with rollouts: propose, approve, pause, resume, end; and a facility put into a ring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet import audit
from fleet.devices import rings, rollouts
from fleet.devices.rings import Ring
from fleet.devices.rollout_judging import Gates
from fleet.devices.rollout_rules import PATIENCE_S, Proposal, RolloutRefusedError, Why
from fleet.store.scope import OutOfScopeError
from fleet.web.reach import doing
from fleet.web.rollout_words import WHY_NOT
from wire.errors import WireError
from wire.ids import facility_code
from wire.provinces import province_code

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

    from fleet.web.reach import Deed

_LONGEST_FIGURE = 6


def propose(typed: Mapping[str, str]) -> int:
    """Write a proposal down; give its number.

    It has `release`, `words`, `sample`, `bake_h`, `failures_percent`, `at_facility`, `broad` with its rising shares,
    and `at_once` where opening hours do not matter.

    Raises:
        RefusedError: it cannot be rolled out.
    """
    with _doing() as deed:
        proposal = _proposal(typed)
        number = rollouts.propose(deed.connection, proposal, deed.who, deed.at_ms)
        deed.record(audit.Act.ROLLOUT_PROPOSED, str(number), {"release": proposal.release})
    return number


def approve(number: int) -> None:
    """Approve what another person has proposed.

    Raises:
        RefusedError: it is not to be approved, or not by this account.
    """
    _act(number, rollouts.approve, audit.Act.ROLLOUT_APPROVED)


def pause(number: int) -> None:
    """Ask no more kiosks for now.

    Raises:
        RefusedError: it is not under way.
    """
    _act(number, rollouts.pause, audit.Act.ROLLOUT_PAUSED)


def resume(number: int) -> None:
    """Go on.

    Raises:
        RefusedError: it neither rests nor has stopped.
    """
    _act(number, rollouts.resume, audit.Act.ROLLOUT_RESUMED)


def abort(number: int) -> None:
    """End it, or decline what is only proposed.

    Raises:
        RefusedError: it is over.
    """
    _act(number, rollouts.abort, audit.Act.ROLLOUT_ABORTED)


def pin(typed: Mapping[str, str]) -> None:
    """Put the kiosks of `facility` in `province` into `ring`; an empty one: each has its own again.

    Raises:
        RefusedError: there is no such facility or ring.
    """
    with _doing() as deed:
        try:
            site = province_code(typed.get("province", "")), facility_code(typed.get("facility", "").strip())
            ring = _ring(typed.get("ring", ""))
            rings.pin(deed.connection, site, ring, deed.who, deed.at_ms, deed.scope)
        except (WireError, OutOfScopeError) as error:
            raise RolloutRefusedError(Why.NO_SITE) from error
        detail: audit.Detail = {"ring": "" if ring is None else str(ring)}
        deed.record(audit.Act.RING_PINNED, "/".join(site), detail)


def _act(number: int, act: Callable[[Connection, int, str, int], None], noted: audit.Act) -> None:
    with _doing() as deed:
        act(deed.connection, number, deed.who, deed.at_ms)
        deed.record(noted, str(number))


def _doing() -> AbstractContextManager[Deed]:
    return doing(RolloutRefusedError, lambda error: WHY_NOT.get(error.why))


def _proposal(typed: Mapping[str, str]) -> Proposal:
    sample, bake_h, failures, site = (
        _figure(typed.get(name, "")) for name in ("sample", "bake_h", "failures_percent", "at_facility")
    )
    return Proposal(
        release=typed.get("release", "").strip(),
        words=" ".join(typed.get("words", "").split()),
        gates=Gates(sample, bake_h * 3600, failures),
        broad=tuple(_figure(each.strip()) for each in typed.get("broad", "").split(",")),
        at_facility=site,
        patience_s=0 if typed.get("at_once") in ("yes", "True") else PATIENCE_S,
    )


def _figure(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_FIGURE):
        raise RolloutRefusedError(Why.PLAN)
    return int(text)


def _ring(text: str) -> Ring | None:
    if text and text not in set(Ring):
        raise RolloutRefusedError(Why.RING)
    return Ring(text) if text else None
