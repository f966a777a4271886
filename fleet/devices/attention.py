# SPDX-License-Identifier: Apache-2.0
"""Which kiosks need somebody, and by what figures: by few statements however many kiosks there are.

It judges nothing: conditions and cares are those of `health`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select, update

from fleet.devices.health import WITH_STATE, Care, Condition, condition_at, signs, standing_in
from fleet.devices.registry import ACTIVE
from fleet.devices.vigil import round_the_clock
from fleet.store.many import Lookup, Of
from fleet.store.tables import alarm, device_state, kiosk, quarantine

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Case, Connection, Select

    from fleet.devices.vigil import Vigil
    from fleet.store.scope import Scope


_STATE = device_state.c
_SAID = (
    _STATE.seen_ms,
    _STATE.outbox,
    _STATE.oldest_unacked_s,
    _STATE.screen,
    _STATE.reader,
    _STATE.camera,
    _STATE.disk_free_mib,
)


_AT_SITES = Lookup(
    "SELECT kiosk.province, kiosk.facility, count(*) AS n FROM {asked} JOIN kiosk "  # noqa: S608 - a constant
    "ON kiosk.province = asked.province AND kiosk.facility = asked.facility "
    f"WHERE kiosk.status = '{ACTIVE}' GROUP BY kiosk.province, kiosk.facility",
    province=Of.TEXT,
    facility=Of.TEXT,
)


@dataclass(frozen=True, slots=True)
class Site:
    """One facility in one province: where kiosks stand together."""

    province: str
    facility: str


@dataclass(frozen=True, slots=True)
class Troubled:
    """A kiosk that is not fine, with what it last said of what its cares are about; None where it has not said it.

    What a silent kiosk said is old: it has no `cares`.
    """

    kiosk: str
    site: Site
    condition: Condition
    cares: tuple[Care, ...]
    registered_ms: int
    seen_ms: int | None
    outbox: int | None
    oldest_unacked_s: int | None
    screen: str | None
    reader: str | None
    camera: str | None
    disk_free_mib: int | None

    @property
    def to_mend(self) -> tuple[Care, ...]:
        """What is to be mended at the kiosk itself, each once: a screen that is out of service may only name a part."""
        part = (self.screen or "").partition("_")[0]
        said_twice = Care.SCREEN if part in self.cares else None
        return tuple(care for care in self.cares if care not in (Care.ALARM, Care.HELP, said_twice))

    def code(self, care: Care) -> str | None:
        """The kiosk's own word for a care."""
        return {Care.SCREEN: self.screen, Care.READER: self.reader, Care.CAMERA: self.camera}.get(care)


@dataclass(frozen=True, slots=True)
class Noted:
    """What stands in the controller's books against one kiosk: `what` kind or reason, how often, and since when."""

    kiosk: str
    site: Site
    what: str
    n: int
    since_ms: int


def read_troubled(
    connection: Connection, vigil: Vigil, scope: Scope, *, lit: Collection[str] | None = None, missing: bool = False
) -> list[Troubled]:
    """Every kiosk that needs care or is silent, by name; where `lit` is given, those silent in these provinces only.

    With `missing` those too that were never heard from: read so where they are few, all kiosks are read once less.
    """
    condition, silent = condition_at(vigil), str(Condition.SILENT)
    wanted = [str(Condition.NEEDS_CARE), silent, *([str(Condition.NEVER_SEEN)] if missing else [])]
    asked = _with_condition(condition).where(condition.in_(wanted))  # each kiosk is judged once
    if lit is not None:
        asked = asked.where(or_(kiosk.c.province.in_(lit), condition != silent))
    return _troubled(connection, asked.order_by(kiosk.c.id), scope)


def read_never_seen(connection: Connection, now_ms: int, scope: Scope, at_most: int) -> list[Troubled]:
    """The kiosks that were registered and never heard from: so many of them, those first that are missed longest."""
    age_s = (now_ms - kiosk.c.registered_ms) // 1000
    asked = _with_condition(condition_at(round_the_clock(now_ms))).where(
        kiosk.c.status == ACTIVE, device_state.c.kiosk.is_(None)
    )
    asked = asked.order_by(age_s.desc(), kiosk.c.province, kiosk.c.facility, kiosk.c.id).limit(at_most)
    return _troubled(connection, asked, scope)


