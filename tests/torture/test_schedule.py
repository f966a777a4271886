# SPDX-License-Identifier: Apache-2.0
"""A seed says everything that will be done."""

from __future__ import annotations

import pytest

from tests.torture.schedule import Deed, Misfortune, Plan, draw


def drawn(seed: int = 1, seconds: float = 300) -> Plan:
    return draw(seed, seconds, kiosks=4)


def test_the_same_seed_draws_the_same_faults() -> None:
    assert drawn(7) == drawn(7)


def test_another_seed_draws_others() -> None:
    assert drawn(7).acts != drawn(8).acts


@pytest.mark.parametrize("seconds", [20, 300])
def test_everything_is_done_at_least_once_however_short_the_run(seconds: float) -> None:
    assert {act.deed for act in drawn(seconds=seconds).acts} == set(Deed)


def test_faults_come_in_order_and_within_the_time() -> None:
    moments = [act.at_s for act in drawn().acts]
    assert moments == sorted(moments)
    assert 0 <= moments[0] <= moments[-1] <= 300


def test_there_is_a_backup_before_anything_is_restored() -> None:
    deeds = [act.deed for act in drawn().acts]
    assert deeds.index(Deed.BACK_UP) < deeds.index(Deed.RESTORE_DATABASE)


def test_nothing_is_done_to_a_kiosk_that_does_not_serve() -> None:
    plan = drawn()
    lives = {life.kiosk: life for life in plan.lives}
    hit = [(act, lives[act.on.partition("/")[0]]) for act in plan.acts if act.on.startswith("k-")]
    assert hit
    assert all(life.from_s <= act.at_s <= life.to_s for act, life in hit)


def test_each_card_fails_once_or_never_and_some_never() -> None:
    plan = drawn()
    failed = [act.on for act in plan.acts if act.deed in {Deed.RESTORE_CARD, Deed.CLONE_CARD}]
    unlucky = [life.kiosk for life in plan.lives if life.misfortune is not Misfortune.NONE]
    assert sorted(failed) == sorted(unlucky)
    assert len(plan.lives) - len(unlucky) == 4
