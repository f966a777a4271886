# SPDX-License-Identifier: Apache-2.0
"""Which shards this courier takes: each shard belongs to one courier at a time, for as long as that one says it lives.

Couriers share the shards evenly. One that dies loses them when its time is over; one that ends in order gives them
back; one that has too many stops listening first, and gives them back the next time. This keeps a kiosk's messages in
order and work from being done twice. It guards nothing else: two couriers that both believe in a lease, for instance
because their clocks differ, still wait for each other at the kiosk's row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import delete, select, update

from fleet.store.many import Insertion
from fleet.store.session import unit_of_work
from fleet.store.tables import courier, shard_lease
from wire.ids import Shard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection, Engine

LEASE_MS = 20_000
_NOBODY = ""
_MUTEX = "00"  # this shard's row is locked by who shares out the shards
_ALIVE = Insertion(courier, "name", "until_ms", on_conflict="(name) DO UPDATE SET until_ms = excluded.until_ms")
_LEASES = Insertion(shard_lease, "shard", "courier", on_conflict="(shard) DO UPDATE SET courier = excluded.courier")


class Shards(Protocol):
    """Says which shards a courier takes."""

    def renew(self) -> frozenset[Shard] | None:
        """Those that it takes for a while; None for all of them."""

    def release(self) -> None:
        """It takes none any more."""


class Fixed:
    """Shards that were given by hand; None for all."""

    def __init__(self, shards: frozenset[Shard] | None) -> None:
        self._shards = shards

    def renew(self) -> frozenset[Shard] | None:
        """Always the same."""
        return self._shards

    def release(self) -> None:
        """There is nothing to give back."""


@dataclass(frozen=True, slots=True)
class _Sharing:
    """What a courier does about the shards: which it has from now on, which it writes as its own or as nobody's."""

    has: frozenset[str]
    takes: frozenset[str]
    gives: frozenset[str]


def _share(me: str, holding: frozenset[str], takers: Mapping[str, str], alive: frozenset[str]) -> _Sharing:
    """Keep what is held and take what is free, up to an equal share; `takers` says who has each shard.

    A shard that is mine by name but not held was let go the last time, or was held by a process that died.
    """
    share = -(-len(takers) // len(alive | {me}))
    mine = {shard for shard, taker in takers.items() if taker == me}
    orphaned = {shard for shard, taker in takers.items() if taker not in alive}
    kept = sorted(mine & holding)[:share]
    free = sorted(mine - holding) + sorted(orphaned - mine)
    has = frozenset([*kept, *free[: share - len(kept)]])
    return _Sharing(has, has - mine, frozenset(mine - holding - has))


class Leases:
    """Shards that are shared with the other couriers of this database."""

    def __init__(self, engine: Engine, name: str, now_ms: Callable[[], int]) -> None:
        self._engine = engine
        self._name = name
        self._now_ms = now_ms
        self._holding: frozenset[str] = frozenset()

    def renew(self) -> frozenset[Shard] | None:
        """Say that this courier lives, and which shards it takes until it has said so again.

        Raises:
            OperationalError, InterfaceError: the database is away.
        """
        with unit_of_work(self._engine) as connection:
            takers, alive = _look(connection, self._now_ms())
            sharing = _share(self._name, self._holding, takers, alive)
            _ALIVE.add(connection, [(self._name, self._now_ms() + LEASE_MS)])
            _LEASES.add(connection, [(shard, self._name) for shard in sorted(sharing.takes)])
            _LEASES.add(connection, [(shard, _NOBODY) for shard in sorted(sharing.gives)])
        self._holding = sharing.has
        return None if len(sharing.has) == len(takers) else frozenset(map(Shard, sharing.has))

    def release(self) -> None:
        """Give everything back, so that the others need not wait."""
        with unit_of_work(self._engine) as connection:
            connection.execute(update(shard_lease).where(shard_lease.c.courier == self._name).values(courier=_NOBODY))
            connection.execute(delete(courier).where(courier.c.name == self._name))
        self._holding = frozenset()


def _look(connection: Connection, now_ms: int) -> tuple[dict[str, str], frozenset[str]]:
    """Who has each shard, and who lives; only one courier looks at a time."""
    mutex = select(shard_lease.c.shard).where(shard_lease.c.shard == _MUTEX).with_for_update()
    connection.execute(mutex)
    connection.execute(delete(courier).where(courier.c.until_ms <= now_ms))
    takers = {row.shard: row.courier for row in connection.execute(select(shard_lease))}
    alive = frozenset(connection.execute(select(courier.c.name)).scalars())
    return takers, alive
