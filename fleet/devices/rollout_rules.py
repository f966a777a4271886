# SPDX-License-Identifier: Apache-2.0
"""A rollout as a value: which release, by which waves, how it stands, and what may be done with it by whom."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from fleet.devices.rings import Ring
from fleet.errors import FleetError
from wire.errors import WireError
from wire.ids import release_version

if TYPE_CHECKING:
    from fleet.devices.rollout_judging import Gates, Ground, Seen

LONGEST = 200  # letters of what a release brings
WAITS_MS = 72 * 60 * 60 * 1000  # then a proposal has to be made anew
SAMPLE_AT_MOST, BAKE_H_AT_MOST, FAILURES_AT_MOST, AT_FACILITY_AT_MOST = 1000, 14 * 24, 20, 9
USUAL_BROAD = (25, 100)  # percent of the last ring
PATIENCE_S = 24 * 60 * 60  # so long a wave asks kiosks only while their facilities are closed
_SHARES_AT_MOST = 6
_WHOLE = 100


class State(StrEnum):
    """How a rollout stands."""

    PROPOSED = "proposed"
    RUNNING = "running"
    PAUSED = "paused"  # by a person
    STOPPED = "stopped"  # by itself
    ABORTED = "aborted"
    DONE = "done"
    DECLINED = "declined"  # or taken back, before anybody approved


OPEN = (State.RUNNING, State.PAUSED, State.STOPPED)


class Stage(StrEnum):
    """How a kiosk stands in a rollout."""

    WAITING = "waiting"
    ORDERED = "ordered"
    TAKEN = "taken"  # the kiosk says that it is at it
    ON = "on"  # it says itself that it runs the release
    FAILED = "failed"
    LEFT_OUT = "left_out"


class Why(StrEnum):
    """Why something was not done with a rollout."""

    NO_SUCH = "no_such"
    RELEASE = "release"
    WORDS = "words"
    PLAN = "plan"
    STANDS = "stands"  # as it stands it cannot be
    SAME_PERSON = "same_person"
    ANOTHER = "another"  # is under way
    OVER = "over"  # nobody approved in time
    NO_SITE = "no_site"
    RING = "ring"


class RolloutRefusedError(FleetError):
    """Nothing was done; `why` says it to a program."""

    def __init__(self, why: Why) -> None:
        """Keep the reason."""
        self.why = why
        super().__init__(f"{why}: nothing was changed")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody wants rolled out.

    The first rings go as they are, each as one wave; `broad` are the shares of the last ring, in percent and rising to
    100. `patience_s` is how long a wave asks kiosks only while their facilities are closed.
    """

    release: str
    words: str
    gates: Gates
    broad: tuple[int, ...] = USUAL_BROAD
    at_facility: int = 1
    patience_s: int = PATIENCE_S


@dataclass(frozen=True, slots=True)
class Wave:
    """One wave: `share` of a ring in percent, with the waves before it."""

    n: int
    ring: Ring
    share: int
    began_ms: int | None = None
    passed_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Rollout:
    """One rollout as it stands. `wave` is the last that was opened, 0: none; `seen` what it was judged by last."""

    number: int
    proposal: Proposal
    state: State
    waves: tuple[Wave, ...]
    proposed_by: str
    proposed_ms: int
    approved_by: str | None
    approved_ms: int | None
    changed_by: str | None
    changed_ms: int | None
    ended_ms: int | None
    wave: int
    counted_ms: int
    ground: Ground | None
    seen: Seen | None
    judged_ms: int | None

    @property
    def is_open(self) -> bool:
        """Whether kiosks may still be asked."""
        return self.state in OPEN

    @property
    def has_passed(self) -> bool:
        """Whether its last wave has passed: what is left are kiosks that were away."""
        return bool(self.waves) and self.waves[-1].passed_ms is not None

    @property
    def now(self) -> Wave | None:
        """The wave that was opened last."""
        return self.waves[self.wave - 1] if self.wave else None


def check_proposal(proposal: Proposal) -> None:
    """Refuse what cannot be rolled out.

    Raises:
        RolloutRefusedError: naming what is wrong.
    """
    try:
        release_version(proposal.release)
    except WireError as error:
        raise RolloutRefusedError(Why.RELEASE) from error
    words = proposal.words
    if not words or len(words) > LONGEST or any(not letter.isprintable() for letter in words):
        raise RolloutRefusedError(Why.WORDS)
    gates, broad = proposal.gates, proposal.broad
    allowed = (
        1 <= gates.sample <= SAMPLE_AT_MOST,
        0 <= gates.bake_s <= BAKE_H_AT_MOST * 3600,
        1 <= gates.failures_percent <= FAILURES_AT_MOST,
        1 <= proposal.at_facility <= AT_FACILITY_AT_MOST,
        proposal.patience_s >= 0,
        0 < len(broad) <= _SHARES_AT_MOST,
        broad[:1] > (0,) and broad[-1:] == (_WHOLE,) and all(a < b for a, b in pairwise(broad)),
    )
    if not all(allowed):
        raise RolloutRefusedError(Why.PLAN)


def waves_of(proposal: Proposal) -> tuple[Wave, ...]:
    """The waves, from the first ring to the last share of the last one."""
    first = [(each, _WHOLE) for each in Ring if each is not Ring.BROAD]
    return tuple(
        Wave(n, ring, share)
        for n, (ring, share) in enumerate((*first, *((Ring.BROAD, each) for each in proposal.broad)), start=1)
    )


def check_approval(found: Rollout, by: str, others: tuple[Rollout, ...], now_ms: int) -> None:
    """Refuse an approval that is none; `others` are under way.

    Raises:
        RolloutRefusedError: why not.
    """
    if found.state is not State.PROPOSED:
        raise RolloutRefusedError(Why.STANDS)
    if found.proposed_by == by:
        raise RolloutRefusedError(Why.SAME_PERSON)
    if now_ms - found.proposed_ms > WAITS_MS:
        raise RolloutRefusedError(Why.OVER)
    if any(not each.has_passed for each in others):
        raise RolloutRefusedError(Why.ANOTHER)


def later(one: str | None, other: str) -> bool:
    """Whether a release that a kiosk told is a later version than another; one that is no version is not."""
    try:
        return _numbers(release_version(one or "")) > _numbers(other)
    except WireError:
        return False


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
