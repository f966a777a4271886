# SPDX-License-Identifier: Apache-2.0
"""The courier's connection to Mosquitto: MQTT 5 over mutual TLS 1.3. The only file of the controller that knows paho.

The callback appends to a bounded queue and does nothing else. When the queue is full a message is dropped: no receipt
follows, so its kiosk sends it again. The broker's own acknowledgements promise nothing.
"""

from __future__ import annotations

import queue
import ssl
import time
from typing import TYPE_CHECKING

import structlog
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from fleet.courier.reception import Incoming
from fleet.errors import ConfigError
from wire.ids import Shard
from wire.topics import up_filter

if TYPE_CHECKING:
    from paho.mqtt.client import ConnectFlags, DisconnectFlags
    from paho.mqtt.reasoncodes import ReasonCode

    from fleet.config import Broker
    from fleet.courier.committing import Outbound

INBOX = 4096  # messages; at 60 000 bytes each the most that memory must hold
_RECEIVE_MAXIMUM = 500  # MQTT 5, 3.1.2.11.3; the broker's default of 20 stalls an ingest worker
_MAXIMUM_PACKET = 70_000  # bytes; the broker's limit too
_KEEPALIVE_S = 60
_UNSENT = 2000  # receipts and answers that may wait for the socket
_QOS = 1
_log = structlog.get_logger()


class MqttLink:
    """Subscribes to what kiosks say and publishes what they are told; reconnects by itself."""

    def __init__(self, broker: Broker) -> None:
        self.inbox: queue.Queue[Incoming] = queue.Queue(INBOX)
        self._broker = broker
        self._dropped = 0
        client = Client(CallbackAPIVersion.VERSION2, broker.client_id, protocol=MQTTProtocolVersion.MQTTv5)
        client.tls_set_context(_tls(broker))
        client.reconnect_delay_set(1, 30)
        client.max_queued_messages_set(_UNSENT)
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_message = self._arrived
        self._client = client

    def start(self) -> None:
        """Connect in the background, and keep trying."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.ReceiveMaximum = _RECEIVE_MAXIMUM
        properties.MaximumPacketSize = _MAXIMUM_PACKET
        self._client.connect_async(
            self._broker.host,
            self._broker.port,
            keepalive=_KEEPALIVE_S,
            clean_start=True,
            properties=properties,
        )
        self._client.loop_start()

    def stop(self) -> None:
        """Say good-bye and end the background thread."""
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, message: Outbound) -> bool:
        """Hand a message to the connection; False when there is none or too much waits already."""
        if not self._client.is_connected():
            return False
        return self._client.publish(message.topic, message.payload, qos=_QOS).rc == MQTTErrorCode.MQTT_ERR_SUCCESS

    def _connected(
        self,
        client: Client,
        _: object,
        __: ConnectFlags,
        code: ReasonCode,
        ___: Properties | None,
    ) -> None:
        if code.is_failure:
            _log.error("broker_refused", reason=str(code))
            return
        client.subscribe(up_filter(Shard(self._broker.shard) if self._broker.shard else None), qos=_QOS)
        _log.info("broker_connected", host=self._broker.host, port=self._broker.port)

    def _disconnected(
        self,
        _: Client,
        __: object,
        ___: DisconnectFlags,
        code: ReasonCode,
        ____: Properties | None,
    ) -> None:
        _log.warning("broker_disconnected", reason=str(code))

    def _arrived(self, _: Client, __: object, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        try:
            self.inbox.put_nowait(Incoming(topic, bytes(message.payload), time.time_ns() // 1_000_000))
        except queue.Full:
            self._dropped += 1
            if self._dropped.bit_count() == 1:  # 1, 2, 4, 8 ...
                _log.warning("inbox_full", dropped=self._dropped)


def _tls(broker: Broker) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=str(broker.ca))
        context.load_cert_chain(str(broker.certificate), str(broker.key))
    except (OSError, ssl.SSLError) as error:
        message = f"broker: ca, certificate or key cannot be used ({error}). Issue them with dipchip-provision."
        raise ConfigError(message) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context
