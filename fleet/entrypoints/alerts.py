# SPDX-License-Identifier: Apache-2.0
"""The process that looks what is amiss and tells people. It holds no key of a person's and listens to nobody."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

import structlog

from fleet.alerts import schedule
from fleet.alerts.channels.bystander import Nobody, Outside
from fleet.alerts.channels.line import Line
from fleet.alerts.channels.mail import Mail, Security, Server
from fleet.alerts.channels.webhook import Webhook, secret
from fleet.alerts.delivery import Absent
from fleet.alerts.loop import Alerting, Surroundings
from fleet.alerts.subscribers import ChannelKind
from fleet.devices import rollout_driving
from fleet.entrypoints.clock import now_ms
from fleet.entrypoints.keys import secret_text
from fleet.entrypoints.logs import set_up
from fleet.entrypoints.observing import WholeFleet
from fleet.entrypoints.stopping import on_signals
from fleet.errors import ConfigError
from fleet.store.hours import Hours, HoursRefusedError
from fleet.store.schema import require_current
from fleet.store.session import open_engine, unit_of_work
from wire.events import Profile

if TYPE_CHECKING:
    from fleet import config
    from fleet.alerts.delivery import Channel
    from fleet.alerts.loop import Bystander

_log = structlog.get_logger()


def run(settings: config.Settings) -> None:
    """Run until told to stop.

    Raises:
        ConfigError: a channel's secret cannot be read, or the hours are none.
    """
    told = settings.alerts
    set_up(settings.log_level)
    stop = on_signals()
    engine = open_engine(settings.database_url)
    require_current(engine)
    fleet = _fleet(told)
    with unit_of_work(engine) as connection:
        schedule.set_fleet_hours(connection, told.hours.days, told.hours.opens, told.hours.closes)
    with ExitStack() as stack:
        channels = _channels(told, stack)
        around = Surroundings(fleet, channels, _bystander(told), now_ms, rollout_driving)
        alerting = Alerting(engine, f"{socket.gethostname()[:50]}/{os.getpid()}", around)
        _log.info(
            "alerts_started", channels=[each.value for each, by in channels.items() if not isinstance(by, Absent)]
        )
        alerting.run(stop, told.every_s)
        alerting.release()
    engine.dispose()
    _log.info("alerts_stopped")


def _fleet(told: config.Alerts) -> WholeFleet:
    try:
        hours = Hours.parse(told.hours.days, told.hours.opens, told.hours.closes)
    except HoursRefusedError as error:
        message = f"alerts.hours: {error}"
        raise ConfigError(message) from error
    return WholeFleet(hours, Profile(told.profile), told.backup_within_h)


def _bystander(told: config.Alerts) -> Bystander:
    return Nobody() if told.bystander is None else Outside(told.bystander)


def _channels(told: config.Alerts, stack: ExitStack) -> dict[ChannelKind, Channel]:
    channels: dict[ChannelKind, Channel] = {each: Absent() for each in ChannelKind}
    if told.mail is not None:
        channels[ChannelKind.MAIL] = Mail(_server(told.mail), told.console)
    if told.webhook is not None:
        channels[ChannelKind.WEBHOOK] = _webhook(told.webhook)
    if told.line is not None:
        token = secret_text(told.line.token).strip()
        channels[ChannelKind.LINE] = stack.enter_context(Line(token, told.console))
    return channels


def _server(mail: config.Mail) -> Server:
    return Server(
        host=mail.host,
        port=mail.port,
        security=Security(mail.security),
        sender=mail.sender,
        user=mail.user,
        password="" if mail.password is None else secret_text(mail.password).strip(),
        authorities=None if mail.ca is None else str(mail.ca),
    )


def _webhook(webhook: config.Webhook) -> Webhook:
    try:
        key = secret(secret_text(webhook.secret))
    except ValueError as error:
        message = f"{webhook.secret}: {error}. Give the file that dipchip-provision made."
        raise ConfigError(message) from error
    authorities = None if webhook.ca is None else str(webhook.ca)
    return Webhook(key, frozenset(webhook.hosts), now_ms, authorities=authorities)
