# SPDX-License-Identifier: Apache-2.0
"""The courier process: it has the network and the store, and no camera, no reader, no screen and no person."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

import structlog

from kiosk import config, device, logs
from kiosk.courier import metrics, tls
from kiosk.courier.delivery import HEARTBEAT_EVERY_S, Delivery, Keys
from kiosk.courier.heartbeat import distress, heartbeat
from kiosk.courier.https import Posting
from kiosk.courier.link import Arrived, Connected, Disconnected
from kiosk.courier.mqtt import Connection
from kiosk.courier.renewing import Renewing
from kiosk.courier.roads import Roads
from kiosk.store import inbox, noticeboard, orders, outbox
from kiosk.store.database import Store, StoreError
from kiosk.store.noticeboard import Topic
from wire.envelope import seal_message
from wire.signing import Kind
from wire.topics import Up, down_filter, up
from wire.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kiosk.courier.delivery import Counts

log = structlog.get_logger()

_LOOP_S = 0.1
_HOUSEKEEPING_S = 3600.0
_LAPSES_S = 30.0
_AFTER_ERROR_S = 5.0
_METRICS_S = 15.0
_CERTIFICATE_S = 5.0


def run(settings_file: Path) -> None:
    """Deliver until SIGTERM."""
    device.keep_memory_private()
    settings = config.read(settings_file)
    logs.configure("kiosk-courier", settings.log_level, sys.stderr)
    trust = config.read_trust(settings.trust)
    keys = Keys(config.read_signing_key(settings.courier_key), trust.receipts(), trust.answers())
    connection = _roads(settings)
    good_until_ms = tls.certificate_ms(settings.broker)
    stopping = threading.Event()
    watchdog = Watchdog(os.environ.get("NOTIFY_SOCKET"))
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    store = _opened(settings, keys, connection, stopping, watchdog)
    if store is None:
        return
    noticeboard.pin(store, Topic.CERTIFICATE, str(good_until_ms), device.wall_ms())
    noticeboard.pin(store, Topic.TLS_KEY, tls.kept(settings.broker), device.wall_ms())
    delivery = Delivery(
        store=store,
        keys=keys,
        kiosk=settings.kiosk,
        where=settings.shard,
        release=config.release(),
        profile=settings.profile,
    )
    renewing = _renewing(settings, lambda: _key_is_ordered(store, settings.broker, good_until_ms))
    connection.start()
    log.info("courier_started", kiosk=settings.kiosk, outbox=outbox.depth(store).count)
    housekeeping_at_s = metrics_at_s = lapses_at_s = certificate_at_s = 0.0
    while not stopping.is_set():
        watchdog.alive()
        if renewing is not None:
            renewing.look(time.monotonic())
        if time.monotonic() >= certificate_at_s:
            certificate_at_s = time.monotonic() + _CERTIFICATE_S
            if tls.lies_newer(settings.broker, good_until_ms):
                log.info("certificate_changed")  # started anew, it is given what lies there now
                break
        try:
            if time.monotonic() >= lapses_at_s:  # before anything is sent, and whether or not there is a connection
                lapses_at_s = time.monotonic() + _LAPSES_S
                _erase_lapsed(store)
            _one_round(settings, delivery, connection)
            if settings.metrics_file is not None and time.monotonic() >= metrics_at_s:
                metrics_at_s = time.monotonic() + _METRICS_S
                _tell_collector(settings.metrics_file, delivery.counts, store, settings)
            if time.monotonic() >= housekeeping_at_s:
                housekeeping_at_s = time.monotonic() + _HOUSEKEEPING_S
                tell_of_roots(settings.trust)
                outbox.prune(store, device.wall_ms())
                inbox.forget_expired(store, device.wall_ms())
        except StoreError as error:
            log.error("store_unfit", technician=str(error))  # noqa: TRY400 - the sentence is the whole story
            stopping.wait(_AFTER_ERROR_S)
            _reopened(store)
    connection.stop()
    store.close()


def tell_of_roots(trust: Path) -> None:
    """Say in the log that roots are over. They are kept: nobody is turned away by a date."""
    try:
        until_ms = config.roots_end_ms(trust)
    except config.ConfigError as error:  # what was read at the start is gone on with
        log.error("trust_unreadable", technician=str(error))  # noqa: TRY400 - the sentence is the whole story
        return
    if until_ms is not None and until_ms <= device.wall_ms():
        log.error("roots_expired", until_ms=until_ms)


def _roads(settings: config.Settings) -> Roads:
    broker, https = settings.broker, settings.https
    hears = down_filter(settings.shard, settings.kiosk)
    return Roads(
        lambda tell: Connection(kiosk=settings.kiosk, broker=broker, subscribe_to=hears, tell=tell),
        (lambda tell: Posting(broker=broker, https=https, tell=tell)) if https.host else None,
    )


def _renewing(settings: config.Settings, is_ordered: Callable[[], bool]) -> Renewing | None:
    spool, https = settings.renewal.spool, settings.https
    if spool is None or not https.host:
        return None
    return Renewing(spool=spool, broker=settings.broker, https=https, is_ordered=is_ordered)


def _key_is_ordered(store: Store, broker: config.Broker, good_until_ms: int) -> bool:
    """Whether this process's certificate is the one that an order replaces, and no other lies there yet."""
    try:
        rotation = orders.book(store).rotation
    except StoreError:
        return False  # which the round after this tells
    is_this = rotation is not None and rotation.from_ms == good_until_ms
    return is_this and not tls.lies_newer(broker, good_until_ms)


