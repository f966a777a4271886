# SPDX-License-Identifier: Apache-2.0
"""What is to be done today: each trouble with its figures, how many people it touches, and the most touched first.

It judges no kiosk, which `fleet.devices.health` does; it joins what the rooms have read and puts it in order. How many
people a cause touches is documented in docs/operations.md, "The morning check"; where the controller cannot know, None.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from fleet.complaints.review import read_overdue
from fleet.coverage import workload
from fleet.coverage.fiscal import bangkok_day
from fleet.coverage.progress import read_progress
from fleet.devices import attention, certificates
from fleet.devices.attention import Site
from fleet.devices.health import Care, Condition, by_condition, count_by_province
from fleet.devices.help_calls import Standing, open_calls
from fleet.devices.vigil import by_hours
from fleet.enrollments.unused import read_unused
from fleet.store.days import BANGKOK

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from fleet.complaints.review import Overdue
    from fleet.coverage.progress import Progress
    from fleet.devices.attention import Noted, Troubled
    from fleet.devices.certificates import Ending
    from fleet.devices.health import Muster
    from fleet.devices.help_calls import Call
    from fleet.devices.vigil import Vigil
    from fleet.enrollments.unused import UnusedCodes
    from fleet.store.scope import Scope
    from wire.events import Profile

LATELY_DAYS = 7  # how far back what is over is still told
SHOWN = 100  # tasks
_DAY_S = 86_400
_FEW = 1000  # kiosks that were never heard from: more are not all read, to be left out again


class Cause(StrEnum):
    """Why something is to be done. The first eight are a kiosk's cares, spelled as they are."""

    ALARM = "alarm"
    HELP = "help"
    SCREEN = "screen"
    READER = "reader"
    CAMERA = "camera"
    OUTBOX_OLD = "outbox_old"
    DISK_LOW = "disk_low"
    CLOCK = "clock"
    SILENT = "silent"
    NEVER_SEEN = "never_seen"
    QUARANTINED = "quarantined"
    LAPSED = "lapsed"
    CODE_UNUSED = "code_unused"
    CERTIFICATE = "certificate"
    COMPLAINTS = "complaints"  # that should have been seen to


