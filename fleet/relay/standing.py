# SPDX-License-Identifier: Apache-2.0
"""How a person stands on the road to a Health ID: the identity provider's word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from sqlalchemy import select

from fleet.partners.idp.shapes import ProviderUnavailableError, Standing
from fleet.store.session import reading
from fleet.store.tables import person
from wire.asks import PersonState

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from fleet.relay.ports import IdentityProvider, RelayKeyring

_log = structlog.get_logger()
_STATES = {
    Standing.NONE: PersonState.NONE,
    Standing.ACCEPTED: PersonState.ACCEPTED,
    Standing.ACTIVATED: PersonState.ACTIVATED,
}


class Standings:
    """Asks the identity provider, and our own books where it is silent."""

    def __init__(self, engine: Engine, keys: RelayKeyring, provider: IdentityProvider, *, profile: str) -> None:
        self._engine = engine
        self._keys = keys
        self._provider = provider
        self._profile = profile

    def of(self, citizen_number: str) -> PersonState | None:
        """The provider's word; when it is away only our own ACTIVATED is sure enough to tell."""
        try:
            return _STATES[self._provider.status_of(citizen_number)]
        except ProviderUnavailableError as error:
            _log.warning("provider_unavailable", code=error.code)
        mine = (person.c.token == self._keys.token.token(citizen_number)) & (person.c.profile == self._profile)
        with reading(self._engine) as connection:
            state = connection.execute(select(person.c.state).where(mine)).scalar_one_or_none()
        return PersonState.ACTIVATED if state == PersonState.ACTIVATED else None
