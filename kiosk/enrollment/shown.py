# SPDX-License-Identifier: Apache-2.0
"""What every state is: a frozen value that knows its kind when it crosses between processes."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Shown(msgspec.Struct, frozen=True, tag=True):
    """One moment of a session as the screen sees it."""


class Slip(StrEnum):
    """Whether the code can be had on paper here, and what became of it."""

    NONE = "none"
    OFFERED = "offered"
    PRINTING = "printing"
    PRINTED = "printed"
    FAILED = "failed"