def silent_sites(vigil: Vigil, scope: Scope, provinces: Collection[str]) -> Select[tuple[str, str]]:
    """A statement for the sites in these provinces where a kiosk is silent, to be read within another."""
    asked = select(kiosk.c.province, kiosk.c.facility).distinct()
    asked = asked.join_from(kiosk, device_state, device_state.c.kiosk == kiosk.c.id)
    is_silent = (kiosk.c.status == ACTIVE, device_state.c.seen_ms <= vigil.silent_ms)
    return _within(asked.where(*is_silent, kiosk.c.province.in_(provinces)), scope)


def _with_condition(condition: Case[str]) -> Select[Any]:
    named = (kiosk.c.id, kiosk.c.province, kiosk.c.facility, kiosk.c.registered_ms)
    return select(*named, *_SAID, condition.label("condition"), *signs()).select_from(WITH_STATE)


def _troubled(connection: Connection, asked: Select[Any], scope: Scope) -> list[Troubled]:
    return [_of_row(*row) for row in connection.execute(_within(asked, scope))]


def _of_row(name: str, province: str, facility: str, registered_ms: int, *said: Any) -> Troubled:  # noqa: ANN401
    """Take the columns of `_with_condition` in their order: hundreds of rows a morning, and names cost more."""
    condition, signed = said[len(_SAID)], said[len(_SAID) + 1 :]
    cares = tuple(compress(Care, signed)) if condition == str(Condition.NEEDS_CARE) else ()
    site = Site(province, facility)
    return Troubled(name, site, Condition(condition), cares, registered_ms, *said[: len(_SAID)])


def read_sites(connection: Connection, sites: Collection[Site]) -> dict[Site, int]:
    """How many kiosks that were not revoked stand at each of these sites."""
    rows = _AT_SITES.rows(connection, sorted((each.province, each.facility) for each in sites))
    return {Site(row.province, row.facility): int(row.n) for row in rows}


def read_all_sites(connection: Connection, scope: Scope) -> dict[Site, int]:
    """How many kiosks that were not revoked stand at each site of a scope."""
    asked = select(kiosk.c.province, kiosk.c.facility, func.count().label("n")).where(kiosk.c.status == ACTIVE)
    rows = connection.execute(_within(asked.group_by(kiosk.c.province, kiosk.c.facility), scope))
    return {Site(row.province, row.facility): int(row.n) for row in rows}


def read_alarms(connection: Connection, scope: Scope) -> list[Noted]:
    """The alarms of kiosks that were not revoked, one for each kind; until somebody has looked."""
    asked = _by_kiosk(alarm.c.kiosk, alarm.c.kind, alarm.c.raised_ms).where(alarm.c.looked_ms.is_(None))
    return _noted(connection, asked, scope)


def look_at(connection: Connection, who: str, now_ms: int) -> None:
    """Note that somebody has looked at what stands against a kiosk: it asks for care no longer."""
    unseen = (alarm.c.kiosk == who, alarm.c.looked_ms.is_(None))
    connection.execute(update(alarm).where(*unseen).values(looked_ms=now_ms))


def read_quarantined(connection: Connection, since_ms: int, scope: Scope) -> list[Noted]:
    """The events of kiosks that were not revoked which were set aside since then, by reason."""
    asked = _by_kiosk(quarantine.c.kiosk, quarantine.c.reason, quarantine.c.received_ms)
    return _noted(connection, asked.where(quarantine.c.kind == "event", quarantine.c.received_ms >= since_ms), scope)


def _by_kiosk(whose: Any, what: Any, when: Any) -> Select[Any]:  # noqa: ANN401 - columns of three types
    return (
        select(
            kiosk.c.id,
            kiosk.c.province,
            kiosk.c.facility,
            what.label("what"),
            func.count().label("n"),
            func.min(when).label("since_ms"),
        )
        .join_from(kiosk, whose.table, whose == kiosk.c.id)
        .where(kiosk.c.status == ACTIVE)
        .group_by(kiosk.c.id, kiosk.c.province, kiosk.c.facility, what)
        .order_by(kiosk.c.id, what)
    )


def _noted(connection: Connection, asked: Select[Any], scope: Scope) -> list[Noted]:
    rows = connection.execute(_within(asked, scope))
    return [Noted(row.id, Site(row.province, row.facility), row.what, int(row.n), row.since_ms) for row in rows]


def _within(asked: Select[Any], scope: Scope) -> Select[Any]:
    return asked.where(standing_in(scope))
