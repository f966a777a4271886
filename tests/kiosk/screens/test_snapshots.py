# SPDX-License-Identifier: Apache-2.0
"""The key screens in Thai, picture by picture. Read the picture before accepting a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kiosk.enrollment.states import Looking
from kiosk.screens.app import KioskApp
from kiosk.screens.wording import load_wordings
from tests.kiosk.screens.moments import MOMENTS
from tests.kiosk.screens.pictures import FRAME_HEIGHT, FRAME_WIDTH, stand_in_frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot


@pytest.mark.parametrize("name", ["attract", "notice", "confirm", "looking-again", "accepted", "problem-retry"])
def test_the_screen_looks_as_it_was_accepted(name: str, snap_compare: Callable[..., bool]) -> None:
    app = KioskApp(send=lambda _: None, wordings=load_wordings())

    async def show(pilot: Pilot[None]) -> None:
        app.show(MOMENTS[name])
        await pilot.pause()
        if isinstance(MOMENTS[name], Looking):
            app.preview(FRAME_WIDTH, FRAME_HEIGHT, stand_in_frame())
            await pilot.pause()

    assert snap_compare(app, run_before=show, terminal_size=(58, 15))
