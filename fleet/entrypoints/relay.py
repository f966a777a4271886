# SPDX-License-Identifier: Apache-2.0
"""The process that opens sealed identities and follows each person at the identity provider. It knows no broker."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import structlog

from fleet.entrypoints.clock import now_ms
from fleet.entrypoints.keys import opening_key, signing_key
from fleet.entrypoints.logs import set_up
from fleet.entrypoints.stopping import on_signals
from fleet.entrypoints.token_file import token_key
from fleet.errors import ConfigError
from fleet.partners.idp.client import HttpIdentityProvider
from fleet.partners.provider_id.client import HttpOffice
from fleet.relay.office import NoOffice
from fleet.relay.ports import Partners, RelayKeyring
from fleet.relay.worker import Relay
from fleet.store.schema import require_current
from fleet.store.session import open_engine

if TYPE_CHECKING:
    from fleet.config import RelayKeys, Settings
    from fleet.relay.ports import ProviderIdOffice

_log = structlog.get_logger()


def run(settings: Settings) -> None:
    """Run until told to stop.

    Raises:
        ConfigError: when keys or provider are not given, or a partner is said to be a real one: its contract is not
            known, so nothing may be sent to it.
    """
    idp = settings.identity_provider
    if settings.relay_keys is None or idp is None:
        message = "The relay needs the sections [relay_keys] and [identity_provider]. Give its own settings file."
        raise ConfigError(message)
    if not idp.sandbox:
        message = "identity_provider.sandbox = false: the contract of a real provider is unknown. Set it to true."
        raise ConfigError(message)
    office = settings.provider_id
    if office is not None and not office.sandbox:
        message = "provider_id.sandbox = false: the contract of a real office is unknown. Set it to true."
        raise ConfigError(message)
    set_up(settings.log_level)
    stop = on_signals()
    engine = open_engine(settings.database_url)
    require_current(engine)
    with ExitStack() as stack:
        provider = stack.enter_context(HttpIdentityProvider(idp.url, sandbox=idp.sandbox))
        desk: ProviderIdOffice = NoOffice()
        if office is not None:
            desk = stack.enter_context(HttpOffice(office.url, sandbox=office.sandbox))
        relay = Relay(
            engine,
            _keys(settings.relay_keys),
            Partners(provider, desk),
            sandbox=idp.sandbox,
            poll_first_ms=round(idp.poll_s * 1000),
            now_ms=now_ms,
        )
        _log.info("relay_started", sandbox=idp.sandbox)
        relay.run(stop)
    engine.dispose()
    _log.info("relay_stopped")


def _keys(files: RelayKeys) -> RelayKeyring:
    return RelayKeyring(opening_key(files.sealing), token_key(files.token), signing_key(files.answer))
