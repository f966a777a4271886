# SPDX-License-Identifier: Apache-2.0
"""The wall clock of the controller's processes and commands."""

from __future__ import annotations

import time


def now_ms() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000
