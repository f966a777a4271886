# SPDX-License-Identifier: Apache-2.0
"""Small looks at a fleet that is not there: kiosks at facilities, and what was seen of them."""

from __future__ import annotations

from fleet.alerts.observations import Observation, Sight
from fleet.alerts.rules import RuleId
from fleet.alerts.subjects import Subject, kiosk_at
from fleet.store.scope import Scope
from wire.ids import FacilityCode, KioskId, ProvinceCode

MINUTE = 60_000
NOW = 1_800_000_000_000


def kiosk(n: int, *, province: str = "41", facility: str = "11013") -> Subject:
    return kiosk_at(KioskId(f"k{province}-{facility}-{n:02}"), ProvinceCode(province), FacilityCode(facility))


def silent(subject: Subject, minutes: int = 20, *, at_ms: int = NOW, undecided: bool = False) -> Observation:
    return Observation(RuleId.SILENT, subject, at_ms - minutes * MINUTE, undecided=undecided)


def sight(*observations: Observation, at_ms: int = NOW, kiosks: dict[str, int] | None = None) -> Sight:
    """One look; `kiosks` is how many stand at each facility, as `41/11013`: 20."""
    found = {Scope.parse(f"facility:{site}"): n for site, n in (kiosks or {"41/11013": 20}).items()}
    return Sight(at_ms, observations, found)