class Counted(StrEnum):
    """Where a figure of people comes from."""

    VISITS = "visits"  # a usual day's at this kiosk, which is the only one of its facility
    VISITS_OF_FACILITY = "visits_of_facility"  # a usual day's at all kiosks there: at most so many at this one
    RECORDS = "records"  # unsent, set aside or expired: at most one person each
    WAITING = "waiting"  # who stands there now
    CODES = "codes"  # people with a code that they have not used
    COMPLAINTS = "complaints"  # one person each


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do at a kiosk, at a facility (no `kiosk`), in a province (no `facility`) or everywhere.

    `code` is the kiosk's or the ledger's word for it. `figure` is kiosks, records, or MiB free, by the cause; `of` what
    it is out of. `age_s` is how long it has lasted as far as that is known, `days` how many are left, `people` whom it
    touches.
    """

    cause: Cause
    province: str | None
    facility: str | None = None
    kiosk: str | None = None
    code: str | None = None
    figure: int | None = None
    of: int | None = None
    age_s: int | None = None
    people: int | None = None
    counted: Counted | None = None
    codes: UnusedCodes | None = None
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Agenda:
    """A morning of a scope: the kiosks counted by condition, what is to be done, and where KPI 57.2 stands.

    `left_out` tasks touch no more people than those that are here.
    """

    at_ms: int
    scope: Scope
    counts: Mapping[Condition, int]
    tasks: tuple[Task, ...]
    left_out: int
    progress: Progress

    @property
    def total(self) -> int:
        """How many kiosks there are that were not withdrawn."""
        return sum(n for condition, n in self.counts.items() if condition is not Condition.REVOKED)


def read_agenda(connection: Connection, now: datetime, profile: Profile, scope: Scope) -> Agenda:
    """Read a morning."""
    now_ms = int(now.timestamp() * 1000)
    standings = count_by_province(connection, now_ms, scope)
    counts = by_condition(standings)
    unseen = counts[Condition.NEVER_SEEN]
    vigil = by_hours(connection, now_ms)
    dark = _dark(standings)
    troubled = attention.read_troubled(connection, vigil, scope, lit=_lit(standings, dark), missing=0 < unseen <= _FEW)
    if unseen > _FEW:
        troubled += attention.read_never_seen(connection, now_ms, scope, SHOWN)
    missing = [each for each in troubled if each.condition is Condition.NEVER_SEEN]
    tasks = [
        *_tasks(connection, now, profile, scope, _Amiss(vigil, dark, troubled)),
        *(_never_seen(each, now_ms) for each in missing),
    ]
    unread = unseen - len(missing)
    tasks.sort(key=_order)
    return Agenda(
        at_ms=now_ms,
        scope=scope,
        counts=counts,
        tasks=tuple(tasks[:SHOWN]),
        left_out=max(0, len(tasks) - SHOWN) + unread,
        progress=read_progress(connection, now, profile, scope),
    )


def _order(task: Task) -> tuple[bool, int, bool, int, str, str, str, str]:
    """Most people first, then what has lasted longest; what is not known stands after what is."""
    return (
        task.people is None,
        -(task.people or 0),
        task.age_s is None,
        -(task.age_s or 0),
        task.province or "",
        task.facility or "",
        task.kiosk or "",
        f"{task.cause} {task.code}",
    )


@dataclass(frozen=True, slots=True)
class _Dark:
    """A province more than half of which is silent: it is told as one, and its kiosks are not read."""

    silent: int
    of: int
    seen_ms: int


@dataclass(frozen=True, slots=True)
class _Amiss:
    """What was found amiss with kiosks: provinces that are dark, and kiosks one by one."""

    vigil: Vigil
    dark: Mapping[str, _Dark]
    troubled: Sequence[Troubled]


def _dark(standings: Iterable[Muster]) -> dict[str, _Dark]:
    total: Counter[str] = Counter()
    silent: dict[str, Muster] = {}
    for each in standings:
        if each.condition is not Condition.REVOKED:
            total[each.province] += each.n
        if each.condition is Condition.SILENT:
            silent[each.province] = each
    return {
        province: _Dark(each.n, total[province], each.seen_ms)
        for province, each in silent.items()
        if each.seen_ms is not None and each.n > 1 and 2 * each.n > total[province]
    }


def _lit(standings: Iterable[Muster], dark: Collection[str]) -> list[str] | None:
    """Where silent kiosks are told one by one; None: wherever they are."""
    silent = {each.province for each in standings if each.condition is Condition.SILENT}
    return sorted(silent.difference(dark)) if dark else None


def _tasks(connection: Connection, now: datetime, profile: Profile, scope: Scope, amiss: _Amiss) -> list[Task]:
    dark = amiss.dark
    troubled = [each for each in amiss.troubled if each.condition is not Condition.NEVER_SEEN]
    now_ms, today = int(now.timestamp() * 1000), bangkok_day(now)
    lately = today - timedelta(days=LATELY_DAYS)
    alarms = attention.read_alarms(connection, scope)
    touched = {*(each.site for each in troubled), *(each.site for each in alarms)}
    asked = {(site.province, site.facility) for site in touched}
    found = workload.usual_visits(connection, profile, asked, today)
    sites = attention.read_sites(connection, touched)
    places = _Places(sites, {Site(*place): visits for place, visits in found.items()}, now_ms)
    missed: dict[str, int] = {}
    if dark:
        unlit = attention.silent_sites(amiss.vigil, scope, dark)
        missed = workload.usual_visits_by_province(connection, profile, unlit, today)
    calls = open_calls(connection, now_ms, scope)
    held = attention.read_quarantined(connection, _start_ms(lately), scope)
    lapsed = workload.read_lapsed(connection, profile, lately, scope)
    unused = read_unused(connection, profile, today, scope)
    return [
        *(places.alarm(each) for each in alarms),
        *(places.call(each) for each in calls if each.standing is not Standing.ACKNOWLEDGED),
        *(task for each in troubled for task in places.cares(each)),
        *(_silence(each, province, missed.get(province), now_ms) for province, each in dark.items()),
        *places.silent([each for each in troubled if each.condition is Condition.SILENT]),
        *(places.held(each) for each in held),
        *(
            Task(
                Cause.LAPSED,
                each.province,
                each.facility,
                figure=each.n,
                age_s=(now_ms - _start_ms(date.fromisoformat(each.first_day))) // 1000,
                people=each.n,
                counted=Counted.RECORDS,
            )
            for each in lapsed
        ),
        *_unused(unused, scope),
        *_certificates(certificates.read_ending(connection, now_ms, scope), scope, now_ms),
        *_overdue(read_overdue(connection, now_ms, profile, scope), scope, now_ms),
    ]


def _start_ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=BANGKOK).timestamp() * 1000)


def _unused(codes: UnusedCodes, scope: Scope) -> Iterable[Task]:
    if codes.oldest_days is None:
        return ()
    age_s, people = codes.oldest_days * _DAY_S, codes.one_day
    return (Task(Cause.CODE_UNUSED, scope.province, age_s=age_s, people=people, counted=Counted.CODES, codes=codes),)


def _certificates(ending: Sequence[Ending], scope: Scope, now_ms: int) -> Iterable[Task]:
    """One task for all that end soon: they are renewed together. Whom it touches is not known before it does."""
    if not ending:
        return ()
    first = ending[0]
    task = Task(Cause.CERTIFICATE, scope.province, scope.facility, figure=len(ending), days=first.days_left(now_ms))
    if len(ending) > 1:
        return (task,)
    return (replace(task, province=first.province, facility=first.facility, kiosk=first.kiosk),)


def _overdue(complaints: Overdue | None, scope: Scope, now_ms: int) -> Iterable[Task]:
    if complaints is None:
        return ()
    age_s = (now_ms - complaints.since_ms) // 1000
    place = (scope.province, scope.facility)
    n = complaints.n
    return (Task(Cause.COMPLAINTS, *place, figure=n, age_s=age_s, people=n, counted=Counted.COMPLAINTS),)


def _silence(dark: _Dark, province: str, visits: int | None, now_ms: int) -> Task:
    """Kiosks that are silent together; `visits` are a usual day's at all of their facilities."""
    return Task(
        Cause.SILENT,
        province,
        figure=dark.silent,
        of=dark.of,
        age_s=(now_ms - dark.seen_ms) // 1000,
        people=visits,
        counted=None if visits is None else Counted.VISITS_OF_FACILITY,
    )


