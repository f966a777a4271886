# SPDX-License-Identifier: Apache-2.0
"""The one way from a page to the fleet's rows: a transaction that is narrowed to the scope of whoever asks."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from fleet.store import wall
from fleet.store.session import reading
from fleet.web import gate
from fleet.web.supplies import engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from fleet.store.scope import Scope


@contextmanager
def looking() -> Iterator[tuple[Connection, Scope]]:
    """Read one consistent state of what lies in the scope, which every statement has to carry on."""
    scope = gate.scope()
    with reading(engine()) as connection:
        wall.narrow(connection, scope)
        yield connection, scope
