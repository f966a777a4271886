# SPDX-License-Identifier: Apache-2.0
"""Where something is about, as a form or a body says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.store.scope import NATION, Level, Scope, ScopeRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping


def place_of(typed: Mapping[str, str], scope: Scope) -> Scope | None:
    """The `province`, a `facility` in it, or the nation; None for no such place.

    Whoever belongs to one facility need not say so.
    """
    if scope.level is Level.FACILITY:
        return scope
    province, facility = typed.get("province", ""), typed.get("facility", "").strip()
    if province == str(Level.NATION) and not facility:
        return NATION
    try:
        return Scope.parse(f"facility:{province}/{facility}" if facility else f"province:{province}")
    except ScopeRefusedError:
        return None