def _never_seen(kiosk: Troubled, now_ms: int) -> Task:
    """A kiosk that was registered and not heard from; whom it would serve is not known."""
    age_s = max(0, now_ms - kiosk.registered_ms) // 1000
    return Task(Cause.NEVER_SEEN, kiosk.site.province, kiosk.site.facility, kiosk.kiosk, age_s=age_s)


@dataclass(frozen=True, slots=True)
class _Places:
    """The kiosks by site, and how many people come to a site on a usual day."""

    sites: Mapping[Site, int]
    visits: Mapping[Site, int]
    now_ms: int

    def cares(self, kiosk: Troubled) -> Iterable[Task]:
        """One task a care; help calls and alarms have their own."""
        for care in kiosk.to_mend:
            task = self._of_kiosk(Cause(care.value), kiosk.kiosk, kiosk.site, code=kiosk.code(care))
            yield self._measured(task, kiosk, care)

    def _measured(self, task: Task, kiosk: Troubled, care: Care) -> Task:
        match care:
            case Care.OUTBOX_OLD:
                waiting, counted = kiosk.outbox, None if kiosk.outbox is None else Counted.RECORDS
                return replace(task, figure=waiting, age_s=kiosk.oldest_unacked_s, people=waiting, counted=counted)
            case Care.DISK_LOW:
                return replace(task, figure=kiosk.disk_free_mib)
            case _:
                return task

    def silent(self, kiosks: Iterable[Troubled]) -> Iterable[Task]:
        """One task for a facility that is silent whole, or for each kiosk."""
        by_site: dict[Site, list[Troubled]] = {}
        for each in kiosks:
            by_site.setdefault(each.site, []).append(each)
        for site, found in by_site.items():
            if len(found) > 1 and len(found) == self.sites[site]:
                since_ms = min(each.seen_ms for each in found if each.seen_ms is not None)
                silence = _Dark(len(found), len(found), since_ms)
                task = _silence(silence, site.province, self.visits.get(site), self.now_ms)
                yield replace(task, facility=site.facility)
            else:
                yield from (self._of_kiosk(Cause.SILENT, each.kiosk, site, since_ms=each.seen_ms) for each in found)

    def alarm(self, noted: Noted) -> Task:
        """An alarm of the ledger."""
        return self._of_kiosk(
            Cause.ALARM, noted.kiosk, noted.site, code=noted.what, figure=noted.n, since_ms=noted.since_ms
        )

    def held(self, noted: Noted) -> Task:
        """Events that were set aside: each may be a person who is not counted."""
        return Task(
            Cause.QUARANTINED,
            noted.site.province,
            noted.site.facility,
            noted.kiosk,
            code=noted.what,
            figure=noted.n,
            age_s=max(0, self.now_ms - noted.since_ms) // 1000,
            people=noted.n,
            counted=Counted.RECORDS,
        )

    def call(self, call: Call) -> Task:
        """Somebody who waits for a helper that nobody has named."""
        age_s = None if call.since_ms is None else max(0, self.now_ms - call.since_ms) // 1000
        place = (call.province, call.facility, str(call.kiosk))
        return Task(Cause.HELP, *place, code=str(call.standing), age_s=age_s, people=1, counted=Counted.WAITING)

    def _of_kiosk(
        self,
        cause: Cause,
        kiosk: str,
        site: Site,
        *,
        code: str | None = None,
        figure: int | None = None,
        since_ms: int | None = None,
    ) -> Task:
        people = self.visits.get(site)
        alone = self.sites.get(site, 0) == 1
        return Task(
            cause,
            site.province,
            site.facility,
            kiosk,
            code=code,
            figure=figure,
            age_s=None if since_ms is None else max(0, self.now_ms - since_ms) // 1000,
            people=people,
            counted=None if people is None else Counted.VISITS if alone else Counted.VISITS_OF_FACILITY,
        )
