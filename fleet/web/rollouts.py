# SPDX-License-Identifier: Apache-2.0
"""Which release goes to which kiosks, wave by wave: proposed by one person, approved by another, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from apiflask import APIBlueprint
from flask import Response, make_response, redirect, render_template, request, url_for
from flask import abort as nothing_there

from fleet.devices import rings, rollouts
from fleet.devices.rings import Ring
from fleet.devices.rollout_judging import needed
from fleet.devices.rollout_rules import (
    AT_FACILITY_AT_MOST,
    BAKE_H_AT_MOST,
    FAILURES_AT_MOST,
    LONGEST,
    SAMPLE_AT_MOST,
    RolloutRefusedError,
    Stage,
)
from fleet.store.scope import Level
from fleet.web import gate
from fleet.web import rollout_words as words
from fleet.web.deeds import rollouts as deeds
from fleet.web.reach import RefusedError, looking
from fleet.web.supplies import now_ms
from fleet.web.wording import in_reading_order, province_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug import Response as AnyResponse

    from fleet.devices.rollout_rules import Rollout, Wave
    from fleet.devices.rollouts import Part, Standing

pages = APIBlueprint("rollouts", __name__, enable_openapi=False)
_USUAL = {"sample": "20", "bake_h": "24", "failures_percent": "5", "at_facility": "1", "broad": "25,100"}


@dataclass(frozen=True, slots=True)
class Sight:
    """One rollout as far as an account may see it.

    What it is judged by are sums of the whole country: only who sees all of it sees them.
    """

    rollout: Rollout
    parts: tuple[Part, ...]
    failures: dict[str, tuple[Standing, ...]]
    in_hand: tuple[Standing, ...]
    left_out: tuple[Standing, ...]
    rings: dict[Ring, int]
    is_whole: bool

    def expected(self, wave: Wave) -> int:
        """About how many kiosks a wave has that has not begun."""
        before = [each.share for each in self.rollout.waves if each.ring is wave.ring and each.n < wave.n]
        return self.rings[wave.ring] * (wave.share - max(before, default=0)) // 100

    @property
    def least(self) -> int:
        """How many of the present wave have to be judged."""
        seen = self.rollout.seen
        return 0 if seen is None else needed(self.rollout.proposal.gates.sample, seen.reachable)


@pages.get("/rollouts")
def overview() -> Response:
    """Show the rollouts, the rings, and the form for a new one."""
    return _overview()


@pages.get("/rollouts/<int:number>")
def one(number: int) -> Response:
    """Show one rollout."""
    return _one(number)


@pages.post("/rollouts")
def propose() -> AnyResponse:
    """Write a proposal down."""
    return _back(deeds.propose(request.form))


@pages.post("/rollouts/<int:number>/approve")
def approve(number: int) -> AnyResponse:
    """Approve what another person has proposed."""
    deeds.approve(number)
    return _back(number)


@pages.post("/rollouts/<int:number>/pause")
def pause(number: int) -> AnyResponse:
    """Ask no more kiosks for now."""
    deeds.pause(number)
    return _back(number)


@pages.post("/rollouts/<int:number>/resume")
def resume(number: int) -> AnyResponse:
    """Go on."""
    deeds.resume(number)
    return _back(number)


@pages.post("/rollouts/<int:number>/abort")
def abort(number: int) -> AnyResponse:
    """End it, or decline a proposal."""
    deeds.abort(number)
    return _back(number)


@pages.post("/rollouts/rings")
def pin() -> AnyResponse:
    """Put a facility into a ring."""
    deeds.pin(request.form)
    return redirect(url_for("rollouts.overview", _anchor="rings"), HTTPStatus.SEE_OTHER)


@pages.errorhandler(RefusedError)
def refused(error: RefusedError) -> Response:
    """Say it above the form, which keeps what was typed, or on the rollout's page."""
    number = (request.view_args or {}).get("number")
    return _overview(error.words, request.form) if number is None else _one(number, error.words)


def sight_of(number: int) -> Sight:
    """Read one rollout; the page and the JSON share it."""
    with looking() as (connection, scope):
        try:
            found = rollouts.read(connection, number)
        except RolloutRefusedError:
            nothing_there(HTTPStatus.NOT_FOUND)
        in_hand = (
            each
            for stage in (Stage.TAKEN, Stage.ORDERED)
            for each in rollouts.standings(connection, number, scope, stage)
        )
        return Sight(
            rollout=found,
            parts=rollouts.parts(connection, found, scope),
            failures=rollouts.failures(connection, number, scope),
            in_hand=tuple(in_hand),
            left_out=rollouts.standings(connection, number, scope, Stage.LEFT_OUT),
            rings=rings.counts(connection, scope),
            is_whole=scope.level is Level.NATION,
        )


def _overview(refused: str = "", typed: Mapping[str, str] | None = None) -> Response:
    with looking() as (connection, scope):
        found = rollouts.read_all(connection)
        counts, pinned = rings.counts(connection, scope), rings.pins(connection, scope)
    page = render_template(
        "rollouts.html",
        found=found,
        rings=counts,
        pinned=pinned,
        provinces=sorted(gate.scope().provinces, key=lambda code: in_reading_order(province_name(code))),
        ring_names=tuple(Ring),
        words=words,
        refused=refused,
        typed=_USUAL | dict(typed or {}),
        longest=LONGEST,
        at_most={
            "sample": SAMPLE_AT_MOST,
            "bake_h": BAKE_H_AT_MOST,
            "failures_percent": FAILURES_AT_MOST,
            "at_facility": AT_FACILITY_AT_MOST,
        },
    )
    return make_response(page, HTTPStatus.CONFLICT if refused else HTTPStatus.OK)


def _one(number: int, refused: str = "") -> Response:
    sight = sight_of(number)
    page = render_template(
        "rollout.html",
        sight=sight,
        rollout=sight.rollout,
        stages=tuple(Stage),
        words=words,
        refused=refused,
        now_ms=now_ms(),
    )
    return make_response(page, HTTPStatus.CONFLICT if refused else HTTPStatus.OK)


def _back(number: int) -> AnyResponse:
    return redirect(url_for("rollouts.one", number=number), HTTPStatus.SEE_OTHER)
