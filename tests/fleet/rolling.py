# SPDX-License-Identifier: Apache-2.0
"""Kiosks that obey a rollout through the courier's own parts: they hear orders, answer, and say what they run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select

from fleet.devices import rollout_driving, rollouts
from fleet.devices.rollout_judging import Gates
from fleet.devices.rollout_rules import Proposal, Stage
from fleet.store.rollout_tables import rollout_kiosk
from fleet.store.scope import NATION
from fleet.store.session import reading, unit_of_work
from wire.orders import Op, Order, Outcome, open_order
from wire.topics import Down, Up, kind_of_down

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fleet.devices.rings import Ring
    from fleet.devices.rollout_rules import Rollout
    from tests.fleet.road import Fleet
    from tests.simulators.kiosk_wire import WireKiosk

OLD, NEW = "1.0.0", "1.1.0"
MINUTE_MS = 60_000
GATES = Gates(sample=20, bake_s=3600, failures_percent=5)


def wanted(**changes: object) -> Proposal:
    """A proposal that kiosks of facilities without hours are asked by at once."""
    return Proposal(**{"release": NEW, "words": "mends", "gates": GATES, "broad": (100,)} | changes)  # type: ignore[arg-type]


@dataclass(slots=True)
class Member:
    """One kiosk with what it runs. `does` says what comes of an update; None: nothing for now."""

    wire: WireKiosk
    release: str = OLD
    is_away: bool = False
    orders: list[Order] = field(default_factory=list)


class Band:
    """Some kiosks of a fleet."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        fleet.dispatch.renew()
        self.members: dict[str, Member] = {}
        self.does: Callable[[Member, Order], str | None] = lambda _member, _order: None
        self.hears: Callable[[Member], bool] = lambda _member: True
        self.obeys = True

    def join(self, n: int, *, at_each: int = 1, province: str = "41") -> None:
        """So many kiosks more, a few at each facility."""
        first = len(self.members)
        for k in range(first, first + n):
            place = {"facility": f"{10000 + k // at_each:05}", "province": province}
            self.members[f"k-{k:03}"] = Member(self.fleet.kiosk(f"k-{k:03}", **place))
        self.beat()

    def beat(self) -> None:
        """All that are there say a heartbeat, and take the orders that come with the answer or by themselves."""
        before = len(self.fleet.wire.sent)
        beats = [
            (each.wire.topic(Up.HEARTBEAT), each.wire.heartbeat(release=each.release, order_nonce="1" * 32))
            for each in self.present()
        ]
        self.fleet.wire.sent.extend(self.fleet.take(*beats))
        self.fleet.dispatch.send_orders()
        by_topic = {each.wire.topic(Up.EVENT).rpartition("/up/")[0]: each for each in self.members.values()}
        for message in self.fleet.wire.sent[before:]:
            if kind_of_down(message.topic) is Down.ORDER:
                member = by_topic[message.topic.rpartition("/down/")[0]]
                self._hear(member, open_order(message.payload, self.fleet.receipt_key.public(), member.wire.id))

    def present(self) -> Iterator[Member]:
        """Those that are there."""
        return (each for each in self.members.values() if not each.is_away)

    def _hear(self, member: Member, order: Order) -> None:
        if member.is_away or not self.hears(member) or order.n in [each.n for each in member.orders]:
            return
        assert order.op == Op.UPDATE
        assert order.release is not None
        member.orders.append(order)
        self.tell(member, order, Outcome.TAKEN)
        if not self.obeys:
            return
        reason = self.does(member, order)
        if reason is None:
            member.release = order.release
            self.tell(member, order, Outcome.DONE)
        else:
            self.tell(member, order, Outcome.REFUSED, reason)

    def tell(self, member: Member, order: Order, outcome: Outcome, reason: str | None = None) -> None:
        """Say what came of an order."""
        told = member.wire.result(order.n, order.op, outcome, reason=reason)
        self.fleet.take((member.wire.topic(Up.RESULT), told))

    def start(self, proposal: Proposal | None = None) -> int:
        """Propose and approve a rollout."""
        with unit_of_work(self.fleet.engine) as connection:
            number = rollouts.propose(connection, proposal or wanted(), "malee", self.fleet.clock())
        with unit_of_work(self.fleet.engine) as connection:
            rollouts.approve(connection, number, "somchai", self.fleet.clock())
        return number

    def step(self, minutes: int = 1) -> None:
        """Some minutes pass: kiosks beat and obey, and the controller goes on."""
        for _ in range(minutes):
            with unit_of_work(self.fleet.engine) as connection:
                rollout_driving.step(connection, self.fleet.clock())
            self.beat()
            self.fleet.clock.ms += MINUTE_MS

    def pass_by(self, hours: int = 0, minutes: int = 0) -> None:
        """Time in which nothing is looked at but at its end."""
        self.fleet.clock.ms += (hours * 60 + minutes) * MINUTE_MS
        self.beat()
        self.step()

    def stands(self, number: int) -> Rollout:
        """The rollout."""
        with reading(self.fleet.engine) as connection:
            return rollouts.read(connection, number)

    def in_ring(self, number: int, ring: Ring) -> list[Member]:
        """The kiosks of the waves of a ring."""
        waves = [each.n for each in self.stands(number).waves if each.ring is ring]
        mine = (rollout_kiosk.c.rollout == number, rollout_kiosk.c.wave.in_(waves))
        with reading(self.fleet.engine) as connection:
            found = connection.execute(select(rollout_kiosk.c.kiosk).where(*mine).order_by(rollout_kiosk.c.kiosk))
            return [self.members[name] for name in found.scalars()]

    def stages(self, number: int) -> dict[Stage, int]:
        """How many kiosks stand how."""
        with reading(self.fleet.engine) as connection:
            parts = rollouts.parts(connection, rollouts.read(connection, number), NATION)
        found: dict[Stage, int] = {}
        for each in parts:
            for stage, n in each.by_stage.items():
                found[stage] = found.get(stage, 0) + n
        return found

    def stage(self, number: int, name: str) -> tuple[Stage, str | None]:
        """How one stands, and why."""
        with reading(self.fleet.engine) as connection:
            (found,) = rollouts.standings(connection, number, NATION, only=self.members[name].wire.id)
        return found.stage, found.reason
