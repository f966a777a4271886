# SPDX-License-Identifier: Apache-2.0
"""Fuzzes a suite, one target after another, and says how many executions each stood: `python -m tests.fuzz card`.

A crash leaves its input as a file under `--crashes` and ends with exit code 1.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

# The share of the runs that each target gets: one run of the driver is some dozens of commands.
SUITES = {"card": {"parser": 1.0, "driver": 0.02, "atr": 1.0}}
_LARGEST_INPUT = {"parser": 6000, "driver": 2000, "atr": 40}
_DONE = re.compile(r"Done (\d+) runs in (\d+) second")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one target stood it."""

    executions: int
    seconds: int
    crash: str = ""


def fuzz(suite: str, target: str, *, runs: int, seconds: int, crashes: Path) -> Outcome:
    """Run one target in a process of its own, for so many executions or seconds, whichever ends first."""
    crashes.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as corpus:
        done = subprocess.run(
            [
                *(sys.executable, "-m", f"tests.fuzz.{suite}", target, corpus),
                *(f"-runs={runs}", f"-max_total_time={seconds}", f"-max_len={_LARGEST_INPUT[target]}"),
                *("-verbosity=1", "-print_final_stats=0", f"-artifact_prefix={crashes}/{target}-"),
            ],
            capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip
    counted = _DONE.search(done.stderr)
    if done.returncode or counted is None:
        return Outcome(0, 0, done.stderr[-3000:] or f"exit code {done.returncode}")
    return Outcome(int(counted[1]), int(counted[2]))


def main() -> None:
    """Fuzz and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("suite", choices=SUITES)
    asked.add_argument("--runs", type=int, default=1_000_000)
    asked.add_argument("--seconds", type=int, default=1200, help="for each target")
    asked.add_argument("--crashes", type=Path, default=Path("build/fuzz"))
    given = asked.parse_args()
    crashed = False
    for target, share in SUITES[given.suite].items():
        runs = max(1, int(given.runs * share))
        outcome = fuzz(given.suite, target, runs=runs, seconds=given.seconds, crashes=given.crashes)
        crashed = crashed or bool(outcome.crash)
        said = outcome.crash or f"{outcome.executions:,} executions of {runs:,}, no unhandled exception"
        print(f"{given.suite} {target}: {said}", flush=True)  # noqa: T201 - what it is for
    sys.exit(int(crashed))


if __name__ == "__main__":
    main()
