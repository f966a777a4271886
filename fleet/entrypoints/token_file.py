# SPDX-License-Identifier: Apache-2.0
"""Reads the relay's token key, apart from the other key files: no process but the relay's own loads what it is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.entrypoints.keys import secret_text
from fleet.errors import ConfigError
from fleet.relay.tokens import TokenKey

if TYPE_CHECKING:
    from pathlib import Path


def token_key(file: Path) -> TokenKey:
    """Read the secret that tells people apart without knowing them.

    Raises:
        ConfigError: naming the file, never its content.
    """
    try:
        return TokenKey.from_text(secret_text(file))
    except ValueError as error:
        message = f"{file}: {error}. Give the file that dipchip-provision made."
        raise ConfigError(message) from error
