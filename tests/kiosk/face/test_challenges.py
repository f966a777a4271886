# SPDX-License-Identifier: Apache-2.0
"""What may be asked for, and that nobody can foresee it."""

from __future__ import annotations

from collections import Counter

from kiosk.enrollment.evidence import Challenge
from kiosk.face.challenges import TURNS, Drawer, pairs


def test_two_different_actions_one_of_them_a_turn() -> None:
    assert (len(pairs(mesh=False)), len(pairs(mesh=True))) == (10, 18)
    for one, other in pairs(mesh=True):
        assert one is not other
        assert TURNS & {one, other}


def test_lids_and_lips_are_asked_for_only_where_they_are_seen() -> None:
    fine = {Challenge.BLINK, Challenge.OPEN_MOUTH}
    assert not any(fine & set(pair) for pair in pairs(mesh=False))
    assert {action for pair in pairs(mesh=True) for action in pair} == set(Challenge)


def test_no_draw_comes_again_before_all_were_drawn() -> None:
    drawer = Drawer()
    first = [drawer.draw(mesh=False) for _ in range(10)]
    assert sorted(first) == sorted(pairs(mesh=False))
    assert drawer.draw(mesh=False) in pairs(mesh=False)


def test_every_draw_is_as_likely_as_any_other() -> None:
    drawn = Counter(Drawer().draw(mesh=False) for _ in range(2000))
    assert set(drawn) == set(pairs(mesh=False))
    assert min(drawn.values()) > 120  # of 200 expected: less happens once in a million runs


def test_the_order_is_drawn_too() -> None:
    for one, other in pairs(mesh=True):
        assert (other, one) in pairs(mesh=True)
