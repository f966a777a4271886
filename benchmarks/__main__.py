# SPDX-License-Identifier: Apache-2.0
"""Runs the suites that are named, or all of them, one after another."""

from __future__ import annotations

import sys
from importlib import import_module

SUITES = ("wire", "card", "store", "ingest", "fleet", "coverage", "console", "face", "powercut", "session", "recovery")

named = sys.argv[1:] or SUITES
if unknown := set(named) - set(SUITES):
    sys.exit(f"No suite {', '.join(sorted(unknown))}. Choose from {', '.join(SUITES)}.")
for suite in named:
    import_module(f"benchmarks.{suite}").main()
