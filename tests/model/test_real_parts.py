# SPDX-License-Identifier: Apache-2.0
"""The product's own parts, led through random walks of the model, stand at each step where the model stands.

The checker asks the protocol's functions out of its own tables: here the product's SQL does.
"""

from __future__ import annotations

import random
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from tests.model.real_parts import Real
from tests.model.rules import Rules
from tests.model.world import MADE, Did, Scenario, Step, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCENARIO = Scenario(
    events=9,
    crashes=4,
    backups=4,
    restores=2,
    old_restores=1,
    images=1,
    card_restores=1,
    clones=1,
)
STEPS = 60


@pytest.fixture
def world() -> World:
    return World(SCENARIO, Rules())


@pytest.fixture
def real(world: World, tmp_path: Path) -> Iterator[Real]:
    parts = Real(world, tmp_path)
    yield parts
    parts.close()


@pytest.mark.parametrize("seed", range(8))
def test_the_product_walks_where_the_model_walks(seed: int, world: World, real: Real) -> None:
    chance = random.Random(seed)  # noqa: S311 - chance that can be repeated, not secrecy
    state = world.start()
    for _ in range(STEPS):
        steps: dict[Did, list[Step]] = defaultdict(list)
        for step in world.steps(state):
            if step[3] != state:
                steps[step[0]].append(step)
        step = chance.choice(steps[chance.choice(sorted(steps))])
        real.do(step, state)
        state = step[3]
        real.stands_at(state)
    assert state[MADE] > 0
