# SPDX-License-Identifier: Apache-2.0
"""The code on paper, in a session's transitions: one slip for who asks, and the session goes on whatever becomes of it.

1. It is asked for once; again only when it did not come out.
2. What became of it is said on the screens that show the code, wherever the person is meanwhile. It moves nobody.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from kiosk.enrollment import happenings as on
from kiosk.enrollment import states as at
from kiosk.enrollment.shown import Slip

if TYPE_CHECKING:
    from kiosk.enrollment.session import Advance, Session

_MAY_BE_ASKED_FOR = frozenset({Slip.OFFERED, Slip.FAILED})


def ask(session: Session, code: at.Accepted | at.FinishLater) -> Advance:
    """Have the code that is shown printed."""
    if code.slip not in _MAY_BE_ASKED_FOR:
        return session, ()
    printing = replace(session, state=msgspec.structs.replace(code, slip=Slip.PRINTING))
    return printing, (on.PrintSlip(code.pin, code.valid_until_ms, code.sandbox),)


def ended(session: Session, *, printed: bool) -> Session:
    """Say what became of it: on the screen that is shown, or on the one that it lies over or leads back to."""
    slip = Slip.PRINTED if printed else Slip.FAILED
    return replace(
        session,
        state=_knowing(session.state, slip),
        interrupted=None if session.interrupted is None else _knowing(session.interrupted, slip),
        back_to=None if session.back_to is None else _knowing(session.back_to, slip),
    )


def later(slip: Slip) -> Slip:
    """What the next screen says of it: what has been said once is not said again."""
    return {Slip.PRINTED: Slip.NONE, Slip.FAILED: Slip.OFFERED}.get(slip, slip)


def _knowing(state: at.State, slip: Slip) -> at.State:
    if isinstance(state, (at.Accepted, at.FinishLater)) and state.slip is Slip.PRINTING:
        return msgspec.structs.replace(state, slip=slip)
    return state
