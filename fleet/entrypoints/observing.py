# SPDX-License-Identifier: Apache-2.0
"""What the alerting sees of the fleet: joined from the rooms that know it, which know nothing of each other.

It judges nothing. A kiosk that is silent says nothing of its parts, and one that is silent outside opening hours may be
switched off: then it is said that it cannot be told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from fleet.alerts import book, outbox, schedule
from fleet.alerts.observations import Observation, Sight
from fleet.alerts.rules import RuleId
from fleet.alerts.subjects import Subject, kiosk_at, part
from fleet.audit import Act
from fleet.devices import attention, certificates, rollouts
from fleet.devices.attention import Site
from fleet.devices.health import Care, Condition
from fleet.devices.help_calls import Standing, open_calls
from fleet.devices.vigil import round_the_clock
from fleet.store.scope import NATION, Level, Scope
from fleet.store.tables import audit, courier, enrollment, kiosk
from wire.ids import FacilityCode, KioskId, ProvinceCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy import Connection

    from fleet.alerts.judging import Alarm
    from fleet.devices.attention import Noted, Troubled
    from fleet.store.hours import Hours
    from wire.events import Profile

COURIER_GONE_AFTER_MS = 60_000  # three leases
RELAY_BEHIND_AFTER_MS = 15 * 60_000
QUARANTINED_LATELY_MS = 60 * 60_000
CERTIFICATE_WITHIN_DAYS = 7
_HOUR_MS = 3_600_000
_RULES = {
    Care.SCREEN: RuleId.SCREEN,
    Care.READER: RuleId.READER,
    Care.CAMERA: RuleId.CAMERA,
    Care.OUTBOX_OLD: RuleId.OUTBOX_OLD,
    Care.DISK_LOW: RuleId.DISK_LOW,
    Care.CLOCK: RuleId.CLOCK,
}
_SAID_BY_THE_KIOSK = frozenset({*_RULES.values(), RuleId.HELP})


@dataclass(frozen=True, slots=True)
class WholeFleet:
    """The controller's fleet.

    `hours` are those of facilities that have no others. `profile` is whose enrolments the relay follows.
    `backup_within_h` is how old the last verified backup may be; None: nobody has said.
    """

    hours: Hours
    profile: Profile
    backup_within_h: int | None = None

    def look(self, connection: Connection, now_ms: int) -> Sight:
        """See what is amiss now."""
        sites = attention.read_all_sites(connection, NATION)
        known = _Known(schedule.read_hours(connection), self.hours, book.standing(connection), now_ms)
        troubled = attention.read_troubled(connection, round_the_clock(now_ms), NATION)
        seen = [
            *(each for kiosk in troubled for each in _of_kiosk(kiosk, known)),
            *_help(connection, now_ms),
            *_security(attention.read_alarms(connection, NATION)),
            *_quarantined(attention.read_quarantined(connection, now_ms - QUARANTINED_LATELY_MS, NATION)),
            *_certificates(connection, now_ms),
            *_couriers(connection, now_ms),
            *_relay(connection, now_ms, self.profile),
            *_backup(connection, now_ms, self.backup_within_h),
            *_undelivered(connection, now_ms),
            *_rollouts(connection),
        ]
        return Sight(now_ms, tuple(seen), {_scope(site): n for site, n in sites.items()})


class _Known:
    """What one look needs of each silent kiosk."""

    def __init__(self, own: Mapping[Scope, Hours], others: Hours, standing: Iterable[Alarm], now_ms: int) -> None:
        self.now_ms = now_ms
        self._opened = {scope: hours.opened_ms(now_ms) for scope, hours in own.items()}
        self._others = others.opened_ms(now_ms)
        self._standing: dict[Subject, list[RuleId]] = {}
        for each in standing:
            self._standing.setdefault(each.subject, []).append(each.rule)

    def opened_ms(self, site: Scope) -> int | None:
        """Since when a facility is open; None when it is not."""
        return self._opened.get(site, self._others)

    def rules(self, subject: Subject) -> list[RuleId]:
        """The rules of which something stands about a kiosk."""
        return self._standing.get(subject, [])


def _of_kiosk(troubled: Troubled, known: _Known) -> Iterator[Observation]:
    subject = _subject(troubled.kiosk, troubled.site)
    if troubled.condition is Condition.SILENT:
        yield from _silence(troubled, subject, known)
        return
    for care in troubled.to_mend:
        yield Observation(_RULES[care], subject, code=troubled.code(care), n=_figure(troubled, care))


def _silence(troubled: Troubled, subject: Subject, known: _Known) -> Iterator[Observation]:
    opened_ms = known.opened_ms(subject.scope)
    if opened_ms is not None:
        yield Observation(RuleId.SILENT, subject, max(troubled.seen_ms or 0, opened_ms))
    for rule in known.rules(subject):
        if rule in _SAID_BY_THE_KIOSK or (rule is RuleId.SILENT and opened_ms is None):
            yield Observation(rule, subject, undecided=True)


def _figure(troubled: Troubled, care: Care) -> int | None:
    return {Care.OUTBOX_OLD: troubled.outbox, Care.DISK_LOW: troubled.disk_free_mib}.get(care)


def _help(connection: Connection, now_ms: int) -> Iterator[Observation]:
    for call in open_calls(connection, now_ms, NATION):
        if call.standing is not Standing.ACKNOWLEDGED:
            where = kiosk_at(call.kiosk, ProvinceCode(call.province), FacilityCode(call.facility))
            yield Observation(RuleId.HELP, where, call.since_ms)


def _security(noted: Iterable[Noted]) -> Iterator[Observation]:
    """The ledger's alarms at which nobody has looked."""
    for subject, alarms in _by_kiosk(noted).items():
        kinds, since_ms = ", ".join(each.what for each in alarms), min(each.since_ms for each in alarms)
        yield Observation(RuleId.SECURITY, subject, since_ms, code=kinds, n=sum(each.n for each in alarms))