def _opened(
    settings: config.Settings, keys: Keys, connection: Roads, stopping: threading.Event, watchdog: Watchdog
) -> Store | None:
    """Open the store; while it does not open, tell the fleet so. None when stopped before it did."""
    while not stopping.is_set():
        try:
            return Store(settings.store)
        except StoreError as error:
            log.error("store_unfit", technician=str(error))  # noqa: TRY400 - the sentence is the whole story
        connection.start()
        body = distress(settings.store, settings.kiosk, config.release())
        message = seal_message(keys.own, Kind.HEARTBEAT, body)
        connection.publish(up(settings.shard, settings.kiosk, Up.HEARTBEAT), message)
        until_s = time.monotonic() + HEARTBEAT_EVERY_S
        while not stopping.is_set() and time.monotonic() < until_s:
            watchdog.alive()
            connection.next(_LOOP_S)  # so that it may take another way; nothing can be done about what arrives
    connection.stop()
    return None


def _one_round(settings: config.Settings, delivery: Delivery, connection: Roads) -> None:
    occurrence = connection.next(_LOOP_S)
    now_s = time.monotonic()
    match occurrence:
        case Connected():
            delivery.connected()
        case Disconnected():
            delivery.disconnected(now_s)
        case Arrived(topic, payload):
            delivery.arrived(topic, payload, now_s)
        case None:
            pass
    delivery.keep_link_told(now_s)
    for outgoing in delivery.due(now_s):
        connection.publish(up(settings.shard, settings.kiosk, outgoing.kind), outgoing.message)


def _erase_lapsed(store: Store) -> None:
    erased = outbox.erase_lapsed(store, device.wall_ms())
    if erased:
        log.info("identities_lapsed", count=erased)


def _tell_collector(file: Path, counts: Counts, store: Store, settings: config.Settings) -> None:
    try:
        metrics.write(file, counts, heartbeat(store, settings.kiosk, config.release(), settings.profile))
    except OSError as error:
        log.warning("metrics_not_written", file=str(file), reason=error.strerror)


def _reopened(store: Store) -> None:
    try:
        store.reopen()
    except StoreError as error:
        log.error("store_unfit", technician=str(error))  # noqa: TRY400 - the sentence is the whole story
