# SPDX-License-Identifier: Apache-2.0
"""What hospital software is told of readers and cards, by the names and in the formats that it already reads.

It never says what the chip does not say: such a name is there and holds null. No official description was found; names
and formats come from programs that read the NHSO Secure SmartCard Agent on port 8189.
Source: docs/agent.md.
"""

from __future__ import annotations

import base64
import calendar
from datetime import date
from typing import TYPE_CHECKING

from kiosk.enrollment.identity import PartialDate, Sex
from kiosk.enrollment.screening import BANGKOK

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from kiosk.agent.ports import Reading, Terminal
    from kiosk.enrollment.identity import Entitlement, Lifelong

_BUDDHIST_ERA_YEARS = 543
_MONTHS = 12
_DAY_BEGINS, _DAY_ENDS = "00:00:00", "23:59:59"


def terminals(seen: Iterable[Terminal]) -> list[dict[str, object]]:
    """The answer to `GET /api/smartcard/terminals`."""
    return [{"terminalName": terminal.name, "isPresent": terminal.present} for terminal in seen]


def card(reading: Reading, *, now: datetime, with_image: bool) -> dict[str, object]:
    """The answer to `GET /api/smartcard/read-card-only`; `now` is aware."""
    here = now.astimezone(BANGKOK)
    identity = reading.identity
    told: dict[str, object] = {
        "pid": identity.citizen_number,
        "titleName": identity.name_th.prefix,
        # The readers know no third part: a middle name is not lost, it stands behind the first.
        "fname": f"{identity.name_th.first} {identity.name_th.middle}".strip(),
        "lname": identity.name_th.last,
        "nation": None,  # the chip does not say
        "birthDate": _buddhist(identity.born),
        "sex": None if identity.sex is Sex.NOT_KNOWN else str(identity.sex.value),
        "age": _age(identity.born, here.date()),
        "checkDate": here.strftime("%Y-%m-%dT%H:%M:%S"),
        **_entitlement(reading.entitlement),
    }
    if with_image:
        told["image"] = base64.b64encode(identity.portrait_jpeg).decode("ascii") or None
    if reading.laser_number is not None:
        told["laserId"] = reading.laser_number
    return told


def _entitlement(entitlement: Entitlement | None) -> dict[str, object]:
    if entitlement is None:
        names = ("transDate", "mainInscl", "subInscl", "hospMain", "hospSub", "paidModel")
        return dict.fromkeys((*names, "startDateTime", "expireDateTime"))
    return {
        "transDate": _moment(entitlement.updated, _DAY_BEGINS),
        "mainInscl": entitlement.main_scheme or None,
        "subInscl": entitlement.sub_scheme or None,
        "hospMain": _hospital(entitlement.main_hospital),
        "hospSub": _hospital(entitlement.sub_hospital),
        "paidModel": entitlement.paid_type or None,
        "startDateTime": _moment(entitlement.issued, _DAY_BEGINS),
        "expireDateTime": _moment(entitlement.expires, _DAY_ENDS),
    }


def _hospital(name: str) -> dict[str, object] | None:
    """The chip has a name and no code."""
    return {"hcode": None, "hname": name} if name else None


def _buddhist(born: PartialDate | None) -> str | None:
    """YYYYMMDD in the Buddhist era, as the chip writes it: what is not known is 00."""
    if born is None:
        return None
    return f"{born.year + _BUDDHIST_ERA_YEARS:04}{born.month or 0:02}{born.day or 0:02}"


def _moment(when: PartialDate | Lifelong | None, clock: str) -> str | None:
    if not isinstance(when, PartialDate) or when.month is None or when.day is None:
        return None
    return f"{when.year:04}-{when.month:02}-{when.day:02}T{clock}"


def _age(born: PartialDate | None, today: date) -> str | None:
    """Years, months and days lived; None unless the day of birth is known and past.

    1. Whole months lived.
    2. The day on which the last of them was full: the day of birth, or the month's last when it has no such day.
    3. Days since then.
    """
    if born is None or born.month is None or born.day is None:
        return None
    months = (today.year - born.year) * _MONTHS + today.month - born.month - (today.day < born.day)  # 1
    if months < 0:
        return None
    year, month = divmod(born.month - 1 + months, _MONTHS)
    year, month = born.year + year, month + 1
    full = date(year, month, min(born.day, calendar.monthrange(year, month)[1]))  # 2
    return f"{months // _MONTHS} ปี {months % _MONTHS} เดือน {(today - full).days} วัน"  # 3
