# SPDX-License-Identifier: Apache-2.0
"""Reads the key that seals operators' authenticator secrets, apart from the other key files: it is the console's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.entrypoints.keys import secret_text
from fleet.errors import ConfigError
from fleet.operators.one_time_codes import OperatorKey

if TYPE_CHECKING:
    from fleet.config import Settings


def operator_key(settings: Settings) -> OperatorKey:
    """Read the key that the settings name.

    Raises:
        ConfigError: naming the setting or the file, never its content.
    """
    file = settings.web.operator_key
    if file is None:
        message = "web.operator_key is not set. Make it with dipchip-provision fleet, or give the console's settings."
        raise ConfigError(message)
    try:
        return OperatorKey.from_text(secret_text(file))
    except ValueError as error:
        message = f"{file}: {error}. Give the file that dipchip-provision made."
        raise ConfigError(message) from error
