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

_KEY = "dipchip"


@dataclass(frozen=True, slots=True)
class Supplies:
    """What the pages are given; `clock` returns an aware moment."""

    engine: Engine
    clock: Callable[[], datetime]

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


def now() -> datetime:
    """Give the moment by the running app's clock."""
    return _supplies().clock()


def now_ms() -> int:
    """Give the moment in milliseconds since 1970."""
    return int(now().timestamp() * 1000)
