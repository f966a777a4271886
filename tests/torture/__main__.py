# SPDX-License-Identifier: Apache-2.0
"""`make torture SECONDS=300 SEED=1`: kiosks and a controller of real parts while everything around them fails.

Prints what was done and whether the books balance, and fails when they do not.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
from typing import TYPE_CHECKING

from tests.torture.report import lines
from tests.torture.rules_off import RULES
from tests.torture.run import run
from tests.torture.schedule import draw

if TYPE_CHECKING:
    from types import FrameType

_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SIGNALLED = 128  # a shell's exit code for a signal
_PATIENCE_S = 150.0  # twice the longest back-off of a kiosk, and a little


def main() -> int:
    """Run, and print the table; 1 when a promise was broken."""
    arguments = argparse.ArgumentParser(prog="make torture", description=__doc__)
    arguments.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 10**6))
    arguments.add_argument("--seconds", type=float, default=300.0)
    arguments.add_argument("--kiosks", type=int, default=6, help="that serve all the time; others come and go")
    arguments.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    arguments.add_argument("--break", dest="without", choices=RULES, help="a rule of the protocol to switch off")
    arguments.add_argument("--plan", action="store_true", help="only print what the seed would do")
    given = arguments.parse_args()
    plan = draw(given.seed, given.seconds, kiosks=given.kiosks)
    _say(f"seed {plan.seed}, {plan.seconds:.0f} s, {given.database}, {len(plan.lives)} kiosks, {len(plan.acts)} faults")
    if given.plan:
        _say("\n".join(map(str, plan.acts)))
        return 0
    for number in _ENDINGS:
        signal.signal(number, _leave)
    verdict, done = run(plan, database=given.database, without=given.without, patience_s=_PATIENCE_S)
    _say("\n".join(lines(verdict, done)))
    return 0 if verdict.holds else 1


def _leave(number: int, _frame: FrameType | None) -> None:
    """End in order: what was started is stopped on the way out."""
    for ending in _ENDINGS:
        signal.signal(ending, signal.SIG_IGN)
    sys.exit(_SIGNALLED + number)


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
