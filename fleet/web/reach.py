# SPDX-License-Identifier: Apache-2.0
"""The one way from a page to the fleet's rows: a transaction that is narrowed to the scope of whoever asks or acts."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet import audit
from fleet.store import wall
from fleet.store.session import reading, unit_of_work
from fleet.web import gate
from fleet.web.supplies import engine, now_ms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from fleet.store.scope import Scope


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that an account does now, in one transaction. `record` it last."""

    connection: Connection
    scope: Scope
    who: str
    at_ms: int

    def record(self, act: audit.Act, subject: str, detail: audit.Detail | None = None) -> None:
        """Write it into the log of what operators did."""
        audit.record(
            self.connection, act, who=self.who, subject=subject, at_ms=self.at_ms, detail=detail, scope=self.scope
        )


@contextmanager
def acting() -> Iterator[Deed]:
    """Change what lies in the scope: everything inside is committed together at the end, or none of it."""
    whose = gate.account()
    if whose is None:
        raise gate.NotSignedInError
    with unit_of_work(engine()) as connection:
        wall.narrow(connection, whose.scope)
        yield Deed(connection, whose.scope, whose.name, now_ms())


@contextmanager
def looking() -> Iterator[tuple[Connection, Scope]]:
    """Read one consistent state of what lies in the scope, which every statement has to carry on."""
    scope = gate.scope()
    with reading(engine()) as connection:
        wall.narrow(connection, scope)
        yield connection, scope
