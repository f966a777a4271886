# SPDX-License-Identifier: Apache-2.0
"""A helper is called: the call lies over the moment that the person is in, and the moment goes on under it.

1. What the machine does goes on: a card is read to its end, an answer is waited for. Only the camera stops, because
   nobody is looked at behind another screen; the attempt is made anew when the person comes back to it.
2. Silence does not count while a helper is waited for, up to a limit.
3. What ends the session ends it; the call ends with it.
"""

from __future__ import annotations

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
    under = uncovered(session)
    until_s = now.monotonic_s + session.policy.help_s
    if isinstance(under.state, at.Looking):
        return _cover(replace(under, until_s=None, help_until_s=until_s)), (
            on.StopLooking(),
            on.AskForHelp(wanted=True),
        )
    if isinstance(under.state, _LAST_WORDS):
        under = replace(under, until_s=until_s)
    return _cover(replace(under, help_until_s=until_s)), (on.AskForHelp(wanted=True),)


def told(session: Session) -> Session:
    """Say that the staff know, where somebody watches for it."""
    return replace(session, state=at.HelpCalled(told=session.policy.help_watched))


def resume(session: Session, now: on.Now) -> Advance:
    """Take the call away and go on where it was laid over."""
    back = replace(uncovered(session), quiet_since_s=now.monotonic_s)
    resumed, steps = facing.look(back, now) if isinstance(back.state, at.Looking) else (back, ())
    return resumed, (on.AskForHelp(wanted=False), *steps)


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
    return (after if has_ended else replace(_cover(after), state=session.state)), steps


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
