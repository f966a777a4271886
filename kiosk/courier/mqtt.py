# SPDX-License-Identifier: Apache-2.0
"""The kiosk's one MQTT connection: MQTT 5, TLS 1.3, mutual certificates. The only file here that imports paho.

Its queue is memory and its acknowledgements promise nothing: the outbox and the receipts do (security design, 0.1).
"""

from __future__ import annotations

import queue
import random
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from wire.envelope import MESSAGE_BYTES

if TYPE_CHECKING:
    from paho.mqtt.client import ConnectFlags, DisconnectFlags
    from paho.mqtt.reasoncodes import ReasonCode

    from kiosk.config import Broker
    from wire.ids import KioskId

log = structlog.get_logger()

_KEEPALIVE_S = 60
_FIRST_DELAY_S = 1
_LAST_DELAY_S = 120
_INBOX = 1000  # receipts and answers not yet looked at; more are dropped, and come again


@dataclass(frozen=True, slots=True)
class Connected:
    """The broker let us in."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection ended, or could not be made."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message came down."""

    topic: str
    payload: bytes


Occurrence = Connected | Disconnected | Arrived


class Connection:
    """Connects, reconnects with jitter, and queues what happens for the courier's one loop."""

    def __init__(self, *, kiosk: KioskId, broker: Broker, subscribe_to: str) -> None:
        """Prepare; nothing connects before `start`.

        Raises:
            OSError, ssl.SSLError: when a certificate or key file cannot be used.
        """
        self._broker = broker
        self._filter = subscribe_to
        self._occurrences: queue.Queue[Occurrence] = queue.Queue(_INBOX)
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=kiosk, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.tls_set_context(_context(broker))
        self._client.max_inflight_messages_set(20)  # Mosquitto's own window
        # Full jitter, so that thirty thousand kiosks do not come back at once.
        first = 1 + random.randrange(_FIRST_DELAY_S * 2)  # noqa: S311 - spreading load, not secrecy
        self._client.reconnect_delay_set(min_delay=first, max_delay=_LAST_DELAY_S)
        self._started = False
        self._client.on_connect = self._connected
        self._client.on_connect_fail = self._failed
        self._client.on_disconnect = self._disconnected
        self._client.on_message = self._arrived

    def start(self) -> None:
        """Connect in the background, for ever; a second time changes nothing."""
        if self._started:
            return
        self._started = True
        self._client.connect_async(
            self._broker.host, self._broker.port, keepalive=_KEEPALIVE_S, clean_start=True, properties=None
        )
        self._client.loop_start()

    def stop(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic: str, message: bytes) -> None:
        """Hand a message to the connection at QoS 1; whether it arrives, only a receipt tells.

        Without a connection nothing is kept: what matters is in the store and comes again.
        """
        if self._client.is_connected():
            self._client.publish(topic, message, qos=1)

    def next(self, timeout_s: float) -> Occurrence | None:
        """What happened next, None when nothing does within the time."""
        try:
            return self._occurrences.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def _queue(self, occurrence: Occurrence) -> None:
        try:
            self._occurrences.put_nowait(occurrence)
        except queue.Full:
            log.warning("occurrence_dropped")

    def _connected(
        self, client: Client, _userdata: object, _flags: ConnectFlags, reason: ReasonCode, _properties: object
    ) -> None:
        if reason.is_failure:
            log.warning("connection_refused", reason=str(reason))
            self._queue(Disconnected())
            return
        client.subscribe(self._filter, qos=1)
        self._queue(Connected())

    def _failed(self, _client: Client, _userdata: object) -> None:
        self._queue(Disconnected())

    def _disconnected(
        self, _client: Client, _userdata: object, _flags: DisconnectFlags, reason: ReasonCode, _properties: object
    ) -> None:
        log.info("disconnected", reason=str(reason))
        self._queue(Disconnected())

    def _arrived(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        if len(message.payload) <= MESSAGE_BYTES:
            self._queue(Arrived(message.topic, bytes(message.payload)))


def _context(broker: Broker) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(broker.ca))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(str(broker.certificate), str(broker.key))
    return context
