# SPDX-License-Identifier: Apache-2.0
"""The console's words: language by one parameter, dates as each language writes them, and plain words for every code.

Thai is the default, English one touch away. A code without words is shown as the code, never hidden.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask, g, request
from flask_babel import Babel, get_translations, gettext, lazy_gettext, ngettext

from fleet.coverage import fiscal
from fleet.coverage.figures import Absence, Mode
from fleet.coverage.judging import Comparator, Gate, Indicator, Judgement, Measure, Remark
from fleet.coverage.kpi57 import Flag, Met, Verdict
from fleet.devices.health import Care, Condition
from fleet.errors import ConfigError
from fleet.store.days import BANGKOK
from fleet.store.scope import Level
from fleet.web.refusals import QuestionError
from wire.ids import ProvinceCode
from wire.provinces import PROVINCES

if TYPE_CHECKING:
    from babel.support import Translations

    from fleet.store.scope import Scope

THAI, ENGLISH = "th", "en"
TRANSLATIONS = Path(__file__).parent / "translations"

_LEADING_VOWEL = re.compile("([\u0e40-\u0e44])(.)")
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400  # seconds

VERDICTS = {
    Verdict.PASS: lazy_gettext("Pass"),
    Verdict.FAIL: lazy_gettext("Fail"),
    Verdict.NOT_EVALUABLE: lazy_gettext("Cannot be evaluated"),
    Verdict.NO_GATE: lazy_gettext("No target"),
}
MET = {Met.PASS: lazy_gettext("reached"), Met.FAIL: lazy_gettext("not reached"), Met.MISSING: lazy_gettext("missing")}
ABSENCES = {
    Absence.NOT_MATCHED: lazy_gettext("On no list that was matched"),
    Absence.NO_ROSTER: lazy_gettext("Staff are not counted yet"),
    Absence.NOT_IMPORTED: lazy_gettext("Waiting for the official figure"),
    Absence.UNRECONCILED: lazy_gettext("Books do not agree"),
    Absence.NO_DENOMINATOR: lazy_gettext("No denominator imported"),
    Absence.ZERO_DENOMINATOR: lazy_gettext("Denominator is 0"),
    Absence.NOTHING_TO_SUM: lazy_gettext("Nothing to sum"),
}
FLAGS = {
    Flag.A_GT_B: lazy_gettext("More people than the denominator"),
    Flag.PROXY: lazy_gettext("Estimate"),
    Flag.STALE_B: lazy_gettext("Denominator of another year"),
    Flag.UNRECONCILED: lazy_gettext("Books do not agree"),
    Flag.EARLY: lazy_gettext("Matched before the cut-off: later activations are missing"),
    Flag.MADE_UP: lazy_gettext("Made-up figures"),
}
JUDGEMENTS = {
    Judgement.PASS: VERDICTS[Verdict.PASS],
    Judgement.FAIL: VERDICTS[Verdict.FAIL],
    Judgement.CONFLICT: lazy_gettext("The document contradicts itself"),
    Judgement.NOT_EVALUABLE: VERDICTS[Verdict.NOT_EVALUABLE],
    Judgement.NO_GATE: VERDICTS[Verdict.NO_GATE],
}
REMARKS = {
    Remark.A_GT_B: lazy_gettext("More than there are"),
    Remark.SMALL_SAMPLE: lazy_gettext("Few answers"),
    Remark.NO_UNITS: lazy_gettext("No such unit"),
    Remark.DOCUMENT_CONTRADICTS_ITSELF: lazy_gettext("Stated count and percentage disagree"),
}
PARTS = {
    "M1": lazy_gettext("Hospitals of level M1"),
    "S": lazy_gettext("Hospitals of level S"),
    "A": lazy_gettext("Hospitals of level A"),
    "zone-offices": lazy_gettext("Health zone office"),
    "province-offices": lazy_gettext("Provincial health offices"),
    "regional-hospitals": lazy_gettext("Regional hospitals"),
    "general-hospitals": lazy_gettext("General hospitals"),
    "community-hospitals": lazy_gettext("Community hospitals"),
    "hospitals": lazy_gettext("Hospitals"),
    "departments": lazy_gettext("Departments"),
    "usage": lazy_gettext("Use"),
}
MODES = {
    Mode.OFFICIAL: lazy_gettext("Official figures"),
    Mode.PROXY: lazy_gettext("Our estimate"),
    Mode.MATCHED: lazy_gettext("Matched person by person"),
}
CONDITIONS = {
    Condition.OK: lazy_gettext("Fine"),
    Condition.NEEDS_CARE: lazy_gettext("Needs care"),
    Condition.RESTING: lazy_gettext("Closed for a while"),
    Condition.SILENT: lazy_gettext("Silent"),
    Condition.NEVER_SEEN: lazy_gettext("Never heard from"),
    Condition.REVOKED: lazy_gettext("Withdrawn"),
}
CARES = {
    Care.HELP: lazy_gettext("A person asks for a helper"),
    Care.SCREEN: lazy_gettext("The kiosk is not serving"),
    Care.READER: lazy_gettext("Look at the card reader"),
    Care.CAMERA: lazy_gettext("Look at the camera"),
    Care.OUTBOX_OLD: lazy_gettext("Unsent records older than a day: check the network"),
    Care.DISK_LOW: lazy_gettext("Little disk space left"),
    Care.CLOCK: lazy_gettext("Clock not synchronised"),
    Care.ALARM: lazy_gettext("Security alarm: call the fleet team"),
}
CODES = {
    "ok": lazy_gettext("Ready"),
    "present": lazy_gettext("Ready, card in"),
    "absent": lazy_gettext("Ready, no card"),
    "no_reader": lazy_gettext("No card reader found"),
    "starting": lazy_gettext("Starting"),
    "resting": lazy_gettext("Closed for a while"),
    "up": lazy_gettext("Connected"),
    "down": lazy_gettext("Not connected"),
    "help_wanted": lazy_gettext("A person asks for a helper"),
    "reader_absent": lazy_gettext("No card reader found"),
    "reader_service_down": lazy_gettext("Reader service stopped"),
    "camera_absent": lazy_gettext("No camera found"),
    "camera_frozen": lazy_gettext("Camera picture frozen"),
    "camera_dark": lazy_gettext("The picture is dark"),
    "camera_bright": lazy_gettext("The picture is glaring"),
    "camera_changed": lazy_gettext("Another camera than the kiosk's own"),
    "model_missing": lazy_gettext("Face model missing"),
    "model_altered": lazy_gettext("Face model altered"),
    "model_not_allowed": lazy_gettext("Face model not allowed"),
    "policy_not_trusted": lazy_gettext("Face policy not trusted"),
    "policy_outdated": lazy_gettext("Face policy outdated"),
    "clock_unsynced": lazy_gettext("Clock not synchronised"),
    "clock_wrong": lazy_gettext("Clock wrong"),
    "store_broken": lazy_gettext("Local store broken"),
    "disk_low": lazy_gettext("Little room on the disk"),
    "disk_full": lazy_gettext("Disk full"),
    "keys_missing": lazy_gettext("Keys missing"),
    "person_process_died": lazy_gettext("Session process stopped"),
    "unknown": lazy_gettext("Not known"),
    "synced": lazy_gettext("Synchronised"),
    "unsynced": lazy_gettext("Not synchronised"),
    "equivocation": lazy_gettext("Two records claim one place"),
    "fork": lazy_gettext("Two kiosks use one identity"),
    "rollback": lazy_gettext("The kiosk's store went back in time"),
    "lost": lazy_gettext("The kiosk counted records that its store no longer has"),
    "unrecoverable": lazy_gettext("Records are lost for good"),
}


def speak(app: Flask) -> None:
    """Give the app its two languages and its templates their words.

    Raises:
        ConfigError: the Thai catalogue was not compiled.
    """
    if not (TRANSLATIONS / THAI / "LC_MESSAGES" / "messages.mo").is_file():
        message = f"the Thai words are not compiled. Run: pybabel compile -d {TRANSLATIONS}"
        raise ConfigError(message)
    Babel(app, default_locale=THAI, default_translation_directories=str(TRANSLATIONS), locale_selector=language)
    app.before_request(_choose)
    app.url_defaults(_keep)
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # by jinja2.ext.i18n, which Babel adds
        lambda said: _catalogue().ugettext(said),
        lambda one, many, n: _catalogue().ungettext(one, many, n),
        newstyle=True,
    )
    app.jinja_env.filters.update(
        day=written_day,
        moment=written_moment,
        ago=ago,
        age=age,
        whole_minutes=whole_minutes,
        month=written_month,
        number=number,
        code=code_words,
        isoday=written_iso_day,
    )
    app.jinja_env.globals.update(
        words={
            "absence": ABSENCES, "alarm": CODES, "care": CARES, "condition": CONDITIONS, "flag": FLAGS,
            "judgement": JUDGEMENTS, "met": MET, "mode": MODES, "remark": REMARKS, "verdict": VERDICTS,
        },
        gate_words=gate_words,
        part_words=part_words,
        language=language,
        province_name=province_name,
        scope_name=scope_name,
        region_of=lambda code: PROVINCES[code].health_region,
    )  # fmt: skip


def language() -> str:
    """Give the language of this answer."""
    return str(g.get("language", THAI))


def _catalogue() -> Translations:
    """The catalogue of this answer: a page has a thousand words, and Babel would look for it at each of them."""
    if "catalogue" not in g:
        g.catalogue = get_translations()
    found: Translations = g.catalogue
    return found


def go_on_in(address: str) -> None:
    """Answer in the language of another address of ours: of the page that was left, where the request names none."""
    if f"lang={ENGLISH}" in urlsplit(address).query.split("&"):
        g.language = ENGLISH
        g.pop("catalogue", None)


def _choose() -> None:
    wanted = request.args.get("lang") or THAI
    if wanted not in (THAI, ENGLISH):
        raise QuestionError(["lang"])
    g.language = wanted


def _keep(endpoint: str, values: dict[str, Any]) -> None:
    if language() != THAI and endpoint != "static":
        values.setdefault("lang", language())


def province_name(code: str) -> str:
    """Name a province in the language of this answer."""
    province = PROVINCES.get(ProvinceCode(code))
    if province is None:
        return str(gettext("Province unknown"))
    return str(province.name_th if language() == THAI else province.name_en)


def scope_name(scope: Scope) -> str:
    """Name a scope in the language of this answer."""
    match scope.level:
        case Level.NATION:
            return str(gettext("The whole country"))
        case Level.REGION:
            return str(gettext("Health region %(n)s", n=scope.region))
        case Level.PROVINCE:
            return province_name(scope.province or "")
        case Level.FACILITY:
            place = province_name(scope.province or "")
            return str(gettext("Facility %(code)s, %(province)s", code=scope.facility, province=place))


def in_reading_order(name: str) -> str:
    """Give what a name is sorted by: a Thai vowel written before its consonant is read after it."""
    return _LEADING_VOWEL.sub(r"\2\1", name)


def number(value: int) -> str:
    """Write a count with separators."""
    return f"{value:,}"


def written_day(day: date) -> str:
    """Write a day; its parts stay on one line."""
    return (fiscal.thai_date(day) if language() == THAI else fiscal.english_date(day)).replace(" ", "\u00a0")


def written_iso_day(text: str) -> str:
    """Write a stored day."""
    return written_day(date.fromisoformat(text))


def written_month(day: date) -> str:
    """Write a day's month."""
    return fiscal.thai_month(day) if language() == THAI else fiscal.english_month(day)


