# SPDX-License-Identifier: Apache-2.0
"""Made-up imports (denominators, the ministry's figures, a region's indicators), marked as such, and announcements.

Source of what a figure may be: `fleet.people.imports` and `fleet.coverage.region8`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from fleet.coverage.fiscal import Period, fiscal_year, last_day
from fleet.coverage.judging import EACH, Measure
from fleet.coverage.region8 import FISCAL_YEAR, INDICATORS, SELF_MEASURED
from fleet.simulation.demo.country import RESIDENTS
from fleet.simulation.demo.days import day_number, written
from fleet.simulation.demo.dice import Dice

if TYPE_CHECKING:
    from fleet.coverage.judging import Indicator
    from fleet.simulation.demo.plan import Plan
    from fleet.simulation.demo.visits import Row
    from wire.ids import ProvinceCode

BY = "demo-data"
_OF_MANY = 1000
_PERIODS = (Period.SIX, Period.TWELVE)
_UNITS = ("50001", "50002", "50003")  # of an indicator that has a figure for each


@dataclass(frozen=True, slots=True)
class Import:
    """A file that nobody made, and its rows without the number of the import."""

    kind: str
    rows: list[Row]

    def batch(self, plan: Plan) -> dict[str, object]:
        """Its line in `import_batch`."""
        return {
            "kind": self.kind,
            "file_sha256": sha256(msgspec.msgpack.encode(self.rows)).hexdigest(),
            "file_name": f"demo-{self.kind}.csv",
            "source": f"made up by dipchip-fleet demo-data, seed {plan.seed}",
            "made_up": True,
            "imported_ms": plan.since_ms,
            "imported_by": BY,
        }

    def entry(self, plan: Plan) -> dict[str, object]:
        """Its line in the book of imports: taken at once, and what it replaced is not there."""
        batch = self.batch(plan)
        known = {name: batch[name] for name in ("kind", "file_sha256", "file_name", "source", "made_up")}
        return known | {"rows": 0, "reason": "", "proposed_by": BY, "proposed_ms": batch["imported_ms"]}


def imports(plan: Plan) -> list[Import]:
    """All of them, in the columns of `denominator`, `official` and `indicator_figure`."""
    this_year = fiscal_year(_today(plan))
    years = (this_year - 1, this_year)
    return [
        Import("denominators", [row for year in years for row in _denominators(plan, year)]),
        Import("official", [row for year in years for row in _official(plan, year)]),
        Import("indicators", [row for code in INDICATORS.values() for row in _indicator(plan, code)]),
    ]


def _today(plan: Plan) -> date:
    return date.fromisoformat(written(day_number(plan.until_ms - 1)))


def _denominators(plan: Plan, year: int) -> list[Row]:
    return [(year, code, *_staff_and_people(plan, year, code)) for code in RESIDENTS]


def _staff_and_people(plan: Plan, year: int, code: ProvinceCode) -> tuple[int, int]:
    dice = Dice(plan.seed, f"denominator#{year}", int(code))
    people = RESIDENTS[code] * (800 + dice.below(50)) // _OF_MANY  # fifteen years old or older
    return people * (4 + dice.below(4)) // _OF_MANY, people


def _official(plan: Plan, year: int) -> list[Row]:
    """Of the cut-offs that are over: shares that grow, so that some provinces reach the target and others do not."""
    rows: list[Row] = []
    for code in RESIDENTS:
        staff, people = _staff_and_people(plan, year, code)
        dice = Dice(plan.seed, f"official#{year}", int(code))
        of_staff, of_people = 750 + dice.below(250), 250 + dice.below(250)
        for period in (each for each in _PERIODS if last_day(year, each) < _today(plan)):
            staff_now, people_now = (share * (6 + period) // 18 for share in (of_staff, of_people))
            reached = (staff * staff_now // _OF_MANY, people * people_now // _OF_MANY)
            rows.append((year, int(period), code, reached[0], staff, reached[1], people))
    return rows


def _indicator(plan: Plan, indicator: Indicator) -> list[Row]:
    if indicator.code == SELF_MEASURED:
        return []
    rows: list[Row] = []
    for name in _figures_of(indicator):
        dice = Dice(plan.seed, f"indicator#{name}")
        of, share = 20 + dice.below(80), 300 + dice.below(600)
        for period in Period:
            num = of * (share + 25 * period) // _OF_MANY
            is_count = indicator.measure is Measure.COUNT
            rows.append((FISCAL_YEAR, int(period), name, num, None if is_count else of))
    return rows


def _figures_of(indicator: Indicator) -> list[str]:
    parts = [part for each in indicator.parts for part in _units_of(each)]
    return [f"{indicator.code}/{part}" for part in parts] or [indicator.code]


def _units_of(part: str) -> list[str]:
    return [part.removesuffix(EACH) + unit for unit in _UNITS] if part.endswith(EACH) else [part]


def announcements(plan: Plan) -> list[dict[str, object]]:
    """One that stands everywhere, one of a province, one that waits for approval and one that was taken back."""
    today = day_number(plan.until_ms - 1)
    made_ms = plan.until_ms - 1
    words = (
        ("ตัวอย่าง: โปรดเตรียมบัตรประชาชน", "Example: please have your citizen card ready"),
        ("ตัวอย่าง: วันจันทร์เปิดเวลา 9 นาฬิกา", "Example: we open at nine on Monday"),
        ("ตัวอย่าง: รอผู้อนุมัติ", "Example: waits for approval"),
        ("ตัวอย่าง: ยกเลิกแล้ว", "Example: taken back"),
    )
    lasting = {"first_day": written(today), "last_day": written(today + 13), "proposed_by": BY, "proposed_ms": made_ms}
    approved = {"approved_by": "demo-approver", "approved_ms": made_ms}
    withdrawn = {"withdrawn_by": BY, "withdrawn_ms": made_ms}
    nobody = {**dict.fromkeys(approved), **dict.fromkeys(withdrawn), "province": None, "kiosk": None}
    more: tuple[dict[str, object], ...] = ({**approved}, {**approved, "province": "40"}, {}, {**approved, **withdrawn})
    return [{"th": th, "en": en, **lasting, **nobody, **each} for (th, en), each in zip(words, more, strict=True)]


def help_numbers(plan: Plan) -> list[dict[str, object]]:
    """One that a province's kiosks tell, and one that waits for approval: short ones, which reach no made-up desk."""
    made_ms = plan.until_ms - 1
    lasting = {"facility": None, "proposed_by": BY, "proposed_ms": made_ms}
    approved = {"approved_by": "demo-approver", "approved_ms": made_ms}
    nobody = {**dict.fromkeys(approved), "withdrawn_by": None, "withdrawn_ms": None}
    return [
        {**lasting, **nobody, "province": "40", "digits": "1669", **approved},
        {**lasting, **nobody, "province": "41", "digits": "1330"},
    ]
