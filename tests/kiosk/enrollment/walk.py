# SPDX-License-Identifier: Apache-2.0
"""Walks a session by hand: tell it what happens, let time pass, see its state and its steps."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kiosk.enrollment import happenings as on
from kiosk.enrollment import states as at
from kiosk.enrollment.evidence import Challenge, FaceFindings, Grade, Liveness, Match, PadScores, Zone
from kiosk.enrollment.policy import SessionPolicy
from kiosk.enrollment.ports import Enrolled, PhoneSaid, Presence
from kiosk.enrollment.session import Session
from kiosk.enrollment.states import Intent
from kiosk.enrollment.transitions import advance
from tests.simulators.holders import identity

if TYPE_CHECKING:
    from kiosk.enrollment.identity import Identity


# All that a member of staff can be told.
STAFF_TOLD: tuple[on.Happening, ...] = (
    *(on.StaffKnown(enrolled, "unit", "position", "admin") for enrolled in Enrolled),
    on.StaffKnown(Enrolled.ACTIVATED),
    on.StaffKnown(Enrolled.ACTIVATED, "unit", "position", hand_over=True),
    on.StaffKnown(Enrolled.ACTIVATED, "unit", "position", has_provider_id=True),
    on.TicketKept(7),
    on.HandOverBegun("https://provider.id.th/K/AB", "มะม่วง-27", "MANGO-27", sandbox=True),
    *(on.HandOverEnded(said, sandbox=True) for said in PhoneSaid),
)


def findings(zone: Zone = Zone.MATCH, *, alive: bool = True) -> FaceFindings:
    """A judgement with this zone."""
    return FaceFindings(
        Liveness(
            (Challenge.TURN_LEFT, Challenge.LOOK_UP),
            passed=alive,
            duration_ms=4000,
            parallax=0.2,
            pad=PadScores(least=0.8, median=0.9, frames=12),
        ),
        Match(zone, 0.25, 0.37, 0.45, "test-engine", Grade.ASSIST, ("0" * 64,), 3, "face-1"),
        light=128,
    )


class Walk:
    """One session under way."""

    def __init__(self, at_first: Presence = Presence.ABSENT, policy: SessionPolicy | None = None) -> None:
        self.session = Session(policy=policy or SessionPolicy())
        self.clock_known = True
        self.now_s = 1000.0
        self.steps: list[on.Step] = []
        self.tell(on.CardChanged(at_first))

    @property
    def state(self) -> at.State:
        return self.session.state

    def tell(self, *happenings: on.Happening) -> Walk:
        for happening in happenings:
            now = on.Now(self.now_s, datetime(2026, 11, 24, 3, 0, tzinfo=UTC), self.clock_known)
            self.session, steps = advance(self.session, happening, now)
            self.steps.extend(steps)
        return self

    def say(self, *intents: Intent) -> Walk:
        return self.tell(*(on.PersonSaid(intent) for intent in intents))

    def wait(self, seconds: float, every_s: float = 0.25) -> Walk:
        for _ in range(round(seconds / every_s)):
            self.now_s += every_s
            self.tell(on.Ticked())
        return self

    def to_reading(self) -> Walk:
        self.say(Intent.START, Intent.ENROLL, Intent.TICK, Intent.AGREE)
        return self.tell(on.CardChanged(Presence.PRESENT))

    def to_confirm(self, who: Identity | None = None) -> Walk:
        return self.to_reading().tell(on.IdentityRead(who or identity()))

    def to_looking(self) -> Walk:
        return self.to_confirm().say(Intent.YES).tell(on.StatusKnown(Enrolled.NOT_YET))

    def to_filed(self) -> Walk:
        return self.to_looking().tell(on.FaceJudged(findings()), on.Filed("ABCD-1234"))

    def to_accepted(self) -> Walk:
        return self.to_filed().tell(on.PinIssued("482913", 1_800_000_000_000, sandbox=True))
