# SPDX-License-Identifier: Apache-2.0
"""What people say at the desk is kept with a number, and the screen is told whom they can call."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kiosk.enrollment.states import Notice
from kiosk.records import pipe
from kiosk.store import complaints
from tests.kiosk.records.acted_lobby import wait_for
from wire.opinions import Category, Place
from wire.phones import help_number

if TYPE_CHECKING:
    import pytest

    from kiosk.store.database import Store
    from tests.kiosk.records.acted_lobby import Lobby


def test_what_is_not_right_is_kept_and_its_number_handed_back(lobby: Lobby, store: Store) -> None:
    person = lobby.person()
    person.inside.send(pipe.Ready())
    person.inside.send(pipe.Complained(Category.CARD, Place.MENU))
    told = person.heard()
    assert isinstance(told, pipe.ComplaintEnded)
    assert re.fullmatch(r"[0-9]{4}-[0-9]{4}", told.number)
    assert len(complaints.waiting(store)) == 1


def test_what_cannot_be_kept_is_said_so(lobby: Lobby, store: Store) -> None:
    for n in range(complaints.AT_MOST):
        complaints.put(store, f"{n:032x}", b"x")
    person = lobby.person()
    person.inside.send(pipe.Ready())
    person.inside.send(pipe.Complained(Category.CARD, Place.MENU))
    assert person.heard() == pipe.ComplaintEnded("")


def test_the_screen_is_told_whom_to_call_also_while_somebody_is_served(
    lobby: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.records.desk._ANNOUNCE_EVERY_S", 0.01)
    person = lobby.person()
    person.inside.send(pipe.Ready())
    person.inside.send(pipe.Shown(Notice()))
    lobby.to_call = help_number("042 222 111")
    wait_for(lambda: lobby.screen.numbers[-1:] == [lobby.to_call])
