# SPDX-License-Identifier: Apache-2.0
"""Every table there is: importing this knows them all, whichever file defines them."""

from __future__ import annotations

from fleet.store import (
    alert_tables,
    claim_tables,
    complaint_tables,
    device_tables,
    import_tables,
    matching_tables,
    operator_tables,
    order_tables,
    rollout_tables,
    sum_tables,
)
from fleet.store.tables import metadata

__all__ = [
    "alert_tables",
    "claim_tables",
    "complaint_tables",
    "device_tables",
    "import_tables",
    "matching_tables",
    "metadata",
    "operator_tables",
    "order_tables",
    "rollout_tables",
    "sum_tables",
]
