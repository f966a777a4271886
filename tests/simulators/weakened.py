# SPDX-License-Identifier: Apache-2.0
"""The kiosk's store without one of its precautions, to show that the harnesses find what each of them is for.

Attributes are patched, because the product has no switch to be less careful.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest.mock import patch

from kiosk.records.filing import Filing
from kiosk.store.database import Store

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

PRECAUTIONS = ("own-sync", "writing-through", "looking", "nothing")


def without(precaution: str) -> AbstractContextManager[object]:
    """Work without this precaution.

    1. own-sync: the store syncs its folder itself, beside SQLite.
    2. writing-through: an event that is found after an error is written through before it is promised.
    3. looking: an event is looked for after an error.
    """
    match precaution:
        case "own-sync":
            return patch.object(Store, "_sync_folder", lambda _store: None)
        case "writing-through":
            return patch.object(Store, "write_through", lambda _store: None)
        case "looking":
            return patch.object(Filing, "_found", lambda _filing, _event: False)
        case _:
            return patch.dict({})
