# SPDX-License-Identifier: Apache-2.0
"""The product's commands that run to their end, in this process: each process of its own would import for a second."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from fleet.entrypoints import cli as fleet
from provisioning import cli as provisioning
from tests.simulators.services import ServiceError

if TYPE_CHECKING:
    from collections.abc import Sequence

_APPS = {"dipchip-fleet": fleet.app, "dipchip-provision": provisioning.app}


def run_here(command: Sequence[str]) -> None:
    """Run a console script's command line without the script.

    Raises:
        ServiceError: it ends with another code than 0.
    """
    program, *words = command
    done = CliRunner().invoke(_APPS[Path(program).name], words, catch_exceptions=False)
    if done.exit_code != 0:
        message = f"{Path(program).name} {words[0]} (exit {done.exit_code}): {done.output}"
        raise ServiceError(message)
