# SPDX-License-Identifier: Apache-2.0
"""`dipchip-fleet rollout`: what it prints, what the log keeps, and what it says when nothing is done."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from fleet import audit
from fleet.entrypoints import operator, rolling_out
from fleet.entrypoints.rolling_out import NotRolledOutError, Wanted
from fleet.store.session import open_engine, reading
from tests.fleet.books import add_kiosk
from tests.fleet.test_operating import settings  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from fleet.config import Settings

WANTED = Wanted("0.2.0", "mends", 20, 24, 5, 1, "25,100", at_once=False)


@pytest.fixture
def served(settings: Settings) -> Settings:  # noqa: F811 - the fixture
    """A controller with a kiosk."""
    operator.migrate(settings)
    engine = open_engine(settings.database_url)
    add_kiosk(engine, "udon-01")
    engine.dispose()
    return settings


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_rollout_is_agreed_on_held_and_ended_and_each_act_is_in_the_log(
    served: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    rolling_out.propose(served, WANTED, "malee")
    with pytest.raises(NotRolledOutError, match="Another person"):
        rolling_out.approve(served, 1, "malee")
    rolling_out.approve(served, 1, "somchai")
    rolling_out.pause(served, 1, "malee")
    rolling_out.resume(served, 1, "malee")
    rolling_out.abort(served, 1, "malee")
    rolling_out.pin(served, "41/11013", "pilot", "malee")
    assert [each.get("state") for each in told(capsys)] == [
        *("proposed", "running", "paused", "running", "aborted"),
        None,
    ]
    rolling_out.show(served)
    (shown,) = told(capsys)
    assert (shown["release"], shown["state"], shown["approved_by"]) == ("0.2.0", "aborted", "somchai")
    assert shown["waves"] == [
        {"ring": ring, "share": share}
        for ring, share in (("pilot", 100), ("early", 100), ("broad", 25), ("broad", 100))
    ]
    engine = open_engine(served.database_url)
    with reading(engine) as connection:
        acts = [(entry.act, entry.subject) for entry in audit.entries(connection)]
    engine.dispose()
    named = ("proposed", "approved", "paused", "resumed", "aborted")
    assert acts == [*((f"rollout.{each}", "1") for each in named), ("ring.pinned", "41/11013")]


@pytest.mark.parametrize(
    ("site", "ring", "words"),
    [("41/11013", "first", "pilot, early"), ("41/99999", "pilot", "41/10670"), ("Udon", "pilot", "41/10670")],
)
def test_what_is_no_facility_or_ring_is_said(served: Settings, site: str, ring: str, words: str) -> None:
    with pytest.raises(NotRolledOutError, match=words):
        rolling_out.pin(served, site, ring, "malee")


def test_what_is_no_rollout_is_said(served: Settings) -> None:
    with pytest.raises(NotRolledOutError, match="rollout list"):
        rolling_out.pause(served, 7, "malee")
    with pytest.raises(NotRolledOutError, match="rise to 100"):
        rolling_out.propose(served, Wanted("0.2.0", "mends", 20, 24, 5, 1, "all", at_once=True), "malee")
