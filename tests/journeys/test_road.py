# SPDX-License-Identifier: Apache-2.0
"""The main job on real parts: card, reader service, face, screen, store, broker, controller, relay, console."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.simulators.lobby import Lobby
from tests.simulators.patient import CITIZENS
from tests.simulators.services import wait_until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_person_dips_a_card_is_compared_with_it_and_a_province_s_coverage_moves(
    engine: str, place: Path, clips: Path, request: pytest.FixtureRequest
) -> None:
    url = None
    if engine == "postgresql":
        cluster = request.getfixturevalue("cluster")
        url = cluster.url(cluster.create())
    citizen = CITIZENS[0]
    with Lobby(place / engine, clips=clips, database_url=url, scripts=True) as lobby:
        lobby.wait_for_link()
        assert _people(lobby) == {}

        first = lobby.patient(citizen)
        first.visit()
        assert "accepted" in first.seen
        wait_until(lambda: _people(lobby) == {"41": 1}, "the person's province counts one active person")

        again = lobby.patient(citizen)
        again.visit()
        assert "challenge" not in again.seen, "a person who is enrolled is not photographed again"

        books = lobby.kiosk_books()
        assert (books.filed, books.waiting) == (1, 0)
        assert books.endings == {"filed": 1, "already_enrolled": 1}
        assert _people(lobby) == {"41": 1}
        total = lobby.ask("funnel?figures=proxy-test")["total"]
        assert (total["captured"], total["accepted"], total["activated"], total["duplicates"]) == (1, 1, 1, 0)
        assert _people(lobby, "proxy-live") == {}, "a test person never enters a live figure"


def _people(lobby: Lobby, figures: str = "proxy-test") -> dict[str, int]:
    rows = lobby.ask(f"funnel?figures={figures}")["provinces"]
    return {row["code"]: row["activated"] for row in rows if row["activated"]}
