# SPDX-License-Identifier: Apache-2.0
"""Where one person stands, and the few moves that every transition is made of.

It knows no device, screen, network or clock of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from kiosk.enrollment import happenings as on
from kiosk.enrollment import states as at
from kiosk.enrollment.failures import Failure, Fault
from kiosk.enrollment.policy import SessionPolicy
from kiosk.enrollment.ports import Presence, StaffTask
from kiosk.enrollment.states import Farewell

if TYPE_CHECKING:
    from kiosk.enrollment.evidence import Consent
    from kiosk.enrollment.identity import Identity

_ENDING_BY_FAILURE = {
    Failure.CARD_CHANGED: Farewell.CARD_CHANGED,
    Failure.FACE_STAFF: Farewell.REFUSED,
    Failure.CARD_PORTRAIT_UNUSABLE: Farewell.REFUSED,
    Failure.NO_FACE: Farewell.CANCELLED,
    Failure.FACE_UNCLEAR: Farewell.CANCELLED,
    Failure.FACE_NOT_LIVE: Farewell.CANCELLED,
    Failure.FACE_MISMATCH: Farewell.CANCELLED,
    Failure.PHONE_NOT_DONE: Farewell.CANCELLED,
    Failure.PHONE_OF_ANOTHER: Farewell.CANCELLED,
    Failure.NOT_ACCEPTED: Farewell.REFUSED,
    Failure.NETWORK_DOWN: Farewell.NETWORK,
    Failure.CENTRAL_SILENT: Farewell.NETWORK,
    Failure.NOT_SAVED: Farewell.NOT_SAVED,
    Failure.CODE_TOO_OFTEN: Farewell.ALREADY_ENROLLED,
    Failure.CODE_NOT_HERE: Farewell.REFUSED,
}

# What staff at a counter go on with: an expired card or a dead network is nothing that they can mend.
_AT_THE_COUNTER = frozenset(
    {
        Failure.CARD_UNREADABLE_STAFF,
        Failure.CARD_PORTRAIT_UNUSABLE,
        Failure.UNDER_AGE,
        Failure.NOT_AT_KIOSK,
        Failure.FACE_STAFF,
        Failure.NOT_ACCEPTED,
        Failure.CODE_NOT_HERE,
    }
)


@dataclass(frozen=True, slots=True, repr=False)
class Session:
    """Where one person stands. `until_s` is the state's own deadline, `quiet_since_s` the last sign of the person."""

    policy: SessionPolicy = field(default_factory=SessionPolicy)
    state: at.State = field(default_factory=at.Attract)
    presence: Presence | None = None  # not yet known
    left_behind: bool = False  # the card was there before this session: somebody forgot it, and it must come out first
    purpose: at.Purpose = at.Purpose.ENROLL
    staff_task: StaffTask = StaffTask.STANDING  # what a member of staff asks, or asked last
    hands_over: bool = False  # whether that person can go on with a phone from here
    staff_next: bool = False  # whether this enrolment is step 1 of 3 of a member of staff
    consent: Consent | None = None
    identity: Identity | None = None
    reads: int = 0  # asked for and not yet answered: the last of them is the one that counts
    pulls: int = 0  # how often the card was pulled in the middle of a read
    card_failures: int = 0
    attempt: int = 1
    filing: bool = False
    kept_hours: int = 0  # agreed to: taken without a network, and kept for so long
    renewing: bool = False  # a new code was asked for
    filed: str | None = None
    confirmed: bool = False
    started_s: float = 0.0
    until_s: float | None = None
    quiet_since_s: float = 0.0
    extensions: int = 0
    interrupted: at.State | None = None
    back_to: at.State | None = None  # the moment that the person turned away from for a look at another
    help_until_s: float = 0.0  # while help is called: when silence counts again
    help_calls: int = 0  # how often help was called
    helper_by_s: float = 0.0  # until when who comes wants to be there
    ended: Farewell | None = None

    @property
    def moment(self) -> at.State:
        """The state that the person is in, also while the idle warning covers it."""
        return self.interrupted or self.state

    @property
    def is_committed(self) -> bool:
        """Whether something was asked for that goes on without the person: a card that leaves does not end it."""
        return self.filing or self.renewing

    def __repr__(self) -> str:
        """Show the moment, never the person."""
        return f"Session({type(self.state).__name__})"


Advance = tuple[Session, tuple[on.Step, ...]]


def enter(session: Session, state: at.State, now: on.Now, *, lasts_s: float | None = None) -> Session:
    """Be in this state from now on, for at most `lasts_s` where the state has its own deadline."""
    until_s = None if lasts_s is None else now.monotonic_s + lasts_s
    return replace(session, state=state, until_s=until_s, quiet_since_s=now.monotonic_s, interrupted=None)


def problem(session: Session, failure: Failure, now: on.Now, *, retry: bool) -> Advance:
    """Tell the person what went wrong; without a retry the identity is dropped and nothing is read any more."""
    kept = session if retry else replace(session, identity=None)
    counter = session.policy.counter if not retry and failure in _AT_THE_COUNTER else ""
    return enter(kept, at.Problem(failure, retry=retry, counter=counter), now), (() if retry else (on.StopWork(),))


def leave(session: Session, why: Farewell, now: on.Now) -> Advance:
    """Drop the person's data and say goodbye; a card in the reader is asked to be taken."""
    wiped = replace(session, identity=None, consent=None, back_to=None)
    if session.presence is Presence.PRESENT:
        return enter(wiped, at.TakeCard(why), now, lasts_s=session.policy.take_card_s), (on.StopWork(),)
    return enter(wiped, at.Goodbye(why), now, lasts_s=session.policy.farewell_s), (on.StopWork(),)


def end(session: Session) -> Advance:
    """End: nothing of the person is left."""
    state = session.state
    why = state.why if isinstance(state, (at.TakeCard, at.Goodbye)) else Farewell.CANCELLED
    return replace(session, identity=None, ended=why), (on.End(why),)


def faulted(session: Session, fault: Fault) -> Advance:
    """Stop at once: a part of the kiosk failed."""
    stopped = replace(session, state=at.OutOfService(fault), identity=None, ended=Farewell.NOT_SAVED)
    return stopped, (on.StopWork(), on.End(Farewell.NOT_SAVED))


def ending(failure: Failure) -> Farewell:
    """How a session that ends on this failure is counted."""
    return _ENDING_BY_FAILURE.get(failure, Farewell.CARD_PROBLEM)
