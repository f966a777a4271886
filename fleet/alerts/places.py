# SPDX-License-Identifier: Apache-2.0
"""How the tables of alerts say where a row belongs, and which of their rows lie in a scope."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.store.scope import Level, Scope
from wire.provinces import PROVINCES

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, FromClause


def columns_of(scope: Scope) -> dict[str, str | int | None]:
    """The columns of a row that lies in this scope and in no narrower one."""
    within = None if scope.province is None else PROVINCES[scope.province].health_region
    return {"province": scope.province, "facility": scope.facility, "region": scope.region or within}


def within(scope: Scope, table: FromClause) -> ColumnElement[bool]:
    """The criterion for rows of this table that lie in the scope; the nation's holds also what lies nowhere."""
    if scope.level is Level.REGION:
        return table.c.region == scope.region
    return scope.of_places(table.c.province, table.c.facility)
