# SPDX-License-Identifier: Apache-2.0
"""Moments as the JSON writes them: ISO 8601, UTC, to the second."""

from __future__ import annotations

from datetime import UTC, datetime


def at(milliseconds: int) -> str:
    """Write a moment."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")


def at_or_none(milliseconds: int | None) -> str | None:
    """Write a moment that may not have been."""
    return None if milliseconds is None else at(milliseconds)
