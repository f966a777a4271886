# SPDX-License-Identifier: Apache-2.0
"""What a waiting session is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from wire.asks import HandOverAnswer, PersonAnswer, StaffAnswer, TicketAnswer

    Told = PersonAnswer | StaffAnswer | TicketAnswer | HandOverAnswer


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """An answer before it is sealed to `key`; `said` is the one word of it that the books keep.

    `note` writes what else belongs to it, in the transaction that gives it.
    """

    key: str
    body: Told
    said: str
    note: Callable[[Connection, int], None] | None = None