def written_moment(milliseconds: int) -> str:
    """Write a moment in Bangkok's time to the minute."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone(BANGKOK)
    return f"{written_day(moment.date())} {moment:%H:%M}"


def ago(milliseconds: int, now_ms: int) -> str:
    """Say how long before now a moment was."""
    seconds = max(0, now_ms - milliseconds) // 1000
    if seconds < _MINUTE:
        return str(gettext("just now"))
    return str(gettext("%(age)s ago", age=age(seconds)))


def age(seconds: int) -> str:
    """Write a duration in its largest whole unit."""
    if seconds < _MINUTE:
        return str(ngettext("%(num)d second", "%(num)d seconds", seconds))
    if seconds < _HOUR:
        return str(ngettext("%(num)d minute", "%(num)d minutes", seconds // _MINUTE))
    if seconds < _DAY:
        return str(ngettext("%(num)d hour", "%(num)d hours", seconds // _HOUR))
    return str(ngettext("%(num)d day", "%(num)d days", seconds // _DAY))


def whole_minutes(seconds: int) -> str:
    """Write a wait in minutes, a begun one as a whole one."""
    return age(-(-seconds // _MINUTE) * _MINUTE)


def gate_words(indicator: Indicator, gate: Gate) -> str:
    """Write a gate as its document words it, with the count that stands beside the percentage."""
    sign = {Comparator.AT_LEAST: "≥", Comparator.MORE_THAN: ">", Comparator.AT_MOST: "≤"}[gate.comparator]
    written = f"{sign}\u00a0{gate.threshold}" + ("" if indicator.measure is Measure.COUNT else "%")
    return written if gate.stated is None else str(gettext("%(gate)s (%(n)s)", gate=written, n=gate.stated))


def part_words(part: str) -> str:
    """Name a part of an indicator; of one that there is per unit, with the unit's code."""
    name, _, unit = part.partition(":")
    words = str(PARTS.get(name, name))
    return f"{words} {unit}" if unit.strip("*") else words


def code_words(code: str | None) -> str:
    """Put a kiosk's code into words; a code that has none stays as it is."""
    if code is None:
        return str(gettext("Not said yet"))
    return str(CODES.get(code, code))
