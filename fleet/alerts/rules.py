# SPDX-License-Identifier: Apache-2.0
"""The rules as data: what is an alarm, how long it must last, how long it must be gone, and the one thing to do.

A rule judges no kiosk: whether a reader fails is said by `fleet.devices.health`. Words name a kiosk's parts and places,
and never a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from fleet.alerts.subjects import SubjectKind

if TYPE_CHECKING:
    from collections.abc import Mapping


class Severity(StrEnum):
    """How soon somebody must look."""

    NOTICE = "notice"  # this week
    WARNING = "warning"  # today
    CRITICAL = "critical"  # now

    @property
    def weight(self) -> int:
        """The more urgent, the greater."""
        return (Severity.NOTICE, Severity.WARNING, Severity.CRITICAL).index(self)


class RuleId(StrEnum):
    """The rules, by the names under which their alarms are stored; a name is not given another meaning."""

    SILENT = "silent"
    SECURITY = "security"
    HELP = "help"
    SCREEN = "screen"
    READER = "reader"
    CAMERA = "camera"
    OUTBOX_OLD = "outbox_old"
    DISK_LOW = "disk_low"
    CLOCK = "clock"
    CERTIFICATE = "certificate"
    QUARANTINED = "quarantined"
    SILENT_TOGETHER = "silent_together"
    COURIER_GONE = "courier_gone"
    RELAY_BEHIND = "relay_behind"
    BACKUP_OLD = "backup_old"
    UNDELIVERED = "undelivered"
    ROLLOUT_STOPPED = "rollout_stopped"


@dataclass(frozen=True, slots=True)
class Words:
    """What is amiss and the one thing to do. `{code}`, `{n}` and `{of}` stand for what was observed."""

    what: str
    action: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    `for_s` is how long the fact must have lasted before there is an alarm, `clear_s` how long it must be gone before
    the alarm is over: what comes and goes is one alarm. `settle_s` is how long its message then waits for others of the
    same cause. What concerns `kinds` is told to whoever has subscribed a scope that holds the subject.
    """

    kinds: frozenset[SubjectKind]
    severity: Severity
    for_s: int
    clear_s: int
    th: Words
    en: Words
    settle_s: int = 0


_KIOSK = frozenset({SubjectKind.KIOSK})
_PLACE = frozenset({SubjectKind.FACILITY, SubjectKind.PROVINCE, SubjectKind.REGION})
_CONTROLLER = frozenset({SubjectKind.CONTROLLER})
_MINUTE = 60
_HOUR = 60 * _MINUTE

