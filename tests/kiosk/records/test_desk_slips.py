# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.enrollment.happenings import PrintSlip
from kiosk.enrollment.states import Farewell, Notice
from kiosk.entrypoints.slips import ProcessPrinter
from kiosk.records import pipe
from kiosk.screens.slip import Line, Look
from tests.kiosk.records.acted_lobby import Lobby, wait_for
from tests.simulators.slip_printer import printer

if TYPE_CHECKING:
    from kiosk.records.filing import Filing


def test_a_slip_is_printed_for_who_asked_and_given_up_when_that_person_is_gone(lobby: Lobby) -> None:
    first = lobby.person()
    first.inside.send(pipe.PrintThis("482913", 1, sandbox=True))
    wait_for(lambda: len(lobby.printer.asked) == 1)
    slip, ended = lobby.printer.asked[0]
    assert slip == PrintSlip("482913", 1, sandbox=True)
    ended(True)  # noqa: FBT003 - the port's signature
    assert first.heard() == pipe.SlipEnded(printed=True)
    first.inside.send(pipe.PrintThis("482913", 1, sandbox=True))
    wait_for(lambda: len(lobby.printer.asked) == 2)
    given_up = lobby.printer.given_up
    first.inside.send(pipe.Finished(Farewell.FILED))
    second = lobby.person(2)
    assert lobby.printer.given_up > given_up
    # Late: its person has left, and nobody else hears of it.
    lobby.printer.asked[1][1](True)  # noqa: FBT003 - the port's signature
    assert second.inside.receive(0.5) is None


def test_a_printer_that_hangs_holds_up_neither_the_desk_nor_the_next_person(filing: Filing) -> None:
    def written(slip: PrintSlip) -> tuple[Line, ...]:
        return (Line(Look.CODE, slip.pin),)

    with printer(hangs_after=0) as machine:
        lobby = Lobby(filing, ProcessPrinter(machine.device, 384, written, within_s=60.0))
        lobby.person().inside.send(pipe.PrintThis("482913", 1, sandbox=True))
        lobby.person().inside.send(pipe.Shown(Notice()))
        wait_for(lambda: Notice() in lobby.screen.states)
        lobby.person().inside.send(pipe.Finished(Farewell.FILED))
        assert lobby.person(2).inside.receive(1.0) is None
        lobby.close()
