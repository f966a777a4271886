# SPDX-License-Identifier: Apache-2.0
"""Commissioning may stop at any moment, for any reason, and goes on at the same step; nothing is handed over early."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.commissioning.keeping import Keeper
from provisioning.commissioning.steps import (
    ALLOWED,
    Outcome,
    Progress,
    Result,
    Step,
    is_stopped,
    next_step,
    repeated,
    settle,
    step_before,
)

KIOSK = "k-udon-01"
SETTLED = {Outcome.WELL, Outcome.CARE, Outcome.ABSENT}
ONCE = (Step.WORDS,)
WALK = st.lists(st.tuples(st.sampled_from(["settle", "back", "cut", "rename"]), st.integers(0, 7)), max_size=60)


def outcomes(progress: Progress) -> dict[Step, Outcome]:
    return {result.step: result.outcome for result in progress.results}


@given(WALK)
def test_it_goes_on_at_the_same_step_whenever_the_power_is_cut(walk: list[tuple[str, int]]) -> None:
    with TemporaryDirectory() as place:
        keeper, progress, kiosk = Keeper(Path(place)), Progress(), ""
        for deed, which in walk:
            step = next_step(progress, kiosk=kiosk)
            if deed == "cut":
                keeper.keep(progress)
                progress = keeper.read()
                assert next_step(progress, kiosk=kiosk) is step
            elif deed == "rename" and step is Step.CLAIM:
                kiosk = KIOSK  # the settings are there; a cut comes before anything of it is kept
                assert next_step(progress, kiosk=kiosk) is Step.WORDS
            elif deed == "back" and (before := step_before(progress, kiosk=kiosk)) is not None:
                progress = repeated(progress, before)
                assert next_step(progress, kiosk=kiosk) is before
            elif deed == "settle" and step is not None and step is not Step.CLAIM:
                allowed = sorted(ALLOWED[step])
                progress = settle(progress, Result(step, allowed[which % len(allowed)], which), kiosk=kiosk)
            found = outcomes(progress)
            if kiosk and Outcome.REFUSED in found.values():
                assert is_stopped(progress, kiosk=kiosk)
                assert next_step(progress, kiosk=kiosk) is None
            if Step.HAND_OVER in found:
                needed = set(Step) - {Step.WAY, Step.CLAIM}
                assert {name for name, outcome in found.items() if outcome in SETTLED} >= needed
            assert len(found) == len(progress.results), "each step once"


@given(st.sets(st.sampled_from([step for step in Step if Outcome.LATER in ALLOWED[step]])))
def test_what_is_left_for_later_comes_again_before_the_hand_over(postponed: set[Step]) -> None:
    progress, taken = Progress(), list[Step]()
    while (step := next_step(progress, kiosk=KIOSK)) is not None:
        later = step in postponed and step not in taken
        taken.append(step)
        progress = settle(progress, Result(step, Outcome.LATER if later else Outcome.WELL, 0), kiosk=KIOSK)
    in_order = [step for step in Step if step not in (Step.WAY, Step.CLAIM, Step.HAND_OVER)]
    assert taken == [*in_order, *(step for step in in_order if step in postponed), Step.HAND_OVER]


def test_a_step_that_is_not_due_and_an_outcome_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="not the step to take"):
        settle(Progress(), Result(Step.CAMERA, Outcome.WELL, 0), kiosk=KIOSK)
    with pytest.raises(ValueError, match="cannot come to"):
        settle(Progress(), Result(Step.WORDS, Outcome.LATER, 0), kiosk=KIOSK)


def test_what_was_found_of_another_kiosk_counts_for_nothing() -> None:
    progress = settle(Progress(), Result(Step.WORDS, Outcome.WELL, 0), kiosk=KIOSK)
    assert next_step(progress, kiosk=KIOSK) is Step.NETWORK
    assert next_step(progress, kiosk="k-udon-02") is Step.WORDS


def test_the_code_is_forgotten_once_the_machine_is_a_kiosk_and_is_never_printed(tmp_path: Path) -> None:
    typed = Progress(code="K7WM3QXD", facility="10670")
    assert "K7WM" not in repr(typed)
    Keeper(tmp_path / "kept").keep(typed)
    assert (tmp_path / "kept").stat().st_mode & 0o077 == 0
    assert settle(typed, Result(Step.WORDS, Outcome.WELL, 0), kiosk=KIOSK).code == ""


@pytest.mark.parametrize("found", [b"", b"{", b"[]", b'{"v": 2}', b"\xff"])
def test_a_file_that_cannot_be_read_begins_anew(tmp_path: Path, found: bytes) -> None:
    (tmp_path / "progress.json").write_bytes(found)
    assert Keeper(tmp_path).read() == Progress()