RULES: Mapping[RuleId, Rule] = MappingProxyType(
    {
        RuleId.SILENT: Rule(
            _KIOSK,
            Severity.WARNING,
            15 * _MINUTE,  # journeys 6.1: silent after 15 minutes, in opening hours
            5 * _MINUTE,
            Words("ตู้ไม่ติดต่อเข้ามา", "ตรวจไฟและสายเครือข่ายที่ตู้"),
            Words("The kiosk is silent", "Check power and the network cable at the kiosk"),
            settle_s=10 * _MINUTE,  # an outage of a whole site begins with one kiosk
        ),
        RuleId.SECURITY: Rule(
            _KIOSK,
            Severity.CRITICAL,
            0,
            0,
            Words("เตือนความปลอดภัย: {code}", "โทรหาทีมดูแลระบบกลาง อย่าปิดตู้"),
            Words("Security alarm: {code}", "Call the fleet team; leave the kiosk switched on"),
        ),
        RuleId.HELP: Rule(
            _KIOSK,
            Severity.WARNING,
            3 * _MINUTE,
            _MINUTE,
            Words("มีคนรอผู้ช่วยที่ตู้ ยังไม่มีใครรับ", "ส่งผู้ช่วยไปที่ตู้ แล้วบอกว่าใครไป"),
            Words("A person waits for a helper, and nobody has answered", "Send a helper there and name who comes"),
        ),
        RuleId.SCREEN: Rule(
            _KIOSK,
            Severity.WARNING,
            5 * _MINUTE,
            10 * _MINUTE,
            Words("ตู้ไม่พร้อมให้บริการ: {code}", "ดูหน้าจอตู้แล้วทำตามที่บอก"),
            Words("The kiosk is not serving: {code}", "Look at the kiosk's screen and do what it says"),
        ),
        RuleId.READER: Rule(
            _KIOSK,
            Severity.WARNING,
            5 * _MINUTE,
            10 * _MINUTE,
            Words("เครื่องอ่านบัตร: {code}", "ตรวจสายเครื่องอ่านบัตรและทำความสะอาดหน้าสัมผัส"),
            Words("Card reader: {code}", "Check the reader's cable and clean its contacts"),
        ),
        RuleId.CAMERA: Rule(
            _KIOSK,
            Severity.WARNING,
            5 * _MINUTE,
            10 * _MINUTE,
            Words("กล้อง: {code}", "ตรวจสายกล้องและเช็ดเลนส์"),
            Words("Camera: {code}", "Check the camera's cable and wipe its lens"),
        ),
        RuleId.OUTBOX_OLD: Rule(
            _KIOSK,
            Severity.WARNING,
            0,  # the oldest has waited a day
            15 * _MINUTE,
            Words("มีรายการค้างส่งเกินหนึ่งวัน {n} รายการ", "ให้ฝ่ายไอทีของหน่วยบริการเปิดพอร์ต 8883"),
            Words("{n} records unsent, the oldest for more than a day", "Ask the facility's IT to open port 8883"),
        ),
        RuleId.DISK_LOW: Rule(
            _KIOSK,
            Severity.WARNING,
            10 * _MINUTE,
            30 * _MINUTE,
            Words("พื้นที่เก็บข้อมูลเหลือ {n} MiB", "โทรหาทีมดูแลระบบกลาง"),
            Words("{n} MiB of disk left", "Call the fleet team"),
        ),
        RuleId.CLOCK: Rule(
            _KIOSK,
            Severity.NOTICE,
            30 * _MINUTE,
            10 * _MINUTE,
            Words("นาฬิกาของตู้ไม่ตรง", "ให้ฝ่ายไอทีของหน่วยบริการเปิดพอร์ต NTP (123)"),
            Words("The clock is not synchronised", "Ask the facility's IT to open NTP (port 123)"),
        ),
        RuleId.CERTIFICATE: Rule(
            _KIOSK,
            Severity.WARNING,
            0,  # a week is left
            0,
            Words("ใบรับรองของตู้หมดอายุใน {n} วัน", "ต่ออายุใบรับรองแล้วนำไปติดตั้งที่ตู้"),
            Words("The kiosk's certificate ends in {n} days", "Renew it and bring it to the kiosk"),
        ),
        RuleId.QUARANTINED: Rule(
            _KIOSK,
            Severity.WARNING,
            0,
            _HOUR,
            Words("มีรายการถูกกักไว้ {n} รายการ: {code}", "โทรหาทีมดูแลระบบกลาง อย่าล้างข้อมูลในตู้"),
            Words("{n} records set aside: {code}", "Call the fleet team; do not wipe the kiosk"),
        ),
        RuleId.SILENT_TOGETHER: Rule(
            _PLACE,
            Severity.CRITICAL,
            0,  # each of them has been silent long enough
            10 * _MINUTE,
            Words("ตู้หยุดติดต่อพร้อมกัน {n} จาก {of} ตู้", "ตรวจไฟและเครือข่ายของที่นั่นก่อนไปดูทีละตู้"),
            Words("{n} of {of} kiosks fell silent together", "Check power and network there before any single kiosk"),
        ),
        RuleId.COURIER_GONE: Rule(
            _CONTROLLER,
            Severity.CRITICAL,
            _MINUTE,
            _MINUTE,
            Words("ตัวรับข้อมูล {code} หยุดทำงาน", "ตรวจบริการ dipchip-fleet-courier บนเครื่องนั้น"),
            Words("The courier {code} has stopped", "Look at dipchip-fleet-courier on its machine"),
        ),
        RuleId.RELAY_BEHIND: Rule(
            _CONTROLLER,
            Severity.CRITICAL,
            0,  # what is counted is 15 minutes late
            5 * _MINUTE,
            Words("รายการสมัคร {n} รายการรอส่งต่อเกิน 15 นาที", "ตรวจบริการ dipchip-fleet-relay"),
            Words("{n} enrolments wait for the relay for more than 15 minutes", "Look at dipchip-fleet-relay"),
        ),
        RuleId.BACKUP_OLD: Rule(
            _CONTROLLER,
            Severity.WARNING,
            0,
            0,
            Words("ไม่มีสำเนาสำรองที่ตรวจแล้วมา {n} ชั่วโมง", "สำรองข้อมูลและตรวจสำเนาวันนี้"),
            Words("No verified backup for {n} hours", "Make and verify a backup today"),
        ),
        RuleId.UNDELIVERED: Rule(
            _CONTROLLER,
            Severity.WARNING,
            0,
            _HOUR,
            Words("ส่งการแจ้งเตือนทาง {code} ไม่ได้ {n} ฉบับ", "ตรวจการตั้งค่าช่องทางนั้นใน alerts.toml และที่อยู่ผู้รับ"),
            Words(
                "{n} messages by {code} were given up", "Check that channel in alerts.toml and the recipient's address"
            ),
        ),
        RuleId.ROLLOUT_STOPPED: Rule(
            _CONTROLLER,
            Severity.CRITICAL,
            0,
            0,  # somebody went on or ended it
            Words("การปล่อยรุ่น {code} หยุดเอง ลำดับที่ {n}", "เปิดหน้าปล่อยรุ่น ดูสาเหตุ แล้วเดินต่อหรือยุติ"),
            Words(
                "Rollout {n} of release {code} has stopped by itself",
                "Open its page, see why, and go on or end it",
            ),
        ),
    }
)
