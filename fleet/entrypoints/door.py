# SPDX-License-Identifier: Apache-2.0
"""`dipchip-fleet door`: takes events over HTTPS from kiosks that cannot reach the broker; no key of its opens a person.

It listens on a socket file behind the reverse proxy that holds the certificates, and is otherwise the courier's twin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from waitress import create_server  # type: ignore[import-untyped]  # ships no types

from fleet.courier.committing import Committer
from fleet.courier.door import Door
from fleet.entrypoints.clock import now_ms
from fleet.entrypoints.keys import signing_key
from fleet.entrypoints.logs import set_up
from fleet.entrypoints.pulse import at_file, beating
from fleet.errors import ConfigError
from fleet.store.schema import require_current
from fleet.store.session import open_engine

if TYPE_CHECKING:
    from fleet.config import Settings

_THREADS = 8
_CONNECTIONS = 200  # the proxy keeps few; it holds the kiosks back
_LARGEST_HEADER_BYTES = 4 * 1024
# More than nginx passes on (1m): waitress hangs up on who sends more, and nginx would say 502 instead of what we say.
_LARGEST_BODY_BYTES = 2**20 + 1
_FOR_ITS_GROUP = "660"  # the proxy is in the socket's group, and nobody else
_log = structlog.get_logger()


def run(settings: Settings) -> None:
    """Serve until interrupted or terminated.

    Raises:
        ConfigError: the socket or the receipt key is not given, or the socket cannot be made.
    """
    if settings.door is None or settings.courier_keys is None:
        message = "The door needs the sections [door] and [courier_keys]. Give its own settings file."
        raise ConfigError(message)
    set_up(settings.log_level)
    engine = open_engine(settings.database_url)
    require_current(engine)
    committer = Committer(engine, signing_key(settings.courier_keys.receipt), now_ms)
    socket = settings.door.socket
    try:
        server = create_server(
            Door(engine, committer, now_ms),
            unix_socket=str(socket),
            unix_socket_perms=_FOR_ITS_GROUP,
            threads=_THREADS,
            connection_limit=_CONNECTIONS,
            ident=None,
            clear_untrusted_proxy_headers=True,
            max_request_header_size=_LARGEST_HEADER_BYTES,
            max_request_body_size=_LARGEST_BODY_BYTES,
        )
    except OSError as error:
        message = f"door: {socket} cannot be made ({error.strerror}). Make its folder, or set door.socket."
        raise ConfigError(message) from error
    _log.info("door_opened")
    try:
        with beating(at_file(socket)):
            server.run()
    finally:
        server.close()
        engine.dispose()
