# SPDX-License-Identifier: Apache-2.0
"""A helper is called: the call lies over the moment that the person is in, and the moment goes on under it.

1. What the machine does goes on: a card is read to its end, an answer is waited for. Only the camera stops, because
   nobody is looked at behind another screen; the attempt is made anew when the person comes back to it.
2. Silence does not count while a helper is waited for, up to a limit.
3. What ends the session ends it; the call ends with it.
4. Who comes is shown at the call that was answered and at no later one. The wait counts down; when it has passed only
   that somebody comes is left of it.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from kiosk.enrollment import facing
from kiosk.enrollment import happenings as on
from kiosk.enrollment import states as at

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.enrollment.session import Advance, Session

_LAST_WORDS = (at.TakeCard, at.Goodbye)
_ENDS = (*_LAST_WORDS, at.OutOfService)


def call(session: Session, now: on.Now) -> Advance:
    """Lay the call over the present moment."""
    under = replace(uncovered(session), help_calls=session.help_calls + 1)
    asked = on.AskForHelp(wanted=True, number=under.help_calls)
    until_s = now.monotonic_s + session.policy.help_s
    if isinstance(under.state, at.Looking):
        return _cover(replace(under, until_s=None, help_until_s=until_s)), (on.StopLooking(), asked)
    if isinstance(under.state, _LAST_WORDS):
        under = replace(under, until_s=until_s)
    return _cover(replace(under, help_until_s=until_s)), (asked,)


def told(session: Session) -> Session:
    """Say that the staff know, where somebody watches for it."""
    if session.state != at.HelpCalled():
        return session
    return replace(session, state=at.HelpCalled(told=session.policy.help_watched))


def helper_comes(session: Session, comes: on.HelperComes, now: on.Now) -> Session:
    """Say who comes and how long that may take, and wait for them a little longer than that."""
    if comes.number != session.help_calls:
        return session
    by_s = now.monotonic_s + comes.wait_s
    state = at.HelpCalled(told=True, helper=comes.name, minutes=_minutes(comes.wait_s))
    named = replace(session, state=state, helper_by_s=by_s)
    if comes.wait_s == 0:  # told again after its time: nothing is waited for anew
        return named
    until_s = max(session.help_until_s, by_s + session.policy.helper_late_s)
    return replace(
        named,
        help_until_s=until_s,
        until_s=until_s if isinstance(session.interrupted, _LAST_WORDS) else session.until_s,
    )


def resume(session: Session, now: on.Now) -> Advance:
    """Take the call away and go on where it was laid over."""
    back = replace(uncovered(session), quiet_since_s=now.monotonic_s)
    resumed, steps = facing.look(back, now) if isinstance(back.state, at.Looking) else (back, ())
    return resumed, (on.AskForHelp(wanted=False, number=session.help_calls), *steps)


def goes_on_under(
    session: Session, happening: on.Happening, now: on.Now, advance: Callable[[Session, on.Happening, on.Now], Advance]
) -> Advance:
    """Let the moment under the call take a happening in; `advance` is the session's own."""
    if isinstance(happening, on.Ticked) and now.monotonic_s >= session.help_until_s:
        return resume(session, now)
    under = replace(uncovered(session), quiet_since_s=now.monotonic_s)
    after, steps = advance(under, happening, now)
    has_ended = after.ended is not None or (
        isinstance(after.state, _ENDS) and type(after.state) is not type(under.state)
    )
    return (after if has_ended else replace(_cover(after), state=_waiting(session, now))), steps


def uncovered(session: Session) -> Session:
    """The session without a call or a warning over its moment."""
    if session.interrupted is None:
        return session
    return replace(session, state=session.interrupted, interrupted=None, until_s=_deadline(session))


def _deadline(session: Session) -> float | None:
    """A warning has a deadline of its own, and covers only moments that have none."""
    return None if isinstance(session.state, at.StillThere) else session.until_s


def _cover(session: Session) -> Session:
    return replace(session, state=at.HelpCalled(), interrupted=session.state)


def _waiting(session: Session, now: on.Now) -> at.State:
    """The call as it is now: of a wait only what is left."""
    state = session.state
    if not isinstance(state, at.HelpCalled) or not state.helper:
        return state
    return at.HelpCalled(state.told, state.helper, _minutes(session.helper_by_s - now.monotonic_s))


def _minutes(wait_s: float) -> int:
    return max(0, math.ceil(wait_s / 60))
