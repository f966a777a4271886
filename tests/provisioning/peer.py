# SPDX-License-Identifier: Apache-2.0
"""An MQTT 5 client that remembers what the broker told it; for tests of who may do what."""

from __future__ import annotations

import queue
import ssl
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

if TYPE_CHECKING:
    from pathlib import Path

_PATIENCE_S = 10.0


class RefusedError(Exception):
    """The broker did not let the client in."""


@dataclass(frozen=True, slots=True)
class Papers:
    """What a client shows and whom it believes."""

    ca: Path
    certificate: Path | None = None
    key: Path | None = None

    @classmethod
    def of_kiosk(cls, folder: Path) -> Papers:
        return cls(folder / "tls/ca.pem", folder / "tls/kiosk.crt", folder / "tls/kiosk.key")

    @classmethod
    def of_controller(cls, fleet: Path) -> Papers:
        tls = fleet / "controller/tls"
        return cls(tls / "ca.pem", tls / "controller.crt", tls / "controller.key")

    def context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.ca)
        context.verify_flags |= ssl.VERIFY_X509_STRICT  # Python 3.13's default: our certificates must satisfy it
        if self.certificate is not None:
            context.load_cert_chain(self.certificate, self.key)
        return context


class Peer:
    """Connected from entry to exit."""

    def __init__(self, port: int, papers: Papers | None, client_id: str = "any") -> None:
        self.received: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.gone = threading.Event()
        self._port = port
        self._answers: queue.Queue[str] = queue.Queue()
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
        )
        if papers is not None:
            self._client.tls_set_context(papers.context())
        self._client.on_connect = lambda _c, _u, _f, reason, _p: self._answers.put(str(reason))
        self._client.on_subscribe = lambda _c, _u, _m, reasons, _p: self._answers.put(str(reasons[0]))
        self._client.on_publish = lambda _c, _u, _m, reason, _p: self._answers.put(str(reason))
        self._client.on_message = self._on_message
        self._client.on_disconnect = lambda _c, _u, _f, reason, _p: self._on_disconnect(str(reason))

    def __enter__(self) -> Self:
        try:
            self._client.connect("localhost", self._port)
        except (OSError, ValueError) as error:
            raise RefusedError(str(error)) from error
        self._client.loop_start()
        answer = self._answer()
        if answer != "Success":
            self._client.loop_stop()
            raise RefusedError(answer)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic: str, payload: bytes = b"x", *, retain: bool = False) -> str:
        """What the broker answered, or why it hung up."""
        self._client.publish(topic, payload, qos=1, retain=retain)
        return self._answer()

    def subscribe(self, topic: str) -> str:
        self._client.subscribe(topic, qos=1)
        return self._answer()

    def next_message(self) -> tuple[str, bytes]:
        return self.received.get(timeout=_PATIENCE_S)

    def wait_until_gone(self) -> None:
        assert self.gone.wait(_PATIENCE_S), "the broker kept the connection"

    def _answer(self) -> str:
        return self._answers.get(timeout=_PATIENCE_S)

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        self.received.put((message.topic, bytes(message.payload)))

    def _on_disconnect(self, reason: str) -> None:
        self.gone.set()
        self._answers.put(reason)
