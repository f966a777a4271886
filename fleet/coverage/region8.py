# SPDX-License-Identifier: Apache-2.0
"""The indicators of Health Region 8 and their gates as data, each as the region's deck states it.

Where the deck states a count beside a percentage, both are kept: when they disagree, that is shown and not resolved.
Source: the region's plan "Digital Health 2025" for fiscal year 2568; docs/coverage.md repeats the list.
"""

from __future__ import annotations

from types import MappingProxyType

from fleet.coverage.fiscal import Period
from fleet.coverage.judging import EACH, Comparator, Gate, Indicator, Measure

FISCAL_YEAR = 2568
FIGURE_LENGTH = 48
SELF_MEASURED = "R8-M1"  # how many of the others have a figure: the controller knows

_Q1, _Q2, _Q3, _Q4 = Period.THREE, Period.SIX, Period.NINE, Period.TWELVE
_LEVELS = ("M1", "S", "A")  # hospitals by level
_OFFICES = ("zone-offices", "province-offices")
_CLASSES = ("regional-hospitals", "general-hospitals", "community-hospitals")


def _gates(*by_quarter: tuple[Period, int], stated: tuple[int, ...] = ()) -> tuple[Gate, ...]:
    counts = stated or (None,) * len(by_quarter)
    return tuple(Gate(period, least, stated=count) for (period, least), count in zip(by_quarter, counts, strict=True))


def _each(period: Period, percent: int, parts: tuple[str, ...]) -> tuple[Gate, ...]:
    return tuple(Gate(period, percent, part=part) for part in parts)


_MORE = Comparator.MORE_THAN

_INDICATORS = (
    Indicator(
        "R8-1",
        "รพ.สต. ในสังกัดกระทรวงสาธารณสุข เชื่อมโยง PHR",
        "Subdistrict health hospitals of the ministry linked to PHR",
        _gates((_Q1, 94), (_Q2, 96), (_Q3, 99), (_Q4, 100)),
    ),
    Indicator(
        "R8-2",
        "โรงพยาบาลผ่านเกณฑ์โรงพยาบาลอัจฉริยะ ระดับทองขึ้นไป",
        "Hospitals certified as smart hospitals, gold or better",
        _gates((_Q2, 20), (_Q4, 30), stated=(18, 31)),
    ),
    Indicator(
        "R8-3",
        "หน่วยงานผ่านมาตรฐานความมั่นคงปลอดภัยไซเบอร์ระดับสูง",
        "Units that pass the high standard of cybersecurity",
        (
            *_each(_Q1, 100, _LEVELS),
            Gate(_Q2, 60),
            *_each(_Q3, 100, _OFFICES),
            *_each(_Q3, 80, _CLASSES),
            Gate(_Q4, 100),
        ),
        parts=(*_LEVELS, *_OFFICES, *_CLASSES),
        empty_part_passes=True,
    ),
    Indicator(
        "R8-4",
        "จังหวัดที่ปักหมุด House ID (Health Atlas) ครบ",
        "Provinces that have pinned House IDs (Health Atlas)",
        _gates((_Q2, 25), (_Q3, 50), (_Q4, 75), stated=(2, 4, 5)),
    ),
    Indicator(
        "R8-C1",
        "ผู้ใช้งาน Line/App หมอพร้อม เพิ่มขึ้น",
        "Growth of users of Mor Prom over the quarter",
        _gates((_Q4, 10)),
        measure=Measure.GROWTH,
    ),
    Indicator(
        "R8-C2",
        "ผู้ใช้บริการมีความพึงพอใจ",
        "Users who are satisfied",
        (Gate(None, 80, comparator=_MORE),),
        small_below=30,
    ),
    Indicator("R8-P1", "หน่วยบริการที่อบรมบุคลากรด้าน Cybersecurity", "Units whose staff are trained in cybersecurity"),
    Indicator(
        "R8-P2",
        "ผลงานวิชาการด้านดิจิทัล",
        "Academic works on digital health",
        (Gate(None, 20, comparator=_MORE),),
        measure=Measure.COUNT,
    ),
    Indicator("R8-P3", "ผู้บริหารผ่านหลักสูตร DPO และ CISO", "Executives with both the DPO and the CISO course"),
    Indicator("R8-P4", "บุคลากรอบรมระบบหมอพร้อม", "Staff trained in Mor Prom"),
    Indicator(
        "R8-U1",
        "โรงพยาบาลใช้ OPD/IPD Paperless และเปิดใช้ในแต่ละแผนก",
        "Hospitals with paperless OPD/IPD, and the departments in each that use it",
        (Gate(None, 100, part="hospitals"), Gate(None, 10, part=f"departments:{EACH}", comparator=_MORE)),
        parts=("hospitals", f"departments:{EACH}"),
    ),
    Indicator(
        "R8-U2",
        "โรงพยาบาลเปิดจองคิว/นัดหมายผ่านหมอพร้อม และมีการใช้งาน",
        "Hospitals with appointments through Mor Prom, and their use",
        (Gate(None, 100, part="hospitals"), Gate(None, 10, part="usage", comparator=_MORE)),
        parts=("hospitals", "usage"),
    ),
    Indicator("R8-U3", "โรงพยาบาลมีระบบ Telemedicine", "Hospitals with telemedicine"),
    Indicator("R8-U4", "จังหวัดผ่านตัวชี้วัดตรวจราชการ", "Provinces that pass the inspection's indicators"),
    Indicator(SELF_MEASURED, "ตัวชี้วัดที่มีข้อมูลในระบบกำกับติดตาม", "Indicators that have a figure in this console"),
    Indicator("R8-B1", "จังหวัดใช้ e-Saraban พร้อมลายมือชื่ออิเล็กทรอนิกส์", "Provinces with e-Saraban and e-signatures"),
    Indicator(
        "R8-B2",
        "e-Procurement ลงนามอิเล็กทรอนิกส์ บึงกาฬ",
        "E-procurement signed electronically, Bueng Kan: months from its start until done",
        (Gate(None, 6, comparator=Comparator.AT_MOST),),
        measure=Measure.COUNT,
    ),
)

INDICATORS = MappingProxyType({each.code: each for each in _INDICATORS})


def place_of(figure: str) -> tuple[str, str] | None:
    """The indicator and the part that an imported figure is of, from `R8-1` or `R8-3/M1`; None when there is none."""
    code, _, part = figure.partition("/")
    known = code in INDICATORS and code != SELF_MEASURED and INDICATORS[code].takes(part)
    return (code, part) if known and len(figure) <= FIGURE_LENGTH and not figure.endswith("/") else None
