# SPDX-License-Identifier: Apache-2.0
"""The agent's process: reads a card when software on this machine asks, and listens on the loopback only.

Its first line on standard output is JSON with the address, so that whoever started it on port 0 finds it.
"""

from __future__ import annotations

import errno
import json
import logging
import socket
import sys
from typing import TYPE_CHECKING

import structlog
from waitress import create_server  # type: ignore[import-untyped]  # ships no types

from kiosk import config, device, logs
from kiosk.agent.app import create_app
from kiosk.agent.ports import Reading, Terminal
from kiosk.card.further import read_entitlement, read_laser_number
from kiosk.card.national_id import CardCopy, Unobserved, read_card
from kiosk.card.parsing import parse
from kiosk.card.pcsc import open_card, slots
from kiosk.card.watcher import CardState
from kiosk.enrollment.failures import Fault, FaultError

if TYPE_CHECKING:
    from pathlib import Path

log = structlog.get_logger()

_THREADS = 8
_LARGEST_HEADER_BYTES = 16 * 1024
_LARGEST_BODY_BYTES = 1024  # nothing is ever sent to the agent
_MOST_CONNECTIONS = 32
_IDLE_S = 30
_NO_IPV6 = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


def run(settings_file: Path) -> None:
    """Serve until terminated.

    Raises:
        ConfigError: the agent is not switched on, or its port is taken.
    """
    device.keep_memory_private()
    settings = config.read(settings_file)
    if not settings.agent.enabled:
        message = f"{settings_file}: agent.enabled = false. Read docs/agent.md, then set it to true to serve."
        raise config.ConfigError(message)
    logs.configure("kiosk-agent", settings.log_level, sys.stderr)
    # It would print the traceback of a failed request, whose message may quote a card. The app logs what failed.
    logging.getLogger("waitress").disabled = True
    listening = _loopback(settings.agent.port)
    port = listening[0].getsockname()[1]
    server = create_server(
        create_app(ReadersHere(settings.reader, settings.card), origins=settings.agent.origins),
        sockets=listening,
        threads=_THREADS,
        ident=None,
        clear_untrusted_proxy_headers=True,
        max_request_header_size=_LARGEST_HEADER_BYTES,
        max_request_body_size=_LARGEST_BODY_BYTES,
        connection_limit=_MOST_CONNECTIONS,
        channel_timeout=_IDLE_S,
    )
    sys.stdout.write(json.dumps({"agent": f"http://127.0.0.1:{port}/"}) + "\n")
    sys.stdout.flush()
    log.info("agent_started", port=port, count=len(settings.agent.origins))
    try:
        server.run()
    finally:
        server.close()


def _loopback(port: int) -> list[socket.socket]:
    """Listen on both loopback addresses: what `localhost` means differs between programs. IPv6 may be absent.

    Raises:
        ConfigError: the port is taken.
    """
    try:
        listening = [socket.create_server(("127.0.0.1", port))]
        listening += _loopback_6(listening[0].getsockname()[1])
    except OSError as error:
        message = f"agent: port {port} cannot be listened on ({error.strerror}). Free it or set agent.port."
        raise config.ConfigError(message) from error
    return listening


def _loopback_6(port: int) -> list[socket.socket]:
    try:
        return [socket.create_server(("::1", port), family=socket.AF_INET6)]
    except OSError as error:
        if error.errno in _NO_IPV6:
            return []
        raise


class ReadersHere:
    """Implements `CardReaders` for the readers whose name contains `wanted`."""

    def __init__(self, wanted: str, also: config.Card) -> None:
        """Look at these readers only; an empty name means all. `also` is what is read beside the identity."""
        self._wanted = wanted
        self._also = also

    def terminals(self) -> tuple[Terminal, ...]:
        """See `CardReaders`."""
        try:
            return tuple(Terminal(slot.reader, slot.card is not CardState.ABSENT) for slot in slots(self._wanted))
        except FaultError as error:
            if error.fault is Fault.READER_ABSENT:
                return ()
            raise

    def read(self, terminal: str, *, with_portrait: bool) -> Reading:
        """See `CardReaders`; one connection, so that all of it is one card's."""
        copy = CardCopy()
        try:
            with open_card(terminal) as card:
                read_card(card, copy, Unobserved(), with_portrait=with_portrait)
                entitlement = read_entitlement(card) if self._also.entitlement else None
                laser_number = read_laser_number(card) if self._also.laser_number else None
            return Reading(parse(copy.blocks()), entitlement, laser_number)
        finally:
            copy.wipe()
