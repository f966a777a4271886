# SPDX-License-Identifier: Apache-2.0
"""What came of a rollout's orders at each kiosk, from the kiosk's own words.

It has to say that it runs the release, and that it is done: one that tries it runs it too, and may go back.

A refusal is a failure, unless it says that it cannot be now (then the kiosk is asked again, a few times), or that the
release is none for this kiosk (then it is left out).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select, update

from fleet.devices.health import WITH_STATE
from fleet.devices.orders import State as OrderState
from fleet.devices.registry import ACTIVE
from fleet.devices.rollout_rules import Stage
from fleet.devices.vigil import by_hours
from fleet.store.order_tables import kiosk_order
from fleet.store.rollout_tables import rollout_kiosk
from fleet.store.tables import device_state, kiosk
from wire.orders import NotUpdated

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import Connection, Row

    from fleet.devices.rollout_rules import Rollout

REVOKED, LATER, CANCELLED = "revoked", "later_release", "cancelled"  # why one is left out
NOT_BACK = "not_back"  # it took the order, and is silent since
WENT_BACK = "went_back"  # it ran the release, and runs another one again
NO_WORD = "no_word"  # it is heard, and says nothing of its orders: a release that knows no updates
NOT_SHOWN = "not_shown"  # it says that it is done, and does not run the release
AGAIN = frozenset(
    {NotUpdated.UNREACHABLE, NotUpdated.NEVER_QUIET, NotUpdated.NOT_OFFERED, NotUpdated.REPLACED, NotUpdated.NO_ANSWER}
)
NONE_FOR_IT = frozenset({NotUpdated.CANNOT_UPDATE, NotUpdated.OLDER_RELEASE, "unknown_op"})
ATTEMPTS = 5  # of which the last one counts
_TRIED = frozenset({OrderState.REFUSED, OrderState.EXPIRED})
_AGAIN_AFTER_MS = 30 * 60 * 1000  # twice as long after each attempt
_SHOWN_WITHIN_MS = 15 * 60 * 1000  # a heartbeat comes each minute
_ANSWERS_WITHIN_MS = 26 * 60 * 60 * 1000  # what installs releases on a kiosk is given up there after a day
_SAYS_SO_MS = 2 * 60 * 1000
_BACK_WITHIN_MS = 30 * 60 * 1000


@dataclass(frozen=True, slots=True)
class _News:
    stage: Stage
    reason: str | None = None
    again_ms: int | None = None


def settle(connection: Connection, found: Rollout, now_ms: int) -> None:
    """Enter what has changed."""
    for row in connection.execute(_asked(connection, found, now_ms)).all():
        news = _news(row, found.proposal.release, now_ms)
        if news is None or (news.stage, news.reason) == (row.state, row.reason):
            continue
        its = update(rollout_kiosk).where(rollout_kiosk.c.rollout == found.number, rollout_kiosk.c.kiosk == row.kiosk)
        tried = news.stage in (Stage.WAITING, Stage.FAILED) and row.ending in _TRIED
        values = {"state": str(news.stage), "reason": news.reason, "again_ms": news.again_ms, "changed_ms": now_ms}
        values |= {"attempts": row.attempts + 1} if tried else {}
        values |= {"since_ms": None} if news.stage is Stage.ON else {}
        connection.execute(its.values(**values))


def _asked(connection: Connection, found: Rollout, now_ms: int) -> Any:  # noqa: ANN401 - a statement of many columns
    """The kiosks at which something may have changed, with their orders."""
    order, state = kiosk_order.c, device_state.c
    silent = (state.seen_ms <= by_hours(connection, now_ms).silent_ms).label("is_silent")
    its = (order.ending, order.taken_ms, order.ended_ms, order.reason.label("said"), kiosk.c.status)
    known = WITH_STATE.join(rollout_kiosk, rollout_kiosk.c.kiosk == kiosk.c.id).outerjoin(
        kiosk_order, and_(order.kiosk == rollout_kiosk.c.kiosk, order.n == rollout_kiosk.c.n)
    )
    has_it = state.release == found.proposal.release
    stage = rollout_kiosk.c.state
    moved = or_(
        stage.in_([Stage.ORDERED, Stage.TAKEN]),
        and_(stage.in_([Stage.WAITING, Stage.FAILED, Stage.LEFT_OUT]), has_it),
        and_(stage == Stage.ON, ~has_it),
        and_(stage == Stage.FAILED, rollout_kiosk.c.reason == NOT_BACK, state.seen_ms > rollout_kiosk.c.changed_ms),
        and_(stage == Stage.WAITING, kiosk.c.status != ACTIVE),
    )
    columns = (rollout_kiosk, *its, state.release.label("runs"), state.seen_ms, silent)
    return select(*columns).select_from(known).where(rollout_kiosk.c.rollout == found.number, moved)


def _news(row: Row[Any], release: str, now_ms: int) -> _News | None:
    if row.status != ACTIVE:
        return None if row.state in (Stage.ON, Stage.LEFT_OUT) else _News(Stage.LEFT_OUT, REVOKED)
    runs_it = row.runs == release
    match row.state:
        case Stage.ON:
            return None if runs_it else _News(Stage.FAILED, WENT_BACK)
        case Stage.ORDERED | Stage.TAKEN:
            return _News(Stage.ON) if runs_it and not _is_trying(row, now_ms) else _of_order(row, now_ms)
        case Stage.FAILED if row.seen_ms <= row.changed_ms + _SAYS_SO_MS:
            return None  # what it said before it went back
        case Stage.FAILED if row.reason == NOT_BACK and not runs_it:
            return _of_order(row, now_ms)
        case _:
            return _News(Stage.ON) if runs_it else None


def _is_trying(row: Row[Any], now_ms: int) -> bool:
    """Whether it took an order of which it has not said the end, or has said that it went back."""
    if row.ending == OrderState.REFUSED:
        return bool(row.said != NotUpdated.SAME_RELEASE)
    is_at_it = row.taken_ms is not None and now_ms <= row.taken_ms + _ANSWERS_WITHIN_MS
    return bool(is_at_it and row.ending != OrderState.DONE)


def _of_order(row: Row[Any], now_ms: int) -> _News | None:
    match row.ending:
        case OrderState.REFUSED if row.said != NotUpdated.SAME_RELEASE:
            return _of_refusal(row, now_ms)
        case OrderState.DONE | OrderState.REFUSED:
            return _News(Stage.FAILED, NOT_SHOWN) if now_ms > row.ended_ms + _SHOWN_WITHIN_MS else None
        case OrderState.CANCELLED:
            return _News(Stage.LEFT_OUT, CANCELLED)
    if row.taken_ms is None:
        return _unanswered(row)
    if row.is_silent and now_ms > row.taken_ms + _BACK_WITHIN_MS:
        return _News(Stage.FAILED, NOT_BACK)
    is_late = now_ms > row.taken_ms + _ANSWERS_WITHIN_MS
    return _News(Stage.FAILED, NotUpdated.NO_ANSWER) if is_late else _News(Stage.TAKEN)


def _unanswered(row: Row[Any]) -> _News | None:
    if row.ending is None:
        return None
    return _News(Stage.WAITING) if row.attempts + 1 < ATTEMPTS else _News(Stage.LEFT_OUT, NO_WORD)


def _of_refusal(row: Row[Any], now_ms: int) -> _News:
    if row.said in NONE_FOR_IT:
        return _News(Stage.LEFT_OUT, row.said)
    if row.said in AGAIN and row.attempts + 1 < ATTEMPTS:
        return _News(Stage.WAITING, row.said, now_ms + (_AGAIN_AFTER_MS << row.attempts))
    return _News(Stage.FAILED, row.said)
