# SPDX-License-Identifier: Apache-2.0
"""What a letter says, in Thai or English: what is amiss where, since when, and the one thing to do. It names no person.

Dates are Buddhist-era in Thai, times those of Asia/Bangkok.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fleet.alerts.outbox import News
from fleet.alerts.rules import RULES, Severity, Words
from fleet.alerts.subjects import Subject, SubjectKind
from fleet.store.days import BANGKOK
from wire.provinces import PROVINCES

if TYPE_CHECKING:
    from fleet.alerts.judging import Alarm
    from fleet.alerts.outbox import Letter, Told

LISTED = 10  # alarms of a letter that tells of many
_BUDDHIST_ERA = 543
_SEVERITIES = {
    "th": {Severity.CRITICAL: "ด่วนมาก", Severity.WARNING: "ต้องดูแลวันนี้", Severity.NOTICE: "แจ้งให้ทราบ"},
    "en": {Severity.CRITICAL: "Critical", Severity.WARNING: "Warning", Severity.NOTICE: "Notice"},
}
_PLACES = {
    "th": {
        SubjectKind.KIOSK: "{name} (หน่วยบริการ {facility} จ.{province})",
        SubjectKind.FACILITY: "หน่วยบริการ {facility} จ.{province}",
        SubjectKind.PROVINCE: "จ.{province}",
        SubjectKind.REGION: "เขตสุขภาพที่ {region}",
        SubjectKind.CONTROLLER: "ระบบกลาง",
    },
    "en": {
        SubjectKind.KIOSK: "{name} (facility {facility}, {province})",
        SubjectKind.FACILITY: "Facility {facility}, {province}",
        SubjectKind.PROVINCE: "{province}",
        SubjectKind.REGION: "Health region {region}",
        SubjectKind.CONTROLLER: "Fleet controller",
    },
}
_SINCE = {"th": "ตั้งแต่ {at}", "en": "Since {at}"}
_DO = {"th": "สิ่งที่ต้องทำ: {action}", "en": "Do: {action}"}
_OVER = {"th": "หายแล้ว", "en": "Over"}
_MANY = {"th": "การแจ้งเตือน {n} รายการ", "en": "{n} alerts"}
_MORE = {"th": "และอีก {n} รายการ", "en": "and {n} more"}
_SEE = {"th": "ดูทั้งหมดที่ {url}", "en": "All of them: {url}"}


def heading(letter: Letter) -> str:
    """One line: what a mail's subject says."""
    language = letter.language
    if len(letter.told) == 1:
        (only,) = letter.told
        return f"[{_severity(only, language)}] {where(only.entry.alarm.subject, language)}: {_what(only, language)}"
    worst = letter.told[0]
    return f"[{_severity(worst, language)}] {_MANY[language].format(n=len(letter.told))}"


def body(letter: Letter, console: str = "") -> str:
    """The whole text. `console` is where the page of alerts is found; "" for nowhere."""
    language = letter.language
    blocks = [_block(each, language) for each in letter.told[:LISTED]]
    if len(letter.told) > 1:
        blocks.insert(0, _MANY[language].format(n=len(letter.told)))
    if len(letter.told) > LISTED:
        blocks.append(_MORE[language].format(n=len(letter.told) - LISTED))
    if console:
        blocks.append(_SEE[language].format(url=f"{console}/alerts"))
    return "\n\n".join(blocks) + "\n"


def where(subject: Subject, language: str) -> str:
    """The name of a place or a kiosk."""
    scope = subject.scope
    found = None if scope.province is None else PROVINCES[scope.province]
    names = {"th": found.name_th, "en": found.name_en} if found is not None else {}
    told = {"name": subject.name, "facility": scope.facility, "region": scope.region}
    return _PLACES[language][subject.kind].format(province=names.get(language), **told)


def said(alarm: Alarm, language: str) -> Words:
    """What is amiss and what to do, with what was observed in it."""
    rule = RULES[alarm.rule]
    words = rule.th if language == "th" else rule.en
    code = alarm.code or "-"
    if alarm.subject.kind is SubjectKind.KIOSK:
        code = code.replace(".", "_")  # of a kiosk's word no mail program shall make a link
    seen = {"code": code, "n": "?" if alarm.n is None else f"{alarm.n:,}", "of": alarm.of}
    return Words(words.what.format(**seen), words.action)


def moment(at_ms: int, language: str) -> str:
    """A moment in Bangkok."""
    at = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(BANGKOK)
    if language == "th":
        return f"{at.day}/{at.month}/{at.year + _BUDDHIST_ERA} {at:%H:%M} น."
    return f"{at:%Y-%m-%d %H:%M} (Bangkok)"


def urgency(severity: Severity, language: str) -> str:
    """How soon somebody must look."""
    return _SEVERITIES[language][severity]


def _block(told: Told, language: str) -> str:
    alarm = told.entry.alarm
    lines = [
        f"[{_severity(told, language)}] {where(alarm.subject, language)}",
        _what(told, language),
        _SINCE[language].format(at=moment(alarm.since_ms, language)),
    ]
    if told.news is News.RAISED:
        lines.append(_DO[language].format(action=said(alarm, language).action))
    return "\n".join(lines)


def _severity(told: Told, language: str) -> str:
    return _OVER[language] if told.news is News.CLEARED else urgency(told.entry.severity, language)


def _what(told: Told, language: str) -> str:
    return said(told.entry.alarm, language).what
