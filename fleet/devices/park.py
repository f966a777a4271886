# SPDX-License-Identifier: Apache-2.0
"""All kiosks of a scope, or those that somebody looks for: a page at a time or one after another.

It judges nothing: conditions and cares are those of `health`, which the database finds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, exists, false, or_, select

from fleet.devices.health import (
    WITH_STATE,
    Condition,
    by_condition,
    condition_at,
    count_by_province,
    described,
    needing,
    read_alarms,
    standing_in,
)
from fleet.devices.vigil import by_hours
from fleet.store.scope import Level
from fleet.store.tables import alarm, kiosk, refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Case, ColumnElement, Connection, Row

    from fleet.devices.health import Alarm, Care, Device, Muster
    from fleet.store.scope import Scope
    from wire.ids import FacilityCode

_PAGE = 100  # kiosks
_AT_ONCE = 500  # of a list that is read to its end
_STANDING_OUT = 200  # rows
_URGENCY = (
    Condition.NEEDS_CARE,
    Condition.SILENT,
    Condition.NEVER_SEEN,
    Condition.RESTING,
    Condition.OK,
    Condition.REVOKED,
)


@dataclass(frozen=True, slots=True)
class Sought:
    """Which kiosks somebody looks for; None asks for all. A `care` is looked for among those that need one."""

    condition: Condition | None = None
    care: Care | None = None
    facility: FacilityCode | None = None
    name: str | None = None  # a part of it

    def places(self) -> list[ColumnElement[bool]]:
        """The criteria of where and by which name."""
        wanted = []
        if self.facility is not None:
            wanted.append(kiosk.c.facility == self.facility)
        if self.name is not None:
            wanted.append(kiosk.c.id.contains(self.name, autoescape=True))
        return wanted

    def takes(self, condition: Condition) -> bool:
        """Whether kiosks in a condition can be among them."""
        if self.care is not None and condition is not Condition.NEEDS_CARE:
            return False
        return self.condition in (None, condition)

    def cares(self) -> list[ColumnElement[bool]]:
        """The criterion of what they need."""
        return [] if self.care is None else [needing(self.care)]


EVERYTHING = Sought()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Messages refused for one reason, by the name that the topic carried."""

    kiosk: str
    kind: str
    reason: str
    n: int
    last_ms: int


@dataclass(frozen=True, slots=True)
class Park:
    """One page of the kiosks looked for, those that need somebody first, and how many there are: `found`.

    `counts` are by condition of all at these places. `strangers` are refused senders that are not registered, told to
    the nation alone. Of them and of the alarms of the scope the latest 200 are here, whatever one looks for.
    """

    devices: tuple[Device, ...]
    counts: Mapping[Condition, int]
    found: int
    page: int
    pages: int
    alarms: tuple[Alarm, ...]
    strangers: tuple[Refusal, ...]

    @property
    def total(self) -> int:
        """How many kiosks there are at these places."""
        return sum(self.counts.values())


def read_park(connection: Connection, now_ms: int, scope: Scope, page: int = 1, sought: Sought = EVERYTHING) -> Park:
    """Judge the kiosks in the database, and read one page of those looked for; a page past the last is the last."""
    standing = count_by_province(connection, now_ms, scope, *sought.places())
    musters = _taken(connection, now_ms, scope, sought, standing)
    found = sum(each.n for each in musters)
    pages = max(1, -(-found // _PAGE))
    page = min(page, pages)
    judged = _rows(connection, now_ms, scope, sought, _stretch(musters, (page - 1) * _PAGE))
    return Park(
        described(connection, judged, now_ms),
        by_condition(standing),
        found,
        page,
        pages,
        read_alarms(connection, select(alarm).join(kiosk).where(standing_in(scope)).limit(_STANDING_OUT)),
        _strangers(connection) if scope.level is Level.NATION else (),
    )


def read_all(connection: Connection, now_ms: int, scope: Scope, sought: Sought) -> Iterator[Device]:
    """Read all kiosks that are looked for, by name."""
    condition, last = condition_at(by_hours(connection, now_ms)), ""
    wanted = [each for each in Condition if sought.takes(each)]
    asked = select(kiosk.c.id, condition.label("condition")).select_from(WITH_STATE)
    asked = asked.where(standing_in(scope), *sought.places(), *sought.cares(), condition.in_(wanted))
    while rows := connection.execute(asked.where(kiosk.c.id > last).order_by(kiosk.c.id).limit(_AT_ONCE)).all():
        yield from described(connection, rows, now_ms)
        last = rows[-1].id


def _taken(connection: Connection, now_ms: int, scope: Scope, sought: Sought, standing: list[Muster]) -> list[Muster]:
    if sought.care is not None:
        standing = count_by_province(connection, now_ms, scope, *sought.places(), *sought.cares())
    return [each for each in standing if sought.takes(each.condition)]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Where a page of kiosks lies: the provinces by condition that it takes from, and how many it leaves out first."""

    provinces: Mapping[Condition, Sequence[str]]
    skipped: int


def _stretch(musters: Iterable[Muster], offset: int) -> _Stretch:
    provinces: dict[Condition, list[str]] = {}
    skipped = upto = 0
    for each in sorted(musters, key=lambda each: (_URGENCY.index(each.condition), each.province)):
        since, upto = upto, upto + each.n
        if since < offset + _PAGE and upto > offset:
            skipped = skipped if provinces else offset - since
            provinces.setdefault(each.condition, []).append(each.province)
    return _Stretch(provinces, skipped)


def _rows(connection: Connection, now_ms: int, scope: Scope, sought: Sought, page: _Stretch) -> Sequence[Row[Any]]:
    """A page of kiosks: only the few provinces that it lies in are put in order."""
    condition = condition_at(by_hours(connection, now_ms))
    placed = select(kiosk.c.id, condition.label("condition")).select_from(WITH_STATE)
    placed = placed.where(standing_in(scope), *sought.places(), *sought.cares())
    here = [and_(condition == str(each), kiosk.c.province.in_(codes)) for each, codes in page.provinces.items()]
    order = (_urgency(condition), kiosk.c.province, kiosk.c.facility, kiosk.c.id)
    asked = placed.where(or_(false(), *here)).order_by(*order).limit(_PAGE).offset(page.skipped)
    return connection.execute(asked).all()


def _urgency(condition: Case[str]) -> Case[int]:
    return case({str(each): n for n, each in enumerate(_URGENCY)}, value=condition)


def _strangers(connection: Connection) -> tuple[Refusal, ...]:
    unknown = select(refusal).where(~exists().where(kiosk.c.id == refusal.c.kiosk))
    rows = connection.execute(unknown.order_by(refusal.c.last_ms.desc()).limit(_STANDING_OUT))
    return tuple(Refusal(*row) for row in rows)
