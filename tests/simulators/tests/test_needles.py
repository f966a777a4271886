# SPDX-License-Identifier: Apache-2.0
"""Needles that are looked for all at once are found where they stand and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulators import needles
from tests.simulators.needles import Needles

NEEDLES = {
    "noise": np.random.default_rng(3).integers(0, 256, 96, np.uint8).tobytes(),
    "floats": np.arange(17, 49, dtype=np.float32).tobytes(),
    "numbers": np.linspace(-0.2, 0.2, 4).tobytes(),
    "short": b"\0\0\0\1\2\0",
}


@pytest.mark.parametrize("name", NEEDLES)
@pytest.mark.parametrize("place", [0, 1, 2, 3, 8 * 2**20 - 50, 8 * 2**20 - 3, 8 * 2**20 - 1, 8 * 2**20, 9 * 2**20 + 1])
def test_a_needle_is_found_wherever_it_stands(name: str, place: int) -> None:
    content = bytearray(10 * 2**20)
    content[place : place + len(NEEDLES[name])] = NEEDLES[name]
    assert name in Needles(NEEDLES).names(bytes(content))


def test_nothing_is_found_where_nothing_is() -> None:
    noise = np.random.default_rng(4).integers(0, 256, 3 * 2**20, np.uint8).tobytes()
    assert Needles(NEEDLES).names(noise + bytes(3 * 2**20)) == set()
    assert Needles(NEEDLES).names(b"") == Needles(NEEDLES).names(b"\0") == set()


def test_half_a_needle_is_none() -> None:
    assert Needles({"noise": NEEDLES["noise"]}).names(bytes(10) + NEEDLES["noise"][:90]) == set()


def one_after_the_other(wanted: dict[str, bytes], content: bytes) -> list[tuple[str, int]]:
    """As the language itself looks for them."""
    places = []
    for name, needle in wanted.items():
        offset = content.find(needle)
        while offset >= 0:
            places.append((name, offset))
            offset = content.find(needle, offset + len(needle))
    return places


@given(
    wanted=st.lists(st.text("ab\0", min_size=4, max_size=9), min_size=1, max_size=6, unique=True),
    content=st.text("ab\0", max_size=400),
    after=st.sampled_from([0, 1, 5000]),
)
def test_they_are_found_as_one_after_the_other(wanted: list[str], content: str, after: int) -> None:
    named = {text: text.encode() for text in wanted}
    whole = content.encode() + b"c" * after
    assert Needles(named).places(whole) == one_after_the_other(named, whole)


def test_they_are_found_over_the_edge_of_what_is_looked_at_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needles, "_CHUNK", 512)  # as it is, the edges of a few megabytes would be seldom met
    noise = np.random.default_rng(5).integers(0, 3, 9000, np.uint8).tobytes()
    wanted = {f"at {n}": noise[n : n + 12] for n in range(500, 530)}
    assert Needles(wanted).places(noise) == one_after_the_other(wanted, noise)
