# SPDX-License-Identifier: Apache-2.0
"""The console's clock and database, as the entrypoint handed them to the app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Engine

    from fleet.operators.one_time_codes import OperatorKey
    from fleet.operators.provider import Provider
    from fleet.web.paces import Paces

_KEY = "dipchip"


@dataclass(frozen=True, slots=True)
class SignIn:
    """How operators sign in. `origin` is where a proxy with TLS offers the console; "" where none does."""

    key: OperatorKey
    origin: str = ""
    provider: Provider | None = None

    @property
    def is_encrypted(self) -> bool:
        """Whether browsers reach the console over HTTPS."""
        return bool(self.origin)

    @property
    def cookie(self) -> str:
        """The cookie's name; one with the prefix is set by no other host and over HTTPS only (RFC 6265bis, 4.1.3)."""
        return "__Host-dipchip" if self.is_encrypted else "dipchip"


@dataclass(frozen=True, slots=True)
class Supplies:
    """What the pages are given; `clock` returns an aware moment. Without `sign_in` the console is open."""

    engine: Engine
    clock: Callable[[], datetime]
    sign_in: SignIn | None
    paces: Paces

    def keep_in(self, extensions: dict[str, object]) -> None:
        """Leave the supplies where the pages find them."""
        extensions[_KEY] = self


def _supplies() -> Supplies:
    found = current_app.extensions[_KEY]
    if not isinstance(found, Supplies):
        message = "the app was not made by create_app; call it with an engine"
        raise TypeError(message)
    return found


def engine() -> Engine:
    """Give the database of the running app."""
    return _supplies().engine


def sign_in() -> SignIn | None:
    """Give how operators sign in to the running app; None where everybody gets in."""
    return _supplies().sign_in


def paces() -> Paces:
    """Give the paces of the tokens that ask the running app."""
    return _supplies().paces


def now() -> datetime:
    """Give the moment by the running app's clock."""
    return _supplies().clock()


def now_ms() -> int:
    """Give the moment in milliseconds since 1970."""
    return int(now().timestamp() * 1000)
