# SPDX-License-Identifier: Apache-2.0
"""What the person's process may say to the screen's of where a person stands: a picture, a few steps, nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import pytest

from kiosk.enrollment.measures import METER_STEPS, Meters
from kiosk.face.policy import POLICIES
from kiosk.records import pipe

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Ends:
    """Both ends of one channel."""

    person: pipe.Pipe[pipe.ToPerson]
    screen: pipe.Pipe[pipe.FromPerson]


@pytest.fixture
def ends() -> Iterator[Ends]:
    ours, theirs = pipe.Pipe.pair()
    both = Ends(pipe.Pipe(theirs, pipe.ToPerson), pipe.Pipe(ours, pipe.FromPerson))
    yield both
    both.person.close()
    both.screen.close()


@pytest.mark.parametrize("engine", POLICIES)
def test_a_whole_picture_is_one_message(ends: Ends, engine: str) -> None:
    policy = POLICIES[engine]
    width, height = policy.preview_width, policy.preview_height
    ends.person.send(pipe.Previewed(width, height, bytes(width * height * 3)))
    assert ends.screen.receive(5) == pipe.Previewed(width, height, bytes(width * height * 3))


@pytest.mark.parametrize("meters", [Meters(), Meters(0, METER_STEPS - 1), Meters(distance=4), Meters(light=4)])
def test_steps_travel_as_they_are(ends: Ends, meters: Meters) -> None:
    ends.person.send(pipe.Measured(meters))
    assert ends.screen.receive(5) == pipe.Measured(meters)
    assert len(msgspec.msgpack.encode(pipe.Measured(meters))) < 16


@pytest.mark.parametrize("step", [-1, METER_STEPS, 4.5])
def test_a_step_that_is_on_no_meter_is_not_taken(ends: Ends, step: float) -> None:
    ends.person.send(pipe.Measured(Meters(distance=step)))  # type: ignore[arg-type] # a process that went wrong
    with pytest.raises(pipe.PipeClosedError):
        ends.screen.receive(5)
