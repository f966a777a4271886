# SPDX-License-Identifier: Apache-2.0
"""The process that takes events from the broker, commits them, and gives receipts. No key of its opens a person."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import structlog

from fleet.courier import metrics
from fleet.courier.committing import Committer
from fleet.courier.dispatch import Dispatch
from fleet.courier.leases import Fixed, Leases
from fleet.courier.mqtt import MqttLink
from fleet.entrypoints.clock import now_ms
from fleet.entrypoints.collecting import collect_seldom
from fleet.entrypoints.keys import signing_key
from fleet.entrypoints.logs import set_up
from fleet.entrypoints.stopping import on_signals
from fleet.errors import ConfigError
from fleet.store.schema import require_current
from fleet.store.session import open_engine
from wire.ids import Shard

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from fleet.config import Broker, Settings
    from fleet.courier.leases import Shards

_TURN_S = 0.001  # an examiner that has checked a signature waits no longer for whoever has the interpreter
_log = structlog.get_logger()


def run(settings: Settings) -> None:
    """Run until told to stop.

    Raises:
        ConfigError: when the broker or the receipt key is not given.
    """
    if settings.broker is None or settings.courier_keys is None:
        message = "The courier needs the sections [broker] and [courier_keys]. Give its own settings file."
        raise ConfigError(message)
    set_up(settings.log_level)
    stop = on_signals()
    engine = open_engine(settings.database_url)
    require_current(engine)
    link = MqttLink(settings.broker)
    dispatch = Dispatch(
        engine,
        Committer(engine, signing_key(settings.courier_keys.receipt), now_ms),
        link,
        shards=_shards(settings.broker, engine),
        now_ms=now_ms,
    )
    _tell_prometheus(settings)
    link.start()
    collect_seldom()
    sys.setswitchinterval(_TURN_S)
    _log.info("courier_started", shard=settings.broker.shard or "by lease")
    dispatch.run(link.inbox, stop)
    link.stop()
    engine.dispose()
    _log.info("courier_stopped")


def _tell_prometheus(settings: Settings) -> None:
    if settings.metrics is None:
        return
    try:
        port = metrics.tell(settings.metrics.port)
    except OSError as error:
        message = f"metrics: port {settings.metrics.port} cannot be listened on ({error.strerror}). Set metrics.port."
        raise ConfigError(message) from error
    _log.info("metrics_listening", port=port)


def _shards(broker: Broker, engine: Engine) -> Shards:
    if broker.shard is not None:
        return Fixed(frozenset([Shard(broker.shard)]))
    return Leases(engine, broker.client_id, now_ms)
