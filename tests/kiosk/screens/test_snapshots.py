# SPDX-License-Identifier: Apache-2.0
"""The key screens, picture by picture. Read the picture before accepting a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from syrupy.extensions.image import SVGImageSnapshotExtension

from tests.kiosk.screens.moments import MOMENTS
from tests.kiosk.screens.pictures import draw

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion


@pytest.mark.parametrize("name", ["attract", "menu", "notice", "confirm", "looking-again", "accepted", "problem-retry"])
async def test_the_screen_looks_as_it_was_accepted(name: str, snapshot: SnapshotAssertion) -> None:
    drawing = await draw(MOMENTS[name], "th", (58, 15))
    assert drawing == snapshot(extension_class=SVGImageSnapshotExtension)


@pytest.mark.parametrize("language", ["th", "en"])
@pytest.mark.parametrize("name", ["reading", "reading-named", "put-card-back", "problem-card_changed"])
async def test_a_card_being_read_looks_as_it_was_accepted(
    name: str, language: str, snapshot: SnapshotAssertion
) -> None:
    drawing = await draw(MOMENTS[name], language, (80, 24))
    assert drawing == snapshot(extension_class=SVGImageSnapshotExtension)


@pytest.mark.parametrize("language", ["th", "en"])
@pytest.mark.parametrize(
    "name", ["accepted-with-link", "accepted-slip-failed", "hand-over", "no-phone", "finish-later"]
)
async def test_the_way_to_a_phone_looks_as_it_was_accepted(
    name: str, language: str, snapshot: SnapshotAssertion
) -> None:
    drawing = await draw(MOMENTS[name], language, (58, 15))
    assert drawing == snapshot(extension_class=SVGImageSnapshotExtension)


@pytest.mark.parametrize("name", ["on-roster", "not-on-roster", "ticket-sent"])
async def test_what_a_roster_says_looks_as_it_was_accepted(name: str, snapshot: SnapshotAssertion) -> None:
    drawing = await draw(MOMENTS[name], "th", (46, 12))
    assert drawing == snapshot(extension_class=SVGImageSnapshotExtension)


async def test_the_way_to_the_own_phone_looks_as_it_was_accepted(snapshot: SnapshotAssertion) -> None:
    drawing = await draw(MOMENTS["scan-with-phone"], "th", (58, 15))
    assert drawing == snapshot(extension_class=SVGImageSnapshotExtension)


@pytest.mark.parametrize("language", ["th", "en"])
@pytest.mark.parametrize(
    "name",
    [
        *("rate", "complaint", "report-problem", "problem-reported"),
        *("help-called", "help-called-told", "help-called-named"),
    ],
)
async def test_the_question_how_it_was_looks_as_it_was_accepted(
    name: str, language: str, snapshot: SnapshotAssertion
) -> None:
    drawing = await draw(MOMENTS[name], language, (46, 12))
    assert drawing == snapshot(extension_class=SVGImageSnapshotExtension)


@pytest.mark.parametrize("language", ["th", "en"])
@pytest.mark.parametrize("name", ["resting", "resting-nearest"])
async def test_a_kiosk_that_rests_looks_as_it_was_accepted(
    name: str, language: str, snapshot: SnapshotAssertion
) -> None:
    drawing = await draw(MOMENTS[name], language, (58, 15))
    assert drawing == snapshot(extension_class=SVGImageSnapshotExtension)