def _quarantined(noted: Iterable[Noted]) -> Iterator[Observation]:
    for subject, held in _by_kiosk(noted).items():
        reasons, since_ms = ", ".join(each.what for each in held), min(each.since_ms for each in held)
        yield Observation(RuleId.QUARANTINED, subject, since_ms, code=reasons, n=sum(each.n for each in held))


def _by_kiosk(noted: Iterable[Noted]) -> dict[Subject, list[Noted]]:
    found: dict[Subject, list[Noted]] = {}
    for each in noted:
        found.setdefault(_subject(each.kiosk, each.site), []).append(each)
    return found


def _certificates(connection: Connection, now_ms: int) -> Iterator[Observation]:
    """Those that end within a week: a kiosk that is silent goes on having one."""
    for each in certificates.read_ending(connection, now_ms, NATION):
        if (days := each.days_left(now_ms)) < CERTIFICATE_WITHIN_DAYS:
            yield Observation(RuleId.CERTIFICATE, _subject(each.kiosk, Site(each.province, each.facility)), n=days)


def _couriers(connection: Connection, now_ms: int) -> Iterator[Observation]:
    """Couriers that hold shards by lease and said nothing more; one that ended in order has no row."""
    gone = select(courier).where(courier.c.until_ms <= now_ms - COURIER_GONE_AFTER_MS)
    for row in connection.execute(gone):
        yield Observation(RuleId.COURIER_GONE, part(f"courier/{row.name}"), row.until_ms, code=row.name)


def _relay(connection: Connection, now_ms: int, profile: Profile) -> Iterator[Observation]:
    """What a relay that works would have taken by now: one that cannot reach its partners puts it off instead."""
    late = (enrollment.c.due_ms <= now_ms - RELAY_BEHIND_AFTER_MS, enrollment.c.profile == profile)
    row = connection.execute(select(func.count().label("n"), func.min(enrollment.c.due_ms)).where(*late)).one()
    if row.n:
        yield Observation(RuleId.RELAY_BEHIND, part("relay"), row[1], n=row.n)


def _backup(connection: Connection, now_ms: int, within_h: int | None) -> Iterator[Observation]:
    if within_h is None:
        return
    verified = select(func.max(audit.c.at_ms)).where(audit.c.act == Act.BACKUP_VERIFIED)
    last_ms = connection.execute(verified).scalar_one_or_none()
    if last_ms is None:  # never: since there has been something to lose
        last_ms = connection.execute(select(func.min(kiosk.c.registered_ms))).scalar_one_or_none()
    if last_ms is not None and now_ms - last_ms > within_h * _HOUR_MS:
        yield Observation(RuleId.BACKUP_OLD, part("backup"), last_ms, n=(now_ms - last_ms) // _HOUR_MS)


def _undelivered(connection: Connection, now_ms: int) -> Iterator[Observation]:
    for channel, (n, first_ms) in outbox.given_up(connection, now_ms).items():
        yield Observation(RuleId.UNDELIVERED, part(f"delivery/{channel}"), first_ms, code=channel.value, n=n)


def _rollouts(connection: Connection) -> Iterator[Observation]:
    for each in rollouts.stopped(connection):
        where = part(f"rollout/{each.number}")
        yield Observation(RuleId.ROLLOUT_STOPPED, where, each.changed_ms, code=each.proposal.release, n=each.number)


def _subject(name: str, site: Site) -> Subject:
    return kiosk_at(KioskId(name), ProvinceCode(site.province), FacilityCode(site.facility))


def _scope(site: Site) -> Scope:
    return Scope(Level.FACILITY, province=ProvinceCode(site.province), facility=FacilityCode(site.facility))
