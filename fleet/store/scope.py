# SPDX-License-Identifier: Apache-2.0
"""What somebody may see and touch: the nation, a health region, a province or one facility; and that as SQL.

Every statement whose rows belong to a place carries the criterion of a scope. There is no default: whoever asks says
for whom.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import and_, false, true

from fleet.errors import FleetError
from wire.errors import Malformed
from wire.ids import FacilityCode, ProvinceCode, facility_code
from wire.provinces import PROVINCES, province_code

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

_SHAPES = "nation, region:8, province:41 or facility:41/10670"


class ScopeRefusedError(FleetError):
    """A text names no scope; says which there are."""


class OutOfScopeError(FleetError):
    """Something was asked for that lies outside what may be seen."""


class Level(StrEnum):
    """How wide a scope is."""

    NATION = "nation"
    REGION = "region"
    PROVINCE = "province"
    FACILITY = "facility"

    @property
    def width(self) -> int:
        """The wider, the greater."""
        return (Level.FACILITY, Level.PROVINCE, Level.REGION, Level.NATION).index(self)


@dataclass(frozen=True, slots=True)
class Scope:
    """One node of the organisation's tree. Made by `parse` or by the functions below it, which check the code."""

    level: Level
    region: int | None = None  # of a region alone
    province: ProvinceCode | None = None  # of a province, and where a facility stands
    facility: FacilityCode | None = None

    @classmethod
    def parse(cls, text: str) -> Scope:
        """Read one as it is written in an account.

        Raises:
            ScopeRefusedError: it names no node of the tree.
        """
        level, _, code = text.partition(":")
        try:
            match level:
                case Level.NATION if not code and text == level:
                    return NATION
                case Level.REGION if code in _REGIONS:
                    return region_scope(int(code))
                case Level.PROVINCE:
                    return province_scope(province_code(code))
                case Level.FACILITY:
                    where, _, which = code.partition("/")
                    return cls(Level.FACILITY, None, province_code(where), facility_code(which))
        except Malformed:
            pass
        message = f"scope: give {_SHAPES}."
        raise ScopeRefusedError(message)

    def __str__(self) -> str:
        """As it is written in an account."""
        code = {
            Level.NATION: "",
            Level.REGION: f":{self.region}",
            Level.PROVINCE: f":{self.province}",
            Level.FACILITY: f":{self.province}/{self.facility}",
        }
        return f"{self.level}{code[self.level]}"

    @property
    def provinces(self) -> tuple[ProvinceCode, ...]:
        """The provinces that it holds whole, by their codes; of a facility none."""
        match self.level:
            case Level.NATION:
                return tuple(PROVINCES)
            case Level.REGION:
                return tuple(code for code, each in PROVINCES.items() if each.health_region == self.region)
            case Level.PROVINCE if self.province is not None:
                return (self.province,)
            case _:
                return ()

    def holds(self, other: Scope) -> bool:
        """Whether the other lies inside this one; each holds itself."""
        if self.level is Level.NATION or self == other:
            return True
        if other.level.width >= self.level.width:
            return False
        return other.province in self.provinces

    def narrowed(self, to: Scope) -> Scope:
        """What of the other lies inside this one: the smaller of both.

        Raises:
            OutOfScopeError: nothing.
        """
        if self.holds(to):
            return to
        if to.holds(self):
            return self
        message = f"{to} is outside of {self}"
        raise OutOfScopeError(message)

    def of_provinces(self, province: ColumnElement[str] | ColumnElement[str | None]) -> ColumnElement[bool]:
        """The criterion for rows about whole provinces. The nation's holds also what names no province."""
        match self.level:
            case Level.NATION:
                return true()
            case Level.FACILITY:
                return false()
            case _:
                return province.in_(self.provinces)

    def of_places(
        self, province: ColumnElement[str], facility: ColumnElement[str] | ColumnElement[str | None]
    ) -> ColumnElement[bool]:
        """The criterion for rows that stand at a facility: kiosks, and what is counted at them."""
        if self.level is Level.FACILITY:
            return and_(province == self.province, facility == self.facility)
        return self.of_provinces(province)


def region_scope(region: int) -> Scope:
    """The scope of a health region, 1 to 13."""
    return Scope(Level.REGION, region=region)


def province_scope(code: ProvinceCode) -> Scope:
    """The scope of a province."""
    return Scope(Level.PROVINCE, province=code)


NATION = Scope(Level.NATION)
_REGIONS = frozenset(str(each.health_region) for each in PROVINCES.values())
