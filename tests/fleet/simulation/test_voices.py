# SPDX-License-Identifier: Apache-2.0
"""Simulated kiosks say what people think, complain until a receipt names it, and take the number to call."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from fleet.simulation.kiosk import SimulatedKiosk, Tally
from fleet.simulation.papers import Papers
from fleet.store.complaint_tables import complaint, opinion_day
from wire import topics
from wire.envelope import seal_message
from wire.errors import BadSignature
from wire.help_numbers import HelpNumberTold
from wire.ids import KeyId
from wire.phones import CENTRAL, help_number
from wire.signing import Kind, SigningKey
from wire.topics import Down, Up

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fleet.road import Fleet


class Trial:
    """One simulated kiosk whose messages go straight to a controller."""

    def __init__(self, fleet: Fleet, folder: Path) -> None:
        self._fleet = fleet
        wired = fleet.kiosk("sim-00001")
        keys = (wired.key, wired.courier_key, fleet.keys.opening.public(), fleet.receipt_key.public())
        papers = Papers(folder, wired.registration(), *keys, host="localhost", port=1)
        self.kiosk = SimulatedKiosk(papers, Random(1), Tally())  # noqa: S311 - the same each time
        self.kiosk.connected()
        self.now_s = 1_000.0

    def later(self, by_s: float = 31.0) -> list[Up]:
        """Let it speak and hear; what kinds of things it said."""
        self.now_s += by_s
        said = list(self.kiosk.due(self.now_s))
        for kind, message in said:
            told = self._fleet.take((topics.up(self.kiosk.shard, self.kiosk.id, kind), message))
            for each in told:
                self.kiosk.arrived(each.topic, each.payload, self.now_s)
        return [kind for kind, _ in said]


@pytest.fixture
def trial(fleet: Fleet, tmp_path: Path) -> Trial:
    return Trial(fleet, tmp_path)


def test_who_enrols_touches_a_face_and_some_complain_once(fleet: Fleet, trial: Trial) -> None:
    trial.later()
    for _ in range(300):
        trial.kiosk.enrol(trial.now_s)
    assert Up.COMPLAINT in trial.later()
    assert Up.COMPLAINT not in trial.later()
    assert sum(row.n for row in fleet.rows(opinion_day)) == 300
    assert {row.profile for row in fleet.rows(opinion_day)} == {"test"}
    assert 0 < fleet.count(complaint) < 30


def test_the_number_to_call_is_believed_only_from_the_controller(fleet: Fleet, trial: Trial) -> None:
    where = topics.down(trial.kiosk.shard, trial.kiosk.id, Down.HELP_NUMBER)

    def told(number: str, key: SigningKey) -> None:
        body = HelpNumberTold(v=1, kiosk=trial.kiosk.id, at_ms=1, number=number)
        trial.kiosk.arrived(where, seal_message(key, Kind.HELP_NUMBER, body), 0.0)

    told("042222111", fleet.receipt_key)
    assert trial.kiosk.help_number == help_number("042 222 111")
    with pytest.raises(BadSignature):
        told("0812345678", SigningKey.generate(KeyId("controller#1")))
    told("", fleet.receipt_key)
    assert trial.kiosk.help_number == CENTRAL
