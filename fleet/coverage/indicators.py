# SPDX-License-Identifier: Apache-2.0
"""The gates of KPI 57 as versioned data, each with the document it stands in.

A fiscal year without a published target is an error, never somebody's default; a period of a known year for which
nothing is stated has no gate.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from fleet.coverage.fiscal import Period
from fleet.errors import FleetError

_SHEET = "KPI 57 definition sheet, FY 2566: annual targets FY 2566 to 2569"
_SHEET_SIX = "KPI 57 definition sheet, FY 2566: six-month criterion (small success)"


class UnknownFiscalYearError(FleetError):
    """No target is published for the fiscal year; there is no default target."""

    def __init__(self, fiscal_year: int) -> None:
        """Name the year and the years that are known."""
        known = f"{min(_TARGETS)} to {max(_TARGETS)}"
        super().__init__(
            f"no KPI 57 target is known for fiscal year {fiscal_year}; known: {known}. Choose one of them."
        )
        self.fiscal_year = fiscal_year


@dataclass(frozen=True, slots=True)
class Gate:
    """Whole percentages that both shares must reach. `version` counts up when a document changes them."""

    fiscal_year: int
    period: Period
    staff_percent: int
    people_percent: int
    version: int
    source: str


_TARGETS = MappingProxyType(
    {
        year: Gate(year, Period.TWELVE, staff, people, version=1, source=_SHEET)
        for year, staff, people in ((2566, 50, 25), (2567, 70, 30), (2568, 80, 35), (2569, 90, 40))
    }
)
_SIX_MONTHS = MappingProxyType({2566: Gate(2566, Period.SIX, 25, 10, version=1, source=_SHEET_SIX)})


def gate(fiscal_year: int, period: Period) -> Gate | None:
    """Give the gate of a fiscal year and period; None where the year's document states none for the period.

    Raises:
        UnknownFiscalYearError: no document for that year is known.
    """
    if fiscal_year not in _TARGETS:
        raise UnknownFiscalYearError(fiscal_year)
    if period is Period.TWELVE:
        return _TARGETS[fiscal_year]
    return _SIX_MONTHS.get(fiscal_year) if period is Period.SIX else None


def published_years() -> tuple[int, ...]:
    """Give the fiscal years with a published target, oldest first."""
    return tuple(sorted(_TARGETS))
