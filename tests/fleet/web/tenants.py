# SPDX-License-Identifier: Apache-2.0
"""Two provinces far apart in one database, each with everything that a place can have, and marks to tell them by."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert, update

from fleet import audit
from fleet.alerts import book, schedule, subscribers
from fleet.alerts.judging import Alarm
from fleet.alerts.rules import RuleId, Severity
from fleet.alerts.subjects import kiosk_at, place
from fleet.alerts.subscribers import ChannelKind, Subscription
from fleet.alerts.windows import Window
from fleet.devices import claims, rings, rollouts
from fleet.devices.health import HELP_WANTED
from fleet.devices.rollout_judging import Gates, Group, Seen
from fleet.devices.rollout_rules import Proposal
from fleet.people import proposals
from fleet.people.imports import DENOMINATORS, Attribution, Upload
from fleet.store.alert_tables import alert_letter
from fleet.store.complaint_tables import complaint, help_number
from fleet.store.days import bangkok_day
from fleet.store.device_tables import kiosk_certificate, loss
from fleet.store.every_table import metadata
from fleet.store.matching_tables import matched_day, matched_province, matching
from fleet.store.order_tables import kiosk_order, order_nonce
from fleet.store.rollout_tables import kiosk_ring, rollout_kiosk, rollout_wave
from fleet.store.scope import Scope
from fleet.store.session import unit_of_work
from fleet.store.sums import add_told, add_unused
from fleet.store.tables import announcement, code_day, event, help_call, stream
from tests.fleet.books import NOW_MS, add_kiosk, bring, count, hand_over, heard, lapse, raise_alarm, refuse, work
from tests.fleet.operators.people import somebody
from wire.envelope import encode
from wire.events import Profile
from wire.ids import FacilityCode, KioskId
from wire.provinces import PROVINCES, province_code

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from wire.ids import ProvinceCode

DAY_MS = 24 * 60 * 60 * 1000
YESTERDAY = "2026-11-23"


@dataclass(frozen=True, slots=True)
class Tenant:
    """One province with one facility, and numbers that stand nowhere else."""

    province: ProvinceCode
    facility: str
    numbers: tuple[int, ...]  # seven, of five digits each

    @property
    def name(self) -> str:
        """What its kiosks begin with."""
        return f"k{self.province}-{self.facility}"

    @property
    def scope(self) -> Scope:
        """The province."""
        return Scope.parse(f"province:{self.province}")

    @property
    def site(self) -> Scope:
        """The facility."""
        return Scope.parse(f"facility:{self.province}/{self.facility}")

    @property
    def region(self) -> Scope:
        """The health region."""
        return Scope.parse(f"region:{PROVINCES[self.province].health_region}")

    @property
    def marks_of_place(self) -> set[str]:
        """What tells that a page shows something of its facility."""
        return {self.name, self.facility, *_written(self.numbers[:2])}

    @property
    def marks(self) -> set[str]:
        """What tells that a page shows something of it."""
        place = PROVINCES[self.province]
        return self.marks_of_place | {place.name_th, place.name_en, *_written(self.numbers[2:])}


UDON = Tenant(province_code("41"), "10671", (52_027, 53_047, 54_049, 55_049, 56_053, 57_073, 58_013))
CHIANG_MAI = Tenant(province_code("50"), "10713", (62_003, 63_029, 64_007, 65_003, 66_029, 67_003, 68_023))
NEXT_DOOR = Tenant(province_code("41"), "11013", (72_019, 73_009, 0, 0, 0, 0, 0))  # another facility of Udon Thani
HEADERS = {
    "denominators": "fiscal_year,province,b1,b2\n",
    "official": "fiscal_year,period,province,a1,b1,a2,b2\n",
}


def fill(engine: Engine) -> None:
    """Fill the database with the three."""
    for tenant in (UDON, CHIANG_MAI):
        _fill_province(engine, tenant)
    for tenant in (UDON, CHIANG_MAI, NEXT_DOOR):
        _fill_site(engine, tenant)
    _roll_out(engine)


def _roll_out(engine: Engine) -> None:
    """A rollout that stopped: at each site one kiosk runs the release, one failed, and one is installing it."""
    wanted = Proposal("1.1.0", "mends", Gates(20, 3600, 5))
    with unit_of_work(engine) as connection:
        number = rollouts.propose(connection, wanted, "a-proposer", NOW_MS - 1000)
        rollouts.approve(connection, number, "an-approver", NOW_MS - 1000)
        seen = Seen(3, 3, 3, 3, 6, 6, 9, NOW_MS, Group(3, 60, 1, 3, 1), Group(9, 600, 0, 9, 0))
        told = {"ground": "failures", "seen": encode(seen).decode(), "judged_ms": NOW_MS, "changed_ms": NOW_MS}
        rollouts.change(connection, number, state="stopped", wave=1, **told)
        connection.execute(update(rollout_wave).where(rollout_wave.c.n == 1).values(began_ms=NOW_MS - 1000))
        for tenant in (UDON, CHIANG_MAI, NEXT_DOOR):
            for n, stage in ((1, "on"), (2, "failed"), (3, "taken")):
                reason = "trial_camera" if stage == "failed" else None
                row = {"rollout": number, "kiosk": f"{tenant.name}-{n}", "wave": 1, "state": stage, "n": 5}
                connection.execute(insert(rollout_kiosk).values(**row, reason=reason, changed_ms=NOW_MS))
                ring = {"kiosk": f"{tenant.name}-{n}", "ring": "pilot", "given_ms": NOW_MS}
                connection.execute(insert(kiosk_ring).values(ring))
            site = (tenant.province, FacilityCode(tenant.facility))
            rings.pin(connection, site, rings.Ring.EARLY, "x", NOW_MS, tenant.scope)


def _written(numbers: tuple[int, ...]) -> set[str]:
    return {text for n in numbers if n for text in (str(n), f"{n:,}")}


def _fill_province(engine: Engine, tenant: Tenant) -> None:
    _, _, b1, b2, a2, live, test = tenant.numbers
    bring(engine, "denominators", f"{HEADERS['denominators']}2570,{tenant.province},{b1},{b2}\n")
    bring(engine, "official", f"{HEADERS['official']}2569,12,{tenant.province},1,{b1},{a2},{b2}\n")
    with unit_of_work(engine) as connection:
        made = {"kind": "people", "fiscal_year": 2570, "file_mac": "0" * 64, "file_name": "x", "source": "x"}
        made_now = insert(matching).values(**made, made_up=False, made_ms=NOW_MS, made_by="x")
        number = connection.execute(made_now.returning(matching.c.id)).scalar_one()
        sums = {"matching": number, "province": tenant.province}
        connection.execute(insert(matched_province).values(**sums, listed=b2, outside=a2))
        connection.execute(insert(matched_day).values(**sums, state="activated", day=YESTERDAY, n=live))
    _propose(engine, tenant, f"2569,{tenant.province},{b1},{b2}\n")
    count(engine, tenant.province, "activated", YESTERDAY, live)
    count(engine, tenant.province, "activated", YESTERDAY, test, profile="test")
    with unit_of_work(engine) as connection:
        said = {"th": f"ข่าว {tenant.name}", "en": f"News {tenant.name}", "first_day": YESTERDAY, "last_day": YESTERDAY}
        row = said | {"province": tenant.province, "proposed_by": "x", "proposed_ms": NOW_MS}
        connection.execute(insert(announcement).values(row))


def _propose(engine: Engine, tenant: Tenant, row: str) -> None:
    """Let somebody of the place want a file imported: the third of its imports."""
    upload = Upload("b.csv", (HEADERS["denominators"] + row).encode())
    by = f"somebody-of-{tenant.name}"
    with unit_of_work(engine) as connection:
        person = proposals.Person(by, by, tenant.scope, NOW_MS)
        who = Attribution(source=f"file of {tenant.name}", by=by, made_up=False, imported_ms=NOW_MS)
        proposals.propose(connection, DENOMINATORS, upload, who, person)


def _complain(engine: Engine, tenant: Tenant, kiosk: str) -> None:
    """Somebody complains there, people touch faces, and its number to call is proposed."""
    place = {"province": tenant.province, "facility": tenant.facility}
    with unit_of_work(engine) as connection:
        said = {"number": f"{tenant.province}000001", "profile": "live", "kiosk": kiosk, "ident": "1" * 32}
        kind = {"source": "kiosk", "category": "card", "term": "short", "state": "new", "said_day": YESTERDAY}
        times = {"opened_ms": NOW_MS - 2 * DAY_MS, "due_ms": NOW_MS - DAY_MS}
        rest = {"words": f"of {tenant.name}", "answer": "", "reopened": 0}
        connection.execute(insert(complaint).values(place | said | kind | times | rest))
        add_told(connection, [("live", tenant.province, tenant.facility, YESTERDAY, "rated_5", tenant.numbers[0])])
        proposed = {"digits": f"0{tenant.province}{tenant.facility}0"[:9], "proposed_by": f"x-{tenant.name}"}
        connection.execute(insert(help_number).values(place | proposed | {"proposed_ms": NOW_MS}))


def _fill_site(engine: Engine, tenant: Tenant) -> None:
    captured, lapsed = tenant.numbers[:2]
    first, second, third = (f"{tenant.name}-{n}" for n in (1, 2, 3))
    for kiosk in (first, second, third):
        add_kiosk(engine, kiosk, province=tenant.province, facility=tenant.facility)
    heard(engine, first, reader="no_reader")
    heard(engine, second, minutes_ago=60)
    heard(engine, third, screen=HELP_WANTED)
    raise_alarm(engine, first)
    refuse(engine, first)
    work(engine, tenant.province, tenant.facility, YESTERDAY, captured)
    lapse(engine, tenant.province, tenant.facility, "2026-11-22", lapsed)
    _fill_alerts(engine, tenant)
    _fill_acts(engine, tenant)
    somebody(engine, f"of-{tenant.name}", scope=tenant.site)  # 1 Udon's, 2 Chiang Mai's, 3 next door's
    _complain(engine, tenant, first)
    hand_over(engine, second)
    with unit_of_work(engine) as connection:
        coming = claims.Wanted(
            KioskId(f"{tenant.name}-new"), FacilityCode(tenant.facility), tenant.province, Profile.TEST
        )
        claims.make(connection, coming, "x", NOW_MS)
        connection.execute(insert(loss).values(kiosk=second, kind="lost", reported_by="x", reported_ms=NOW_MS))
        connection.execute(insert(code_day).values(kiosk=first, day=YESTERDAY, outcome="accepted", n=1))
        call = {"kiosk": third, "call": "1" * 32, "since_ms": NOW_MS - 1000, "heard_ms": NOW_MS}
        connection.execute(insert(help_call).values(call))
        connection.execute(insert(kiosk_certificate).values(kiosk=first, until_ms=NOW_MS + 9 * DAY_MS))
        connection.execute(insert(order_nonce).values(kiosk=second, nonce="2" * 32, heard_ms=NOW_MS - 3_600_000))
        ordered = {"kiosk": second, "n": 7, "op": "restart", "asked_by": f"somebody-of-{tenant.name}"}
        connection.execute(insert(kiosk_order).values(ordered | {"asked_ms": NOW_MS, "expires_ms": NOW_MS + 60_000}))
        place = {"kiosk": first, "stream": "a" * 24, "head": bytes(32), "acked": 1}
        connection.execute(insert(stream).values(place | {"moved_ms": NOW_MS}))
        key = hashlib.sha256(tenant.name.encode()).digest()
        mark = tenant.name.ljust(36, "0")
        seen = {"id": mark, "kiosk": first, "stream": "a" * 24, "seq": 1, "digest": key}
        connection.execute(insert(event).values(seen | {"received_ms": NOW_MS}))
        add_unused(connection, [("live", tenant.province, bangkok_day(NOW_MS - 2 * DAY_MS), 1)])


def _fill_acts(engine: Engine, tenant: Tenant) -> None:
    """Let somebody of the place act, and somebody of the nation do something to one of its kiosks."""
    who, what = f"by-{tenant.name}", f"x-{tenant.name}"
    with unit_of_work(engine) as connection:
        audit.record(connection, audit.Act.MORNING_CHECKED, who=who, subject=what, at_ms=NOW_MS, scope=tenant.site)
        audit.record(connection, audit.Act.LOSS_REPORTED, who="nation", subject=f"{tenant.name}-1", at_ms=NOW_MS)


def _fill_alerts(engine: Engine, tenant: Tenant) -> None:
    """Alarms are numbered as the tenants are filled, windows too: Udon's 1 to 3, Chiang Mai's 4 to 6, next door's 7."""
    kiosk = kiosk_at(KioskId(f"{tenant.name}-1"), tenant.province, FacilityCode(tenant.facility))
    alarms = [Alarm(RuleId.SECURITY, kiosk, NOW_MS, code="fork", raised_ms=NOW_MS)]
    if tenant is not NEXT_DOOR:
        alarms += [Alarm(RuleId.SILENT_TOGETHER, place(tenant.scope), NOW_MS, n=7, of=9, raised_ms=NOW_MS)]
        alarms += [Alarm(RuleId.READER, kiosk, NOW_MS, raised_ms=NOW_MS, absent_ms=NOW_MS, cleared_ms=NOW_MS)]
    with unit_of_work(engine) as connection:
        for each in alarms:
            book.add(connection, each)
        work = Window(0, tenant.site, NOW_MS, NOW_MS + DAY_MS, f"work at {tenant.name}", "x")
        schedule.add_window(connection, work, NOW_MS)
        schedule.set_hours(connection, tenant.site, ("mon-fri", "08:00", f"{tenant.numbers[0] % 8 + 10}:00"))
        told = Subscription(0, tenant.site, ChannelKind.MAIL, f"it@{tenant.name}.example", "th", Severity.WARNING)
        number = subscribers.subscribe(connection, told, "x", NOW_MS)
        letter = {"id": f"letter-{tenant.name}", "subscription": number, "made_ms": NOW_MS, "due_ms": NOW_MS}
        connection.execute(insert(alert_letter).values(letter | {"gave_up_ms": NOW_MS + 1000}))


def everything(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table but those of who looked, to see whether anything changed."""
    with engine.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(table.select())), key=repr)
            for table in metadata.sorted_tables
            if table.name not in ("operator_session", "operator", "audit")
        }
