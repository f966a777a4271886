# SPDX-License-Identifier: Apache-2.0
"""The kiosk's one MQTT connection: MQTT 5, TLS 1.3, mutual certificates. The only file here that imports paho.

Its queue is memory and its acknowledgements promise nothing: the outbox and the receipts do (security design, 0.1).
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import structlog
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from kiosk.courier import tls
from kiosk.courier.link import Arrived, Connected, Disconnected
from wire.envelope import MESSAGE_BYTES

if TYPE_CHECKING:
    from paho.mqtt.client import ConnectFlags, DisconnectFlags
    from paho.mqtt.reasoncodes import ReasonCode

    from kiosk.config import Broker
    from kiosk.courier.link import Tell
    from wire.ids import KioskId

log = structlog.get_logger()

_KEEPALIVE_S = 60
_FIRST_DELAY_S = 1
_LAST_DELAY_S = 120


class Connection:
    """Connects, reconnects with jitter, and tells what happens."""

    def __init__(self, *, kiosk: KioskId, broker: Broker, subscribe_to: str, tell: Tell) -> None:
        """Prepare; nothing connects before `start`.

        Raises:
            OSError, ssl.SSLError: when a certificate or key file cannot be used.
        """
        self._broker = broker
        self._filter = subscribe_to
        self._tell = tell
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=kiosk, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.tls_set_context(tls.context(broker))
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

    def _connected(
        self, client: Client, _userdata: object, _flags: ConnectFlags, reason: ReasonCode, _properties: object
    ) -> None:
        if reason.is_failure:
            log.warning("connection_refused", reason=str(reason))
            self._tell(Disconnected())
            return
        client.subscribe(self._filter, qos=1)
        self._tell(Connected())

    def _failed(self, _client: Client, _userdata: object) -> None:
        self._tell(Disconnected())

    def _disconnected(
        self, _client: Client, _userdata: object, _flags: DisconnectFlags, reason: ReasonCode, _properties: object
    ) -> None:
        log.info("disconnected", reason=str(reason))
        self._tell(Disconnected())

    def _arrived(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        if len(message.payload) <= MESSAGE_BYTES:
            self._tell(Arrived(message.topic, bytes(message.payload)))
