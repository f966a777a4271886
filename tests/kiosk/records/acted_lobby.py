# SPDX-License-Identifier: Apache-2.0
"""A running desk with its screen, its printer and the people it serves, each played by the test."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from kiosk.records import pipe
from kiosk.records.desk import Desk
from kiosk.records.diagnosis import diagnosis
from kiosk.records.help_calls import HelpCalls
from kiosk.records.orders import Machine, Orders
from kiosk.records.ports import FromController
from wire.ids import KeyId
from wire.phones import CENTRAL
from wire.signing import SigningKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.enrollment.happenings import PrintSlip
    from kiosk.enrollment.measures import Meters
    from kiosk.enrollment.states import State
    from kiosk.records.filing import Filing
    from kiosk.records.ports import SlipPrinter
    from wire.phones import HelpNumber
    from wire.signing import VerifyKey

NOBODY = SigningKey.generate(KeyId("controller#1")).public()


class ActedPerson:
    """A person's process played by the test at the other end of a real socket pair."""

    def __init__(self) -> None:
        ours, theirs = pipe.Pipe.pair()
        self.channel: pipe.Pipe[pipe.FromPerson] = pipe.Pipe(ours, pipe.FromPerson)
        self.inside: pipe.Pipe[pipe.ToPerson] = pipe.Pipe(theirs, pipe.ToPerson)

    def end(self) -> int:
        self.channel.close()
        return 0

    def heard(self) -> pipe.ToPerson:
        message = self.inside.receive(5)
        assert message is not None
        return message


class Recorder:
    """A screen that remembers."""

    def __init__(self) -> None:
        self.states: list[State] = []
        self.previews = 0
        self.meters: list[Meters] = []
        self.numbers: list[HelpNumber] = []

    def call(self, number: HelpNumber) -> None:
        self.numbers.append(number)

    def show(self, state: State) -> None:
        self.states.append(state)

    def preview(self, width: int, height: int, rgb: bytes) -> None:
        assert len(rgb) == width * height * 3
        self.previews += 1

    def measure(self, meters: Meters) -> None:
        self.meters.append(meters)


class Paper:
    """A printer that prints when the test lets it."""

    def __init__(self) -> None:
        self.asked: list[tuple[PrintSlip, Callable[[bool], None]]] = []
        self.given_up = 0

    def print(self, slip: PrintSlip, ended: Callable[[bool], None]) -> None:
        self.asked.append((slip, ended))

    def give_up(self) -> None:
        self.given_up += 1


class Lobby:
    """A running desk, its screen and the people it served."""

    def __init__(self, filing: Filing, printer: SlipPrinter | None = None, believes: VerifyKey | None = None) -> None:
        self.screen = Recorder()
        self.people: list[ActedPerson] = []
        self.told: list[int] = []
        self.prepared = 0
        self.announced: tuple[tuple[str, str], ...] = ()
        self.to_call = CENTRAL
        self.printer = Paper()
        self.desk = Desk(
            filing=filing,
            controller=FromController(
                HelpCalls(store=filing.store, believes=believes or NOBODY, kiosk=filing.kiosk),
                orders_for(filing, believes or NOBODY),
                lambda: self.announced,
                lambda: self.to_call,
            ),
            people=self,
            screen=self.screen,
            printer=printer or self.printer,
        )
        self.thread = threading.Thread(target=self.desk.run)
        self.thread.start()

    def start(self, policy_at_least: int) -> ActedPerson:
        """See `People`."""
        self.told.append(policy_at_least)
        self.people.append(ActedPerson())
        return self.people[-1]

    def prepare(self) -> None:
        """See `People`."""
        self.prepared += 1

    def dismiss(self) -> None:
        """See `People`."""
        self.prepared = 0

    def person(self, n: int = 1) -> ActedPerson:
        wait_for(lambda: len(self.people) >= n)
        return self.people[n - 1]

    def close(self) -> None:
        self.desk.stop()
        self.thread.join(10)
        assert not self.thread.is_alive()
        for person in self.people:
            person.inside.close()


def orders_for(filing: Filing, believes: VerifyKey) -> Orders:
    """Orders as the screen's process takes them."""
    return Orders(
        store=filing.store,
        kiosk=filing.kiosk,
        key=filing.key,
        believes=believes,
        machine=Machine(lambda: diagnosis(filing.store, filing.release), renews=False),
    )


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "the condition never came"
        time.sleep(0.01)
