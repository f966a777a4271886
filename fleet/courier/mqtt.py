# SPDX-License-Identifier: Apache-2.0
"""The courier's connection to Mosquitto: MQTT 5 over mutual TLS 1.3, in one thread of its own.

What arrives waits in a queue and is acknowledged when it has been settled. The broker is told to hold back what is more
than `RECEIVE_MAXIMUM`; Mosquitto 2.0.11 forgets that once it has a queue, so nothing is read either while as much waits
here: a slow database fills no memory. Acknowledgements promise nothing: what is dropped anywhere gets no receipt, and
its kiosk sends it again. Why this is not paho: docs/adr/0013.
"""

from __future__ import annotations

import queue
import random
import select
import socket
import ssl
import threading
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import structlog

from fleet import mqtt5
from fleet.courier.reception import Incoming
from fleet.courier.session import Session
from fleet.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from fleet.config import Broker
    from fleet.courier.committing import Outbound
    from wire.ids import Shard

RECEIVE_MAXIMUM = 2000  # MQTT 5, 3.1.2.11.3: a few batches, so that none waits for the broker
_LOOK_AGAIN_S = 0.05  # while too much waits
_MAXIMUM_PACKET = 70_000  # bytes; the broker's limit too
_KEEPALIVE_S = 60
_HANDSHAKE_S = 15.0
_FIRST_DELAY_S, _LAST_DELAY_S = 1.0, 30.0
_CHUNK = 65_536
_NOT_NOW = (ssl.SSLWantReadError, ssl.SSLWantWriteError)
_log = structlog.get_logger()


class _Bell:
    """Wakes a thread that waits for a socket."""

    def __init__(self) -> None:
        self._button, self._gong = socket.socketpair()
        self._gong.settimeout(0)

    def fileno(self) -> int:
        """What to wait for, beside the socket."""
        return self._gong.fileno()

    def ring(self) -> None:
        """Wake it."""
        with suppress(BlockingIOError):  # it is being woken already
            self._button.send(b"\0", socket.MSG_DONTWAIT)

    def silence(self) -> None:
        """It is awake."""
        with suppress(BlockingIOError):
            while self._gong.recv(_CHUNK):
                pass

    def close(self) -> None:
        """Give the pair of sockets back."""
        self._button.close()
        self._gong.close()


