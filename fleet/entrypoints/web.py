# SPDX-License-Identifier: Apache-2.0
"""`dipchip-fleet web`: the console behind waitress, on a loopback address.

Its first line on standard output is JSON with the address, so that whoever started it on port 0 finds it.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from waitress import create_server  # type: ignore[import-untyped]  # ships no types

from fleet.entrypoints.collecting import collect_seldom
from fleet.entrypoints.logs import set_up
from fleet.entrypoints.operator_key import operator_key
from fleet.entrypoints.provider_client import provider_client
from fleet.entrypoints.pulse import at_port, beating
from fleet.errors import ConfigError
from fleet.operators.provider import Provider
from fleet.store.schema import require_current
from fleet.store.session import open_engine
from fleet.web.app import create_app
from fleet.web.imports import LARGEST_FORM_BYTES
from fleet.web.supplies import SignIn

if TYPE_CHECKING:
    from fleet.config import Settings

_THREADS = 8
_LARGEST_HEADER_BYTES = 16 * 1024
# Whoever connects is on this machine; the proxy there tells from where it was asked, and is believed.
_PROXY = {"trusted_proxy": "*", "trusted_proxy_count": 1, "trusted_proxy_headers": {"x-forwarded-for"}}


def run(settings: Settings) -> None:
    """Serve until interrupted or terminated.

    Raises:
        ConfigError: the key for sign-in is not there, the address cannot be listened on, or the Thai words were not
            compiled.
    """
    engine = open_engine(settings.database_url)
    require_current(engine)
    set_up(settings.log_level)
    app = create_app(engine, sign_in=_sign_in(settings))
    host, port = settings.web.host, settings.web.port
    try:
        server = create_server(
            app,
            host=host,
            port=port,
            threads=_THREADS,
            ident=None,
            clear_untrusted_proxy_headers=True,
            max_request_header_size=_LARGEST_HEADER_BYTES,
            max_request_body_size=LARGEST_FORM_BYTES,  # the app takes as much at one address, little at the others
            **_PROXY if settings.web.origin else {},
        )
    except OSError as error:
        message = f"web: {host}:{port} cannot be listened on ({error.strerror}). Free the port or set web.port."
        raise ConfigError(message) from error
    sys.stdout.write(json.dumps({"web": _address(host, server.effective_port)}) + "\n")
    sys.stdout.flush()
    collect_seldom()
    try:
        with beating(at_port(host, server.effective_port)):
            server.run()
    finally:
        server.close()


def _sign_in(settings: Settings) -> SignIn | None:
    if not settings.web.sign_in:
        return None
    client = provider_client(settings)
    return SignIn(operator_key(settings), settings.web.origin, None if client is None else Provider(client))


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
