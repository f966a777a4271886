# SPDX-License-Identifier: Apache-2.0
"""What the desk needs from the world: people's processes, a screen, a printer. Implementations live elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.enrollment.happenings import PrintSlip
    from kiosk.enrollment.measures import Meters
    from kiosk.enrollment.states import State
    from kiosk.records import pipe
    from kiosk.records.help_calls import HelpCalls
    from kiosk.records.orders import Orders
    from wire.phones import HelpNumber

    Announcements = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FromController:
    """What the controller says to a screen: who comes to help, what to do, what the welcome announces, whom to call."""

    calls: HelpCalls
    orders: Orders
    announced: Callable[[], Announcements]
    to_call: Callable[[], HelpNumber]


class PersonProcess(Protocol):
    """One person's process, already started."""

    channel: pipe.Pipe[pipe.FromPerson]

    def end(self) -> int:
        """Make sure that it has ended, and return its exit code."""


class People(Protocol):
    """Starts people's processes, one for each person."""

    def start(self, policy_at_least: int) -> PersonProcess:
        """Have one begin, told the lowest policy that may serve.

        Raises:
            OSError: when the machine has no room for another process.
        """

    def prepare(self) -> None:
        """Have the next one loaded, so that it begins sooner. It sees nobody before."""

    def dismiss(self) -> None:
        """End the one that was prepared."""


class Screen(Protocol):
    """Where states are shown; callable from the desk's thread."""

    def show(self, state: State) -> None:
        """Show this state."""

    def call(self, number: HelpNumber) -> None:
        """Tell people to call this number, from now on."""

    def preview(self, width: int, height: int, rgb: bytes) -> None:
        """Show this live picture."""

    def measure(self, meters: Meters) -> None:
        """Show where the person is before the camera."""


class SlipPrinter(Protocol):
    """Gives a code on paper. It may hang as long as it wants to: nobody waits for it."""

    def print(self, slip: PrintSlip, ended: Callable[[bool], None]) -> None:
        """Begin to print and return at once; a slip that is still being printed is given up.

        `ended` is called once, from any thread and within seconds: True when the printer took the whole slip.
        """

    def give_up(self) -> None:
        """Drop what is not printed yet: the person has left."""