class MqttLink:
    """Hears what kiosks of some shards say and publishes what they are told; reconnects by itself."""

    def __init__(self, broker: Broker) -> None:
        self.inbox: queue.SimpleQueue[Incoming] = queue.SimpleQueue()
        self._broker = broker
        self._tls = _tls(broker)
        self._session = Session()
        self._reader = mqtt5.Reader(_MAXIMUM_PACKET)
        self._stop = threading.Event()
        self._bell = _Bell()
        self._thread = threading.Thread(target=self._run, name="mqtt")

    def start(self) -> None:
        """Connect in the background, and keep trying."""
        self._thread.start()

    def stop(self) -> None:
        """Say good-bye and end the background thread."""
        self._stop.set()
        self._bell.ring()
        if self._thread.is_alive():
            self._thread.join()
        self._bell.close()

    def listen(self, shards: Collection[Shard] | None) -> None:
        """Hear the kiosks of these shards from now on, and no others; None for all."""
        self._session.listen(shards)
        self._bell.ring()

    def publish(self, messages: Sequence[Outbound]) -> int:
        """Hand messages to the connection; how many it took, 0 when there is none or too much waits already."""
        taken = self._session.publish(messages)
        self._bell.ring()
        return taken

    def settled(self, messages: Sequence[Incoming]) -> None:
        """Tell the broker that these were dealt with; it sends as many others."""
        self._session.settled(messages)
        self._bell.ring()

    def _run(self) -> None:
        delay_s = _FIRST_DELAY_S
        while not self._stop.is_set():
            try:
                with closing(self._connect()) as connection:
                    delay_s = _FIRST_DELAY_S
                    self._converse(connection)
            except (OSError, mqtt5.ProtocolError) as error:
                _log.warning("broker_disconnected", reason=str(error) or type(error).__name__)
            finally:
                self._session.disconnected()
            self._stop.wait(random.uniform(0, delay_s))  # noqa: S311 - spreads couriers out, keeps no secret
            delay_s = min(2 * delay_s, _LAST_DELAY_S)

    def _connect(self) -> ssl.SSLSocket:
        """A connection that the broker has let in, all of it in good time."""
        plain = socket.create_connection((self._broker.host, self._broker.port), timeout=_HANDSHAKE_S)
        connection = plain
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = secure = self._tls.wrap_socket(plain, server_hostname=self._broker.host)
            self._greet(secure)
        except BaseException:
            connection.close()
            raise
        _log.info("broker_connected", host=self._broker.host, port=self._broker.port)
        return secure

    def _greet(self, connection: ssl.SSLSocket) -> None:
        self._reader = mqtt5.Reader(_MAXIMUM_PACKET)
        connection.sendall(
            mqtt5.connect(
                self._broker.client_id,
                keepalive_s=_KEEPALIVE_S,
                receive_maximum=RECEIVE_MAXIMUM,
                maximum_packet=_MAXIMUM_PACKET,
            )
        )
        answers: list[mqtt5.Packet] = []
        while not answers:
            data = connection.recv(_CHUNK)
            if not data:
                message = "the broker hung up at CONNECT"
                raise ConnectionError(message)
            answers.extend(self._reader.feed(data))
        let_in, *more = answers
        if not isinstance(let_in, mqtt5.Connected) or let_in.reason != mqtt5.SUCCESS:
            message = f"the broker refused: {let_in}"
            raise ConnectionError(message)
        self._session.connected()
        for packet in more:
            self._take(packet)

    def _converse(self, connection: ssl.SSLSocket) -> None:
        connection.settimeout(0)
        poll = select.poll()
        poll.register(self._bell, select.POLLIN)
        heard_s = spoke_s = time.monotonic()
        while not self._stop.is_set():
            full = self._is_full()
            awaited = (0 if full else select.POLLIN) | (select.POLLOUT if self._session.next_out(1) else 0)
            poll.register(connection, awaited)
            poll.poll((_LOOK_AGAIN_S if full else _KEEPALIVE_S / 4) * 1000)
            self._bell.silence()
            now_s = time.monotonic()
            if self._hear(connection) or full:
                heard_s = now_s
            if now_s - spoke_s > _KEEPALIVE_S / 2:
                self._session.say(mqtt5.PING)
            if self._speak(connection):
                spoke_s = now_s
            if now_s - heard_s > 1.5 * _KEEPALIVE_S:
                message = "the broker has not been heard of"
                raise TimeoutError(message)
        self._session.say(mqtt5.GOODBYE)
        self._speak(connection)

    def _is_full(self) -> bool:
        return self.inbox.qsize() >= RECEIVE_MAXIMUM

    def _hear(self, connection: ssl.SSLSocket) -> bool:
        """Take what there is; whether there was anything."""
        heard = False
        try:
            while not self._is_full():
                data = connection.recv(_CHUNK)
                if not data:
                    message = "the broker hung up"
                    raise ConnectionError(message)
                heard = True
                for packet in self._reader.feed(data):
                    self._take(packet)
        except _NOT_NOW:
            pass
        return heard

    def _speak(self, connection: ssl.SSLSocket) -> bool:
        """Send what can be sent; whether there was anything."""
        spoke = False
        with suppress(*_NOT_NOW):
            while out := self._session.next_out(_CHUNK):
                self._session.sent(connection.send(out))
                spoke = True
        return spoke

    def _take(self, packet: mqtt5.Packet) -> None:
        if isinstance(packet, mqtt5.Published):
            now_ms = time.time_ns() // 1_000_000
            came_by = (self._session.connection, packet.packet)
            self.inbox.put(Incoming(packet.topic, packet.payload, now_ms, *came_by))
        elif isinstance(packet, mqtt5.Acknowledged):
            if any(reason >= mqtt5.REFUSED for reason in packet.reasons):
                _log.error("broker_refused", what=packet.type.name, reasons=packet.reasons.hex())
        elif isinstance(packet, mqtt5.Dismissed):
            message = f"the broker said good-bye with {packet.reason:#x}"
            raise ConnectionError(message)


def _tls(broker: Broker) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=str(broker.ca))
        context.load_cert_chain(str(broker.certificate), str(broker.key))
    except (OSError, ssl.SSLError) as error:
        message = f"broker: ca, certificate or key cannot be used ({error}). Issue them with dipchip-provision."
        raise ConfigError(message) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context
