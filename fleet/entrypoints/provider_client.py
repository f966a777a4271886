# SPDX-License-Identifier: Apache-2.0
"""Reads what the console is at the provider of sign-ins, with its secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.entrypoints.keys import secret_text
from fleet.operators.provider import Client

if TYPE_CHECKING:
    from fleet.config import Settings


def provider_client(settings: Settings) -> Client | None:
    """Read it as the settings name it; None where they name no provider.

    Raises:
        ConfigError: naming the file with the secret, never its content.
    """
    told = settings.web.provider
    if told is None:
        return None
    secret = secret_text(told.client_secret).strip()
    return Client(told.name, told.issuer, told.client_id, secret, told.scopes, told.subject, told.ca)
