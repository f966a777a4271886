# SPDX-License-Identifier: Apache-2.0
"""One coverage report: the figures of a basis, judged, with the sums of the regions and the nation's share.

The page, the JSON and the tests read this one value. A year without a published target is reported without a verdict
and says so; it is never given another year's target.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Literal, TypeAlias, assert_never

from fleet.coverage import indicators, kpi57
from fleet.coverage.figures import M, Mode
from fleet.coverage.matched import read_matched
from fleet.coverage.reading import Basis, Reading, read_official, read_proxy
from fleet.store.scope import NATION, region_scope
from wire.provinces import PROVINCES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from fleet.coverage.figures import Figures
    from fleet.coverage.indicators import Gate
    from fleet.coverage.kpi57 import National, ProvinceResult
    from fleet.store.scope import Scope
    from wire.ids import ProvinceCode

_BANGKOK_REGION = 13  # printed with and without: whether KPI 57 counts 76 or 77 provinces is not stated


@dataclass(frozen=True, slots=True)
class Sum(Generic[M]):
    """Several provinces together. It has figures and a share of provinces, never a verdict of its own."""

    figures: Figures[M]
    national: National
    staff_counted: int  # provinces whose staff share could be evaluated and stands in the sum
    people_counted: int


@dataclass(frozen=True, slots=True)
class Report(Generic[M]):
    """Everything that is said about one basis; `whole` are the provinces of the scope together.

    A region of which the scope holds a part only has no sum here: a part is not the region. What is without Bangkok is
    told of the nation alone.
    """

    basis: Basis
    gate: Gate | None
    year_known: bool
    reading: Reading[M]
    results: dict[ProvinceCode, ProvinceResult[M]]
    regions: dict[int, Sum[M]]
    whole: Sum[M]
    without_bangkok: National | None


AnyReport: TypeAlias = Report[Literal[Mode.OFFICIAL]] | Report[Literal[Mode.MATCHED]] | Report[Literal[Mode.PROXY]]


def report(connection: Connection, basis: Basis, scope: Scope) -> AnyReport:
    """Read and judge the provinces of a scope on one basis."""
    match basis.mode:
        case Mode.OFFICIAL:
            return _report(basis, scope, read_official(connection, basis, scope))
        case Mode.PROXY:
            return _report(basis, scope, read_proxy(connection, basis, scope))
        case Mode.MATCHED:
            return _report(basis, scope, read_matched(connection, basis, scope))
        case _:
            assert_never(basis.mode)


def _report(basis: Basis, scope: Scope, reading: Reading[M]) -> Report[M]:
    try:
        gate, known = indicators.gate(basis.fiscal_year, basis.period), True
    except indicators.UnknownFiscalYearError:
        gate, known = None, False
    results = kpi57.assess_all(reading.figures, gate)
    members: dict[int, list[ProvinceResult[M]]] = {}
    for code, result in results.items():
        members.setdefault(PROVINCES[code].health_region, []).append(result)
    outside = (result for region, found in members.items() if region != _BANGKOK_REGION for result in found)
    return Report(
        basis=basis,
        gate=gate,
        year_known=known,
        reading=reading,
        results=results,
        regions={region: _sum(found) for region, found in sorted(members.items()) if scope.holds(region_scope(region))},
        whole=_sum(results.values()),
        without_bangkok=kpi57.national(result.verdict for result in outside) if scope == NATION else None,
    )


def _sum(results: Iterable[ProvinceResult[M]]) -> Sum[M]:
    found = list(results)
    return Sum(
        figures=kpi57.total(result.figures for result in found),
        national=kpi57.national(result.verdict for result in found),
        staff_counted=sum(result.figures.staff.known is not None for result in found),
        people_counted=sum(result.figures.people.known is not None for result in found),
    )
