# SPDX-License-Identifier: Apache-2.0
"""How often a process that stays looks for objects that refer to each other and to nobody else."""

from __future__ import annotations

import gc

_YOUNG = 20_000  # objects
_OLDER = 20


def collect_seldom() -> None:
    """To be called when all is imported and made: what is there stays, and is looked over no more.

    A batch or a page is thousands of small objects without cycles. To look for some after every 700 costs a courier a
    twentieth, and each full look over what was imported makes one page in ten wait for 0.1 s.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _OLDER, _OLDER)
