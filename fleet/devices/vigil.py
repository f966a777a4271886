# SPDX-License-Identifier: Apache-2.0
"""How long a kiosk may say nothing before it counts as silent: a quarter of an hour in which its facility was open.

At night and on a day of rest kiosks are switched off, and whoever looks at them in the morning shall not be told that
all of them are silent. Where no hours are known, it is open round the clock.
Source: journeys 6.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, literal, select, tuple_

from fleet.store.alert_tables import opening_hours
from fleet.store.hours import ALWAYS, FLEET, Hours
from fleet.store.tables import kiosk

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

SILENT_AFTER_MS = 15 * 60 * 1000  # of opening hours

_HOURS = (opening_hours.c.days, opening_hours.c.opens, opening_hours.c.closes)


@dataclass(frozen=True, slots=True)
class Vigil:
    """A moment, and what was heard last at or before `silent_ms` is silence; a column, by the kiosk's facility."""

    now_ms: int
    silent_ms: ColumnElement[Any]

    @property
    def unheard_ms(self) -> int:
        """The same if everything were always open."""
        return self.now_ms - SILENT_AFTER_MS


def round_the_clock(now_ms: int) -> Vigil:
    """Watch as if everything were always open: for what judges opening hours itself."""
    return Vigil(now_ms, literal(now_ms - SILENT_AFTER_MS))


def by_hours(connection: Connection, now_ms: int) -> Vigil:
    """Watch in opening hours: a facility's own, else the fleet's."""
    own = opening_hours.c.facility != FLEET
    kinds = {tuple(row) for row in connection.execute(select(*_HOURS).where(own).distinct())}
    fleet = connection.execute(select(*_HOURS).where(~own)).first()
    usual_ms = _silent_ms(ALWAYS if fleet is None else Hours.parse(*fleet), now_ms)
    others = [
        (tuple_(kiosk.c.province, kiosk.c.facility).in_(_sites(kind)), silent_ms)
        for kind in sorted(kinds)
        if (silent_ms := _silent_ms(Hours.parse(*kind), now_ms)) != usual_ms
    ]
    return Vigil(now_ms, case(*others, else_=usual_ms) if others else literal(usual_ms))


def _silent_ms(hours: Hours, now_ms: int) -> int:
    return hours.before_open_ms(now_ms, SILENT_AFTER_MS)


def _sites(kind: tuple[str, ...]) -> Any:  # noqa: ANN401 - a subquery of two columns
    same = and_(*(column == value for column, value in zip(_HOURS, kind, strict=True)))
    return select(opening_hours.c.province, opening_hours.c.facility).where(same)
