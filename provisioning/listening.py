# SPDX-License-Identifier: Apache-2.0
"""Checks an address to listen on: it stands in a server's configuration without quotes."""

from __future__ import annotations

import ipaddress

from provisioning.errors import RefusedError


def ip_address(option: str, bind: str) -> None:
    """Refuse what is no IP address.

    Raises:
        RefusedError: naming the option and the value.
    """
    try:
        ipaddress.ip_address(bind)
    except ValueError as error:
        message = f"{option} {bind!r}: not an IP address. Use 0.0.0.0, 127.0.0.1 or one of the machine."
        raise RefusedError(message) from error
