# SPDX-License-Identifier: Apache-2.0
"""`dipchip-fleet` in the test's own process: all that a command line does, but for a second of importing."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

import pytest

from fleet.entrypoints.cli import main


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended, and what it printed and said."""

    code: object
    out: str
    err: str


def run_command(*words: str) -> Ran:
    """Run a command that ends by itself and sets up no log."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["dipchip-fleet", *words])
        with pytest.raises(SystemExit) as ended:
            main()
    return Ran(ended.value.code, out.getvalue(), err.getvalue())
