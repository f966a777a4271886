# SPDX-License-Identifier: Apache-2.0
"""The option that every command takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path, typer.Option("--config", "-c", envvar="DIPCHIP_FLEET_CONFIG", help="The settings file.")]
