# SPDX-License-Identifier: Apache-2.0
"""An operator with a password and an authenticator app, for tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyotp

from fleet.operators import accounts
from fleet.operators.one_time_codes import STEP_S, OperatorKey
from fleet.operators.signing_in import Attempt
from fleet.store.scope import NATION, Scope
from fleet.store.session import unit_of_work
from tests.fleet.books import NOW_MS

if TYPE_CHECKING:
    from sqlalchemy import Engine

KEY_BYTES = b"k" * 32
KEY = OperatorKey(KEY_BYTES)
PASSWORD = "ข้าวเหนียว มะม่วง 2569"  # noqa: S105 - a made-up operator's
HERE = "127.0.0.1"
STEP_MS = STEP_S * 1000


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account."""

    name: str
    secret: str

    def code(self, at_ms: int = NOW_MS) -> str:
        """What the authenticator app shows."""
        return pyotp.TOTP(self.secret).at(at_ms // 1000)

    def attempt(self, at_ms: int = NOW_MS, *, password: str = PASSWORD, code: str = "") -> Attempt:
        """What they type."""
        return Attempt(self.name, password, code or self.code(at_ms), HERE)


def somebody(
    engine: Engine, name: str = "somsri", role: accounts.Role = accounts.Role.VIEWER, scope: Scope = NATION
) -> Person:
    """Make an account."""
    with unit_of_work(engine) as connection:
        wanted = accounts.Wanted(name, f"คุณ{name}", role, scope)
        return Person(name, accounts.add(connection, wanted, PASSWORD, KEY, NOW_MS))
