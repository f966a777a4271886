# SPDX-License-Identifier: Apache-2.0
"""What an alarm is about: a kiosk, a facility, a province, a health region, or a part of the controller."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fleet.store.scope import NATION, Level, Scope
from wire.ids import FacilityCode, KioskId, ProvinceCode
from wire.provinces import PROVINCES


class SubjectKind(StrEnum):
    """The kinds, from the narrowest place to the widest, and the controller beside them."""

    KIOSK = "kiosk"
    FACILITY = "facility"
    PROVINCE = "province"
    REGION = "region"
    CONTROLLER = "controller"


@dataclass(frozen=True, slots=True)
class Subject:
    """One of them, by the name that is unique among its kind, and where it lies. Made by the functions below."""

    kind: SubjectKind
    name: str
    scope: Scope

    def __str__(self) -> str:
        """As it is stored and told to programs."""
        return f"{self.kind}:{self.name}"

    @property
    def sort_key(self) -> tuple[str, str]:
        """By which subjects are put in order."""
        return self.kind.value, self.name

    @property
    def region(self) -> int | None:
        """The health region that it is or lies in; the controller lies in none."""
        if self.scope.level is Level.REGION:
            return self.scope.region
        return None if self.scope.province is None else PROVINCES[self.scope.province].health_region


def kiosk_at(kiosk: KioskId, province: ProvinceCode, facility: FacilityCode) -> Subject:
    """A kiosk where it stands."""
    return Subject(SubjectKind.KIOSK, kiosk, Scope(Level.FACILITY, province=province, facility=facility))


def place(scope: Scope) -> Subject:
    """A facility, a province or a region; of the nation the controller as a whole."""
    match scope.level:
        case Level.FACILITY:
            return Subject(SubjectKind.FACILITY, f"{scope.province}/{scope.facility}", scope)
        case Level.PROVINCE:
            return Subject(SubjectKind.PROVINCE, str(scope.province), scope)
        case Level.REGION:
            return Subject(SubjectKind.REGION, str(scope.region), scope)
        case Level.NATION:
            return part("controller")


def part(name: str) -> Subject:
    """A part of the controller: what only who sees the whole nation looks after."""
    return Subject(SubjectKind.CONTROLLER, name, NATION)


def stored(key: str, province: str | None, facility: str | None) -> Subject:
    """One as its row says it: `str` of it, and where it lies."""
    kind, _, name = key.partition(":")
    if kind == SubjectKind.KIOSK:
        return kiosk_at(KioskId(name), ProvinceCode(str(province)), FacilityCode(str(facility)))
    if kind == SubjectKind.CONTROLLER:
        return part(name)
    return place(Scope.parse(key))
