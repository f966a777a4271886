# SPDX-License-Identifier: Apache-2.0
"""Figures that documents ask to follow and give no target for: they are imported and shown, and nothing judges them.

The code of each is its row in docs/scope.md. Source: the guideline of the 30-baht policy (fiscal year 2567), its
framework with checklists, and of S129 the region's plan "Digital Health 2025".
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from fleet.coverage.judging import Figure, Indicator, Measure
from fleet.coverage.kpi57 import truncated

if TYPE_CHECKING:
    from collections.abc import Mapping


def _share(code: str, title_th: str, title_en: str) -> Indicator:
    return Indicator(code, title_th, title_en, gates=())


def _count(code: str, title_th: str, title_en: str) -> Indicator:
    return Indicator(code, title_th, title_en, gates=(), measure=Measure.COUNT)


_ALL = (
    _count("S058", "จำนวนการใช้งาน PHR Viewer", "Uses of PHR Viewer"),
    _share("S066", "หน่วยบริการที่ส่งยาด้วย Health Express", "Units that send medicines by Health Express"),
    _share("S067", "หน่วยบริการที่ส่งยาด้วย Health Rider", "Units that send medicines by Health Rider"),
    _share("S070", "ข้อมูลบริการที่มี Authen Code ในแฟ้ม INS", "Records of visits with an Authen Code in the file INS"),
    _count("S072", "รายการที่ส่งเบิกผ่าน Financial Data Hub", "Claims sent through the Financial Data Hub"),
    _share("S074", "หน่วยบริการที่พร้อมออกใบรับรองแพทย์ดิจิทัล", "Units ready for digital medical certificates"),
    _share("S075", "หน่วยบริการที่พร้อมสั่งยาและสั่งแล็บดิจิทัล", "Units ready for digital prescriptions and laboratory orders"),
    _share("S076", "หน่วยบริการที่ส่งต่อผู้ป่วยด้วยระบบดิจิทัล", "Units that refer patients digitally"),
    _share("S077", "หน่วยบริการที่เจาะเลือดใกล้บ้านและเชื่อมโยงข้อมูล", "Units with blood tests near home, their data linked"),
    _share("S078", "หน่วยบริการที่ดูแลผู้ป่วยที่บ้าน", "Units that care for patients at home"),
    _share(
        "S079",
        "คลินิก ร้านยา และคลินิกเทคนิคการแพทย์ที่ใช้หมอพร้อม Station",
        "Clinics, pharmacies and laboratories at Mor Prom Station",
    ),
    _count("S093", "จำนวนการใช้งาน Chat bot", "Uses of the chat bot"),
    _share("S097", "สัปดาห์ที่ทำสื่อ 1 ถึง 2 เรื่อง", "Weeks in which one or two clips or infographics were made"),
    _count("S129", "ระยะเวลารอคอยของโรงพยาบาล (นาที)", "Waiting time at hospitals (minutes)"),
    _count("S146", "จำนวนนัดหมายใน MOPH Appointment", "Appointments in MOPH Appointment"),
)

FOLLOWED: Mapping[str, Indicator] = MappingProxyType({each.code: each for each in _ALL})


@dataclass(frozen=True, slots=True)
class Followed:
    """One of them at the end of a quarter. `shown` is cut and never rounded; None where something is missing."""

    indicator: Indicator
    figure: Figure
    shown: str | None


def followed(indicator: Indicator, figure: Figure | None) -> Followed:
    """Say what was imported of one of them: a count as it is, a share in percent."""
    found = figure or Figure(None)
    if found.num is None:
        return Followed(indicator, found, None)
    if indicator.measure is Measure.COUNT:
        return Followed(indicator, found, str(found.num))
    return Followed(indicator, found, truncated(found.num, found.den) if found.den else None)
