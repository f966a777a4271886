# SPDX-License-Identifier: Apache-2.0
"""Rollouts as JSON: how each stands, wave by wave and kiosk by kiosk, and what a program may do about one."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from fleet.devices import rings, rollouts
from fleet.devices.rings import Ring
from fleet.devices.rollout_judging import Ground
from fleet.devices.rollout_rules import Rollout, Stage, State
from fleet.devices.rollouts import LISTED, Standing
from fleet.web.bodies import Body, Choice, MadeAnswer, Text
from fleet.web.deeds import rollouts as deeds
from fleet.web.iso import at, at_or_none
from fleet.web.reach import looking
from fleet.web.rollouts import sight_of

if TYPE_CHECKING:
    from fleet.devices.rollouts import Part

pages = APIBlueprint("api_rollouts", __name__)


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class WaveAnswer(_Answer):
    """One wave: `share` of a ring in percent, with the waves before it; how its kiosks stand that the account sees."""

    wave: int
    ring: Ring
    share: int
    began_at: str | None
    passed_at: str | None
    kiosks: dict[Stage, int]


class StandingAnswer(_Answer):
    """One kiosk in it. `release` is what the kiosk says itself that it runs."""

    kiosk: str
    province: str
    facility: str
    wave: int
    stage: Stage
    reason: str | None
    changed_at: str
    release: str | None


class GroupAnswer(_Answer):
    """Kiosks that are watched together. `minutes` of opening hours; an alarm, and poor visits, count once a kiosk."""

    kiosks: int
    minutes: int
    alarmed: int
    visited: int
    poor: int


class SeenAnswer(_Answer):
    """What it was judged by last, of the whole country."""

    judged_at: str
    on: int
    failed: int
    wave_judged: int
    wave_needed: int
    updated: GroupAnswer
    others: GroupAnswer


class RolloutAnswer(_Answer):
    """One rollout. `ground` is why it stopped, or what it waits for."""

    number: int
    release: str
    words: str
    state: State
    ground: Ground | None
    proposed_by: str
    proposed_at: str
    approved_by: str | None
    approved_at: str | None
    wave: int = Field(description="the last that was opened; 0: none")


class RolloutsAnswer(_Answer):
    """The latest, the newest first, and how many kiosks of the account each ring has."""

    rollouts: list[RolloutAnswer]
    rings: dict[Ring, int]


class OneRolloutAnswer(RolloutAnswer):
    """One, with its waves, where it failed and where it is being installed; `seen` for accounts of the nation only."""

    waves: list[WaveAnswer]
    failed: list[StandingAnswer]
    in_hand: list[StandingAnswer] = Field(max_length=2 * LISTED)
    left_out: list[StandingAnswer]
    seen: SeenAnswer | None


class RolloutBody(Body):
    """What is to be rolled out. `broad` are the shares of the last ring in percent, rising to 100, as `25,100`."""

    release: Text
    words: Text
    sample: int = 20
    bake_h: int = 24
    failures_percent: int = 5
    at_facility: int = 1
    broad: Text = "25,100"
    at_once: bool = Field(default=False, description="also while facilities are open, from the beginning")


class PinBody(Body):
    """Which ring all kiosks of a facility belong to; without one each has its own again."""

    province: Text
    facility: Text
    ring: Choice[Ring] | None = None


@pages.get("/api/v1/rollouts")
@pages.output(RolloutsAnswer)
def overview() -> RolloutsAnswer:
    """The latest rollouts, the newest first."""
    with looking() as (connection, scope):
        found, counts = rollouts.read_all(connection), rings.counts(connection, scope)
    return RolloutsAnswer(rollouts=[RolloutAnswer(**_told(each)) for each in found], rings=counts)


@pages.get("/api/v1/rollouts/<int:number>")
@pages.output(OneRolloutAnswer)
def one(number: int) -> OneRolloutAnswer:
    """One rollout, as far as it concerns kiosks of the account."""
    sight = sight_of(number)
    found = sight.rollout
    return OneRolloutAnswer(
        **_told(found),
        waves=[_wave(each) for each in sight.parts],
        failed=[_standing(each) for some in sight.failures.values() for each in some],
        in_hand=[_standing(each) for each in sight.in_hand],
        left_out=[_standing(each) for each in sight.left_out],
        seen=_seen(found, sight.least) if sight.is_whole else None,
    )


@pages.post("/api/v1/rollouts")
@pages.input(RolloutBody, arg_name="body")
@pages.output(MadeAnswer, status_code=HTTPStatus.CREATED)
def propose(body: RolloutBody) -> MadeAnswer:
    """Propose a rollout; it begins once another person has approved it."""
    return MadeAnswer(number=deeds.propose(body.typed()))


@pages.post("/api/v1/rollouts/<int:number>/approve")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def approve(number: int) -> str:
    """Approve what another person has proposed."""
    deeds.approve(number)
    return ""


@pages.post("/api/v1/rollouts/<int:number>/pause")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def pause(number: int) -> str:
    """Ask no more kiosks for now."""
    deeds.pause(number)
    return ""


@pages.post("/api/v1/rollouts/<int:number>/resume")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def resume(number: int) -> str:
    """Go on, also after it has stopped by itself."""
    deeds.resume(number)
    return ""


@pages.post("/api/v1/rollouts/<int:number>/abort")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def abort(number: int) -> str:
    """End it, or decline a proposal; kiosks that run the release keep it."""
    deeds.abort(number)
    return ""


@pages.post("/api/v1/rollouts/rings")
@pages.input(PinBody, arg_name="body")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def pin(body: PinBody) -> str:
    """Put the kiosks of a facility into a ring."""
    deeds.pin(body.typed())
    return ""


def _told(found: Rollout) -> dict[str, Any]:
    return {
        "number": found.number,
        "release": found.proposal.release,
        "words": found.proposal.words,
        "state": found.state,
        "ground": found.ground,
        "proposed_by": found.proposed_by,
        "proposed_at": at(found.proposed_ms),
        "approved_by": found.approved_by,
        "approved_at": at_or_none(found.approved_ms),
        "wave": found.wave,
    }


def _wave(part: Part) -> WaveAnswer:
    wave = part.wave
    return WaveAnswer(
        wave=wave.n,
        ring=wave.ring,
        share=wave.share,
        began_at=at_or_none(wave.began_ms),
        passed_at=at_or_none(wave.passed_ms),
        kiosks={stage: part.by_stage[stage] for stage in Stage},
    )


def _standing(each: Standing) -> StandingAnswer:
    return StandingAnswer(
        kiosk=each.kiosk,
        province=each.province,
        facility=each.facility,
        wave=each.wave,
        stage=each.stage,
        reason=each.reason,
        changed_at=at(each.changed_ms),
        release=each.release,
    )


def _seen(found: Rollout, least: int) -> SeenAnswer | None:
    seen = found.seen
    if seen is None or found.judged_ms is None:
        return None
    updated, others = (GroupAnswer(**msgspec.structs.asdict(each)) for each in (seen.updated, seen.others))
    return SeenAnswer(
        judged_at=at(found.judged_ms),
        on=seen.on,
        failed=seen.failed,
        wave_judged=seen.wave_judged,
        wave_needed=least,
        updated=updated,
        others=others,
    )
