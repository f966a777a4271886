# SPDX-License-Identifier: Apache-2.0
"""What power cuts and failing disks do to the kiosk's store: how many promises are broken, of thousands that are tried.

Counts, not seconds; the seed is printed, and DIPCHIP_SEED gives the same work and the same cuts again.
"""

from __future__ import annotations

import os
import random
import sys
from typing import TYPE_CHECKING, Any

from benchmarks.measure import show
from tests.simulators.cut_judge import Fate
from tests.simulators.disk import run_above
from tests.simulators.power import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence

_CUTS = int(os.environ.get("CUTS", "3000"))  # in each fault model
_CONTRAST_CUTS = _CUTS // 5
_KIOSK = "DELETE EXTRA, the kiosk's"
_ALONE = ("--without", "own-sync")  # what SQLite keeps when the store does not sync its folder itself
_CONTRASTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("DELETE EXTRA, SQLite alone", _ALONE),
    ("DELETE FULL, SQLite alone", ("--synchronous", "FULL", *_ALONE)),
    ("DELETE NORMAL, SQLite alone", ("--synchronous", "NORMAL", *_ALONE)),
    ("DELETE NORMAL, as the kiosk's", ("--synchronous", "NORMAL")),
    ("WAL FULL", ("--journal", "WAL", "--synchronous", "FULL", *_ALONE)),
    ("WAL NORMAL", ("--journal", "WAL", "--synchronous", "NORMAL", *_ALONE)),
    ("DELETE EXTRA, a disk that lies", ("--lies",)),
)
_CUT_COLUMNS = ("way", "cuts in each", *(fault.value for fault in Fault))
_ERROR_COLUMNS = (
    "work",
    "calls that failed",
    "told done",
    "told not done",
    "told full",
    "told unknown",
    "cuts",
    "untrue",
)
_TOLD = ("calls", "done", "not done", "full", "unknown", "cuts")


def main() -> None:
    """Cut the power, then let calls fail; ends with an error when the kiosk's way broke a promise."""
    seed = int(os.environ.get("DIPCHIP_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
    print(f"\nseed {seed}: repeat with DIPCHIP_SEED={seed}")
    kiosk = _campaign(seed, _CUTS, ())
    contrasts = [(way, _campaign(seed, _CONTRAST_CUTS, arguments)) for way, arguments in _CONTRASTS]
    show(
        "powercut: what a power cut leaves of a kiosk's file: lost / corrupt / erased and there",
        _CUT_COLUMNS,
        [_row(way, found) for way, found in [(_KIOSK, kiosk), *contrasts]],
    )
    again = kiosk["recovery"]
    print(f"\nCut again while the kiosk's way recovered, {again.get('cuts', 0):,} times in all: {_fates(again)}")
    errors = run_above("tests.simulators.write_errors", "--cuts", "4")
    show(
        "powercut: what is told when a call on the disk fails",
        _ERROR_COLUMNS,
        [(work, *(found.get(name, 0) for name in _TOLD), len(found["wrong"])) for work, found in errors.items()],
    )
    broken = [story for model in kiosk.values() for story in model["stories"]]
    broken += [story for found in errors.values() for story in found["wrong"]]
    if broken:
        sys.exit("\n".join(["Promises were broken:", *broken]))


def _campaign(seed: int, cuts: int, arguments: Sequence[str]) -> dict[str, Any]:
    return dict(run_above("tests.simulators.cuts", "--seed", str(seed), "--cuts", str(cuts), *arguments))


def _row(way: str, found: dict[str, Any]) -> tuple[object, ...]:
    return (way, f"{found[Fault.DROPPED]['cuts']:,}", *(_fates(found[fault]) for fault in Fault))


def _fates(counts: dict[str, Any]) -> str:
    return " / ".join(f"{counts.get(fate, 0):,}" for fate in Fate)
