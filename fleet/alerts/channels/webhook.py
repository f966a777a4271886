# SPDX-License-Identifier: Apache-2.0
"""A webhook: one CloudEvent by POST, signed over the exact bytes, with an id and a time against replay.

Sources: CloudEvents 1.0.2, JSON format, structured mode; Standard Webhooks 1.0.0, symmetric signature. How a receiver
checks it is in docs/operations.md, "Alerts by webhook".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from fleet.alerts import messages
from fleet.alerts.channels import target
from fleet.alerts.delivery import UndeliveredError
from fleet.alerts.outbox import News

if TYPE_CHECKING:
    from collections.abc import Callable

    from fleet.alerts.outbox import Letter, Told

_PREFIX = "whsec_"
_SECRET_AT_LEAST = 24  # bytes: Standard Webhooks asks for 24 to 64
_SECRET_AT_MOST = 64
_GONE = 410  # Standard Webhooks: the receiver wants no more
_TYPES = {News.RAISED: "th.dipchip.alert.raised.v1", News.CLEARED: "th.dipchip.alert.cleared.v1"}
_MANY = "th.dipchip.alert.many.v1"


def secret(text: str) -> bytes:
    """Read the secret that sender and receiver share: `whsec_` and 24 to 64 bytes in base64.

    Raises:
        ValueError: it is none; never says what it is.
    """
    try:
        found = base64.b64decode(text.strip().removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        message = "it is no secret of a webhook"
        raise ValueError(message) from error
    if not _SECRET_AT_LEAST <= len(found) <= _SECRET_AT_MOST:
        message = f"the secret of a webhook has {_SECRET_AT_LEAST} to {_SECRET_AT_MOST} bytes"
        raise ValueError(message)
    return found


def signature(key: bytes, letter: str, at_s: int, body: bytes) -> str:
    """The value of `webhook-signature` for these bytes, this id and this time."""
    signed = f"{letter}.{at_s}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


class Webhook:
    """Posts letters to hosts that the settings list.

    Args:
        key: what both sides share.
        hosts: whom it may call.
        now_ms: the clock.
        authorities: a PEM file of who may have certified them; None: the machine's.
        source: the CloudEvents' `source`.
    """

    def __init__(
        self,
        key: bytes,
        hosts: frozenset[str],
        now_ms: Callable[[], int],
        *,
        authorities: str | None = None,
        source: str = "/dipchip/fleet",
    ) -> None:
        self._key = key
        self._hosts = hosts
        self._now_ms = now_ms
        self._source = source
        self._tls = ssl.create_default_context(cafile=authorities)

    def send(self, letter: Letter) -> None:
        """Post one letter; any 2xx is taken.

        Raises:
            UndeliveredError: it may not be called, is away, or answered anything else.
        """
        body = msgspec.json.encode(event(letter, self._source))
        at_s = self._now_ms() // 1000
        headers = {
            "Content-Type": "application/cloudevents+json; charset=utf-8",
            "webhook-id": letter.id,
            "webhook-timestamp": str(at_s),
            "webhook-signature": signature(self._key, letter.id, at_s, body),
        }
        status = target.call(target.judged(letter.address, self._hosts), self._tls, body, headers)
        if not 200 <= status < 300:  # noqa: PLR2004 - RFC 9110, 15.3: successful
            kind = f"http_{status}"
            raise UndeliveredError(kind, hopeless=status == _GONE)


def event(letter: Letter, source: str) -> dict[str, Any]:
    """The CloudEvent of a letter: one alarm, or many at once."""
    first = letter.told[0]
    return {
        "specversion": "1.0",
        "id": letter.id,
        "source": source,
        "type": _TYPES[first.news] if len(letter.told) == 1 else _MANY,
        "time": _moment(letter.made_ms),
        "datacontenttype": "application/json",
        "data": {"alerts": [_described(each, letter.language) for each in letter.told]},
    }


def _described(told: Told, language: str) -> dict[str, Any]:
    alarm, words = told.entry.alarm, messages.said(told.entry.alarm, language)
    return {
        "news": told.news.value,
        "alert": told.entry.id,
        "rule": alarm.rule.value,
        "severity": told.entry.severity.value,
        "subject": str(alarm.subject),
        "province": alarm.subject.scope.province,
        "facility": alarm.subject.scope.facility,
        "region": alarm.subject.region,
        "code": alarm.code,
        "n": alarm.n,
        "of": alarm.of,
        "since": _moment(alarm.since_ms),
        "raised": None if alarm.raised_ms is None else _moment(alarm.raised_ms),
        "cleared": None if alarm.cleared_ms is None else _moment(alarm.cleared_ms),
        "what": words.what,
        "action": words.action,
    }


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
