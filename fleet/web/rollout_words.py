# SPDX-License-Identifier: Apache-2.0
"""The words of rollouts: how one stands, why it stopped or waits, and what came of it at a kiosk."""

from __future__ import annotations

from flask_babel import lazy_gettext

from fleet.devices.rings import Ring
from fleet.devices.rollout_judging import Ground
from fleet.devices.rollout_rules import (
    AT_FACILITY_AT_MOST,
    BAKE_H_AT_MOST,
    FAILURES_AT_MOST,
    LONGEST,
    SAMPLE_AT_MOST,
    Stage,
    State,
    Why,
)
from fleet.devices.rollout_settling import CANCELLED, LATER, NO_WORD, NOT_BACK, NOT_SHOWN, REVOKED, WENT_BACK
from fleet.web.order_words import REASONS

STATES = {
    State.PROPOSED: lazy_gettext("waits for approval"),
    State.RUNNING: lazy_gettext("is under way"),
    State.PAUSED: lazy_gettext("paused"),
    State.STOPPED: lazy_gettext("has stopped by itself"),
    State.ABORTED: lazy_gettext("ended by a person"),
    State.DONE: lazy_gettext("finished"),
    State.DECLINED: lazy_gettext("declined"),
}
TONES = {
    State.PROPOSED: "needs_care",
    State.RUNNING: "ok",
    State.PAUSED: "needs_care",
    State.STOPPED: "silent",
    State.ABORTED: "revoked",
    State.DONE: "ok",
    State.DECLINED: "revoked",
}
RINGS = {
    Ring.PILOT: lazy_gettext("Pilots"),
    Ring.EARLY: lazy_gettext("Early ones"),
    Ring.BROAD: lazy_gettext("All others"),
}
STAGES = {
    Stage.ON: lazy_gettext("run it"),
    Stage.TAKEN: lazy_gettext("are installing it"),
    Stage.ORDERED: lazy_gettext("were asked"),
    Stage.WAITING: lazy_gettext("wait"),
    Stage.FAILED: lazy_gettext("failed"),
    Stage.LEFT_OUT: lazy_gettext("left out"),
}
# Of one kiosk.
STANDINGS = {
    Stage.ON: lazy_gettext("Runs the release"),
    Stage.TAKEN: lazy_gettext("Is installing it"),
    Stage.ORDERED: lazy_gettext("Was asked"),
    Stage.WAITING: lazy_gettext("Waits for its turn"),
    Stage.FAILED: lazy_gettext("It failed"),
    Stage.LEFT_OUT: lazy_gettext("Left out"),
}
STAGE_TONES = {
    Stage.ON: "ok",
    Stage.TAKEN: "needs_care",
    Stage.ORDERED: "needs_care",
    Stage.WAITING: "never_seen",
    Stage.FAILED: "silent",
    Stage.LEFT_OUT: "revoked",
}
# Why it stopped, and what to do.
STOPS = {
    Ground.FAILURES: lazy_gettext("Too many updates failed. Read the reasons below before anybody goes on."),
    Ground.ALARMS: lazy_gettext(
        "Kiosks on this release have more alarms than those that wait for it. Open their alarms before anybody goes on."
    ),
    Ground.VISITS: lazy_gettext(
        "On this release visits end badly at more kiosks than elsewhere. Visit one of them before anybody goes on."
    ),
}
# What it waits for.
WAITS = {
    Ground.SAMPLE: lazy_gettext("The next wave waits until enough kiosks of this one were judged."),
    Ground.BAKE: lazy_gettext("Enough kiosks were judged. They are watched before the next wave begins."),
    Ground.GOOD: lazy_gettext("The wave has passed."),
    Ground.NOBODY: lazy_gettext("The wave has no kiosk, and has passed."),
}
_OWN = {
    NOT_BACK: lazy_gettext("It took the release and did not come back. Go there and look at its screen."),
    NO_WORD: lazy_gettext("It is heard, and says nothing of this order. Update it by the playbook."),
    NOT_SHOWN: lazy_gettext("It says that it is done, and runs another release. Restart its program."),
    WENT_BACK: lazy_gettext("It ran the release and runs another one again. Collect diagnostics."),
    REVOKED: lazy_gettext("The kiosk is withdrawn."),
    LATER: lazy_gettext("It runs a later release."),
    CANCELLED: lazy_gettext("Somebody took its order back."),
}
WHY_NOT = {
    Why.RELEASE: lazy_gettext("Give the release as three numbers, as 0.2.0."),
    Why.WORDS: lazy_gettext("Say what it brings, on one line of at most %(n)s letters.", n=LONGEST),
    Why.PLAN: lazy_gettext(
        "Give 1 to %(sample)s kiosks, at most %(hours)s hours, 1 to %(failures)s percent, 1 to %(site)s kiosks of a "
        "facility, and shares that rise to 100.",
        sample=SAMPLE_AT_MOST,
        hours=BAKE_H_AT_MOST,
        failures=FAILURES_AT_MOST,
        site=AT_FACILITY_AT_MOST,
    ),
    Why.STANDS: lazy_gettext("Somebody has changed it meanwhile, or it has stopped: look again."),
    Why.SAME_PERSON: lazy_gettext("You proposed it yourself. Another person has to approve."),
    Why.ANOTHER: lazy_gettext("Another rollout is under way. End it first, or wait for its last wave."),
    Why.OVER: lazy_gettext("It waited for more than three days. Propose it again."),
    Why.NO_SITE: lazy_gettext("No kiosk of yours stands at this facility."),
    Why.RING: lazy_gettext("There is no such ring."),
}


def reason_words(reason: str | None) -> str:
    """Say why it failed at a kiosk, or why one was left out."""
    return "" if reason is None else str(_OWN.get(reason, REASONS.get(reason, reason)))
